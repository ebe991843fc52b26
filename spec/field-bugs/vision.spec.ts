import assert from "node:assert/strict";
import test from "node:test";
import type { Matrix } from "../../lib/matrix.ts";
import type { Rows } from "../oracle/naive.ts";
import { CrossPatchAttention } from "../../lib/attention/cross-patch-attention.ts";
import { CrossViT, crossViTStage } from "../../lib/models/cross-vit.ts";
import { ParameterFreeCrossAttention } from "../../lib/attention/parameter-free-attention.ts";
import { ScaledDotProductAttention } from "../../lib/attention/scaled-dot-product-attention.ts";
import { add } from "../../lib/kernels/entrywise.ts";
import { assertClose, assertSameBits, at, normal, poison, rowsOf } from "../support/values.ts";
import { concatRows, sliceRows } from "../../lib/kernels/rows.ts";
import { cutTiles, joinTiles } from "../../lib/kernels/tiles.ts";
import { gaussian, randomGenerator } from "../../lib/matrix.ts";
import { golden } from "../support/golden.ts";
import { layerNormRows } from "../../lib/kernels/layer-norm-rows.ts";
import { parameters } from "../../lib/models/parameters.ts";
import { publishedAttention, publishedNorm } from "../support/published-layer.ts";
import { transpose } from "../../lib/kernels/transpose.ts";

const branches = [
  { image: 4, patch: 1, d_model: 6, heads: 2, depth: 0, d_hidden: 7 },
  { image: 3, patch: 1, d_model: 6, heads: 3, depth: 0, d_hidden: 7 },
] as const;
const model = CrossViT.random({ channels: 1, classes: 2, stages: 1, branches }, randomGenerator(1));
const draw = gaussian(randomGenerator(2));
parameters(model).forEach((M) => M.data.forEach((_, e) => (M.data[e] = draw() / 2)));
const stage = model.stages[0]!;
const [small, large] = [normal(17, 6, 3), normal(10, 6, 4)];

test('W35 "nothing but the [CLS] changed?": right, the fusion leaves every patch row as it was, to the ' +
  'last bit', () => {
  const [z_s, z_l] = crossViTStage(stage, [small, large]); // without blocks, so that only the fusion acts
  assertSameBits(sliceRows(z_s, 1, 17), sliceRows(small, 1, 17));
  assertSameBits(sliceRows(z_l, 1, 10), sliceRows(large, 1, 10));
  assert.notDeepEqual(z_s.data.slice(0, 6), small.data.slice(0, 6));

  // As people expect it: every token of the branch reads the other. All rows move then, and the cost is n
  // times as large.
  const everyTokenAsks = (own: Matrix, other: Matrix): Matrix => {
    const { attention } = stage.fusions[0].readings[0]!;
    return add(own, attention.forward(own, other, other).output);
  };
  assert.notDeepEqual(everyTokenAsks(small, large).data.slice(6), small.data.slice(6));
});

test("W35 the keys are the other's patches and one's own [CLS]; the other's is wrong", () => {
  const [fusion] = stage.fusions;
  const right = fusion.forward(small, large);
  assert.deepEqual(
    right.weights[0]!.map((A) => [A.rows, A.cols]),
    [
      [1, 10],
      [1, 10],
      [1, 10],
    ],
  ); // three heads, 1 × (1 + m)
  assertSameBits(fusion.forward(small, poison(large, 0, NaN)).output, right.output);

  const readsWrong =
    (keys: (own: Matrix, other: Matrix) => Matrix) =>
    (own: Matrix, other: Matrix): Matrix => {
      const { norm, attention } = fusion.readings[0]!;
      const u = layerNormRows(keys(own, other), norm.eps, norm.gamma, norm.beta);
      return attention.forward(layerNormRows(sliceRows(own, 0, 1), norm.eps, norm.gamma, norm.beta), u, u)
        .output;
    };
  const othersCLS = readsWrong((_own, other) => other); // all rows of the other branch
  const patchesOnly = readsWrong((_own, other) => sliceRows(other, 1, other.rows));
  const itself = readsWrong((own, other) =>
    concatRows([sliceRows(own, 0, 1), sliceRows(other, 1, other.rows)]),
  );
  assert.ok(
    othersCLS(small, poison(large, 0, NaN)).data.every(Number.isNaN),
    "the other's [CLS] leaks",
  );
  // leaving the own [CLS] out changes what is read
  assert.notDeepEqual(patchesOnly(small, large).data, itself(small, large).data);
  assert.notDeepEqual(othersCLS(small, large).data, itself(small, large).data);
});

test("W35 either fusion may go first: it changes a [CLS] alone, and that one the other never reads", () => {
  const [z_s, z_l] = crossViTStage(stage, [small, large]);
  assertSameBits(stage.fusions[1].forward(large, z_s).output, z_l);
  // had a patch changed, it would matter
  const moved = concatRows([sliceRows(small, 0, 1), add(sliceRows(small, 1, 17), sliceRows(small, 1, 17))]);
  assert.notDeepEqual(stage.fusions[1].forward(large, moved).output.data, z_l.data);
});

/**
 * CAT's published cross-patch attention on 6 × 9 pixels of 5 channels: the normed input, the layer, and its
 * published maps.
 */
function publishedCross(): { X: Matrix; layer: CrossPatchAttention; map: (channel: number) => Matrix } {
  const g = golden("cat", "block_cpsa");
  const attention = publishedAttention(g, 1, "w.attn.qkv.weight", "w.attn.qkv.bias", "w.attn.proj");
  return {
    X: publishedNorm(g, "norm1", 1e-5).forward(g.slice("in.x", 0)),
    layer: new CrossPatchAttention({ p: 3, attention }),
    map: (channel) => g.slice("out.attn", channel, 0),
  };
}

/** Where a NaN in pixel (0, 0) of channel 1 arrives: for each channel the number of pixels. */
function reached(X: Matrix, attend: (X: Matrix) => Matrix): number[] {
  const spoilt = { ...X, data: X.data.map((x, e) => (e === 1 ? NaN : x)) };
  const out = rowsOf(attend(spoilt));
  return Array.from({ length: X.cols }, (_, c) => out.filter((row) => Number.isNaN(row[c]!)).length);
}

test("W36 CAT's cross-patch attention is no channel attention: patches meet, channels never do", () => {
  const { X, layer, map } = publishedCross();
  const { output, weights } = layer.forward(X, [6, 9]);
  weights.forEach(([A], c) => assertClose(A!, map(c), 1e-6)); // five maps of 6 × 6, one for each channel
  assert.deepEqual(
    reached(X, (Y) => layer.forward(Y, [6, 9]).output),
    [0, 54, 0, 0, 0],
  );

  // "Across channels", as the single-channel maps are read elsewhere: the channels are the tokens, and there
  // is one map of 5 × 5.
  const channelAttention = (Y: Matrix): Matrix =>
    transpose(new ScaledDotProductAttention().forward(transpose(Y), transpose(Y), transpose(Y)).output);
  assert.deepEqual(
    [channelAttention(X).rows, channelAttention(X).cols],
    [output.rows, output.cols],
    "the shape cannot tell",
  );
  assert.deepEqual(reached(X, channelAttention), [54, 54, 54, 54, 54]);
});

test("W36 patches regrouped by reshape alone mix channels and pixels, in the right shape", () => {
  const { X, layer, map } = publishedCross();
  const tiles = cutTiles(X, [6, 9], 3);
  const flat = Float32Array.from(tiles.flatMap((tile) => [...tile.data]));
  const reshaped = Array.from({ length: 5 }, (_, c) => ({
    rows: 6,
    cols: 9,
    data: flat.slice(c * 54, (c + 1) * 54),
  }));
  const wrong = reshaped.map((Z) => layer.attention.forward(Z, Z, Z));
  assert.ok(
    Math.abs(at(wrong[0]!.weights[0]!, 0, 1) - at(map(0), 0, 1)) > 1e-3,
    "the map is another",
  );
  const back = (parts: readonly Matrix[]): Matrix => {
    const all = Float32Array.from(parts.flatMap((part) => [...part.data]));
    return joinTiles(
      tiles.map((_, t) => ({ rows: 9, cols: 5, data: all.slice(t * 45, (t + 1) * 45) })),
      [6, 9],
      3,
    );
  };
  assert.deepEqual(
    [back(wrong.map(({ output }) => output)).rows, layer.forward(X, [6, 9]).output.rows],
    [54, 54],
  );
});

test("W36 D-CROSS's CAT(Q, K, V) is no CAT, even on the very tokens of CPSA and with no weights", () => {
  const { X } = publishedCross();
  // channel 0: six patches of nine pixels
  const one: Rows = cutTiles(X, [6, 9], 3).map((tile) => rowsOf(tile).map((row) => row[0]!));
  const Z = { rows: 6, cols: 9, data: Float32Array.from(one.flat()) };
  const plain = new ScaledDotProductAttention().forward(Z, Z, Z); // CPSA with identity projections
  const formula = new ParameterFreeCrossAttention().forward(Z, Z, Z);
  assert.ok(
    plain.weights.data.some((a, e) => Math.abs(a - formula.weights.data[e]!) > 0.1),
    "SA has smoothed what the formula compares",
  );
});
