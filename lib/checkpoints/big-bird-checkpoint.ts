import type { BigBirdBlock } from "../models/big-bird.ts";
import type { BigBirdConfig } from "../models/big-bird-counts.ts";
import type { Tensor } from "./safetensors.ts";
import { BigBird } from "../models/big-bird.ts";
import { BigBirdAttention } from "../attention/big-bird-attention.ts";
import { CheckpointReader, CheckpointWriter, checkAlike } from "./checkpoint-reader.ts";
import { SparseBlock } from "../layers/sparse-block.ts";
import { TokenPooler } from "../models/token-pooler.ts";
import { checkBertSettings, putBertBlock, putBertHeads, putTokenEmbedding } from "./bert-layers.ts";
import { blockPattern, checkBigBirdConfig } from "../models/big-bird-counts.ts";
import { putTorchLinear } from "./torch-layers.ts";
import { takeBertBlock, takeBertHeads, takeBertOutput, takeTokenEmbedding } from "./bert-layers.ts";

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
  const { d_model, depth, seed = 0, pooler } = config;
  const embedding = takeTokenEmbedding(reader, config);
  const blocks = Array.from({ length: depth }, (_, l): BigBirdBlock => {
    const prefix = `encoder.layer.${l}.`;
    const heads = takeBertHeads(reader, `${prefix}attention.self.`, config);
    const output = takeBertOutput(reader, prefix, d_model);
    const attention = new BigBirdAttention({ heads, ...output, pattern: blockPattern(config, l), seed: seed + l });
    return new SparseBlock({ attention, ...takeBertBlock(reader, prefix, config) });
  });
  const W = pooler ? reader.takeLinear("pooler.weight", d_model, d_model) : undefined;
  const last = W && new TokenPooler({ W, b: reader.take("pooler.bias", [d_model]) });
  reader.finish();
  return new BigBird({ embedding, blocks, pooler: last });
}

/**
 * The tensors of a BigBird under the published names (BigBird の書き出し), the reverse of `readBigBird`.
 *
 * Errors: RangeError for what neither the names nor the configuration can say: random blocks given as tables,
 * seeds that do not count up from block to block, blocks that differ in pattern, heads, ε or activation.
 */
export function writeBigBird({ embedding, blocks, pooler }: BigBird): Map<string, Tensor> {
  const where = "writeBigBird";
  checkBigBirdSettings(where, { embedding, blocks });
  const writer = new CheckpointWriter();
  putTokenEmbedding(writer, embedding);
  blocks.forEach((block, l) => {
    const prefix = `encoder.layer.${l}.`;
    const { attention } = block.attention;
    putBertHeads(writer, `${prefix}attention.self.`, attention.heads);
    putBertBlock(writer, prefix, block, attention);
  });
  if (pooler !== undefined) putTorchLinear(writer, "pooler", pooler.W, pooler.b);
  return writer.tensors;
}

/** Throws unless one configuration can say all settings that no tensor holds. */
function checkBigBirdSettings(
  where: string,
  { embedding, blocks }: Pick<BigBird, "embedding" | "blocks">,
): void {
  blocks.forEach(({ attention: { tables } }, l) => {
    if (tables === undefined) return;
    const rule = "must draw its random blocks from a seed";
    throw new RangeError(`${where}: encoder.layer.${l}.attention ${rule}; got tables`);
  });
  const heads = blocks.map(({ attention }) => attention.attention.heads.length);
  const seeds = blocks.map(({ attention }, l) => attention.seed - l);
  checkBertSettings(where, embedding, blocks, heads);
  checkAlike(where, "seed less the block's number", seeds);
}
