import assert from "node:assert/strict";
import test from "node:test";
import type { Widths } from "../support/recurrent-parts.ts";
import { BahdanauDecoder } from "../../lib/models/bahdanau-decoder.ts";
import { assertClose, assertSameBits, normal, poison, rowsOf } from "../support/values.ts";
import { assertGradient, assertParameterGradients, differences, pairing } from "../support/differences.ts";
import { attentionOf, partsOf } from "../support/recurrent-parts.ts";
import { bahdanauGradient, bahdanauStepGradient } from "../../lib/gradients/bahdanau-gradient.ts";
import { AdditiveAttention } from "../../lib/attention/additive-attention.ts";
import { GRUCell } from "../../lib/layers/gru.ts";
import { matmul } from "../../lib/kernels/matmul.ts";
import { matrix } from "../../lib/matrix.ts";
import { naiveBahdanau, naiveStep } from "../oracle/naive-decoder.ts";
import { naiveAttention, naiveMatmul } from "../oracle/naive.ts";
import { parameters } from "../../lib/models/parameters.ts";
import { scale } from "../../lib/kernels/entrywise.ts";
import { sliceRows } from "../../lib/kernels/rows.ts";

/** Parts of half the normal size: a closed gate or a decided softmax would lose digits to rounding. */
function decoderOf(widths: Widths): BahdanauDecoder {
  const { W_s, b_s, cell, W_o, b_o } = partsOf(widths);
  const { W_a, U_a, v_a } = attentionOf(widths);
  const half = (M: typeof W_s): typeof W_s => scale(M, 0.5);
  const { W_i, W_h, b_i, b_h } = cell;
  return new BahdanauDecoder({
    W_s: half(W_s),
    b_s: half(b_s),
    cell: new GRUCell({ W_i: half(W_i), W_h: half(W_h), b_i: half(b_i), b_h: half(b_h) }),
    W_o: half(W_o),
    b_o: half(b_o),
    attention: new AdditiveAttention({ W_a: half(W_a), U_a: half(U_a), v_a: half(v_a) }),
  });
}

const GRID: readonly (Widths & { n_k: number; n_y: number })[] = [
  { n_k: 1, n_y: 1, e: 1, d: 1, n: 1, units: 1, n_out: 1 },
  { n_k: 3, n_y: 1, e: 2, d: 1, n: 3, units: 2, n_out: 5 },
  { n_k: 1, n_y: 3, e: 1, d: 2, n: 2, units: 3, n_out: 2 },
  { n_k: 5, n_y: 4, e: 3, d: 2, n: 5, units: 1, n_out: 3 },
];

test("central differences of the oracle, through time", () => {
  for (const { n_k, n_y, ...widths } of GRID) {
    const decoder = decoderOf(widths);
    const [H, Y, dLogits] = [
      normal(n_k, 2 * widths.d, 1),
      normal(n_y, widths.e, 2),
      normal(n_y, widths.n_out, 3),
    ];
    const naive = (m: BahdanauDecoder, h: number[][], y: number[][]): number =>
      pairing(naiveBahdanau(m, h, y).logits, rowsOf(dLogits));
    const back = bahdanauGradient(decoder, { H, Y }, dLogits);
    const expected = differences({ H: rowsOf(H), Y: rowsOf(Y) }, (at) => naive(decoder, at.H, at.Y));
    const what = JSON.stringify({ n_k, n_y, ...widths });
    assertGradient(back.dH, expected.H, `dH ${what}`);
    assertGradient(back.dY, expected.Y, `dY ${what}`);
    assertParameterGradients(back.parameters, decoder, (m) => naive(m, rowsOf(H), rowsOf(Y)), what);
  }
});

test("central differences of the oracle: one step, with a gradient of the new state beside that of the " +
  "logits", () => {
  for (const { n_k, n_y: _, ...widths } of GRID) {
    const decoder = decoderOf(widths);
    const { e, d, n, n_out } = widths;
    const [y, s, H] = [normal(1, e, 1), normal(1, n, 2), normal(n_k, 2 * d, 3)];
    const R = matmul(H, decoder.attention.U_a);
    const gradients = { dLogits: normal(1, n_out, 4), dNext: normal(1, n, 5) };
    const naive = (at: Record<"y" | "s" | "H" | "R", number[][]>): number => {
      const p = naiveMatmul(at.s, rowsOf(decoder.attention.W_a))[0]!;
      const v = rowsOf(decoder.attention.v_a).map(([x]) => x!);
      const score = (_q: number[], r: number[]): number =>
        v.reduce((sum, x, u) => sum + x * Math.tanh(p[u]! + r[u]!), 0);
      const c = naiveAttention(at.s, at.R, at.H, { score }).output[0]!;
      const step = naiveStep(decoder, at.y[0]!, c, at.s[0]!);
      return pairing([step.logits], rowsOf(gradients.dLogits)) + pairing([step.s], rowsOf(gradients.dNext));
    };
    const back = bahdanauStepGradient(decoder, { y, s, H, R }, gradients);
    const expected = differences({ y: rowsOf(y), s: rowsOf(s), H: rowsOf(H), R: rowsOf(R) }, naive);
    const what = JSON.stringify({ n_k, ...widths });
    assertGradient(back.dy, expected.y, `dy ${what}`);
    assertGradient(back.ds, expected.s, `ds ${what}`);
    assertGradient(back.dH, expected.H, `dH ${what}`);
    assertGradient(back.dR, expected.R, `dR ${what}`);
  }
});

test("gradients have the names of the decoder's parameters; an empty source gives only what it can", () => {
  const decoder = decoderOf(GRID[3]!);
  const Y = normal(4, 3, 2);
  const back = bahdanauGradient(decoder, { H: matrix(0, 4), Y }, normal(4, 3, 3));
  assert.deepEqual([...parameters(back.parameters).keys()].sort(), [...parameters(decoder).keys()].sort());
  assertSameBits(back.dH, matrix(0, 4));
  assertSameBits(back.parameters.attention.U_a, matrix(4, 1));
  assertSameBits(back.parameters.W_s, matrix(2, 5));
  assertParameterGradients(
    back.parameters,
    decoder,
    (m) => pairing(naiveBahdanau(m, [], rowsOf(Y)).logits, rowsOf(normal(4, 3, 3))),
    "no source",
  );
});

test("by hand: no choice and no cell: the logits hand half of dc to each of two source states", () => {
  const decoder = new BahdanauDecoder({
    W_s: matrix(1, 1),
    b_s: matrix(1, 1),
    cell: new GRUCell({ W_i: matrix(3, 3), W_h: matrix(1, 3), b_i: matrix(1, 3), b_h: matrix(1, 3) }),
    W_o: matrix(3, 1, [0, 4, 6]),
    b_o: matrix(1, 1),
    attention: new AdditiveAttention({ W_a: matrix(1, 1), U_a: matrix(2, 1), v_a: matrix(1, 1) }),
  });
  const H = matrix(2, 2, [1, 2, 3, 4]);
  const { dH, parameters: found } = bahdanauGradient(decoder, { H, Y: matrix(1, 1, [1]) }, matrix(1, 1, [1]));
  assert.deepEqual(rowsOf(dH), [
    [2, 3],
    [2, 3],
  ]);
  assert.deepEqual(rowsOf(found.W_o), [[0], [2], [3]], "[s ‖ c] with s = 0 and c the mean of the source");
});

test("a last symbol whose logits the loss does not take is not read", () => {
  const decoder = decoderOf(GRID[3]!);
  const [H, Y, dLogits] = [normal(5, 4, 1), normal(4, 3, 2), poison(normal(4, 3, 3), 3, 0)];
  const clean = bahdanauGradient(decoder, { H, Y }, dLogits);
  const dirty = bahdanauGradient(decoder, { H, Y: poison(Y, 3, NaN) }, dLogits);
  const found = parameters(dirty.parameters);
  parameters(clean.parameters).forEach((M, name) => assertSameBits(found.get(name)!, M, name));
  assertSameBits(dirty.dH, clean.dH);
  assert.deepEqual(rowsOf(clean.dY)[3], [0, 0, 0]);
  const shorter = bahdanauGradient(decoder, { H, Y: sliceRows(Y, 0, 3) }, sliceRows(dLogits, 0, 3));
  assertClose(shorter.dH, clean.dH, 1e-6);
});

test("errors say who, what and why", () => {
  const decoder = decoderOf(GRID[3]!);
  assert.throws(() => bahdanauGradient(decoder, { H: matrix(5, 4), Y: matrix(2, 3) }, matrix(3, 3)), {
    message: "bahdanauGradient: dLogits must be (2, any); got (3, 3)",
  });
  assert.throws(() => bahdanauGradient(decoder, { H: matrix(5, 4), Y: matrix(0, 3) }, matrix(0, 3)), {
    message: "bahdanauGradient: Y.rows must be an integer ≥ 1; got 0",
  });
  const step = { y: matrix(1, 3), s: matrix(1, 5), H: matrix(5, 4), R: matrix(4, 1) };
  assert.throws(() => bahdanauStepGradient(decoder, step, { dLogits: matrix(1, 3), dNext: matrix(1, 5) }), {
    message: "bahdanauStepGradient: R must be (5, any); got (4, 1)",
  });
});
