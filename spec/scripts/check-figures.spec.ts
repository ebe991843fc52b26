import assert from "node:assert/strict";
import test from "node:test";
import { SHAPED, figureProblems, shapeProblems } from "../../scripts/check/figures.ts";
import { readProject } from "../../scripts/check/project.ts";

test("a figure in the other language, or without a text in its own, is red", () => {
  const page = (file: string, text: string) => figureProblems({ file, text });
  assert.deepEqual(page("docs/a.md", "![Four rows of weights](figures/a.svg)"), []);
  assert.deepEqual(page("docs/a.ja.md", "![四行の重みのマップです。[CLS] が先頭](figures/a.ja.svg)"), []);
  assert.match(page("docs/a.ja.md", "![四行の重みのマップです。先頭は](figures/a.svg)")[0]!, /other language/);
  assert.match(page("docs/a.md", "![](figures/a.svg)")[0]!, /needs a text/);
  assert.match(page("docs/a.ja.md", "![Four rows of weights](figures/a.ja.svg)")[0]!, /text in the other/);
});

test("each part that is taken out of a page turns it red", () => {
  const { pages } = readProject();
  for (const name of SHAPED) {
    for (const file of [`docs/${name}.md`, `docs/${name}.ja.md`]) {
      const { text } = pages.find((page) => page.file === file)!;
      assert.deepEqual(shapeProblems({ file, text }), [], file);
      const without = [/!\[/g, /^```math$/gm, /^```ts lib.*$/gm, /^[45]\. /gm];
      for (const part of without) assert.equal(shapeProblems({ file, text: text.replace(part, "") }).length, 1);
    }
  }
});
