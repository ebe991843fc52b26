import type { LongformerBlock } from "../models/longformer.ts";
import type { LongformerConfig } from "../models/longformer-counts.ts";
import type { Tensor } from "./safetensors.ts";
import { CheckpointReader, CheckpointWriter } from "./checkpoint-reader.ts";
import { Longformer } from "../models/longformer.ts";
import { LongformerAttention } from "../attention/longformer-attention.ts";
import { SparseBlock } from "../layers/sparse-block.ts";
import { TokenPooler } from "../models/token-pooler.ts";
import { checkBertSettings, putBertBlock, putBertHeads, putTokenEmbedding } from "./bert-layers.ts";
import { blockRadius, checkLongformerConfig } from "../models/longformer-counts.ts";
import { putTorchLinear } from "./torch-layers.ts";
import { takeBertBlock, takeBertHeads, takeBertOutput, takeTokenEmbedding } from "./bert-layers.ts";

/**
 * A Longformer by the names of huggingface/transformers `LongformerModel` (公開された Longformer の読み込み).
 *
 *     embeddings.…                                 `takeTokenEmbedding`
 *     encoder.layer.l.attention.self.query.…       local projections: `takeBertHeads`
 *     encoder.layer.l.attention.self.query_global.…    projections of global tokens
 *     encoder.layer.l.attention.output.dense.…     `takeBertOutput`
 *     encoder.layer.l.…                            the block's other names: `takeBertBlock`
 *     pooler.dense.weight (D, D), pooler.dense.bias (D)    the pooler, if the configuration has one
 *
 * In the file of a model with a task's head these names stand behind "longformer.": read
 * `checkpointPart(tensors, "longformer.")`. The window, the padding's number, the activation and ε are in no
 * tensor: they come from the configuration.
 * Errors: one RangeError that lists every tensor missing, misshapen or left over; RangeError for an unsound
 * configuration.
 */
export function readLongformer(tensors: ReadonlyMap<string, Tensor>, config: LongformerConfig): Longformer {
  checkLongformerConfig("readLongformer", config);
  const reader = new CheckpointReader("readLongformer", tensors);
  const { d_model, depth, pad, pooler } = config;
  const embedding = takeTokenEmbedding(reader, config, pad);
  const blocks = Array.from({ length: depth }, (_, l): LongformerBlock => {
    const prefix = `encoder.layer.${l}.`;
    const locals = takeBertHeads(reader, `${prefix}attention.self.`, config);
    const globals = takeBertHeads(reader, `${prefix}attention.self.`, config, "_global");
    const heads = globals.map((global, m) => ({ local: locals[m]!, global }));
    const output = takeBertOutput(reader, prefix, d_model);
    const attention = new LongformerAttention({ heads, ...output, radius: blockRadius(config, l) });
    return new SparseBlock({ attention, ...takeBertBlock(reader, prefix, config) });
  });
  const W = pooler ? reader.takeLinear("pooler.dense.weight", d_model, d_model) : undefined;
  const last = W && new TokenPooler({ W, b: reader.take("pooler.dense.bias", [d_model]) });
  reader.finish();
  return new Longformer({ embedding, blocks, pooler: last });
}

/**
 * The tensors of a Longformer under the published names (Longformer の書き出し), the reverse of `readLongformer`.
 *
 * Every setting that no tensor holds must be in the configuration: `radius` may be a list there, one for each
 * layer.
 * Errors: RangeError for what neither the names nor the configuration can say: a causal or dilated attention,
 * blocks that differ in heads, ε or activation.
 */
export function writeLongformer({ embedding, blocks, pooler }: Longformer): Map<string, Tensor> {
  const writer = new CheckpointWriter();
  const heads = blocks.map(({ attention }) => attention.heads.length);
  checkBertSettings("writeLongformer", embedding, blocks, heads);
  putTokenEmbedding(writer, embedding);
  blocks.forEach((block, l) => {
    const prefix = `encoder.layer.${l}.`;
    const { heads, causal } = block.attention;
    if (causal) {
      const rule = "must not be causal to have published names";
      throw new RangeError(`writeLongformer: ${prefix}attention ${rule}; got causal = true`);
    }
    heads.forEach(({ dilation = 1 }, m) => {
      if (dilation === 1) return;
      const name = `${prefix}attention.heads[${m}].dilation`;
      throw new RangeError(`writeLongformer: ${name} must be 1 to have published names; got ${dilation}`);
    });
    const [locals, globals] = [heads.map(({ local }) => local), heads.map(({ global }) => global)];
    putBertHeads(writer, `${prefix}attention.self.`, locals);
    putBertHeads(writer, `${prefix}attention.self.`, globals, "_global");
    putBertBlock(writer, prefix, block, block.attention);
  });
  if (pooler !== undefined) putTorchLinear(writer, "pooler.dense", pooler.W, pooler.b);
  return writer.tensors;
}
