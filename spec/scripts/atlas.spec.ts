import assert from "node:assert/strict";
import test from "node:test";
import type { Phrase } from "../../scripts/atlas/entry.ts";
import { BUNDLED } from "../../scripts/atlas/text.ts";
import { ENTRIES } from "../../scripts/atlas/entries.ts";
import { STRINGS } from "../../scripts/atlas/strings.ts";
import { closing, help, list } from "../../scripts/atlas/guide.ts";
import { entry } from "../../scripts/atlas/entry.ts";
import { fromRows } from "../../lib/matrix.ts";
import { introduction, page } from "../../scripts/atlas/page.ts";
import { launch, play, terminalColumns } from "../support/atlas-world.ts";
import { read, report } from "../../scripts/atlas/run.ts";

const overview = await play(["all"]);
const japanese = await play(["all", "--lang", "ja"]);
const bundled = Object.values(BUNDLED).map(({ name, text }) => read(name, text, 256));

/** Equal texts; of long ones that differ, only the first line that does. */
function assertSame(actual: string, expected: string): void {
  const [a, b] = [actual.split("\n"), expected.split("\n")];
  const l = b.findIndex((line, n) => line !== a[n]);
  assert.deepEqual([a.length, a[l]], [b.length, b[l]], `line ${l + 1}`);
}

/** A mechanism whose weights sum to 0.9, and that says so, or whose run throws. */
const broken = (fault: "check" | "throw") =>
  entry({
    id: "broken",
    name: { en: "Broken attention", ja: "壊れた注意" },
    about: { en: "Loses a tenth.", ja: "一割を失います。" },
    document: "D-ATT",
    file: "lib/attention/attention.ts",
    equation: ["A = 0.9"],
    run({ text }) {
      if (fault === "throw") throw new RangeError("no such key");
      const word = text.words.slice(0, 1);
      const checks = [
        { id: "sum", label: { en: "sums to 1", ja: "合計 1" }, pass: false, deviation: 0.1, limit: 1e-6 },
      ];
      return {
        shapes: [],
        costs: [],
        checks,
        maps: [{ title: { en: "A", ja: "A" }, weights: fromRows([[0.9]]), rows: word, cols: word }],
      };
    },
  });

test("the overview shows every mechanism: both names, equation, map, checks, cost; status 0", () => {
  assert.equal(overview.status, 0);
  assert.equal(overview.err, "");
  for (const { id, name, equation, file } of ENTRIES) {
    for (const part of [id, name.en.split(",")[0]!, file]) {
      assert.ok(overview.out.includes(part), `${id}: ${part}`);
    }
    const start = equation[0]!.split(/ {2}/)[0]!.slice(0, 30).trimEnd();
    assert.ok(overview.out.includes(start), `${id}: ${start}`);
  }
  const count = (text: RegExp): number => overview.out.match(text)!.length;
  assert.ok(
    count(/query ↓ \/ key →/g) >= 2 * ENTRIES.length - 4,
    `${count(/query ↓ \/ key →/g)} maps`,
  );
  assert.ok(count(/✓/g) > 4 * ENTRIES.length, `${count(/✓/g)} checks`);
  assert.match(overview.out, /Untrained: /);
  assert.match(overview.out, /\d+ checks, all passed\./);
});

test("--lang ja says everything in Japanese, and so does the locale; both agree on every number", async () => {
  assert.equal(japanese.status, 0);
  for (const [key, { en, ja }] of Object.entries<Phrase>(STRINGS)) {
    if (en !== ja && en.length > 12 && !en.includes("{")) assert.ok(!japanese.out.includes(en), key);
  }
  assert.ok(japanese.out.includes("クエリ ↓ / キー →"), "the axes in Japanese");
  assert.match(japanese.out, /検算 \d+ 件、すべて合格。/);
  const first = async (env: Record<string, string>): Promise<string> =>
    (await play(["--help"], { env })).out.split("\n")[0]!;
  for (const env of [
    { LANG: "ja_JP.UTF-8" },
    { LANG: "en_US.UTF-8", LC_ALL: "ja" },
    { LC_MESSAGES: "ja_JP" },
  ])
    assert.equal(await first(env), `${STRINGS.title.ja}`);
  for (const env of [{ LANG: "ja_JP.UTF-8", LC_ALL: "C" }, { LANG: "jam_JM" }, {}]) {
    assert.equal(await first(env), `${STRINGS.title.en}`);
  }
  const cells = (out: string): string[] => out.match(/\|[ .:=+*#@-]{4,}\|/g)!;
  const same = ["all", "--text", "The cat saw the bird. 鳥も見た。"];
  assert.deepEqual(cells((await play([...same, "--lang", "ja"])).out), cells((await play(same)).out));
});

test("every line fits the width, in both languages, large and small", async () => {
  const reports = ENTRIES.map((entry) => report(entry, bundled, 1, {}));
  for (const lang of ["en", "ja"] as const) {
    for (const width of [40, 60, 80, 160]) {
      const style = { lang, width, colour: false };
      const lines = [
        ...introduction(style, bundled, 1, 2, reports[0]!),
        ...help(style, ENTRIES),
        ...list(style, ENTRIES),
        ...closing(style, reports),
      ];
      for (const large of [true, false]) {
        lines.push(...reports.flatMap((told) => page(style, told, 1, large)));
      }
      for (const line of lines) {
        assert.ok(
          terminalColumns(line) <= width,
          `${lang} ${width}: ${terminalColumns(line)} columns: ${line}`,
        );
      }
    }
  }
  assertSame(
    (await play(["hard", "--no-color"], { columns: 100 })).out,
    (await play(["hard", "--width", "100"])).out,
  );
});

test("a failed check, or a mechanism that throws, gives status 1 and says which", async () => {
  const failed = await play(["all"], { entries: [ENTRIES[0]!, broken("check")] });
  assert.equal(failed.status, 1);
  assert.match(failed.out, /✗ FAILED sums to 1 {2}0\.1 > 1e-6/);
  assert.match(failed.out, /1 of \d+ checks FAILED\./);
  assert.match(failed.out, /2 broken +✗ 0\/1/);
  const thrown = await play(["broken", "--lang", "ja"], { entries: [broken("throw")] });
  assert.equal(thrown.status, 1);
  assert.match(thrown.out, /✗ 不合格 このテキストで動く/);
  assert.match(thrown.out, /no such key/);
  assert.equal(
    JSON.parse((await play(["--json"], { entries: [broken("check")] })).out).passed,
    false,
  );
});

test("colour adds nothing but colour, and comes only where it is wanted", async () => {
  const coloured = await play(["all", "--color"]);
  assert.match(coloured.out, /\x1b\[48;5;\d+/);
  assert.doesNotMatch(coloured.out, /\x1b\[48;5;\d+;38;5;\d+m[^\x1b]*[.:=+*#@-]{2}/, "no ink where there is colour");
  const inkless = (out: string): string =>
    out
      .replace(/\x1b\[[0-9;]*m/g, "")
      .split("\n")
      .filter((line) => !/[|≤]/.test(line))
      .join("\n")
      .replace(/brighter/g, "denser");
  assert.equal(inkless(coloured.out).split("\n").length, inkless(overview.out).split("\n").length);
  const escapes = async (args: string[], env: Record<string, string>, columns?: number): Promise<boolean> =>
    (await play(["hard", ...args], { env, columns })).out.includes("\x1b");
  assert.equal(await escapes([], {}), false);
  assert.equal(await escapes([], {}, 80), true);
  assert.equal(await escapes([], { TERM: "dumb" }, 80), false);
  assert.equal(await escapes([], { NO_COLOR: "1" }, 80), false);
  assert.equal(await escapes(["--no-color"], { FORCE_COLOR: "1" }, 80), false);
  assert.equal(await escapes([], { FORCE_COLOR: "1" }), true);
  assert.equal(await escapes([], { FORCE_COLOR: "1", NO_COLOR: "1" }), false);
});

test("--json holds weights, checks, costs and shapes of every run, rows summing to 1", async () => {
  const told = JSON.parse((await play(["--json", "--text", "The cat saw the bird. 鳥も見た。"])).out);
  assert.deepEqual(Object.keys(told), [
    "atlas",
    "seed",
    "features",
    "texts",
    "mechanisms",
    "trained",
    "passed",
  ]);
  assert.equal(told.passed, true);
  assert.equal(told.trained, false);
  assert.deepEqual(
    told.mechanisms.map(({ id }: { id: string }) => id),
    ENTRIES.map(({ id }) => id),
  );
  for (const { id, runs } of told.mechanisms) {
    for (const { queries, keys, shapes, maps, checks, costs } of runs) {
      assert.ok(
        Array.isArray(queries) &&
          Array.isArray(keys) &&
          shapes.length > 0 &&
          maps.length > 0 &&
          checks.length > 0 &&
          costs.length > 1,
        id,
      );
      for (const { rows, cols, weights } of maps) {
        assert.equal(weights.length, rows.length, id);
        for (const row of weights) {
          assert.equal(row.length, cols.length, id);
          assert.ok(
            row.every((w: unknown) => typeof w === "number"),
            id,
          );
        }
      }
    }
  }
  const causal = told.mechanisms.find(({ id }: { id: string }) => id === "target-target").runs[0].maps[0];
  assert.deepEqual(
    causal.weights[0],
    causal.cols.map(() => 0),
  );
  assert.equal(causal.scores[0][0], null);
  const sum = causal.weights[3].reduce((a: number, b: number) => a + b, 0);
  assert.ok(Math.abs(sum - 1) < 1e-6, `row 3 sums to ${sum}`);
});

test("the same words and seed give the same bytes; another seed gives other vectors", async () => {
  assertSame((await play(["all"])).out, overview.out);
  const weights = async (seed: string): Promise<unknown> =>
    JSON.parse((await play(["dot-product", "--json", "--seed", seed])).out).mechanisms[0].runs[0].maps[0]
      .weights;
  assert.deepEqual(await weights("5"), await weights("5"));
  assert.notDeepEqual(await weights("5"), await weights("6"));
});

test("as a process: the overview, one mechanism by a shortened name, and wrong usage", () => {
  const whole = launch(["all"]);
  assert.equal(whole.status, 0);
  assert.equal(whole.err, "");
  assertSame(whole.out, overview.out);
  const wrong = launch(["addtive"]);
  assert.deepEqual(
    [wrong.status, wrong.out, wrong.err],
    [2, "", 'atlas: there is no mechanism "addtive"; did you mean additive?\n'],
  );
});
