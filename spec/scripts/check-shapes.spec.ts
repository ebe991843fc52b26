import assert from "node:assert/strict";
import test from "node:test";
import type { Source } from "../../scripts/check/project.ts";
import { argumentProblems, flowProblems, legendProblems } from "../../scripts/check/shapes.ts";
import { callsOf } from "../../scripts/check/text.ts";
import { declarationsOf } from "../../scripts/check/declarations.ts";
import { legendOf } from "../../scripts/check/legend.ts";
import { letterProblems, signaturesOf } from "../../scripts/check/shapes.ts";
import { readProject } from "../../scripts/check/project.ts";

const kernel = `/**
 * A product (積).
 *
 *     C[i,j] = Σ_k A[i,k] B[k,j]
 *
 *     A (n, K)   B (K, m)   →   C (n, m)
 */
export function product(A: Matrix, B: Matrix): Matrix {
  checkMatrix("product", "A", A);
  checkMatrix("product", "B", B, { rows: A.cols });
  const { rows: n, cols: K } = A;
  return { rows: n, cols: B.cols, data: new Float32Array(n * B.cols) };
}

/**
 * A product with a transpose (転置との積).
 *
 *     A (n, K)   B (m, K)   →   C (n, m)
 */
export function productTransposed(A: Matrix, B: Matrix): Matrix {
  checkMatrix("productTransposed", "A", A);
  checkMatrix("productTransposed", "B", B, { cols: A.cols });
  return { rows: A.rows, cols: B.rows, data: new Float32Array(A.rows * B.rows) };
}
`;

const mechanism = `/**
 * Attention (注意).
 *
 *     S = Q Kᵀ      (1)
 *     O = S V       (2)
 *
 *     Q (n_q, d_k)   K (n_k, d_k)   V (n_k, d_v)   →   output O (n_q, d_v), weights S (n_q, n_k)
 *     W^O (d_v, 2u)   b^O (1, 2u) or absent
 */
export class Something {
  constructor(W_O: Matrix, b_O: Matrix | undefined) {
    checkShapes("Something", { "heads[0].W_O": [W_O, "d_v", "2u"], "b_O?": [b_O, 1, "2u"] });
  }

  /** O and S. */
  forward(Q: Matrix, K: Matrix, V: Matrix): { output: Matrix; weights: Matrix } {
    const { n_q } = checkShapes("Something.forward", {
      Q: [Q, "n_q", "d_k"],
      K: [K, "n_k", "d_k"],
      V: [V, "n_k", "d_v"],
    });

    const S = productTransposed(Q, K); //     (1) (n_q, n_k)
    const O = product(S, V); //               (2) (n_q, d_v)
    return { output: O, weights: S };
  }
}
`;

const sources: readonly Source[] = [
  { file: "lib/kernels/product.ts", text: kernel },
  { file: "lib/attention/something.ts", text: mechanism },
];

/** Everything that is said about the two files. */
function problemsOf([first, second]: readonly Source[]): string[] {
  const both = [first!, second!];
  const signatures = signaturesOf(both);
  return [
    ...both.flatMap(letterProblems),
    ...both.flatMap((source) => flowProblems(source, signatures)),
    ...both.flatMap(legendProblems),
    ...argumentProblems(both),
  ];
}

/** The two files with one thing changed; the change must really change it. */
function changed(from: string, to: string): string[] {
  const others = sources.map(({ file, text }) => ({ file, text: text.replace(from, to) }));
  assert.notDeepEqual(others, sources, `"${from}" is not there`);
  return problemsOf(others);
}

test("the legend of a docstring", () => {
  const { shapes, results } = legendOf(declarationsOf(mechanism)[0]!.doc);
  assert.deepEqual(Object.fromEntries(shapes), {
    Q: ["n_q", "d_k"],
    K: ["n_k", "d_k"],
    V: ["n_k", "d_v"],
    W_O: ["d_v", "2u"],
    b_O: ["1", "2u"],
    output: ["n_q", "d_v"],
    O: ["n_q", "d_v"],
    weights: ["n_q", "n_k"],
    S: ["n_q", "n_k"],
  });
  assert.deepEqual(results.map(({ names }) => names.join()), ["output,O", "weights,S"]);
});

test("a legend: several names before a shape, indices, sums in sides, equations left alone", () => {
  const shapesOf = (line: string): object => Object.fromEntries(legendOf(`/**\n *     ${line}\n */`).shapes);
  assert.deepEqual(shapesOf("W_i^Q, W_i^K (d, h·d_k) and b (1, (h + 2)·d)"), {
    W_Q: ["d", "h·d_k"],
    W_K: ["d", "h·d_k"],
    b: ["1", "(h+2)·d"],
  });
  assert.deepEqual(shapesOf("f(a, b) = g (a, b)   (1)"), {});
  const qualified = Object.keys(shapesOf("lateral Q (n, d), longitudinal Q (n, e)"));
  assert.ok(
    qualified.includes("lateral.Q") && qualified.includes("longitudinal.Q"),
    qualified.join(),
  );
});

test("the two sound files have no problems", () => assert.deepEqual(problemsOf(sources), []));

test("a change of one letter in a legend is red", () => {
  for (const [from, to] of [
    ["Q (n_q, d_k)", "Q (n_q, d_q)"],
    ["Q (n_q, d_k)", "Q (n, d_k)"],
    ["K (n_k, d_k)", "K (n_q, d_k)"],
    ["V (n_k, d_v)", "V (n_k, d_k)"],
    ["O (n_q, d_v)", "O (n_k, d_v)"],
    ["S (n_q, n_k)", "S (n_q, n_q)"],
    ["W^O (d_v, 2u)", "W^O (d_k, 2u)"],
    ["b^O (1, 2u)", "b^O (1, u)"],
    ["A (n, K)   B (K, m)", "A (n, K)   B (k, m)"],
    ["A (n, K)   B (K, m)", "A (n, k)   B (K, m)"],
    ["A (n, K)   B (m, K)", "A (n, K)   B (m, n)"],
    ["C (n, m)", "C (m, m)"],
    ["C (n, m)", "C (n, K)"],
  ] as const)
    assert.notDeepEqual(changed(from, to), [], `${from} → ${to}`);
});

test("a change of one letter in a checkShapes is red", () => {
  for (const [from, to] of [
    ['Q: [Q, "n_q", "d_k"]', 'Q: [Q, "n_k", "d_k"]'],
    ['Q: [Q, "n_q", "d_k"]', 'Q: [Q, "n_q", "d_v"]'],
    ['V: [V, "n_k", "d_v"]', 'V: [V, "n_q", "d_v"]'],
    ['"heads[0].W_O": [W_O, "d_v", "2u"]', '"heads[0].W_O": [W_O, "d_v", "2v"]'],
    ['"b_O?": [b_O, 1, "2u"]', '"b_O?": [b_O, 1, "d_v"]'],
    ['Q: [Q, "n_q", "d_k"]', 'P: [Q, "n_q", "d_k"]'],
  ] as const)
    assert.match(changed(from, to).join("\n"), /legend/, `${from} → ${to}`);
});

test("a change of one side in a checkMatrix, or of what is returned, is red", () => {
  for (const [from, to] of [
    ["{ rows: A.cols }", "{ rows: A.rows }"],
    ["{ rows: A.cols }", "{ cols: A.cols }"],
    ["{ rows: n, cols: B.cols,", "{ rows: B.rows, cols: B.cols,"],
    ["const { rows: n, cols: K }", "const { cols: n, rows: K }"],
    ["cols: B.rows, data", "cols: A.cols, data"],
  ] as const)
    assert.match(changed(from, to).join("\n"), /legend/, `${from} → ${to}`);
});

test("another argument, or another shape in the comment behind a line, is red", () => {
  for (const [from, to, complaint] of [
    ["product(S, V)", "product(S, K)", /O is \(n_q, d_k\)/],
    ["product(S, V)", "product(S, Q)", /product needs n_k = n_q, by its letter K/],
    ["product(S, V)", "productTransposed(S, V)", /productTransposed needs n_k = d_v, by its letter K/],
    ["(1) (n_q, n_k)", "(1) (n_k, n_q)", /S is \(n_q, n_k\), but its comment says \(n_k, n_q\)/],
    ["{ output: O,", "{ output: V,", /output is \(n_k, d_v\); the legend says \(n_q, d_v\)/],
  ] as const)
    assert.match(changed(from, to).join("\n"), complaint, `${from} → ${to}`);
});

test("numbers and expressions in place of letters are exempt", () => {
  assert.deepEqual(changed('Q: [Q, "n_q", "d_k"]', 'Q: [Q, 3, "d_k"]'), []);
  assert.deepEqual(changed('[W_O, "d_v", "2u"]', '[W_O, width + 1, "2u"]'), []);
});

test("a matrix that is neither checked nor handed on is red", () => {
  const unchecked = changed('  checkMatrix("product", "A", A);\n', "");
  assert.match(unchecked.join("\n"), /product takes the matrix A without a check/);
  const without = mechanism
    .replace(/ {4}const \{ n_q \}[\s\S]*?\}\);\n/, "")
    .replace("product(S, V)", "multiplied(S, V)");
  const problems = argumentProblems([sources[0]!, { file: "lib/attention/something.ts", text: without }]);
  assert.deepEqual(problems, [
    "lib/attention/something.ts:16 Something.forward takes the matrix V without a check",
  ]);
});

test("one matrix has one shape in a legend, and a result no letter of its own", () => {
  assert.match(changed("V (n_k, d_v)", "Q (n_k, d_v)").join("\n"), /the legend gives Q two shapes/);
  assert.match(
    changed("C (n, m)", "C (n, l)").join("\n"),
    /the letter l of the result stands nowhere else/,
  );
});

test("in all of lib: a change of one letter in a checkShapes, or of that letter in its legend, is red", () => {
  let changes = 0;
  for (const source of readProject().lib) {
    const { file, text } = source;
    const before = letterProblems(source);
    for (const { name, args, place, end } of callsOf(text)) {
      if (name !== "checkShapes" || text.slice(0, place).endsWith("function ") || args.length !== 2) continue;
      const call = text.slice(place, end);
      for (const match of call.matchAll(/(?<=\[[\w$.[\]! ]+,(?: [^,\]]+,)? )"([^"]+)"(?=[,\]])/g)) {
        const other = `${call.slice(0, match.index)}"q7"${call.slice(match.index + match[0].length)}`;
        const mutant = { file, text: text.slice(0, place) + other + text.slice(end) };
        assert.notDeepEqual(letterProblems(mutant), before, `${file}: ${match[0]} in ${call}`);
        changes++;
      }
    }
  }
  assert.ok(changes > 20, `${changes} letters`);
});
