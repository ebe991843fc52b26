import assert from "node:assert/strict";
import test from "node:test";
import type { Gpt2 } from "../../lib/models/gpt2.ts";
import type { Gpt2Config } from "../../lib/models/gpt2-counts.ts";
import type { Matrix } from "../../lib/matrix.ts";
import { assertEverySwapShows, assertSameTensors, passes } from "../support/published-weights.ts";
import { golden } from "../support/golden.ts";
import { publishedWeights, throughFile } from "../support/published-weights.ts";
import { readGpt2, writeGpt2 } from "../../lib/checkpoints/gpt2-checkpoint.ts";

const g = golden("gpt2", "tiny_L2_E12_T11");
const weights = publishedWeights(g);
const config: Gpt2Config = {
  ...{ vocabulary: 31, positions: 16, d_model: 12, heads: 3, depth: 2, d_hidden: 48, eps: 1e-5 },
};

/** Outputs, logits and every map of text b are the published ones. */
function assertPublished(model: Gpt2, b: number): void {
  const maps = new Map<string, readonly Matrix[]>();
  const tokens = Array.from(g.slice("in.ids").data.subarray(11 * b, 11 * b + 11));
  const Y = model.forward(tokens, { onWeights: (name, heads) => maps.set(name, heads) });
  g.assertSlice(Y, "out.y", b);
  g.assertSlice(model.logits(Y), "out.logits", b);
  assert.deepEqual([...maps.keys()], ["blocks[0].self", "blocks[1].self"]);
  [...maps.values()].forEach((heads, l) => heads.forEach((A, m) => g.assertSlice(A, "out.maps", b, l, m)));
}

test("golden gpt2 tiny_L2_E12_T11: outputs, logits and every map, by the published names", () => {
  const model = readGpt2(throughFile(weights), config);
  for (const b of [0, 1]) assertPublished(model, b);
  assertSameTensors(writeGpt2(model), weights);
});

test("whichever two tensors of one shape are exchanged, it shows", () => {
  assertEverySwapShows(
    weights,
    (tensors) => passes(() => assertPublished(readGpt2(tensors, config), 0)),
  );
});
