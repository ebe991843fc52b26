import type { Activation } from "../layers/feed-forward.ts";
import type { Matrix } from "../matrix.ts";
import type { MultiHeadAttention } from "../attention/multi-head-attention.ts";
import type { NormOrder } from "../layers/encoder-block.ts";
import type { Tensor } from "./safetensors.ts";
import type { TorchAttentionSizes } from "./torch-attention.ts";
import { CheckpointReader, CheckpointWriter, checkAlike } from "./checkpoint-reader.ts";
import { DecoderBlock } from "../layers/decoder-block.ts";
import { EncoderBlock } from "../layers/encoder-block.ts";
import { FeedForward } from "../layers/feed-forward.ts";
import { LayerNorm } from "../layers/layer-norm.ts";
import { checkOptions, fromFunction, matrix } from "../matrix.ts";
import { hasBias, putTorchAttention, takeTorchAttention } from "./torch-attention.ts";

/**
 * What the tensors of a layer do not say: heads, where the norms stand (norm_first is "pre"), the activation,
 * and the norms' ε.
 *
 * Defaults: "relu", 1e-5, and biases. PyTorch's own are "post" and a d_hidden of 2048. With `bias` false
 * neither linear maps nor norms have one. The memory of a decoder is as wide as its positions.
 */
export interface TorchLayerSizes {
  readonly d_model: number;
  readonly heads: number;
  readonly d_hidden: number;
  readonly order: NormOrder;
  readonly activation?: Activation | undefined;
  readonly eps?: number | undefined;
  readonly bias?: boolean | undefined;
}

/** The widths and the activation of a feed-forward network. Defaults: "relu", and biases. */
export interface TorchFeedForwardSizes {
  readonly d_model: number;
  readonly d_hidden: number;
  readonly activation?: Activation | undefined;
  readonly bias?: boolean | undefined;
}

/**
 * A layer norm by PyTorch's names (PyTorch の正規化の名前).
 *
 *     name.weight (d) is γ, name.bias (d) is β
 *
 * With the option `bias` false there is no β.
 */
export function takeTorchNorm(
  reader: CheckpointReader,
  name: string,
  d: number,
  options: { eps?: number | undefined; bias?: boolean | undefined } = {},
): LayerNorm {
  checkOptions("takeTorchNorm", options, ["eps", "bias"]);
  const { eps, bias = true } = options;
  const gamma = reader.take(`${name}.weight`, [d]);
  const beta = bias ? reader.take(`${name}.bias`, [d]) : undefined;
  return new LayerNorm({ gamma, beta, eps });
}

/**
 * The reverse of `takeTorchNorm`. An absent γ is written as ones, an absent β as zeros, or not with `bias`
 * false.
 */
export function putTorchNorm(
  writer: CheckpointWriter,
  name: string,
  { gamma, beta }: LayerNorm,
  d: number,
  bias: boolean = true,
): void {
  writer.put(`${name}.weight`, gamma ?? fromFunction(1, d, () => 1), [d]);
  if (bias) writer.put(`${name}.bias`, beta ?? matrix(1, d), [d]);
}

/**
 * A feed-forward network whose two linear maps have these names (順伝播ネットワークの名前).
 *
 *     first.weight (d_hidden, D), first.bias (d_hidden)    W_1, transposed, and b_1
 *     second.weight (D, d_hidden), second.bias (D)         W_2, transposed, and b_2
 */
export function takeTorchFeedForward(
  reader: CheckpointReader,
  [first, second]: readonly [string, string],
  sizes: TorchFeedForwardSizes,
): FeedForward {
  checkOptions(
    "takeTorchFeedForward",
    sizes,
    ["d_model", "d_hidden", "activation", "bias"],
    "sizes",
  );
  const { d_model: D, d_hidden, activation, bias = true } = sizes;
  const W_1 = reader.takeLinear(`${first}.weight`, D, d_hidden);
  const b_1 = bias ? reader.take(`${first}.bias`, [d_hidden]) : undefined;
  const W_2 = reader.takeLinear(`${second}.weight`, d_hidden, D);
  const b_2 = bias ? reader.take(`${second}.bias`, [D]) : undefined;
  return new FeedForward({ W_1, b_1, W_2, b_2, activation });
}

/** The reverse of `takeTorchFeedForward`. */
export function putTorchFeedForward(
  writer: CheckpointWriter,
  [first, second]: readonly [string, string],
  network: FeedForward,
  bias: boolean = true,
): void {
  const { W_1, b_1, W_2, b_2, activation } = network;
  checkAlike("putTorchFeedForward", "activation", [activation]); // one's own cannot be said when it is read
  putTorchLinear(writer, first, W_1, b_1, bias);
  putTorchLinear(writer, second, W_2, b_2, bias);
}

/**
 * A linear map under PyTorch's names (線形写像の書き出し).
 *
 *     W (d_in, d_out), b (1, d_out) or absent   →   name.weight (d_out, d_in), name.bias (d_out)
 *
 * An absent bias is written as zeros; with `bias` false there is the weight alone.
 */
export function putTorchLinear(
  writer: CheckpointWriter,
  name: string,
  W: Matrix,
  b: Matrix | undefined,
  bias: boolean = true,
): void {
  writer.putLinear(`${name}.weight`, W);
  if (bias) writer.put(`${name}.bias`, b ?? matrix(1, W.cols), [W.cols]);
}

/**
 * An encoder block by the names of torch.nn.TransformerEncoderLayer (PyTorch のエンコーダ層の名前).
 *
 *     norm1.…      LN_1                 self_attn.…           `takeTorchAttention`
 *     norm2.…      LN_2                 linear1.…, linear2.…  `takeTorchFeedForward`
 *
 * `prefix` stands before every name: "layers.0." or "".
 * Errors: as `takeTorchAttention`. Source: torch.nn.TransformerEncoderLayer, PyTorch 2.
 */
export function takeTorchEncoderLayer(
  reader: CheckpointReader,
  prefix: string,
  sizes: TorchLayerSizes,
): EncoderBlock {
  const { d_model, norms, attention, feedForward } = torchLayerParts(
    "takeTorchEncoderLayer",
    sizes,
  );
  return new EncoderBlock({
    norm1: takeTorchNorm(reader, `${prefix}norm1`, d_model, norms),
    attention: takeTorchAttention(reader, `${prefix}self_attn.`, attention),
    norm2: takeTorchNorm(reader, `${prefix}norm2`, d_model, norms),
    feedForward: takeTorchFeedForward(
      reader,
      [`${prefix}linear1`, `${prefix}linear2`],
      feedForward,
    ),
    order: sizes.order,
  });
}

/**
 * The reverse of `takeTorchEncoderLayer`.
 * If the layer has any bias, all are written, absent ones as zeros. Order, activation and ε are in no tensor.
 * Errors: RangeError for norms of different ε, which one `TorchLayerSizes` cannot say; as
 * `putTorchAttention`.
 */
export function putTorchEncoderLayer(
  writer: CheckpointWriter,
  prefix: string,
  { norm1, attention, norm2, feedForward }: EncoderBlock,
): void {
  checkAlike("putTorchEncoderLayer", `${prefix}norm eps`, [norm1.eps, norm2.eps]);
  const D = feedForward.W_1.rows;
  const bias = layerHasBias([attention], [norm1, norm2], feedForward);
  putTorchAttention(writer, `${prefix}self_attn.`, attention, bias);
  putTorchFeedForward(writer, [`${prefix}linear1`, `${prefix}linear2`], feedForward, bias);
  [norm1, norm2].forEach((norm, n) => putTorchNorm(writer, `${prefix}norm${n + 1}`, norm, D, bias));
}

/** The sizes of a layer's parts. Throws if there is a name that none of them reads. */
function torchLayerParts(
  where: string,
  sizes: TorchLayerSizes,
): {
  d_model: number;
  norms: { eps: number | undefined; bias: boolean };
  attention: TorchAttentionSizes;
  feedForward: TorchFeedForwardSizes;
} {
  const names = ["d_model", "heads", "d_hidden", "order", "activation", "eps", "bias"];
  checkOptions(where, sizes, names, "sizes");
  const { d_model, heads, d_hidden, activation, eps, bias = true } = sizes;
  const attention = { d_model, heads, bias };
  return {
    d_model,
    norms: { eps, bias },
    attention,
    feedForward: { d_model, d_hidden, activation, bias },
  };
}

/** Whether any map or norm of a layer has a bias. */
function layerHasBias(
  attentions: readonly MultiHeadAttention[],
  norms: readonly LayerNorm[],
  { b_1, b_2 }: FeedForward,
): boolean {
  const inNorms = norms.some(({ beta }) => beta !== undefined);
  return attentions.some(hasBias) || inNorms || b_1 !== undefined || b_2 !== undefined;
}

/**
 * A decoder block by the names of torch.nn.TransformerDecoderLayer (PyTorch のデコーダ層の名前).
 *
 *     norm1.…      LN_1                 self_attn.…           `takeTorchAttention`
 *     norm2.…      LN_2                 multihead_attn.…      the attention to the memory
 *     norm3.…      LN_3                 linear1.…, linear2.…  `takeTorchFeedForward`
 *
 * `prefix` stands before every name.
 * Errors: as `takeTorchAttention`. Source: torch.nn.TransformerDecoderLayer, PyTorch 2.
 */
export function takeTorchDecoderLayer(
  reader: CheckpointReader,
  prefix: string,
  sizes: TorchLayerSizes,
): DecoderBlock {
  const { d_model, norms, attention, feedForward } = torchLayerParts(
    "takeTorchDecoderLayer",
    sizes,
  );
  return new DecoderBlock({
    norm1: takeTorchNorm(reader, `${prefix}norm1`, d_model, norms),
    attention: takeTorchAttention(reader, `${prefix}self_attn.`, attention),
    norm2: takeTorchNorm(reader, `${prefix}norm2`, d_model, norms),
    cross: takeTorchAttention(reader, `${prefix}multihead_attn.`, attention),
    norm3: takeTorchNorm(reader, `${prefix}norm3`, d_model, norms),
    feedForward: takeTorchFeedForward(
      reader,
      [`${prefix}linear1`, `${prefix}linear2`],
      feedForward,
    ),
    order: sizes.order,
  });
}

/**
 * The reverse of `takeTorchDecoderLayer`; biases as `putTorchEncoderLayer`.
 *
 * Errors: as `putTorchEncoderLayer`, and RangeError for attentions of different numbers of heads.
 */
export function putTorchDecoderLayer(
  writer: CheckpointWriter,
  prefix: string,
  { norm1, attention, norm2, cross, norm3, feedForward }: DecoderBlock,
): void {
  const where = "putTorchDecoderLayer";
  checkAlike(where, `${prefix}norm eps`, [norm1.eps, norm2.eps, norm3.eps]);
  checkAlike(where, `${prefix}heads`, [attention.heads.length, cross.heads.length]);
  const D = feedForward.W_1.rows;
  const bias = layerHasBias([attention, cross], [norm1, norm2, norm3], feedForward);
  putTorchAttention(writer, `${prefix}self_attn.`, attention, bias);
  putTorchAttention(writer, `${prefix}multihead_attn.`, cross, bias);
  putTorchFeedForward(writer, [`${prefix}linear1`, `${prefix}linear2`], feedForward, bias);
  [norm1, norm2, norm3].forEach((norm, n) =>
    putTorchNorm(writer, `${prefix}norm${n + 1}`, norm, D, bias),
  );
}

/**
 * A whole checkpoint that is one encoder layer (PyTorch のエンコーダ層の読み込み).
 *
 * Names: `takeTorchEncoderLayer`, without a prefix.
 * Errors: one RangeError that lists every tensor missing, misshapen or left over.
 */
export function readTorchEncoderLayer(
  tensors: ReadonlyMap<string, Tensor>,
  sizes: TorchLayerSizes,
): EncoderBlock {
  const reader = new CheckpointReader("readTorchEncoderLayer", tensors);
  const block = takeTorchEncoderLayer(reader, "", sizes);
  reader.finish();
  return block;
}

/** The reverse of `readTorchEncoderLayer`. */
export function writeTorchEncoderLayer(block: EncoderBlock): Map<string, Tensor> {
  const writer = new CheckpointWriter();
  putTorchEncoderLayer(writer, "", block);
  return writer.tensors;
}

/**
 * A whole checkpoint that is one decoder layer (PyTorch のデコーダ層の読み込み).
 *
 * Names: `takeTorchDecoderLayer`, without a prefix. Errors: as `readTorchEncoderLayer`.
 */
export function readTorchDecoderLayer(
  tensors: ReadonlyMap<string, Tensor>,
  sizes: TorchLayerSizes,
): DecoderBlock {
  const reader = new CheckpointReader("readTorchDecoderLayer", tensors);
  const block = takeTorchDecoderLayer(reader, "", sizes);
  reader.finish();
  return block;
}

/** The reverse of `readTorchDecoderLayer`. */
export function writeTorchDecoderLayer(block: DecoderBlock): Map<string, Tensor> {
  const writer = new CheckpointWriter();
  putTorchDecoderLayer(writer, "", block);
  return writer.tensors;
}
