import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import test from "node:test";
import { NaiveCounter } from "../oracle/naive-counter.ts";
import { randomGenerator } from "../../lib/matrix.ts";

/** The formula behind "Cost: " in a declaration's docstring, up to "multiply-adds". */
function formulaOf(file: string, declaration: string): string {
  const text = readFileSync(fileURLToPath(new URL(`../../lib/attention/${file}.ts`, import.meta.url)), "utf8");
  const end = text.search(new RegExp(`^export (?:class|function) ${declaration}\\b`, "m"));
  const doc = text.slice(text.lastIndexOf("/**", end), end).replace(/\n \* ?/g, " ");
  const formula = /Cost: (.*?) multiply-adds/.exec(doc)?.[1];
  assert.ok(formula !== undefined, `${declaration} has no cost`);
  return formula;
}

/** A formula's value: letters side by side multiply, ² squares. */
function valueOf(formula: string, letters: Readonly<Record<string, number>>): number {
  const names = Object.keys(letters).sort((a, b) => b.length - a.length);
  const token = new RegExp(`${names.map((name) => name.replace("'", "\\'")).join("|")}|\\d+|[()+/]|[−-]|²`, "g");
  const rest = formula.replace(token, "").replace(/[·\s]/g, "");
  assert.equal(rest, "", `letters without a value in ${formula}`);
  let code = "";
  for (const [part] of formula.matchAll(token)) {
    const operand = part in letters ? String(letters[part]) : part;
    const joins = /[\d)]$/.test(code) && /^[\d(]/.test(operand);
    code += part === "²" ? "**2" : (joins ? "*" : "") + operand.replace("−", "-");
  }
  return Number(new Function(`return ${code};`)());
}

type Loops = (counter: NaiveCounter, of: (letter: string) => number) => void;

/** The mixture of n_k values for each of n_q queries, after the scores. */
const mixture: Loops = (c, of) => void c.product(c.rows(of("n_q"), of("n_k")), c.rows(of("n_k"), of("d_v")));

/** Scores and mixture for queries and keys of one width. */
const attended = (c: NaiveCounter, n_q: number, n_k: number, d: number, d_v: number): void => {
  c.product(c.rows(n_q, d), c.rows(d, n_k));
  c.product(c.rows(n_q, n_k), c.rows(n_k, d_v));
};

/** Each mechanism: its file, its letters, and its loops. */
const CASES: readonly (readonly [string, string, readonly string[], Loops])[] = [
  [
    "scaled-dot-product-attention",
    "ScaledDotProductAttention",
    ["n_q", "n_k", "d_k", "d_v"],
    (c, of) => attended(c, of("n_q"), of("n_k"), of("d_k"), of("d_v")),
  ],
  [
    "dot-product-attention",
    "DotProductAttention",
    ["n_q", "n_k", "d", "d_v"],
    (c, of) => attended(c, of("n_q"), of("n_k"), of("d"), of("d_v")),
  ],
  [
    "bilinear-attention",
    "BilinearAttention",
    ["n_q", "n_k", "d_q", "d_k", "d_v"],
    (c, of) => {
      c.linear(c.rows(of("n_q"), of("d_q")), of("d_k"));
      attended(c, of("n_q"), of("n_k"), of("d_k"), of("d_v"));
    },
  ],
  [
    "additive-attention",
    "AdditiveAttention",
    ["n_q", "n_k", "d_q", "d_k", "d_v", "n'"],
    (c, of) => {
      c.linear(c.rows(of("n_q"), of("d_q")), of("n'"));
      c.linear(c.rows(of("n_k"), of("d_k")), of("n'"));
      c.linear(c.rows(of("n_q") * of("n_k"), of("n'")), 1);
      mixture(c, of);
    },
  ],
  [
    "concat-attention",
    "ConcatAttention",
    ["n_q", "n_k", "d_q", "d_k", "d_v", "n'"],
    (c, of) => {
      c.linear(c.rows(of("n_q") * of("n_k"), of("d_q") + of("d_k")), of("n'"));
      c.linear(c.rows(of("n_q") * of("n_k"), of("n'")), 1);
      mixture(c, of);
    },
  ],
  [
    "cross-attention",
    "CrossAttention",
    ["n_q", "n_k", "d_x", "d_m", "d_k", "d_v"],
    (c, of) => {
      c.linear(c.rows(of("n_q"), of("d_x")), of("d_k"));
      c.linear(c.rows(of("n_k"), of("d_m")), of("d_k"));
      c.linear(c.rows(of("n_k"), of("d_m")), of("d_v"));
      attended(c, of("n_q"), of("n_k"), of("d_k"), of("d_v"));
    },
  ],
  [
    "self-attention",
    "SelfAttention",
    ["n", "d", "d_k", "d_v"],
    (c, of) => {
      for (const width of [of("d_k"), of("d_k"), of("d_v")]) c.linear(c.rows(of("n"), of("d")), width);
      attended(c, of("n"), of("n"), of("d_k"), of("d_v"));
    },
  ],
  [
    "structured-self-attention",
    "StructuredSelfAttention",
    ["n", "u", "d_a", "r"],
    (c, of) => {
      c.linear(c.rows(of("n"), 2 * of("u")), of("d_a"));
      c.linear(c.rows(of("n"), of("d_a")), of("r"));
      c.product(c.rows(of("r"), of("n")), c.rows(of("n"), 2 * of("u")));
      c.product(c.rows(of("r"), of("n")), c.rows(of("n"), of("r")));
    },
  ],
  [
    "parameter-free-attention",
    "ParameterFreeSelfAttention",
    ["n", "d_x"],
    (c, of) => attended(c, of("n"), of("n"), of("d_x"), of("d_x")),
  ],
  [
    "parameter-free-attention",
    "ParameterFreeCrossAttention",
    ["n_q", "n_k", "d_k", "d_v"],
    (c, of) => {
      attended(c, of("n_q"), of("n_q"), of("d_k"), of("d_k"));
      attended(c, of("n_k"), of("n_k"), of("d_k"), of("d_k"));
      attended(c, of("n_k"), of("n_k"), of("d_v"), of("d_v"));
      attended(c, of("n_q"), of("n_k"), of("d_k"), of("d_v"));
    },
  ],
  [
    "class-token-attention",
    "ClassTokenAttention",
    ["d", "e", "m"],
    (c, of) => {
      c.linear(c.rows(1, of("d")), of("e"));
      for (const n of [1, 1 + of("m"), 1 + of("m"), 1]) c.linear(c.rows(n, of("e")), of("e"));
      attended(c, 1, 1 + of("m"), of("e"), of("e"));
      c.linear(c.rows(1, of("e")), of("d"));
    },
  ],
];

for (const [file, declaration, letters, loops] of CASES) {
  test(`${declaration}: the cost of its docstring is what naive loops count, at random sizes`, () => {
    const formula = formulaOf(file, declaration);
    const random = randomGenerator(letters.length);
    for (let draw = 0; draw < 8; draw++) {
      const sizes = Object.fromEntries(letters.map((letter) => [letter, 1 + Math.floor(7 * random())]));
      const counter = new NaiveCounter();
      loops(counter, (letter) => sizes[letter]!);
      assert.equal(valueOf(formula, sizes), counter.count, `${formula} for ${JSON.stringify(sizes)}`);
    }
  });
}

for (const [file, declaration] of [
  ["inner-patch-attention", "InnerPatchAttention"],
  ["cross-patch-attention", "CrossPatchAttention"],
] as const) {
  test(`${declaration}: the cost of its docstring is what naive loops count, tile by tile`, () => {
    const formula = formulaOf(file, declaration);
    for (const [tilesDown, tilesAcross, p, C] of [[1, 2, 2, 3], [3, 2, 1, 2], [2, 2, 3, 4]] as const) {
      const counter = new NaiveCounter();
      const tiles = tilesDown * tilesAcross;
      const [count, n, d] = file === "inner-patch-attention" ? [tiles, p * p, C] : [C, tiles, p * p];
      for (let t = 0; t < count; t++) counter.attention(counter.rows(n, d), counter.rows(n, d), 1);
      const cost = valueOf(formula, { HW: tiles * p * p, p, C });
      assert.equal(cost, counter.count, `${formula} for ${tiles} tiles of ${p} × ${p}, ${C} channels`);
    }
  });
}

test("the reader of formulas: letters side by side, squares, brackets, and letters that nobody knows", () => {
  assert.equal(valueOf("2de + 2e² + 2(1 + m)e²", { d: 2, e: 3, m: 4 }), 12 + 18 + 90);
  assert.equal(valueOf("2(HW/p)²·C − n'", { HW: 12, p: 2, C: 3, "n'": 5 }), 211);
  assert.throws(() => valueOf("n·x", { n: 2 }));
});
