import type { AttentionHead } from "../attention/heads.ts";
import type { Tensor } from "./safetensors.ts";
import { CheckpointReader, CheckpointWriter, checkPublishedAttention } from "./checkpoint-reader.ts";
import { MultiHeadAttention } from "../attention/multi-head-attention.ts";
import { checkInteger, checkOptions, matrix } from "../matrix.ts";
import { concatColumns, sliceColumns } from "../kernels/columns.ts";
import { fuseHeads, splitHeads, splitStacked } from "../attention/heads.ts";

/**
 * What the tensors of an attention do not say, or not alone.
 * Defaults: d_key and d_value are d_model; there are biases.
 */
export interface TorchAttentionSizes {
  readonly d_model: number;
  readonly heads: number;
  readonly d_key?: number | undefined;
  readonly d_value?: number | undefined;
  readonly bias?: boolean | undefined;
}

/**
 * A multi-head attention by the names of torch.nn.MultiheadAttention (PyTorch の注意の名前).
 *
 *     in_proj_weight (3D, D)                       W^Q, W^K, W^V of all heads, transposed and stacked
 *     q_proj_weight (D, D), k_proj_weight (D, d_key), v_proj_weight (D, d_value)     in its place
 *     in_proj_bias (3D)                            b^Q, b^K, b^V, also beside three weights
 *     out_proj.weight (D, D), out_proj.bias (D)    W^O and b^O
 *
 * `prefix` stands before every name: "self_attn." or "". Three weights are read where keys or values have
 * another width than D, or where q_proj_weight is there.
 * Names of add_bias_kv (bias_k, bias_v) are refused by the reader's `finish`: they are one more key and
 * value, which no input gives.
 * Errors: TypeError for sizes with another name; RangeError unless heads divide d_model; what is missing or
 * misshapen goes into the reader's list.
 * Source: torch.nn.MultiheadAttention, PyTorch 2.
 */
export function takeTorchAttention(
  reader: CheckpointReader,
  prefix: string,
  sizes: TorchAttentionSizes,
): MultiHeadAttention {
  checkOptions("takeTorchAttention", sizes, ["d_model", "heads", "d_key", "d_value", "bias"], "sizes");
  const { d_model: D, heads: h, d_key = D, d_value = D, bias = true } = sizes;
  checkHeadCount("takeTorchAttention", D, h);
  const isStacked = d_key === D && d_value === D && !reader.has(`${prefix}q_proj_weight`);
  const stacked = isStacked ? reader.takeLinear(`${prefix}in_proj_weight`, D, 3 * D) : undefined;
  const separate = isStacked ? undefined : takeThreeWeights(reader, prefix, { D, d_key, d_value });
  const b = bias ? reader.take(`${prefix}in_proj_bias`, [3 * D]) : undefined;
  const [b_Q, b_K, b_V] = [0, 1, 2].map((third) => b && sliceColumns(b, third * D, (third + 1) * D));
  return new MultiHeadAttention({
    heads: separate ? splitHeads({ ...separate, b_Q, b_K, b_V }, h) : splitStacked(stacked!, b, h),
    W_O: reader.takeLinear(`${prefix}out_proj.weight`, D, D),
    b_O: bias ? reader.take(`${prefix}out_proj.bias`, [D]) : undefined,
  });
}

function takeThreeWeights(
  reader: CheckpointReader,
  prefix: string,
  { D, d_key, d_value }: { D: number; d_key: number; d_value: number },
): AttentionHead {
  return {
    W_Q: reader.takeLinear(`${prefix}q_proj_weight`, D, D),
    W_K: reader.takeLinear(`${prefix}k_proj_weight`, d_key, D),
    W_V: reader.takeLinear(`${prefix}v_proj_weight`, d_value, D),
  };
}

/**
 * The reverse of `takeTorchAttention` (PyTorch の名前での書き出し).
 *
 * `bias` says whether biases are written, absent ones as zeros. Unless given, they are written if there is
 * any.
 * Errors: RangeError unless the heads' widths d_k and d_v, and W^O, add up to one d_model, as PyTorch has it.
 */
export function putTorchAttention(
  writer: CheckpointWriter,
  prefix: string,
  attention: MultiHeadAttention,
  bias: boolean = hasBias(attention),
): void {
  checkPublishedAttention("putTorchAttention", `${prefix}attention`, attention);
  const { heads, W_O, b_O } = attention;
  const { W_Q, W_K, W_V, b_Q, b_K, b_V } = fuseHeads(heads);
  const D = W_Q.rows;
  for (const [name, W] of [["W_Q", W_Q], ["W_V", W_V], ["W_O", W_O]] as const) {
    if (W.cols === D) continue;
    const rule = `must have d_model = ${D} columns, all heads together`;
    throw new RangeError(`putTorchAttention: ${prefix}${name} ${rule}; got ${W.cols}`);
  }
  if (W_K.rows === D && W_V.rows === D) {
    writer.putLinear(`${prefix}in_proj_weight`, concatColumns([W_Q, W_K, W_V]));
  } else {
    writer.putLinear(`${prefix}q_proj_weight`, W_Q);
    writer.putLinear(`${prefix}k_proj_weight`, W_K);
    writer.putLinear(`${prefix}v_proj_weight`, W_V);
  }
  writer.putLinear(`${prefix}out_proj.weight`, W_O);
  if (!bias) return;
  const none = matrix(1, D);
  writer.put(`${prefix}in_proj_bias`, concatColumns([b_Q ?? none, b_K ?? none, b_V ?? none]), [3 * D]);
  writer.put(`${prefix}out_proj.bias`, b_O ?? none, [D]);
}

/**
 * A whole checkpoint that is one torch.nn.MultiheadAttention (PyTorch の注意の読み込み).
 *
 * Names: `takeTorchAttention`, without a prefix.
 * Errors: one RangeError that lists every tensor missing, misshapen or left over.
 */
export function readTorchAttention(
  tensors: ReadonlyMap<string, Tensor>,
  sizes: TorchAttentionSizes,
): MultiHeadAttention {
  const reader = new CheckpointReader("readTorchAttention", tensors);
  const attention = takeTorchAttention(reader, "", sizes);
  reader.finish();
  return attention;
}

/** The reverse of `readTorchAttention`. */
export function writeTorchAttention(attention: MultiHeadAttention): Map<string, Tensor> {
  const writer = new CheckpointWriter();
  putTorchAttention(writer, "", attention);
  return writer.tensors;
}

/** Whether any of an attention's maps has a bias. */
export function hasBias({ heads, b_O }: MultiHeadAttention): boolean {
  const inHead = ({ b_Q, b_K, b_V }: AttentionHead): boolean =>
    b_Q !== undefined || b_K !== undefined || b_V !== undefined;
  return b_O !== undefined || heads.some(inHead);
}

/** Throws unless heads share out the features of d_model evenly. */
export function checkHeadCount(where: string, d_model: number, heads: number): void {
  checkInteger(where, "d_model", d_model, 1);
  checkInteger(where, "heads", heads, 1);
  if (d_model % heads === 0) return;
  throw new RangeError(`${where}: d_model must be a multiple of heads = ${heads}; got ${d_model}`);
}
