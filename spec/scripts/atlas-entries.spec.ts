import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import test from "node:test";
import type { Phrase, Result } from "../../scripts/atlas/entry.ts";
import { BUNDLED } from "../../scripts/atlas/text.ts";
import { DOCUMENTS, STRINGS } from "../../scripts/atlas/strings.ts";
import { ENTRIES } from "../../scripts/atlas/entries.ts";
import { MULTIPLY_ADDS, PAIRS } from "../../scripts/atlas/entry.ts";
import { equationsIn, equationsOf } from "../../scripts/atlas/equations.ts";
import { read, report } from "../../scripts/atlas/run.ts";

const source = (path: string): string => readFileSync(new URL(`../../${path}`, import.meta.url), "utf8");
const bundled = Object.values(BUNDLED).map(({ name, text }) => read(name, text, 256));
const reports = ENTRIES.map((entry) => report(entry, bundled, 1, {}));
const texts = (lines: readonly string[]) =>
  lines.map((text, t) => read({ en: `text ${t}`, ja: `テキスト ${t}` }, text, 256));

test("every mechanism passes its checks on the bundled sentences, has rows and pairs, and two costs", () => {
  for (const { entry, checks, runs } of reports) {
    assert.deepEqual(
      checks.filter(({ pass }) => !pass),
      [],
      entry.id,
    );
    const ids = new Set(checks.map(({ id }) => id));
    assert.ok(ids.has("naive"), `${entry.id}: not compared with spec/oracle/naive.ts`);
    assert.ok(ids.has("row-sums") || ids.has("one-hot"), `${entry.id}: row sums unchecked`);
    assert.ok(checks.length >= 3, `${entry.id}: no invariant of its own`);
    for (const { result } of runs) {
      assert.ok(result.maps.length > 0 && result.shapes.length > 0, entry.id);
      for (const label of [PAIRS, MULTIPLY_ADDS]) {
        assert.ok(
          result.costs.some((cost) => cost.label === label),
          `${entry.id}: ${label.en}`,
        );
      }
      for (const { value } of result.costs) {
        assert.ok(Number.isInteger(value) && value >= 0, `${entry.id}: cost ${value}`);
      }
    }
  }
});

test("checks hold for other seeds, for one word, for two, for one word over and over, and for prime lengths", () => {
  const readings = [
    texts(["one"]),
    texts(["two words"]),
    texts(["again ".repeat(5)]),
    texts(["a b c d e f g", "い ろ は に ほ へ と ち り ぬ る"]),
  ];
  for (const entry of ENTRIES) {
    // these do not read words: once is enough
    const wordless = entry.input === "picture" || entry.input === "lines";
    for (const [r, reading] of (wordless ? readings.slice(0, 1) : readings).entries()) {
      for (const seed of [0, 4294967295]) {
        const failed = report(entry, reading, seed, {}).checks.filter(({ pass }) => !pass);
        assert.deepEqual(failed, [], `${entry.id}, reading ${r}, seed ${seed}`);
      }
    }
  }
});

test("the equations are those of the docstrings: no entry restates them", () => {
  for (const { id, file, of = [], equation } of ENTRIES) {
    assert.ok(of.length > 0, `${id} names no declaration`);
    assert.deepEqual(equation, equationsOf(file, of), id);
    assert.doesNotMatch(source(`scripts/atlas/entries/${id}.ts`), /^ {2}equation:/m, id);
  }
  assert.throws(() => equationsOf("lib/matrix.ts", ["Tensor"]), /lib\/matrix\.ts declares no Tensor/);
  assert.throws(
    () => equationsOf("lib/matrix.ts", ["Random"]),
    /the docstring of Random has no equation/,
  );
});

test("of a docstring, the blocks with numbers; without numbers, the first that is no shape", () => {
  const doc = (...lines: string[]): string => ["/**", ...lines.map((line) => ` * ${line}`), " */"].join("\n");
  const shape = "    X (n, d)  →  Y (n, d)";
  const numbered = doc("Text.", "", "    A. Part", "       a = b   (1)", "", shape);
  assert.deepEqual(equationsIn(numbered), ["A. Part", "   a = b   (1)"]);
  assert.deepEqual(
    equationsIn(doc("Text.", "", shape, "", "    y = f(x)", "", "    z")),
    ["y = f(x)"],
  );
  assert.deepEqual(equationsIn(doc("Text only  (1)")), []);
});

test("ids are unique and are file names of entries/; every file there is in the atlas", () => {
  const ids = ENTRIES.map(({ id }) => id);
  const files = readdirSync(new URL("../../scripts/atlas/entries", import.meta.url));
  assert.deepEqual(
    ids.map((id) => `${id}.ts`).sort(),
    files.sort(),
  );
});

test("the documents come in order, and within one the mechanisms as in the READMEs' table", () => {
  const documents = Object.keys(DOCUMENTS);
  const order = ENTRIES.map(({ document }) => documents.indexOf(document));
  assert.deepEqual(order, [...order].sort((a, b) => a - b));
  for (const document of documents) {
    const files = ENTRIES.filter((entry) => entry.document === document).map(({ file }) => file);
    const rows = files.map((file) => source("README.md").indexOf(`](${file})`)).filter((row) => row >= 0);
    assert.deepEqual(rows, [...rows].sort((a, b) => a - b), document);
  }
});

/** Every { en, ja } inside a value. */
function* phrases(value: unknown, path: string): Generator<[string, Phrase]> {
  if (typeof value !== "object" || value === null || ArrayBuffer.isView(value)) return;
  if ("en" in value || "ja" in value) yield [path, value as Phrase];
  else for (const [key, part] of Object.entries(value)) yield* phrases(part, `${path}.${key}`);
}

test("every phrase is in both languages, with the same places to fill in", () => {
  const all: [string, Phrase][] = [...phrases(STRINGS, "STRINGS"), ...phrases(DOCUMENTS, "DOCUMENTS")];
  for (const entry of ENTRIES) all.push(...phrases({ ...entry }, entry.id));
  for (const { entry, runs } of reports) {
    for (const { result } of runs) all.push(...phrases(result, entry.id));
  }
  assert.ok(all.length > 300, `${all.length} phrases`);
  for (const [path, phrase] of all) {
    assert.deepEqual(Object.keys(phrase).sort(), ["en", "ja"], path);
    const { en, ja } = phrase;
    assert.ok(en.trim() !== "" && ja.trim() !== "", path);
    assert.deepEqual(en.match(/\{\w+\}/g)?.sort(), ja.match(/\{\w+\}/g)?.sort(), path);
    assert.ok(
      !/[\u3041-\u30FF\u3400-\u9FFF]/.test(en.replace(/"[^"]*"/g, "")),
      `${path}: Japanese in the English "${en}"`,
    );
    const prose = /[a-z]{4,} [a-z]{4,} [a-z]{4,}/.exec(ja.replace(/npm start[^ぁ-龠]*/g, ""));
    assert.equal(prose, null, `${path}: English in the Japanese "${ja}"`);
  }
});

/** Letters of the shapes with their numbers: "n_q, d_k" and [11, 16] give n_q = 11, d_k = 16. */
function lettersOf({ shapes }: Result): Map<string, number> {
  const letters = new Map<string, number>();
  for (const { letters: names, numbers } of shapes) {
    names.split(/, |·/).forEach((name, n) => names.includes("·") || letters.set(name, numbers[n]!));
  }
  return letters;
}

test("a cost's value is its formula with the shapes' numbers in it", () => {
  const counted = reports.filter(({ entry }) => ["D-ATT", "D-MHA", "D-CROSS"].includes(entry.document));
  assert.ok(counted.length >= 17, `${counted.length} entries`);
  for (const { entry, runs } of counted) {
    for (const { result } of runs) {
      const letters = lettersOf(result);
      letters.set("nnz(A)", result.maps[0]!.weights.data.filter((w) => w !== 0).length);
      if (!letters.has("d_v")) letters.set("d_v", letters.get("d_k") ?? 8);
      if (!letters.has("d_k")) letters.set("d_k", letters.get("d_v")!);
      for (const { formula, value } of result.costs) {
        const numbers = formula.replace(/nnz\(A\)|\d*[A-Za-z]\w*'?/g, (name) =>
          String(letters.get(name) ?? `«${name}»`),
        );
        const script = numbers
          .replace(/·/g, "*")
          .replace(/²/g, "**2")
          .replace(/³/g, "**3")
          .replace(/−/g, "-");
        assert.match(script, /^[\d+*()\s-]+$/, `${entry.id}: ${formula}`);
        assert.equal(value, Function(`return ${script}`)(), `${entry.id}: ${formula}`);
      }
    }
  }
});
