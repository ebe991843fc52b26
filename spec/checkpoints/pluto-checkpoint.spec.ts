import assert from "node:assert/strict";
import test from "node:test";
import type { Matrix } from "../../lib/matrix.ts";
import { CheckpointReader, CheckpointWriter } from "../../lib/checkpoints/checkpoint-reader.ts";
import { checkpointPart } from "../../lib/checkpoints/checkpoint-reader.ts";
import { PlutoDecoder } from "../../lib/models/pluto-decoder.ts";
import { assertClose, assertSameBits, normal } from "../support/values.ts";
import { assertSameTensors, publishedWeights, throughFile } from "../support/published-weights.ts";
import { concatRows } from "../../lib/kernels/rows.ts";
import { golden } from "../support/golden.ts";
import { parameters } from "../../lib/models/parameters.ts";
import { putPlutoLayer, readPlutoDecoder, takePlutoLayer } from "../../lib/checkpoints/pluto-checkpoint.ts";
import { writePlutoDecoder } from "../../lib/checkpoints/pluto-checkpoint.ts";
import { randomGenerator } from "../../lib/matrix.ts";

for (const { read, batch, sizes, N_R, N_L, T } of [
  {
    read: () => golden("factorized-pluto", "B1_R5_M3"),
    batch: 1,
    sizes: { d_model: 12, heads: 3, d_hidden: 24 },
    N_R: 5,
    N_L: 3,
    T: 13,
  },
  {
    read: () => golden("factorized-pluto", "B2_same_row_mask"),
    batch: 2,
    sizes: { d_model: 8, heads: 2, d_hidden: 24 },
    N_R: 4,
    N_L: 6,
    T: 9,
  },
]) {
  test(`the published decoder layer by its names, ${batch} × ${N_R} × ${N_L}`, () => {
    const g = read();
    const published = publishedWeights(g);
    const reader = new CheckpointReader("spec", throughFile(published));
    const layer = takePlutoLayer(reader, "", sizes);
    reader.finish();
    const writer = new CheckpointWriter();
    putPlutoLayer(writer, "", layer);
    assertSameTensors(writer.tensors, published);
    const [invalid, hidden] = [
      g.tensor("in.tgt_key_padding_mask").data,
      g.tensor("in.memory_key_padding_mask").data,
    ];
    for (let b = 0; b < batch; b++) {
      const grid = (name: string): Matrix =>
        concatRows(Array.from({ length: N_R }, (_, i) => g.slice(name, b, i)));
      const options = {
        valid: (i: number) => invalid[b * N_R + i] === 0,
        allowMemory: (_cell: number, t: number) => hidden[b * T + t] === 0,
        positions: g.slice("in.m_pos", 0),
      };
      assertClose(
        layer.forward(grid("in.tgt"), g.slice("in.memory", b), { N_R, N_L }, options),
        grid("out.y"),
        1e-6,
        `scene ${b}`,
      );
    }
  });
}

const sizes = { d_model: 6, heads: 2, d_hidden: 24, N_L: 3, depth: 2 };

function someDecoder(): PlutoDecoder {
  const decoder = PlutoDecoder.random(sizes, randomGenerator(1));
  let seed = 2;
  parameters(decoder).forEach((M) => M.data.set(normal(M.rows, M.cols, seed++).data));
  return decoder;
}

test("a decoder there and back through a file, to the bit", () => {
  const decoder = someDecoder();
  const tensors = throughFile(writePlutoDecoder(decoder));
  assert.deepEqual(
    [tensors.get("m_emb")!.shape, tensors.get("m_pos")!.shape, tensors.get("q_proj.weight")!.shape],
    [
      [1, 1, 3, 6],
      [1, 3, 6],
      [6, 12],
    ],
  );
  const again = readPlutoDecoder(tensors, sizes);
  assert.deepEqual(parameters(again), parameters(decoder));
  const [lateral, memory] = [normal(4, 6, 1), normal(5, 6, 2)];
  assertSameBits(again.forward(lateral, memory), decoder.forward(lateral, memory));
});

test("what stands before and behind the decoder is left aside, and nothing else is", () => {
  const tensors = writePlutoDecoder(someDecoder());
  const whole = new Map([...tensors].map(([name, tensor]) => [`planning_decoder.${name}`, tensor]));
  for (const name of [
    "r_encoder.first_mlp.0.weight",
    "r_pos_emb.freqs.weight",
    "loc_head.fc1.weight",
    "pi_head.fc2.bias",
  ])
    whole.set(`planning_decoder.${name}`, tensors.get("m_pos")!);
  whole.set("agent_encoder.x", tensors.get("m_pos")!);
  assert.deepEqual(
    parameters(readPlutoDecoder(checkpointPart(whole, "planning_decoder."), sizes)),
    parameters(someDecoder()),
  );
  tensors.set("loc_header", tensors.get("m_pos")!);
  assert.throws(() => readPlutoDecoder(tensors, sizes), {
    name: "RangeError",
    message: /got 1 that do not fit:\n {2}unknown loc_header \[1, 3, 6\]/,
  });
});

test("one error lists everything that is missing, misshapen or left over", () => {
  const tensors = writePlutoDecoder(someDecoder());
  tensors
    .set("m_emb", tensors.get("m_pos")!)
    .set("decoder_blocks.1.ffn.2.bias", tensors.get("decoder_blocks.1.ffn.3.bias")!);
  tensors.delete("decoder_blocks.1.ffn.3.bias");
  const list =
    "\n  m_emb must be [1, 1, 3, 6]; got [1, 3, 6]\n  missing decoder_blocks.1.ffn.3.bias [6]\n  unknown " +
      "decoder_blocks.1.ffn.2.bias [6]";
  assert.throws(() => readPlutoDecoder(tensors, sizes), {
    name: "RangeError",
    message: `readPlutoDecoder: the checkpoint must hold exactly this model's tensors; got 3 that do not ` +
      `fit:${list}`,
  });
  assert.throws(() => readPlutoDecoder(tensors, { ...sizes, heads: 4 }), {
    name: "RangeError",
    message: "readPlutoDecoder: d_model must be a multiple of heads = 4; got 6",
  });
  assert.throws(() => readPlutoDecoder(tensors, { ...sizes, N_L: 0 }), {
    name: "RangeError",
    message: "readPlutoDecoder: N_L must be an integer ≥ 1; got 0",
  });
  assert.throws(() => readPlutoDecoder(tensors, { ...sizes, depth: -1 }), {
    name: "RangeError",
    message: "readPlutoDecoder: depth must be an integer ≥ 0; got -1",
  });
  const reader = new CheckpointReader("spec", tensors);
  assert.throws(() => takePlutoLayer(reader, "", { ...sizes, heads: 4 }), {
    name: "RangeError",
    message: "takePlutoLayer: d_model must be a multiple of heads = 4; got 6",
  });
});
