import assert from "node:assert/strict";
import test from "node:test";
import type { Allow } from "../../lib/kernels/mask-scores.ts";
import type { AttentionHead } from "../../lib/attention/heads.ts";
import type { Matrix } from "../../lib/matrix.ts";
import { SelfAttention } from "../../lib/attention/self-attention.ts";
import { assertClose, assertRowSums, assertSameBits, assertSameRows, normal } from "../support/values.ts";
import { poison, rowsOf, tolerance } from "../support/values.ts";
import { causal } from "../../lib/kernels/mask-scores.ts";
import { fromRows, identity, matrix, randomGenerator } from "../../lib/matrix.ts";
import { naiveAttention, naiveLinear } from "../oracle/naive.ts";

function someHead(d: number, d_k: number, d_v: number, bias: boolean): AttentionHead {
  const [W_Q, W_K, W_V] = [normal(d, d_k, 1), normal(d, d_k, 2), normal(d, d_v, 3)];
  return bias
    ? { W_Q, W_K, W_V, b_Q: normal(1, d_k, 4), b_K: normal(1, d_k, 5), b_V: normal(1, d_v, 6) }
    : { W_Q, W_K, W_V };
}

test("equals the definition: three projections of one source, then softmax(Q Kᵀ / √d_k) V", () => {
  for (const [n, d, d_k, d_v] of [
    [0, 3, 4, 5],
    [1, 2, 3, 4],
    [2, 3, 4, 1],
    [5, 4, 3, 7],
    [13, 6, 5, 2],
    [6, 4, 4, 4],
  ] as const) {
    const X = normal(n, d, 9);
    for (const bias of [false, true]) {
      const head = someHead(d, d_k, d_v, bias);
      const project = (W: Matrix, b: Matrix | undefined): number[][] =>
        naiveLinear(rowsOf(X), rowsOf(W), b && rowsOf(b));
      for (const allow of [undefined, causal(), causal(-1), ((i, j) => (i + j) % 3 !== 0) as Allow]) {
        for (const scoreBias of [undefined, normal(n, n, 10)]) {
          const expected = naiveAttention(
            project(head.W_Q, head.b_Q),
            project(head.W_K, head.b_K),
            project(head.W_V, head.b_V),
            {
              scale: 1 / Math.sqrt(d_k),
              ...(allow && { allow: (i: number, j: number) => allow(i, j, 0) }),
              ...(scoreBias && { bias: rowsOf(scoreBias) }),
            },
          );
          const { output, weights } = new SelfAttention(head).forward(X, { allow, bias: scoreBias });
          assert.equal(output.cols, d_v);
          assertClose(
            output,
            expected.output,
            tolerance(expected.largestScore),
            `output, n ${n}, d ${d}, d_k ${d_k}, d_v ${d_v}`,
          );
          assertClose(
            weights,
            expected.weights,
            tolerance(expected.largestScore),
            `weights, n ${n}, d ${d}, d_k ${d_k}, d_v ${d_v}`,
          );
        }
      }
    }
  }
});

test("blindness: what comes later changes no bit of what a causal row says", () => {
  const self = new SelfAttention(someHead(4, 3, 5, true));
  const X = normal(7, 4, 9);
  const clean = self.forward(X, { allow: causal() });
  const dirty = self.forward(poison(X, 4, NaN), { allow: causal() });
  assertSameRows(dirty.output, clean.output, [0, 1, 2, 3]);
  for (const i of [4, 5, 6]) {
    assert.ok(rowsOf(dirty.output)[i]!.every(Number.isNaN), `row ${i} sees the poison`);
  }
});

test("any length goes through the same parameters, and a permuted source gives a permuted output", () => {
  const self = new SelfAttention(someHead(4, 3, 5, false));
  for (const n of [1, 2, 3, 17]) assertRowSums(self.forward(normal(n, 4, n)).weights);
  const X = normal(5, 4, 9);
  const order = [4, 2, 0, 1, 3];
  const rows = rowsOf(self.forward(X).output);
  assertClose(
    self.forward(fromRows(order.map((i) => rowsOf(X)[i]!))).output,
    order.map((i) => rows[i]!),
    1e-6,
  );
});

test("by hand: with identity projections the source itself is query, key and value", () => {
  // X = [[a, 0], [0, a]] with a² / √2 = ln 2: S' = [[ln 2, 0], [0, ln 2]], A = [[2, 1], [1, 2]] / 3, O = A X
  const a = Math.sqrt(Math.SQRT2 * Math.log(2));
  const I = identity(2);
  const { output, weights } = new SelfAttention({ W_Q: I, W_K: I, W_V: I }).forward(
    fromRows([
      [a, 0],
      [0, a],
    ]),
  );
  assertClose(
    weights,
    [
      [2 / 3, 1 / 3],
      [1 / 3, 2 / 3],
    ],
    1e-6,
  );
  assertClose(
    output,
    [
      [(2 * a) / 3, a / 3],
      [a / 3, (2 * a) / 3],
    ],
    1e-6,
  );
});

test("fresh ones have the widths asked for; d_v is d_k unless given", () => {
  const shapes = ({ head }: SelfAttention): unknown =>
    [head.W_Q, head.W_K, head.W_V].map((W) => [W.rows, W.cols]);
  assert.deepEqual(shapes(SelfAttention.random({ d_model: 5, d_k: 3 }, randomGenerator(1))), [
    [5, 3],
    [5, 3],
    [5, 3],
  ]);
  const wide = SelfAttention.random({ d_model: 5, d_k: 3, d_v: 2, bias: true }, randomGenerator(1));
  assert.deepEqual(shapes(wide), [
    [5, 3],
    [5, 3],
    [5, 2],
  ]);
  assertSameBits(wide.head.b_V!, matrix(1, 2));
});

test("errors name the argument and what was got", () => {
  const head = someHead(4, 3, 5, false);
  const raises = (run: () => unknown, name: "RangeError" | "TypeError", message: string | RegExp): void =>
    assert.throws(run, { name, message });
  raises(
    () => new SelfAttention({ ...head, W_K: matrix(5, 3) }),
    "RangeError",
    "SelfAttention: head.W_K must be (4, any); got (5, 3)",
  );
  raises(
    () => new SelfAttention({ ...head, W_V: matrix(5, 3) }),
    "RangeError",
    "SelfAttention: head.W_V must be (4, any); got (5, 3)",
  );
  raises(
    () => new SelfAttention({ ...head, W_K: matrix(4, 2) }),
    "RangeError",
    "SelfAttention: head.W_K must be (any, 3); got (4, 2)",
  );
  raises(
    () => new SelfAttention(null as never),
    "TypeError",
    "SelfAttention: head must be a record { W_Q, W_K, W_V }; got null",
  );
  raises(
    () => new SelfAttention(head).forward(normal(2, 3, 1)),
    "RangeError",
    "SelfAttention.forward: X must be (any, 4); got (2, 3)",
  );
  raises(
    () => new SelfAttention(head).forward(normal(2, 4, 1), { allow: 1 as never }),
    "TypeError",
    /allow must be a function/,
  );
  raises(
    () => SelfAttention.random({ d_model: -1, d_k: 2 }, Math.random),
    "RangeError",
    "SelfAttention.random: d_model must be an integer ≥ 1; got -1",
  );
});
