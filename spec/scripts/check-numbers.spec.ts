import assert from "node:assert/strict";
import test from "node:test";
import { citationProblems, papersOf } from "../../scripts/check/sources.ts";
import { equationsOf, numberProblems, valueOf } from "../../scripts/check/numbers.ts";
import { readProject } from "../../scripts/check/project.ts";

const file = "docs/a.md";
const problems = (text: string, sources = ""): string[] => numberProblems(file, text, sources, () => "spec 93");

test("numbers as pages write them have values", () => {
  const cases: readonly (readonly [string, number])[] = [
    ["5 · 3", 15],
    ["4 ln 2", 4 * Math.log(2)],
    ["e^(−√2)", Math.exp(-Math.SQRT2)],
    ["2·(¼ − 1)²", 1.125],
    ["16,777,216 / 2", 8388608],
    ["½ ln 9", Math.log(3)],
  ];
  for (const [written, value] of cases) {
    assert.ok(Math.abs(valueOf(written)! - value) < 1e-12, `${written}: ${valueOf(written)}`);
  }
  assert.equal(valueOf("process"), undefined);
});

test("equations between numbers hold to the last digit that is written", () => {
  assert.deepEqual(
    equationsOf("√(24 + 128 − 121) = 5.57, 3 + 8 = 11, and 2 + 2 = 5.").map(({ holds }) => holds),
    [true, true, false],
  );
});

test("a number needs a program, a formula, a source, a link or a measurement", () => {
  assert.equal(problems("# T\n\nIt has 42 rows.\n").length, 1);
  assert.deepEqual(problems("# T\n\nIt has 42 rows.\n\n```text\n42\n```\n"), []);
  assert.equal(problems("# T\n\n## A\n\nIt has 42 rows.\n\n## B\n\n```text\n42\n```\n").length, 1);
  assert.deepEqual(problems("# T\n\nIt has 42 rows. <!-- = 6 · 7 -->\n"), []);
  assert.equal(problems("# T\n\nIt has 42 rows. <!-- = 6 · 8 -->\n").length, 2);
  assert.deepEqual(problems("# T\n\nIt has 42 rows.\n", "| 42 rows | here | [a.md](a.md) |"), []);
  assert.equal(problems("# T\n\nIt has 42 rows.\n", "| 42 rows | here | [b.md](b.md) |").length, 1);
  assert.deepEqual(problems("# T\n\n93 % in [the spec](../spec/b.spec.ts).\n"), []);
  assert.deepEqual(problems("# T\n\nMeasured: 42 ms.\n"), []);
  assert.deepEqual(problems("# T\n\nHo et al. 2019, Table 12, Node 22.18, d = 64, W13, ViT-B/16, `x[42]`\n"), []);
});

test("an arXiv number is that of the author and the year before it", () => {
  const papers = papersOf("| Ho et al. 2019 | *Axial* | [arXiv 1912.12180](https://arxiv.org/abs/1912.12180) |\n");
  assert.deepEqual(citationProblems(file, "Ho et al. 2019, arXiv 1912.12180", papers), []);
  const wrongs = ["Ho et al. 2018, arXiv 1912.12180", "Zhou et al. 2019, arXiv 1912.12180", "arXiv 1708.09217"];
  for (const wrong of wrongs) {
    assert.equal(citationProblems(file, wrong, papers).length, 1, wrong);
  }
});

test("on all pages: another number in an equation between numbers is red", () => {
  let changed = 0;
  for (const { file: path, text } of readProject().pages.filter((page) => /^docs\/[\w-]+\.md$/.test(page.file))) {
    for (const { sides, holds } of equationsOf(text)) {
      if (!holds) continue;
      const other = sides.slice(0, -1).concat(String((valueOf(sides[sides.length - 1]!) ?? 0) + 1));
      const [found] = equationsOf(` ${other.join(" = ")} `);
      assert.equal(found?.holds, false, `${path}: ${other.join(" = ")}`);
      changed++;
    }
  }
  assert.ok(changed > 30, `${changed} equations`);
});
