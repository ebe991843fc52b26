import assert from "node:assert/strict";
import test from "node:test";
import { FactorizedAttention } from "../../lib/attention/factorized-attention.ts";
import { assertSameBits } from "../support/values.ts";
import { matrix, randomGenerator } from "../../lib/matrix.ts";

test("random: biases zero or absent, W within ±√(6 / (d_in + d_out)), repeatable", () => {
  const make = (bias: boolean): FactorizedAttention =>
    FactorizedAttention.random({ d_model: 6, heads: 3, bias }, randomGenerator(1));
  assert.deepEqual(
    [make(true).b_0, make(true).longitudinal.b_O, make(false).b_0, make(false).lateral.b_O],
    [matrix(1, 6), matrix(1, 6), undefined, undefined],
  );
  const largest = make(true).W_0.data.reduce((most, w) => Math.max(most, Math.abs(w)), 0);
  assert.ok(
    largest <= Math.fround(Math.sqrt(6 / 18)) && largest > 0.9 * Math.sqrt(6 / 18),
    String(largest),
  );
  assertSameBits(make(true).longitudinal.W_O, make(true).longitudinal.W_O);
  assert.notDeepEqual(make(true).longitudinal.W_O, make(true).lateral.W_O);
});

test("no line or no place: nothing comes out; errors say who, what and why", () => {
  const says = (run: () => unknown, message: string): void =>
    assert.throws(run, { name: "RangeError", message });
  const f = FactorizedAttention.random({ d_model: 4, heads: 2 }, randomGenerator(5));
  for (const [N_R, N_L] of [
    [0, 3],
    [3, 0],
    [0, 0],
  ] as const)
    assert.deepEqual(
      f.forward(matrix(N_R, 4), matrix(N_L, 4), { positions: matrix(N_L, 4) }).output,
      matrix(0, 4),
    );
  says(
    () => f.forward(matrix(3, 3), matrix(5, 5)),
    "FactorizedAttention.forward: Q_lat must be (any, 4); got (3, 3)",
  );
  says(
    () => f.forward(matrix(3, 4), matrix(5, 3)),
    "FactorizedAttention.forward: Q_lon must be (any, 4); got (5, 3)",
  );
  says(
    () => f.forward(matrix(3, 4), matrix(5, 4), { positions: matrix(3, 4) }),
    "FactorizedAttention.forward: positions must be (5, 4); got (3, 4)",
  );
  says(
    () =>
      new FactorizedAttention({
        W_0: matrix(8, 4),
        b_0: matrix(1, 3),
        lateral: f.lateral,
        longitudinal: f.longitudinal,
      }),
    "FactorizedAttention: b_0 must be (1, 4); got (1, 3)",
  );
  assert.throws(() => f.forward(matrix(3, 4), matrix(5, 4), { valid: [true] as never }), {
    name: "TypeError",
    message: "FactorizedAttention.forward: valid must be a function, true for what counts; got object",
  });
  assert.throws(() => f.forward(matrix(3, 4), undefined as never), {
    name: "TypeError",
    message: "FactorizedAttention.forward: Q_lon must be a Matrix { rows, cols, data }; got undefined",
  });
});
