import type { BigBirdBlock } from "../models/big-bird.ts";
import type { BigBirdConfig } from "../models/big-bird-counts.ts";
import type { Tensor } from "./safetensors.ts";
import { BigBird } from "../models/big-bird.ts";
import { BigBirdAttention } from "../attention/big-bird-attention.ts";
import { CheckpointReader, CheckpointWriter } from "./checkpoint-reader.ts";
import { TokenPooler } from "../models/token-pooler.ts";
import { checkBigBirdConfig } from "../models/big-bird-counts.ts";
import { putBertBlock, putBertHeads, putTokenEmbedding, takeBertBlock } from "./bert-layers.ts";
import { takeBertHeads, takeBertOutput, takeTokenEmbedding } from "./bert-layers.ts";
import { putTorchLinear } from "./torch-layers.ts";

/**
 * A BigBird by the names of huggingface/transformers `BigBirdModel` (公開された BigBird の読み込み).
 *
 *     embeddings.…                              `takeTokenEmbedding`
 *     encoder.layer.l.attention.self.…          `takeBertHeads`
 *     encoder.layer.l.attention.output.dense.…  `takeBertOutput`
 *     encoder.layer.l.…                         the block's other names: `takeBertBlock`
 *     pooler.weight (D, D), pooler.bias (D)     the pooler, if the configuration has one
 *
 * In the file of a model with a task's head these names stand behind "bert.": read `checkpointPart(tensors,
 * "bert.")`. The pattern, the seed of the random blocks, the activation and ε are in no tensor: they come
 * from the configuration.
 * Errors: one RangeError that lists every tensor missing, misshapen or left over; RangeError for an unsound
 * configuration.
 */
export function readBigBird(tensors: ReadonlyMap<string, Tensor>, config: BigBirdConfig): BigBird {
  checkBigBirdConfig("readBigBird", config);
  const reader = new CheckpointReader("readBigBird", tensors);
  const { d_model, depth, pattern, seed = 0, pooler } = config;
  const embedding = takeTokenEmbedding(reader, config);
  const blocks = Array.from({ length: depth }, (_, l): BigBirdBlock => {
    const prefix = `encoder.layer.${l}.`;
    const heads = takeBertHeads(reader, `${prefix}attention.self.`, config);
    const output = takeBertOutput(reader, prefix, d_model);
    const attention = new BigBirdAttention({ heads, ...output, pattern, seed: seed + l });
    return takeBertBlock(reader, prefix, config, attention);
  });
  const W = pooler ? reader.takeLinear("pooler.weight", d_model, d_model) : undefined;
  const last = W && new TokenPooler({ W, b: reader.take("pooler.bias", [d_model]) });
  reader.finish();
  return new BigBird({ embedding, blocks, pooler: last });
}

/**
 * The tensors of a BigBird under the published names (BigBird の書き出し), the reverse of `readBigBird`.
 *
 * Errors: RangeError for random blocks given as tables: neither the names nor the configuration can say them.
 */
export function writeBigBird({ embedding, blocks, pooler }: BigBird): Map<string, Tensor> {
  const writer = new CheckpointWriter();
  putTokenEmbedding(writer, embedding);
  blocks.forEach((block, l) => {
    const prefix = `encoder.layer.${l}.`;
    if (block.attention.tables !== undefined) {
      const rule = "must draw its random blocks from a seed";
      throw new RangeError(`writeBigBird: ${prefix}attention ${rule}; got tables`);
    }
    const { attention } = block.attention;
    putBertHeads(writer, `${prefix}attention.self.`, attention.heads);
    putBertBlock(writer, prefix, block, attention);
  });
  if (pooler !== undefined) putTorchLinear(writer, "pooler", pooler.W, pooler.b);
  return writer.tensors;
}
