import assert from "node:assert/strict";
import test from "node:test";
import type { Matrix } from "../../lib/matrix.ts";
import { BahdanauDecoder } from "../../lib/models/bahdanau-decoder.ts";
import { FixedVectorDecoder } from "../../lib/models/fixed-vector-decoder.ts";
import { assertClose, assertSameBits, normal, poison, rowsOf, tolerance } from "../support/values.ts";
import { attentionOf, partsOf } from "../support/recurrent-parts.ts";
import { concatRows, sliceRows } from "../../lib/kernels/rows.ts";
import { fromRows, matrix } from "../../lib/matrix.ts";
import { naiveStart, naiveStep } from "../oracle/naive-decoder.ts";
import { refuses } from "../support/mechanism.ts";

const small = { e: 2, d: 3, n: 5, units: 7, n_out: 4 } as const;

function along(
  decoder: FixedVectorDecoder | BahdanauDecoder,
  H: Matrix,
  Y: Matrix,
): { logits: Matrix; weights: Matrix } {
  let state = decoder.begin(H);
  const steps = rowsOf(Y).map((_, i) => {
    const step = decoder.step(sliceRows(Y, i, i + 1), state);
    state = step.state;
    return step;
  });
  return {
    logits: concatRows(steps.map(({ logits }) => logits)),
    weights: concatRows(steps.map(({ weights }) => weights)),
  };
}

test("every step equals its equations in doubles: one context for all", () => {
  for (const widths of [small, { e: 1, d: 1, n: 1, units: 1, n_out: 1 }]) {
    for (const n_k of [0, 1, 2, 11]) {
      const parts = partsOf(widths);
      const [H, Y] = [normal(n_k, 2 * widths.d, 31), normal(3, widths.e, 32)];
      const rows = rowsOf(H);
      const c =
        n_k === 0
          ? new Array<number>(2 * widths.d).fill(0)
          : [...rows[n_k - 1]!.slice(0, widths.d), ...rows[0]!.slice(widths.d)];
      let s = naiveStart(parts, rows);
      const expected = rowsOf(Y).map((y) => {
        const step = naiveStep(parts, y, c, s);
        s = step.s;
        return step.logits;
      });
      const got = along(new FixedVectorDecoder(parts), H, Y);
      assertClose(got.logits, expected, 20 * tolerance(4), `${n_k}`);
      assert.deepEqual([got.weights.rows, got.weights.cols], [3, 0], "no weights");
    }
  }
});

test("the bottleneck: nothing between the ends reaches it; Bahdanau's decoder reads all of it", () => {
  const [parts, Y] = [partsOf(small), normal(3, 2, 32)];
  const H = normal(50, 6, 31);
  const clean = along(new FixedVectorDecoder(parts), H, Y).logits;
  const spoilt = Array.from({ length: 48 }, (_, j) => j + 1).reduce((P, j) => poison(P, j, NaN), H);
  assertSameBits(along(new FixedVectorDecoder(parts), spoilt, Y).logits, clean);
  const { R } = new FixedVectorDecoder(parts).begin(H);
  assert.deepEqual([R.rows, R.cols], [1, 6], "one vector for 50 positions");
  const attentive = new BahdanauDecoder({ ...parts, attention: attentionOf(small) });
  assert.ok(
    along(attentive, poison(H, 25, NaN), Y).logits.data.every(Number.isNaN),
    "attention reaches the middle",
  );
});

test("with a single position both decoders are the same, to the bit: there is nothing to choose", () => {
  const [parts, H, Y] = [partsOf(small), normal(1, 6, 31), normal(4, 2, 32)];
  const attentive = along(new BahdanauDecoder({ ...parts, attention: attentionOf(small) }), H, Y);
  assertSameBits(along(new FixedVectorDecoder(parts), H, Y).logits, attentive.logits);
  assertSameBits(attentive.weights, fromRows([[1], [1], [1], [1]]));
});

test("errors say who, what and why", () => {
  const parts = partsOf(small);
  const decoder = new FixedVectorDecoder(parts);
  refuses(
    "RangeError",
    () => decoder.begin(matrix(3, 5)),
    "FixedVectorDecoder.begin: H must be (any, 6); got (3, 5)",
  );
  refuses(
    "RangeError",
    () => decoder.step(matrix(1, 3), decoder.begin(matrix(3, 6))),
    "FixedVectorDecoder.step: y must be (1, 2); got (1, 3)",
  );
  refuses(
    "RangeError",
    () => new FixedVectorDecoder({ ...parts, W_o: matrix(6, 4) }),
    "FixedVectorDecoder: W_o must be (11, any); got (6, 4)",
  );
  refuses(
    "TypeError",
    () => new FixedVectorDecoder({ ...parts, W_s: undefined as never }),
    "FixedVectorDecoder: W_s must be a Matrix { rows, cols, data }; got undefined",
  );
});
