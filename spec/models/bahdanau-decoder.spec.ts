import assert from "node:assert/strict";
import test from "node:test";
import type { DecoderStep } from "../../lib/models/recurrent-decoder.ts";
import type { Matrix } from "../../lib/matrix.ts";
import { AdditiveAttention } from "../../lib/attention/additive-attention.ts";
import { BahdanauDecoder } from "../../lib/models/bahdanau-decoder.ts";
import { GRUCell } from "../../lib/layers/gru.ts";
import { assertClose, assertRowSums, assertSameBits, normal, poison, rowsOf } from "../support/values.ts";
import { tolerance } from "../support/values.ts";
import { attentionOf, partsOf } from "../support/recurrent-parts.ts";
import { concatRows, sliceRows } from "../../lib/kernels/rows.ts";
import { fromFunction, fromRows, matrix, randomGenerator } from "../../lib/matrix.ts";
import { naiveBahdanau } from "../oracle/naive-decoder.ts";
import { refuses } from "../support/mechanism.ts";

const SIZES = [
  { e: 2, d: 3, n: 5, units: 7, n_out: 4 },
  { e: 1, d: 1, n: 1, units: 1, n_out: 1 },
  { e: 4, d: 2, n: 3, units: 5, n_out: 6 },
] as const;
const small = SIZES[0];
const decoderOf = (widths: (typeof SIZES)[number]): BahdanauDecoder =>
  new BahdanauDecoder({ ...partsOf(widths), attention: attentionOf(widths) });

/** All steps along given inputs. */
function along(decoder: BahdanauDecoder, H: Matrix, Y: Matrix): DecoderStep[] {
  let state = decoder.begin(H);
  return rowsOf(Y).map((_, i) => {
    const step = decoder.step(sliceRows(Y, i, i + 1), state);
    state = step.state;
    return step;
  });
}

test("every step equals its equations in doubles", () => {
  for (const widths of SIZES) {
    for (const [n_k, steps] of [
      [1, 1],
      [7, 3],
      [13, 5],
      [0, 2],
    ] as const) {
      const decoder = decoderOf(widths);
      const [H, Y] = [normal(n_k, 2 * widths.d, 31), normal(steps, widths.e, 32)];
      const before = [H.data.slice(), Y.data.slice()];
      const got = along(decoder, H, Y);
      const expected = naiveBahdanau(decoder, rowsOf(H), rowsOf(Y));
      const limit = 40 * tolerance(4); // each step's state goes into the next
      assertClose(
        concatRows(got.map(({ logits }) => logits)),
        expected.logits,
        limit,
        `${n_k}: logits`,
      );
      assertClose(
        concatRows(got.map(({ state }) => state.s)),
        expected.states,
        limit,
        `${n_k}: states`,
      );
      const weights = concatRows(got.map((step) => step.weights));
      assert.deepEqual(
        [weights.rows, weights.cols],
        [steps, n_k],
        "weights: steps below each other, source positions side by side",
      );
      if (n_k > 0) assertClose(weights, expected.weights, limit, `${n_k}: weights`);
      if (n_k > 0) assertRowSums(weights);
      assert.deepEqual([H.data, Y.data], before, "inputs are left alone");
    }
  }
});

test("the attention is AdditiveAttention's, its query the state before the step", () => {
  const decoder = decoderOf(small);
  const [H, Y] = [normal(9, 6, 31), normal(4, 2, 32)];
  let s = decoder.begin(H).s;
  for (const step of along(decoder, H, Y)) {
    assertSameBits(step.weights, decoder.attention.forward(s, H, H).weights, "previous state");
    s = step.state.s;
  }
});

test("U_a h_j is computed once: every step passes the same H and R on", () => {
  const H = normal(9, 6, 31);
  const decoder = decoderOf(small);
  const begun = decoder.begin(H);
  const { state } = decoder.step(normal(1, 2, 1), begun);
  assert.deepEqual([begun.t, state.t], [0, 1], "steps done");
  assert.equal(
    state.R === begun.R && state.H === begun.H && state.H === H,
    true,
    "the very same matrices",
  );
});

test("by hand: the first state comes from the backward half of the first position", () => {
  // d = 1, W_s = 1, b_s = 0: of the rows [→h ‖ ←h] = [9, ½ ln 3] and [8, 7] only ½ ln 3 counts:
  // s_0 = tanh(½ ln 3) = (3 − 1)/(3 + 1) = ½.
  // W_a = 2 ln 3 and U_a = 0: every position scores v_a tanh(ln 3) = 0.8 v_a, so that the weights are ½ each
  // and c = [8.5, (½ ln 3 + 7)/2].
  const cell = new GRUCell({
    W_i: matrix(3, 3),
    W_h: matrix(1, 3),
    b_i: fromRows([[0, 100, 0]]),
    b_h: matrix(1, 3),
  }); // z = 1: the state stays
  const attention = new AdditiveAttention({
    W_a: fromRows([[2 * Math.log(3)]]),
    U_a: matrix(2, 1),
    v_a: fromRows([[3]]),
  });
  const decoder = new BahdanauDecoder({
    W_s: fromRows([[1]]),
    b_s: matrix(1, 1),
    attention,
    cell,
    W_o: fromRows([
      [1, 0],
      [0, 1],
      [0, 10],
    ]),
    b_o: fromRows([[0, 0.5]]),
  });
  const half = 0.5 * Math.log(3);
  const { state, weights, logits } = decoder.step(
    matrix(1, 1),
    decoder.begin(
      fromRows([
        [9, half],
        [8, 7],
      ]),
    ),
  );
  assertClose(state.s, [[0.5]], 1e-6);
  assertSameBits(weights, fromRows([[0.5, 0.5]]));
  assertClose(logits, [[0.5, 8.5 + (10 * (half + 7)) / 2 + 0.5]], 1e-6);
});

test("a position without weight is not read, and fresh attention starts uniform", () => {
  const far = fromFunction(9, 6, (j, c) => (j === 4 ? (c === 0 ? -1e30 : 0) : Math.sin(j + c)));
  const attention = new AdditiveAttention({
    W_a: matrix(5, 1),
    U_a: fromFunction(6, 1, (c) => (c === 0 ? 1 : 0)),
    v_a: fromRows([[200]]),
  });
  const decoder = new BahdanauDecoder({ ...partsOf(small), attention });
  const y = normal(1, 2, 1);
  const { s, R } = decoder.begin(far);
  const clean = decoder.step(y, { t: 0, s, R, H: far });
  assert.equal(clean.weights.data[4], 0, "tanh is −1 there: e^−200 and less is 0 in float32");
  assertSameBits(
    decoder.step(y, { t: 0, s, R, H: poison(far, 4, NaN) }).logits,
    clean.logits,
    "a NaN that has no weight",
  );
  const fresh = new BahdanauDecoder({
    ...partsOf(small),
    attention: AdditiveAttention.random({ d_q: 5, d_k: 6, units: 7 }, randomGenerator(1)),
  });
  assertSameBits(
    fresh.step(y, fresh.begin(normal(7, 6, 1))).weights,
    fromFunction(1, 7, () => 1 / 7),
  );
});

test("errors say who, what and why", () => {
  const parts = { ...partsOf(small), attention: attentionOf(small) };
  const decoder = new BahdanauDecoder(parts);
  refuses(
    "RangeError",
    () => decoder.begin(matrix(3, 5)),
    "BahdanauDecoder.begin: H must be (any, 6); got (3, 5)",
  );
  refuses(
    "RangeError",
    () => decoder.step(matrix(1, 3), decoder.begin(matrix(3, 6))),
    "BahdanauDecoder.step: y must be (1, 2); got (1, 3)",
  );
  refuses(
    "RangeError",
    () => decoder.step(matrix(2, 2), decoder.begin(matrix(3, 6))),
    "BahdanauDecoder.step: y must be (1, 2); got (2, 2)",
  );
  refuses(
    "RangeError",
    () => new BahdanauDecoder({ ...parts, b_o: matrix(1, 3) }),
    "BahdanauDecoder: b_o must be (1, 4); got (1, 3)",
  );
  refuses(
    "RangeError",
    () => new BahdanauDecoder({ ...parts, W_s: matrix(6, 5) }),
    "BahdanauDecoder: W_s must be (3, any); got (6, 5)",
  );
  const narrow = new AdditiveAttention({ W_a: matrix(4, 7), U_a: matrix(6, 7), v_a: matrix(7, 1) });
  refuses(
    "RangeError",
    () => new BahdanauDecoder({ ...parts, attention: narrow }),
    "BahdanauDecoder: attention.W_a must be (5, any); got (4, 7)",
  );
});
