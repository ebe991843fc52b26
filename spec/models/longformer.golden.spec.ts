import assert from "node:assert/strict";
import test from "node:test";
import type { LongformerConfig } from "../../lib/models/longformer-counts.ts";
import { assertSameTensors, publishedWeights, throughFile } from "../support/published-weights.ts";
import { at } from "../support/values.ts";
import { golden } from "../support/golden.ts";
import { readLongformer, writeLongformer } from "../../lib/checkpoints/longformer-checkpoint.ts";

test("golden model_two_layers_T13: the published model by its names, embeddings and both layers", () => {
  // attention_window 4 is 2 to each side. The published code pads to a multiple of 4; here nothing is padded.
  // Rows of padding are not compared.
  const g = golden("longformer", "model_two_layers_T13");
  const sizes = {
    vocabulary: 23,
    positions: 64,
    types: 1,
    pad: 1,
    d_model: 12,
    heads: 3,
    depth: 2,
    d_hidden: 27,
  };
  const config: LongformerConfig = { ...sizes, radius: 2, activation: "gelu", eps: 1e-5, pooler: false };
  const weights = publishedWeights(g);
  const model = readLongformer(throughFile(weights), config);
  assertSameTensors(writeLongformer(model), weights);
  let compared = 0;
  for (const b of [0, 1]) {
    const row = (name: string): number[] => Array.from(g.slice(name).data.subarray(13 * b, 13 * b + 13));
    const tokens = row("in.input_ids");
    const [globals, real] = [
      row("in.global_attention_mask").map((x) => x === 1),
      row("in.attention_mask").map((x) => x === 1),
    ];
    let X = model.embedding.forward(tokens);
    for (const l of [0, 1, 2]) {
      const expected = g.slice(`out.hidden_${l}`, b);
      for (let t = 0; t < 13; t++) {
        if (!real[t]) continue;
        for (let c = 0; c < 12; c++) {
          assert.ok(
            Math.abs(at(X, t, c) - at(expected, t, c)) <= g.atol,
            `hidden_${l}[${b}, ${t}, ${c}]: got ${at(X, t, c)}, expected ${at(expected, t, c)}`,
          );
        }
        compared++;
      }
      const block = model.blocks[l];
      if (block !== undefined) X = block.forward(X, { globals, real });
    }
    assert.deepEqual(
      model.forward(tokens, { globals, real }),
      X,
      "the whole model is its parts in a row",
    );
    assert.deepEqual(g.slice("out.last_hidden_state", b), g.slice("out.hidden_2", b));
  }
  assert.ok(compared >= 3 * 20, `${compared} rows compared`);
});
