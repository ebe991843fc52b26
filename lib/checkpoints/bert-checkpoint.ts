import type { Tensor } from "./safetensors.ts";
import type { TokenEncoderConfig } from "../models/token-encoder-counts.ts";
import { Bert } from "../models/bert.ts";
import { CheckpointReader, CheckpointWriter, checkAlike, checkPublishedAttention } from "./checkpoint-reader.ts";
import { EncoderBlock } from "../layers/encoder-block.ts";
import { MultiHeadAttention } from "../attention/multi-head-attention.ts";
import { TokenPooler } from "../models/token-pooler.ts";
import { checkBertSettings, putBertBlock, putBertHeads, putTokenEmbedding } from "./bert-layers.ts";
import { checkTokenEncoderConfig } from "../models/token-encoder-counts.ts";
import { putTorchLinear } from "./torch-layers.ts";
import { takeBertBlock, takeBertHeads, takeBertOutput, takeTokenEmbedding } from "./bert-layers.ts";

/**
 * A BERT by the names of huggingface/transformers `BertModel` (公開された BERT の読み込み).
 *
 *     embeddings.…                              `takeTokenEmbedding`
 *     encoder.layer.l.attention.self.…          `takeBertHeads`
 *     encoder.layer.l.attention.output.dense.…  `takeBertOutput`
 *     encoder.layer.l.…                         the block's other names: `takeBertBlock`
 *     pooler.dense.weight (D, D), pooler.dense.bias (D)    the pooler, if the configuration has one
 *
 * In the file of a model with a task's head these names stand behind "bert.": read `checkpointPart(tensors,
 * "bert.")`. The numbers of heads, the activation and ε are in no tensor: they come from the configuration.
 * Errors: one RangeError that lists every tensor missing, misshapen or left over; RangeError for an unsound
 * configuration.
 */
export function readBert(tensors: ReadonlyMap<string, Tensor>, config: TokenEncoderConfig): Bert {
  checkTokenEncoderConfig("readBert", config);
  const reader = new CheckpointReader("readBert", tensors);
  const { d_model, depth, pooler } = config;
  const embedding = takeTokenEmbedding(reader, config);
  const blocks = Array.from({ length: depth }, (_, l) => {
    const prefix = `encoder.layer.${l}.`;
    const heads = takeBertHeads(reader, `${prefix}attention.self.`, config);
    const attention = new MultiHeadAttention({ heads, ...takeBertOutput(reader, prefix, d_model) });
    return new EncoderBlock({ ...takeBertBlock(reader, prefix, config), attention, order: "post" });
  });
  const W = pooler ? reader.takeLinear("pooler.dense.weight", d_model, d_model) : undefined;
  const last = W && new TokenPooler({ W, b: reader.take("pooler.dense.bias", [d_model]) });
  reader.finish();
  return new Bert({ embedding, blocks, pooler: last });
}

/**
 * The tensors of a BERT under the published names (BERT の書き出し), the reverse of `readBert`.
 *
 * Errors: RangeError for what neither the names nor the configuration can say: a block that normalises before
 * its parts, blocks that differ in heads, ε or activation, and positions counted by padding.
 */
export function writeBert({ embedding, blocks, pooler }: Bert): Map<string, Tensor> {
  const where = "writeBert";
  const writer = new CheckpointWriter();
  const orders = blocks.map(({ order }) => order);
  const heads = blocks.map(({ attention }) => attention.heads.length);
  checkBertSettings(where, embedding, blocks, heads);
  checkAlike(where, "order", orders, "post");
  if (embedding.pad !== undefined) {
    const rule = "must be absent to have published names";
    throw new RangeError(`${where}: embedding.pad ${rule}; got ${embedding.pad}`);
  }
  putTokenEmbedding(writer, embedding);
  blocks.forEach((block, l) => {
    const prefix = `encoder.layer.${l}.`;
    checkPublishedAttention(where, `blocks[${l}].attention`, block.attention);
    putBertHeads(writer, `${prefix}attention.self.`, block.attention.heads);
    putBertBlock(writer, prefix, block, block.attention);
  });
  if (pooler !== undefined) putTorchLinear(writer, "pooler.dense", pooler.W, pooler.b);
  return writer.tensors;
}
