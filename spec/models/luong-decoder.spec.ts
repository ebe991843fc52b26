import assert from "node:assert/strict";
import test from "node:test";
import type { LuongStepAttention } from "../../lib/models/luong-attention.ts";
import type { Rows } from "../oracle/naive.ts";
import { BilinearAttention } from "../../lib/attention/bilinear-attention.ts";
import { GRUCell } from "../../lib/layers/gru.ts";
import { LocalMonotonicAttention, LocalPredictiveAttention } from "../../lib/models/luong-attention.ts";
import { LuongAttention } from "../../lib/models/luong-attention.ts";
import { LuongDecoder } from "../../lib/models/luong-decoder.ts";
import { assertClose, assertSameBits, normal, rowsOf, tolerance } from "../support/values.ts";
import { concatRows, sliceRows } from "../../lib/kernels/rows.ts";
import { dot, naiveAttention, naiveLinear, naiveMatmul } from "../oracle/naive.ts";
import { matrix } from "../../lib/matrix.ts";
import { naiveGru } from "../oracle/naive-gru.ts";
import { naiveStart } from "../oracle/naive-decoder.ts";
import { refuses } from "../support/mechanism.ts";

// e = 2 features of a symbol, d = 3 of each direction, n = 5 of the state, d_out = 4 of the attentional
// state, 6 symbols.
const [W_a, W_c] = [normal(5, 6, 1), normal(11, 4, 2)];
const cell = new GRUCell({
  W_i: normal(6, 15, 3),
  W_h: normal(5, 15, 4),
  b_i: normal(1, 15, 5),
  b_h: normal(1, 15, 6),
});
const parts = {
  W_s: normal(3, 5, 7),
  b_s: normal(1, 5, 8),
  cell,
  W_o: normal(4, 6, 9),
  b_o: normal(1, 6, 10),
};
const { score } = new BilinearAttention({ W_a });
const [H, Y] = [normal(7, 6, 11), normal(5, 2, 12)];

function along(attention: LuongStepAttention, H_ = H): { logits: Rows; weights: Rows } {
  const decoder = new LuongDecoder({ ...parts, attention });
  let state = decoder.begin(H_);
  const steps = rowsOf(Y).map((_, i) => {
    const step = decoder.step(sliceRows(Y, i, i + 1), state);
    state = step.state;
    return step;
  });
  assert.equal(state.t, 5, "steps done");
  return {
    logits: rowsOf(concatRows(steps.map(({ logits }) => logits))),
    weights: rowsOf(concatRows(steps.map(({ weights }) => weights))),
  };
}

/** The loop in doubles: the state first, then the attention, then the read-out; h̃ goes to the next step. */
function naiveLoop(allow: (t: number, s: number) => boolean): { logits: Rows; weights: Rows } {
  let [h, fed] = [naiveStart(parts, rowsOf(H)), [0, 0, 0, 0]];
  const [logits, weights]: [Rows, Rows] = [[], []];
  rowsOf(Y).forEach((y, t) => {
    h = naiveGru(cell, [...y, ...fed], h);
    const seen = naiveAttention([h], rowsOf(H), rowsOf(H), {
      score: (q, k) => dot(naiveMatmul([q], rowsOf(W_a))[0]!, k),
      allow: (_, s) => allow(t, s),
    });
    fed = naiveMatmul([[...seen.output[0]!, ...h]], rowsOf(W_c))[0]!.map(Math.tanh);
    logits.push(naiveLinear([fed], rowsOf(parts.W_o), rowsOf(parts.b_o))[0]!);
    weights.push(seen.weights[0]!);
  });
  return { logits, weights };
}

test("every step equals its equations in doubles, over the whole source and through a moving window", () => {
  for (const [attention, allow] of [
    [new LuongAttention({ score, W_c }), () => true],
    [new LocalMonotonicAttention({ score, W_c, D: 1 }), (t: number, s: number) => Math.abs(t - s) <= 1],
  ] as const) {
    const [got, expected] = [along(attention), naiveLoop(allow)];
    const rows = (M: Rows) => concatRows(M.map((row) => matrix(1, row.length, row)));
    assertClose(rows(got.logits), expected.logits, 60 * tolerance(8), "logits");
    assertClose(rows(got.weights), expected.weights, 60 * tolerance(8), "weights");
  }
});

test("local-p goes in the same place", () => {
  const { weights } = along(
    new LocalPredictiveAttention({ score, W_c, D: 2, W_p: normal(5, 3, 13), v_p: normal(3, 1, 14) }),
  );
  for (const row of weights) assert.ok(row.reduce((a, b) => a + b, 0) < 1, `sums to less than 1: ${row}`);
});

test("the query is the current state; what was seen goes into the next step", () => {
  const attention = new LuongAttention({ score, W_c });
  const decoder = new LuongDecoder({ ...parts, attention });
  const begun = decoder.begin(H);
  const first = decoder.step(sliceRows(Y, 0, 1), begun);
  const look = attention.forward(first.state.s, H);
  assertSameBits(first.weights, look.weights, "the query is the state after the step");
  assertSameBits(first.state.R, look.output, "and its h̃ goes into the next step");
  const next = (R = first.state.R) => decoder.step(sliceRows(Y, 1, 2), { ...first.state, R }).logits.data;
  assert.notDeepEqual(next(matrix(1, 4)), next(), "input feeding matters");
});

test("errors say who, what and why", () => {
  const attention = new LuongAttention({ score, W_c });
  const decoder = new LuongDecoder({ ...parts, attention });
  refuses(
    "RangeError",
    () => decoder.begin(matrix(3, 5)),
    "LuongDecoder.begin: H must be (any, 6); got (3, 5)",
  );
  refuses(
    "RangeError",
    () => decoder.step(matrix(1, 3), decoder.begin(H)),
    "LuongDecoder.step: y must be (1, 2); got (1, 3)",
  );
  refuses(
    "RangeError",
    () => new LuongDecoder({ ...parts, attention, W_s: matrix(3, 4) }),
    "LuongDecoder: W_s must be (any, 5); got (3, 4)",
  );
  refuses(
    "RangeError",
    () => new LuongDecoder({ ...parts, attention, b_o: matrix(1, 5) }),
    "LuongDecoder: b_o must be (1, 6); got (1, 5)",
  );
  refuses(
    "RangeError",
    () => new LuongDecoder({ ...parts, attention, W_o: matrix(7, 6) }),
    "LuongDecoder: cell must read the attentional state's 7 features and more; got 6",
  );
});
