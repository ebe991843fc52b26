import assert from "node:assert/strict";
import test from "node:test";
import { DotProductAttention } from "../../lib/attention/dot-product-attention.ts";
import { ScaledDotProductAttention } from "../../lib/attention/scaled-dot-product-attention.ts";
import { assertClose, assertSameBits, normal } from "../support/values.ts";
import { dotProduct } from "../support/score-functions.ts";
import { fromRows, matrix } from "../../lib/matrix.ts";
import { refuses, specifyMechanism } from "../support/mechanism.ts";

specifyMechanism([dotProduct(1), dotProduct(5), dotProduct(8)]);

test("by hand: scores ln 4 and ln 1 share the value 4 to 1", () => {
  // q = (1, 2); q · k_0 = ln 4 and q · k_1 = 2·0 = 0 = ln 1, so the weights are 4/5 and 1/5, and the output
  // 4/5·10 + 1/5·20 = 12.
  const Q = fromRows([[1, 2]]);
  const K = fromRows([
    [Math.log(4), 0],
    [0, 0],
  ]);
  const { output, weights } = new DotProductAttention().forward(Q, K, fromRows([[10], [20]]));
  assertClose(weights, [[0.8, 0.2]], 1e-7);
  assertClose(output, [[12]], 1e-7);
});

test("it has no scale: scaled attention with scale 1 is the same to the bit, and with 1/√d another", () => {
  const [Q, K, V] = [normal(5, 3, 1), normal(7, 3, 2), normal(7, 2, 3)];
  const { output, weights } = new DotProductAttention().forward(Q, K, V);
  const scaled = new ScaledDotProductAttention({ scale: 1 }).forward(Q, K, V);
  assertSameBits(output, scaled.output);
  assertSameBits(weights, scaled.weights);
  assert.throws(() => assertClose(output, new ScaledDotProductAttention().forward(Q, K, V).output, 1e-2));
});

test("score is bound: it can be handed on by itself", () => {
  const { score } = new DotProductAttention();
  assertSameBits(score(fromRows([[1, 2]]), fromRows([[3, 4]])), fromRows([[11]]));
});

test("errors say who, what and why", () => {
  const attention = new DotProductAttention();
  const [Q, K, V] = [matrix(2, 3), matrix(5, 3), matrix(5, 4)];
  refuses(
    "RangeError",
    () => attention.forward(Q, matrix(5, 2), V),
    "DotProductAttention.score: K must be (any, 3); got (5, 2)",
  );
  refuses(
    "RangeError",
    () => attention.forward(Q, K, matrix(4, 4)),
    "DotProductAttention.forward: V must be (5, any); got (4, 4)",
  );
  refuses(
    "RangeError",
    () => attention.forward(Q, K, V, { bias: matrix(5, 2) }),
    "maskScores: bias must be (2, 5); got (5, 2)",
  );
  refuses(
    "TypeError",
    () => attention.forward(undefined as never, K, V),
    "DotProductAttention.score: Q must be a Matrix { rows, cols, data }; got undefined",
  );
  refuses(
    "TypeError",
    () => attention.forward(Q, [[1, 2, 3]] as never, V),
    /^DotProductAttention.score: K must be a Matrix/,
  );
  refuses(
    "TypeError",
    () => attention.forward(Q, K, null as never),
    /^DotProductAttention.forward: V must be a Matrix/,
  );
});
