import type { AttentionHead } from "../attention/heads.ts";
import type { CheckpointReader, CheckpointWriter } from "./checkpoint-reader.ts";
import type { FeedForward } from "../layers/feed-forward.ts";
import type { Matrix } from "../matrix.ts";
import type { TokenEncoderConfig } from "../models/token-encoder-counts.ts";
import { LayerNorm } from "../layers/layer-norm.ts";
import { TokenEmbedding } from "../layers/token-embedding.ts";
import { checkAlike } from "./checkpoint-reader.ts";
import { fuseHeads, splitHeads } from "../attention/heads.ts";
import { putTorchFeedForward, putTorchLinear, putTorchNorm, takeTorchFeedForward } from "./torch-layers.ts";
import { takeTorchNorm } from "./torch-layers.ts";
import { checkTokenEncoderNames } from "../models/token-encoder-counts.ts";

/**
 * The embedding of a BERT-like encoder by its published names (BERT 系の埋め込みの名前).
 *
 *     embeddings.word_embeddings.weight (vocabulary, D)           W_word
 *     embeddings.position_embeddings.weight (positions, D)        W_position
 *     embeddings.token_type_embeddings.weight (types, D)          W_type
 *     embeddings.LayerNorm.…                                      LN
 *
 * Tables are held as published: their rows are tokens. The buffers position_ids and token_type_ids are left
 * aside, since they follow from the sizes.
 * Source: huggingface/transformers, `BertEmbeddings`.
 */
export function takeTokenEmbedding(
  reader: CheckpointReader,
  config: TokenEncoderConfig,
  pad?: number | undefined,
): TokenEmbedding {
  checkTokenEncoderNames("takeTokenEmbedding", config);
  const { vocabulary, positions, types, d_model, eps } = config;
  for (const buffer of ["position_ids", "token_type_ids"]) reader.ignore(`embeddings.${buffer}`);
  return new TokenEmbedding({
    words: reader.take("embeddings.word_embeddings.weight", [vocabulary, d_model]),
    positions: reader.take("embeddings.position_embeddings.weight", [positions, d_model]),
    types: reader.take("embeddings.token_type_embeddings.weight", [types, d_model]),
    norm: takeBertNorm(reader, "embeddings.LayerNorm", d_model, eps),
    pad,
  });
}

/**
 * A layer norm of a BERT-like encoder by its published names (BERT 系の正規化の名前).
 *
 *     name.weight (d), name.bias (d)   or   name.gamma (d), name.beta (d)
 *
 * The second pair is TensorFlow's, which the files of the first models still have.
 */
export function takeBertNorm(reader: CheckpointReader, name: string, d: number, eps: number): LayerNorm {
  if (!reader.has(`${name}.gamma`)) return takeTorchNorm(reader, name, d, { eps });
  return new LayerNorm({
    gamma: reader.take(`${name}.gamma`, [d]),
    beta: reader.take(`${name}.beta`, [d]),
    eps,
  });
}

/** The reverse of `takeTokenEmbedding`. */
export function putTokenEmbedding(
  writer: CheckpointWriter,
  { words, positions, types, norm }: TokenEmbedding,
): void {
  const put = (name: string, table: Matrix): void => writer.put(name, table, [table.rows, table.cols]);
  put("embeddings.word_embeddings.weight", words);
  put("embeddings.position_embeddings.weight", positions);
  put("embeddings.token_type_embeddings.weight", types);
  putTorchNorm(writer, "embeddings.LayerNorm", norm, words.cols);
}

/**
 * The heads of a BERT-like self-attention by their published names (BERT 系の注意の名前).
 *
 *     query.weight (D, D), query.bias (D)    W^Q of all heads, transposed, and b^Q
 *     key.…, value.…                         W^K and b^K, W^V and b^V
 *
 * `prefix` stands before every name. `suffix` stands behind query, key and value: "_global" for Longformer's
 * second set, else "".
 */
export function takeBertHeads(
  reader: CheckpointReader,
  prefix: string,
  sizes: { d_model: number; heads: number },
  suffix: string = "",
): AttentionHead[] {
  // A whole configuration may be given: its other names are known and not used.
  checkTokenEncoderNames("takeBertHeads", sizes);
  const { d_model: D, heads } = sizes;
  const weight = (name: string): Matrix => reader.takeLinear(`${prefix}${name}${suffix}.weight`, D, D);
  const bias = (name: string): Matrix => reader.take(`${prefix}${name}${suffix}.bias`, [D]);
  const fused = {
    W_Q: weight("query"),
    W_K: weight("key"),
    W_V: weight("value"),
    b_Q: bias("query"),
    b_K: bias("key"),
    b_V: bias("value"),
  };
  return splitHeads(fused, heads);
}

/**
 * The reverse of `takeBertHeads`. Absent biases are written as zeros.
 *
 * Errors: RangeError unless the heads' widths d_k and d_v add up to one D each.
 */
export function putBertHeads(
  writer: CheckpointWriter,
  prefix: string,
  heads: readonly AttentionHead[],
  suffix: string = "",
): void {
  const { W_Q, W_K, W_V, b_Q, b_K, b_V } = fuseHeads(heads);
  for (const [name, W] of [
    ["W_Q", W_Q],
    ["W_V", W_V],
  ] as const) {
    if (W.cols === W.rows) continue;
    const rule = `must have ${W.rows} columns, all heads together, to have published names`;
    throw new RangeError(`putBertHeads: ${prefix}${name} ${rule}; got ${W.cols}`);
  }
  putTorchLinear(writer, `${prefix}query${suffix}`, W_Q, b_Q);
  putTorchLinear(writer, `${prefix}key${suffix}`, W_K, b_K);
  putTorchLinear(writer, `${prefix}value${suffix}`, W_V, b_V);
}

/**
 * The output projection of a BERT-like attention by its published names (BERT 系の出力射影の名前).
 *
 *     attention.output.dense.weight (D, D), attention.output.dense.bias (D)    W^O, transposed, and b^O
 */
export function takeBertOutput(
  reader: CheckpointReader,
  prefix: string,
  D: number,
): { W_O: Matrix; b_O: Matrix } {
  return {
    W_O: reader.takeLinear(`${prefix}attention.output.dense.weight`, D, D),
    b_O: reader.take(`${prefix}attention.output.dense.bias`, [D]),
  };
}

/** The parts of a BERT-like block beside its attention. */
export interface BertBlockParts {
  readonly norm1: LayerNorm;
  readonly feedForward: FeedForward;
  readonly norm2: LayerNorm;
}

/**
 * The parts of a BERT-like block beside its attention, by their published names (BERT 系のブロックの名前).
 *
 *     attention.output.LayerNorm.…           LN_1
 *     intermediate.dense.…, output.dense.…   W_1, b_1 and W_2, b_2 of the feed-forward network
 *     output.LayerNorm.…                     LN_2
 */
export function takeBertBlock(
  reader: CheckpointReader,
  prefix: string,
  config: TokenEncoderConfig,
): BertBlockParts {
  checkTokenEncoderNames("takeBertBlock", config);
  const { d_model: D, d_hidden, activation, eps } = config;
  const norm1 = takeBertNorm(reader, `${prefix}attention.output.LayerNorm`, D, eps);
  const maps = [`${prefix}intermediate.dense`, `${prefix}output.dense`] as const;
  const feedForward = takeTorchFeedForward(reader, maps, { d_model: D, d_hidden, activation });
  const norm2 = takeBertNorm(reader, `${prefix}output.LayerNorm`, D, eps);
  return { norm1, feedForward, norm2 };
}

/** The reverse of `takeBertBlock` and `takeBertOutput`: all of a block except its attention's heads. */
export function putBertBlock(
  writer: CheckpointWriter,
  prefix: string,
  { norm1, feedForward, norm2 }: BertBlockParts,
  { W_O, b_O }: { W_O: Matrix; b_O?: Matrix | undefined },
): void {
  putTorchLinear(writer, `${prefix}attention.output.dense`, W_O, b_O);
  putTorchNorm(writer, `${prefix}attention.output.LayerNorm`, norm1, W_O.cols);
  putTorchFeedForward(writer, [`${prefix}intermediate.dense`, `${prefix}output.dense`], feedForward);
  putTorchNorm(writer, `${prefix}output.LayerNorm`, norm2, W_O.cols);
}

/**
 * Throws unless the settings that no tensor holds are the same in all blocks of a BERT-like encoder: heads, ε
 * and the activation. `TokenEncoderConfig` says each once.
 */
export function checkBertSettings(
  where: string,
  embedding: TokenEmbedding,
  blocks: readonly BertBlockParts[],
  heads: readonly number[],
): void {
  const norms = blocks.map(({ norm1 }) => norm1).concat(blocks.map(({ norm2 }) => norm2));
  const activations = blocks.map(({ feedForward }) => feedForward.activation);
  checkAlike(
    where,
    "eps",
    [embedding.norm].concat(norms).map(({ eps }) => eps),
  );
  checkAlike(where, "activation", activations);
  checkAlike(where, "heads", heads);
}
