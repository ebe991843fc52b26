import assert from "node:assert/strict";
import test from "node:test";
import type { Allow } from "../../lib/kernels/mask-scores.ts";
import type { AttentionHead } from "../../lib/attention/heads.ts";
import type { Rows } from "../oracle/naive.ts";
import { CrossAttention } from "../../lib/attention/cross-attention.ts";
import { MultiHeadAttention } from "../../lib/attention/multi-head-attention.ts";
import { ScaledDotProductAttention } from "../../lib/attention/scaled-dot-product-attention.ts";
import { SelfAttention } from "../../lib/attention/self-attention.ts";
import { assertClose, assertSameBits, assertSameRows, normal, poison, rowsOf } from "../support/values.ts";
import { tolerance } from "../support/values.ts";
import { causal } from "../../lib/kernels/mask-scores.ts";
import { fromRows, identity, matrix, randomGenerator } from "../../lib/matrix.ts";
import { naiveAttention, naiveLinear } from "../oracle/naive.ts";

function someHead(d_x: number, d_m: number, d_k: number, d_v: number, bias: boolean): AttentionHead {
  const [W_Q, W_K, W_V] = [normal(d_x, d_k, 1), normal(d_m, d_k, 2), normal(d_m, d_v, 3)];
  return bias
    ? { W_Q, W_K, W_V, b_Q: normal(1, d_k, 4), b_K: normal(1, d_k, 5), b_V: normal(1, d_v, 6) }
    : { W_Q, W_K, W_V };
}

test("equals the definition: queries from one place, keys and values from the memory", () => {
  const sizes = [
    [1, 1, 2, 3, 4, 5],
    [2, 7, 3, 4, 5, 6],
    [11, 5, 4, 3, 2, 1],
    [3, 2, 5, 5, 5, 5],
    [0, 3, 4, 5, 6, 7],
    [3, 0, 4, 5, 6, 7],
  ] as const;
  for (const [n_q, n_k, d_x, d_m, d_k, d_v] of sizes) {
    const [X, M] = [normal(n_q, d_x, 8), normal(n_k, d_m, 9)];
    for (const bias of [false, true]) {
      const { W_Q, W_K, W_V, b_Q, b_K, b_V } = someHead(d_x, d_m, d_k, d_v, bias);
      const Q: Rows = naiveLinear(rowsOf(X), rowsOf(W_Q), b_Q && rowsOf(b_Q));
      const K: Rows = naiveLinear(rowsOf(M), rowsOf(W_K), b_K && rowsOf(b_K));
      const V: Rows = naiveLinear(rowsOf(M), rowsOf(W_V), b_V && rowsOf(b_V));
      for (const allow of [undefined, causal(), ((i, j) => (2 * i + j) % 3 !== 0) as Allow]) {
        const expected = naiveAttention(Q, K, V, {
          scale: 1 / Math.sqrt(d_k),
          ...(allow && { allow: (i: number, j: number) => allow(i, j, 0) }),
        });
        const { output, weights } = new CrossAttention({ W_Q, W_K, W_V, b_Q, b_K, b_V }).forward(X, M, {
          allow,
        });
        const where = `n_q ${n_q}, n_k ${n_k}, d_x ${d_x}, d_m ${d_m}, d_k ${d_k}, d_v ${d_v}, bias ${bias}`;
        assertClose(weights, expected.weights, tolerance(expected.largestScore), `weights, ${where}`);
        if (n_k === 0) assertSameBits(output, matrix(n_q, d_v));
        else assertClose(output, expected.output, tolerance(expected.largestScore), `output, ${where}`);
      }
    }
  }
});

test("the query side asks: exchanging query and memory changes the shape", () => {
  // both sides 4 wide, so that both ways round are possible
  const cross = new CrossAttention(someHead(4, 4, 3, 5, false));
  const [decoder, encoder] = [normal(2, 4, 1), normal(7, 4, 2)];
  const shapes = ({ output, weights }: ReturnType<CrossAttention["forward"]>): number[][] =>
    [output, weights].map((M) => [M.rows, M.cols]);
  assert.deepEqual(shapes(cross.forward(decoder, encoder)), [
    [2, 5],
    [2, 7],
  ]);
  assert.deepEqual(shapes(cross.forward(encoder, decoder)), [
    [7, 5],
    [7, 2],
  ]);
});

test("blindness: a memory row that is hidden changes no bit; a query row, no row but its own", () => {
  const cross = new CrossAttention(someHead(3, 4, 5, 2, true));
  const [X, M] = [normal(4, 3, 1), normal(6, 4, 2)];
  const allow: Allow = (i, j) => j !== 3 && i !== 2;
  const clean = cross.forward(X, M, { allow });
  assertSameBits(cross.forward(X, poison(M, 3, NaN), { allow }).output, clean.output);
  assertSameRows(cross.forward(poison(X, 1, NaN), M, { allow }).output, clean.output, [0, 2, 3]);
  assert.deepEqual(rowsOf(clean.output)[2], [0, 0]);
});

test("identities: memory = query is self-attention; identity matrices give the document's formula on the " +
  "matrices themselves; one head of multi-head", () => {
  const head = someHead(4, 4, 3, 5, true);
  const [X, M] = [normal(6, 4, 1), normal(7, 4, 2)];
  assertSameBits(
    new CrossAttention(head).forward(X, X).output,
    new SelfAttention(head).forward(X).output,
  );
  const I = identity(4);
  assertSameBits(
    new CrossAttention({ W_Q: I, W_K: I, W_V: I }).forward(X, M).output,
    new ScaledDotProductAttention().forward(X, M, M).output,
  );
  assertSameBits(
    new MultiHeadAttention({ heads: [head], W_O: identity(5) }).forward(X, M, M).output,
    new CrossAttention(head).forward(X, M).output,
  );
});

test("by hand: one question to a memory of three", () => {
  // The query [2] becomes Q = [2 · ln 2]. Keys are feature 0, that is 0, 1, 2, halved: 0, 1/2, 1.
  // d_k = 1: S = ln 2 · [0, 1, 2]; A = [1, 2, 4] / 7.
  // Values are feature 1 times 7: 7 · [1, 10, 100]; O = 1·1 + 2·10 + 4·100.
  const cross = new CrossAttention({
    W_Q: fromRows([[Math.log(2)]]),
    W_K: fromRows([[0.5], [0]]),
    W_V: fromRows([[0], [7]]),
  });
  const { output, weights } = cross.forward(
    fromRows([[2]]),
    fromRows([
      [0, 1],
      [1, 10],
      [2, 100],
    ]),
  );
  assertClose(weights, [[1 / 7, 2 / 7, 4 / 7]], 1e-6);
  assertClose(output, [[421]], 1e-6);
});

test("fresh ones take two widths; errors name the argument", () => {
  const { head } = CrossAttention.random(
    { d_query: 3, d_memory: 4, d_k: 5, d_v: 6, bias: true },
    randomGenerator(1),
  );
  assert.deepEqual(
    [head.W_Q, head.W_K, head.W_V, head.b_V!].map((W) => [W.rows, W.cols]),
    [
      [3, 5],
      [4, 5],
      [4, 6],
      [1, 6],
    ],
  );
  const cross = new CrossAttention(head);
  const raises = (run: () => unknown, name: "RangeError" | "TypeError", message: string | RegExp): void =>
    assert.throws(run, { name, message });
  raises(
    () => cross.forward(normal(2, 4, 1), normal(2, 4, 1)),
    "RangeError",
    "CrossAttention.forward: query must be (any, 3); got (2, 4)",
  );
  raises(
    () => cross.forward(normal(2, 3, 1), normal(2, 3, 1)),
    "RangeError",
    "CrossAttention.forward: memory must be (any, 4); got (2, 3)",
  );
  raises(
    () => cross.forward(normal(2, 3, 1), undefined as never),
    "TypeError",
    "CrossAttention.forward: memory must be a Matrix { rows, cols, data }; got undefined",
  );
  raises(
    () => new CrossAttention({ ...head, W_V: matrix(3, 6) }),
    "RangeError",
    "CrossAttention: head.W_V must be (4, any); got (3, 6)",
  );
  raises(
    () => CrossAttention.random({ d_query: 3, d_memory: 0, d_k: 5 }, Math.random),
    "RangeError",
    "CrossAttention.random: d_memory must be an integer ≥ 1; got 0",
  );
});
