import type { LongformerBlock } from "../models/longformer.ts";
import type { LongformerConfig } from "../models/longformer-counts.ts";
import type { Tensor } from "./safetensors.ts";
import { CheckpointReader, CheckpointWriter } from "./checkpoint-reader.ts";
import { Longformer } from "../models/longformer.ts";
import { LongformerAttention } from "../attention/longformer-attention.ts";
import { TokenPooler } from "../models/token-pooler.ts";
import { checkLongformerConfig } from "../models/longformer-counts.ts";
import { putBertBlock, putBertHeads, putTokenEmbedding, takeBertBlock } from "./bert-layers.ts";
import { takeBertHeads, takeBertOutput, takeTokenEmbedding } from "./bert-layers.ts";
import { putTorchLinear } from "./torch-layers.ts";

/**
 * A Longformer by the names of huggingface/transformers `LongformerModel` (公開された Longformer の読み込み).
 *
 *     embeddings.…                                                  `takeTokenEmbedding`
 *     encoder.layer.l.attention.self.{query, key, value}.…          local projections; with _global behind each, those of global tokens
 *     encoder.layer.l.attention.output.dense.…                      W^O and b^O; the block's other names: `takeBertBlock`
 *     pooler.dense.…                                                where the configuration has a pooler
 *
 * In the file of a model with a task's head these names stand behind "longformer.": read
 * `checkpointPart(tensors, "longformer.")`. The window, the padding's number, GELU and ε are in no tensor:
 * they come from the configuration.
 * Errors: one RangeError that lists every tensor missing, misshapen or left over; RangeError for an unsound
 * configuration.
 */
export function readLongformer(tensors: ReadonlyMap<string, Tensor>, config: LongformerConfig): Longformer {
  checkLongformerConfig("readLongformer", config);
  const reader = new CheckpointReader("readLongformer", tensors);
  const { d_model, depth, radius, pad, pooler } = config;
  const embedding = takeTokenEmbedding(reader, config, pad);
  const blocks = Array.from({ length: depth }, (_, l): LongformerBlock => {
    const prefix = `encoder.layer.${l}.`;
    const locals = takeBertHeads(reader, `${prefix}attention.self.`, config);
    const heads = takeBertHeads(reader, `${prefix}attention.self.`, config, "_global").map((global, m) => ({
      local: locals[m]!,
      global,
    }));
    return takeBertBlock(
      reader,
      prefix,
      config,
      new LongformerAttention({ heads, ...takeBertOutput(reader, prefix, d_model), radius }),
    );
  });
  const W = pooler ? reader.takeLinear("pooler.dense.weight", d_model, d_model) : undefined;
  const last = W && new TokenPooler({ W, b: reader.take("pooler.dense.bias", [d_model]) });
  reader.finish();
  return new Longformer({ embedding, blocks, pooler: last });
}

/**
 * The tensors of a Longformer under the published names (Longformer の書き出し), the reverse of `readLongformer`.
 *
 * Errors: RangeError for a causal or dilated attention, which neither the names nor the configuration can
 * say.
 */
export function writeLongformer({ embedding, blocks, pooler }: Longformer): Map<string, Tensor> {
  const writer = new CheckpointWriter();
  putTokenEmbedding(writer, embedding);
  blocks.forEach((block, l) => {
    const prefix = `encoder.layer.${l}.`;
    const { heads, causal } = block.attention;
    if (causal) {
      throw new RangeError(
        `writeLongformer: ${prefix}attention must not be causal to have published names; got causal = true`,
      );
    }
    heads.forEach(({ dilation = 1 }, m) => {
      if (dilation !== 1) {
        throw new RangeError(
          `writeLongformer: ${prefix}attention.heads[${m}].dilation must be 1 to have published names; ` +
            `got ${dilation}`,
        );
      }
    });
    putBertHeads(
      writer,
      `${prefix}attention.self.`,
      heads.map(({ local }) => local),
    );
    putBertHeads(
      writer,
      `${prefix}attention.self.`,
      heads.map(({ global }) => global),
      "_global",
    );
    putBertBlock(writer, prefix, block, block.attention);
  });
  if (pooler !== undefined) putTorchLinear(writer, "pooler.dense", pooler.W, pooler.b);
  return writer.tensors;
}
