import assert from "node:assert/strict";
import test from "node:test";
import { MultiHeadAttention } from "../../lib/attention/multi-head-attention.ts";
import { SparseAttention } from "../../lib/attention/sparse-attention.ts";
import { StreamingMultiHeadAttention } from "../../lib/attention/streaming-multi-head-attention.ts";
import { assertClose, assertSameBits, normal, poison } from "../support/values.ts";
import { causal } from "../../lib/kernels/mask-scores.ts";
import { matrix, randomGenerator } from "../../lib/matrix.ts";
import { refuses } from "../support/mechanism.ts";
import { slidingWindow } from "../../lib/graph/patterns.ts";

const WIDTHS = { d_model: 12, heads: 3, d_query: 7, d_key: 5, d_value: 6, d_k: 4, d_v: 2, d_out: 9, bias: true };

test("the same parameters give what multi-head attention gives: all keys, the past, and along a graph", () => {
  const [Q, K, V] = [normal(70, 7, 1), normal(300, 5, 2), normal(300, 6, 3)];
  const dense = MultiHeadAttention.random(WIDTHS, randomGenerator(4));
  const streaming = StreamingMultiHeadAttention.random(WIDTHS, randomGenerator(4));
  assertClose(streaming.forward(Q, K, V).output, dense.forward(Q, K, V).output, 2e-6);
  const past = dense.forward(Q, K, V, { allow: causal(3) });
  assertClose(streaming.forward(Q, K, V, { causal: 3 }).output, past.output, 2e-6);
  const graph = slidingWindow(70, 4);
  const X = normal(70, 8, 5);
  const sparse = SparseAttention.random({ d_model: 8, heads: 2 }, randomGenerator(6));
  const same = new StreamingMultiHeadAttention(sparse);
  assertClose(same.forward(X, X, X, { graph }).output, sparse.forward(X, X, X, graph).output, 2e-6);
});

test("a row of a head's map", () => {
  const [Q, K, V] = [normal(9, 7, 1), normal(11, 5, 2), normal(11, 6, 3)];
  const { weights } = MultiHeadAttention.random(WIDTHS, randomGenerator(4)).forward(Q, K, V, { allow: causal() });
  const streaming = StreamingMultiHeadAttention.random(WIDTHS, randomGenerator(4));
  weights.forEach((A, m) => {
    for (const i of [0, 5, 8]) {
      const row = streaming.weightsOf(i, m, Q, K, { causal: 0 });
      assertClose(
        row,
        matrix(1, 11, A.data.slice(i * 11, (i + 1) * 11)),
        2e-6,
        `head ${m}, query ${i}`,
      );
    }
  });
});

test("what is hidden changes no bit; a query without keys gets b^O", () => {
  const streaming = StreamingMultiHeadAttention.random({ d_model: 8, heads: 2, bias: true }, randomGenerator(1));
  const X = normal(9, 8, 2);
  const clean = streaming.forward(X, X, X, { causal: -1 }).output;
  const last = poison(X, 8, NaN);
  assertSameBits(streaming.forward(X, last, last, { causal: -1 }).output, clean);
  assert.deepEqual(clean.data.slice(0, 8), streaming.b_O!.data, "query 0 sees nothing");
});

test("errors say who, what and why", () => {
  const streaming = StreamingMultiHeadAttention.random({ d_model: 8, heads: 2 }, randomGenerator(1));
  const X = matrix(3, 8);
  const where = "StreamingMultiHeadAttention";
  refuses(
    "RangeError",
    () => streaming.forward(X, matrix(3, 7), X),
    `${where}.forward: K must be (any, 8); got (3, 7)`,
  );
  refuses(
    "RangeError",
    () => streaming.weightsOf(0, 2, X, X),
    `${where}.weightsOf: m must be an integer in [0, 1]; got 2`,
  );
  refuses(
    "RangeError",
    () => new StreamingMultiHeadAttention({ heads: [], W_O: X }),
    /heads must hold at least 1/,
  );
});
