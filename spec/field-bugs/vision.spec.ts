import assert from "node:assert/strict";
import test from "node:test";
import type { Matrix } from "../../lib/matrix.ts";
import { CrossViT, crossViTStage } from "../../lib/models/cross-vit.ts";
import { add } from "../../lib/kernels/add.ts";
import { concatRows } from "../../lib/kernels/concat-rows.ts";
import { layerNormRows } from "../../lib/kernels/layer-norm-rows.ts";
import { sliceRows } from "../../lib/kernels/slice-rows.ts";
import { gaussian, randomGenerator } from "../../lib/matrix.ts";
import { parameters } from "../../lib/models/parameters.ts";
import { assertSameBits, normal, poison } from "../support.ts";

const branches = [{ image: 4, patch: 1, d_model: 6, heads: 2, depth: 0, d_hidden: 7 }, { image: 3, patch: 1, d_model: 6, heads: 3, depth: 0, d_hidden: 7 }] as const;
const model = CrossViT.random({ channels: 1, classes: 2, stages: 1, branches }, randomGenerator(1));
const draw = gaussian(randomGenerator(2));
parameters(model).forEach((M) => M.data.forEach((_, e) => (M.data[e] = draw() / 2)));
const stage = model.stages[0]!;
const [small, large] = [normal(17, 6, 3), normal(10, 6, 4)];

test("W35 \"nothing but the [CLS] changed?\": right, the fusion leaves every patch row as it was, to the last bit", () => {
  const [z_s, z_l] = crossViTStage(stage, [small, large]); // without blocks, so that only the fusion acts
  assertSameBits(sliceRows(z_s, 1, 17), sliceRows(small, 1, 17));
  assertSameBits(sliceRows(z_l, 1, 10), sliceRows(large, 1, 10));
  assert.notDeepEqual(z_s.data.slice(0, 6), small.data.slice(0, 6));

  // As people expect it: every token of the branch reads the other. All rows move then, and the cost is n times as large.
  const everyTokenAsks = (own: Matrix, other: Matrix): Matrix => {
    const { attention } = stage.fusions[0].readings[0]!;
    return add(own, attention.forward(own, other, other).output);
  };
  assert.notDeepEqual(everyTokenAsks(small, large).data.slice(6), small.data.slice(6));
});

test("W35 the keys are the other branch's patches and one's own projected [CLS]: with the other's [CLS] among them it is another function", () => {
  const [fusion] = stage.fusions;
  const right = fusion.forward(small, large);
  assert.deepEqual(right.weights[0]!.map((A) => [A.rows, A.cols]), [[1, 10], [1, 10], [1, 10]]); // three heads, 1 × (1 + m)
  assertSameBits(fusion.forward(small, poison(large, 0, NaN)).output, right.output);

  const readsWrong = (keys: (own: Matrix, other: Matrix) => Matrix) => (own: Matrix, other: Matrix): Matrix => {
    const { norm, attention } = fusion.readings[0]!;
    const u = layerNormRows(keys(own, other), norm.eps, norm.gamma, norm.beta);
    return attention.forward(layerNormRows(sliceRows(own, 0, 1), norm.eps, norm.gamma, norm.beta), u, u).output;
  };
  const othersCLS = readsWrong((_own, other) => other); // all rows of the other branch
  const patchesOnly = readsWrong((_own, other) => sliceRows(other, 1, other.rows));
  const itself = readsWrong((own, other) => concatRows([sliceRows(own, 0, 1), sliceRows(other, 1, other.rows)]));
  assert.ok(othersCLS(small, poison(large, 0, NaN)).data.every(Number.isNaN)); // the other's [CLS] leaks
  assert.notDeepEqual(patchesOnly(small, large).data, itself(small, large).data); // leaving the own [CLS] out changes what is read
  assert.notDeepEqual(othersCLS(small, large).data, itself(small, large).data);
});

test("W35 either fusion may go first: it changes a [CLS] alone, and that one the other never reads", () => {
  const [z_s, z_l] = crossViTStage(stage, [small, large]);
  assertSameBits(stage.fusions[1].forward(large, z_s).output, z_l);
  const moved = concatRows([sliceRows(small, 0, 1), add(sliceRows(small, 1, 17), sliceRows(small, 1, 17))]); // had a patch changed, it would matter
  assert.notDeepEqual(stage.fusions[1].forward(large, moved).output.data, z_l.data);
});
