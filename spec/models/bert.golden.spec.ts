import assert from "node:assert/strict";
import test from "node:test";
import type { Bert } from "../../lib/models/bert.ts";
import type { Matrix } from "../../lib/matrix.ts";
import type { TokenEncoderConfig } from "../../lib/models/token-encoder-counts.ts";
import { assertEverySwapShows, assertSameTensors, passes } from "../support/published-weights.ts";
import { fuseHeads } from "../../lib/attention/heads.ts";
import { golden } from "../support/golden.ts";
import { publishedWeights, throughFile } from "../support/published-weights.ts";
import { readBert, writeBert } from "../../lib/checkpoints/bert-checkpoint.ts";

const g = golden("bert", "tiny_L2_E12_T9");
const weights = publishedWeights(g);
const config: TokenEncoderConfig = {
  ...{ vocabulary: 29, positions: 17, types: 2, d_model: 12, heads: 3, depth: 2, d_hidden: 20 },
  ...{ activation: "gelu", eps: 1e-12, pooler: true },
};

/** Outputs, pooled rows and every map of text b are the published ones. */
function assertPublished(model: Bert, b: number): void {
  const row = (name: string): number[] => Array.from(g.slice(name).data.subarray(9 * b, 9 * b + 9));
  const maps = new Map<string, readonly Matrix[]>();
  const Y = model.forward(row("in.ids"), {
    types: row("in.token_types"),
    real: row("in.real").map((flag) => flag === 1),
    onWeights: (name, heads) => maps.set(name, heads),
  });
  g.assertSlice(Y, "out.y", b);
  assert.deepEqual([...maps.keys()], ["blocks[0].self", "blocks[1].self"]);
  [...maps.values()].forEach((heads, l) => heads.forEach((A, m) => g.assertSlice(A, "out.maps", b, l, m)));
  const pooled = g.slice("out.pooled").data.subarray(12 * b, 12 * b + 12);
  model.pooler!.forward(Y).data.forEach((x, c) => {
    assert.ok(
      Math.abs(x - pooled[c]!) <= g.atol,
      `pooled[${b}, ${c}]: got ${x}, expected ${pooled[c]}`,
    );
  });
}

/** Key biases show in no output, since the softmax is the same without them: they are compared by name. */
function assertKeyBiases(model: Bert): void {
  model.blocks.forEach(({ attention }, l) => {
    const published = weights.get(`encoder.layer.${l}.attention.self.key.bias`)!;
    assert.deepEqual(
      fuseHeads(attention.heads).b_K!.data,
      published.data,
      `key biases of layer ${l}`,
    );
  });
}

test("golden bert tiny_L2_E12_T9: outputs, pooled rows and every map, with padding, by name", () => {
  const model = readBert(throughFile(weights), config);
  for (const b of [0, 1]) assertPublished(model, b);
  assertKeyBiases(model);
  assert.ok(Array.from(g.tensor("in.real").data).includes(0), "the case has padding");
  assertSameTensors(writeBert(model), weights);
});

test("whichever two tensors of one shape are exchanged, it shows", () => {
  assertEverySwapShows(weights, (tensors) =>
    passes(() => {
      const model = readBert(tensors, config);
      assertKeyBiases(model);
      assertPublished(model, 0);
    }),
  );
});
