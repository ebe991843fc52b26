import assert from "node:assert/strict";
import test from "node:test";
import { SelfAttention } from "../../lib/attention/self-attention.ts";
import { TargetTargetAttention } from "../../lib/attention/target-target-attention.ts";
import { assertClose, assertRowSums, assertSameBits, assertSameRows, normal } from "../support/values.ts";
import { poison, rowsOf, tolerance } from "../support/values.ts";
import { fromRows, identity, matrix, randomGenerator } from "../../lib/matrix.ts";
import { naiveAttention, naiveLinear } from "../oracle/naive.ts";

const head = {
  W_Q: normal(4, 3, 1),
  W_K: normal(4, 3, 2),
  W_V: normal(4, 5, 3),
  b_Q: normal(1, 3, 4),
  b_K: normal(1, 3, 5),
  b_V: normal(1, 5, 6),
};
const targets = new TargetTargetAttention(head);

test("equals the definition under j < i", () => {
  for (const n of [0, 1, 2, 3, 7, 13]) {
    const Y = normal(n, 4, 10 + n);
    const [q, k, v] = (
      [
        ["W_Q", "b_Q"],
        ["W_K", "b_K"],
        ["W_V", "b_V"],
      ] as const
    ).map(([W, b]) => naiveLinear(rowsOf(Y), rowsOf(head[W]), rowsOf(head[b])));
    const expected = naiveAttention(q!, k!, v!, { scale: 1 / Math.sqrt(3), allow: (i, j) => j < i });
    const { output, weights } = targets.forward(Y);
    assertClose(output, expected.output, tolerance(expected.largestScore), `output, n ${n}`);
    assertClose(weights, expected.weights, tolerance(expected.largestScore), `weights, n ${n}`);
  }
});

test("strictly lower triangular: row 0 sees nothing and says zeros, row 1 repeats the value before " +
  "it", () => {
  const Y = normal(6, 4, 9);
  const { output, weights } = targets.forward(Y);
  rowsOf(weights).forEach((row, i) =>
    row.forEach((a, j) => assert.equal(a > 0, j < i, `A[${i}, ${j}] = ${a}`)),
  );
  assertRowSums(weights, [0]);
  assert.deepEqual(rowsOf(output)[0], [0, 0, 0, 0, 0]);
  assertClose(
    fromRows([rowsOf(output)[1]!]),
    [naiveLinear([rowsOf(Y)[0]!], rowsOf(head.W_V), rowsOf(head.b_V))[0]!],
    1e-6,
  );
});

test("blindness: its own position and all later ones change no bit of a row; itself included, it would " +
  "be another mechanism", () => {
  const Y = normal(6, 4, 9);
  const clean = targets.forward(Y);
  for (const t of [0, 2, 5]) {
    const dirty = targets.forward(poison(Y, t, NaN)).output;
    assertSameRows(dirty, clean.output, [...Array(t).keys()]);
    for (let i = t + 1; i < 6; i++) {
      assert.ok(rowsOf(dirty)[i]!.every(Number.isNaN), `row ${i} sees position ${t}`);
    }
  }
  assert.notDeepEqual(
    new SelfAttention(head).forward(Y, { allow: (i, j) => j <= i }).output,
    clean.output,
  );
});

test("by hand: equal scores average what came before", () => {
  // W_Q = 0, so that every score is 0: row i is the mean of rows 0 … i − 1
  const mean = new TargetTargetAttention({ W_Q: matrix(2, 1), W_K: matrix(2, 1), W_V: identity(2) });
  const { output, weights } = mean.forward(
    fromRows([
      [6, 0],
      [0, 6],
      [3, 3],
      [9, 9],
    ]),
  );
  assertClose(
    weights,
    [
      [0, 0, 0, 0],
      [1, 0, 0, 0],
      [1 / 2, 1 / 2, 0, 0],
      [1 / 3, 1 / 3, 1 / 3, 0],
    ],
    1e-6,
  );
  assertClose(
    output,
    [
      [0, 0],
      [6, 0],
      [3, 3],
      [3, 3],
    ],
    1e-6,
  );
});

test("fresh ones are those of SelfAttention; errors too", () => {
  const widths = { d_model: 5, d_k: 3, d_v: 2, bias: true };
  const [ours, theirs] = [
    TargetTargetAttention.random(widths, randomGenerator(1)).attention.head,
    SelfAttention.random(widths, randomGenerator(1)).head,
  ];
  assertSameBits(ours.W_V, theirs.W_V);
  assert.throws(() => targets.forward(normal(2, 3, 1)), {
    name: "RangeError",
    message: "SelfAttention.forward: X must be (any, 4); got (2, 3)",
  });
  const other = { ...head, W_V: matrix(3, 5) };
  assert.throws(() => new TargetTargetAttention(other), {
    name: "RangeError",
    message: "SelfAttention: head.W_V must be (4, any); got (3, 5)",
  });
});
