import type { Gpt2Config } from "../models/gpt2-counts.ts";
import type { Matrix } from "../matrix.ts";
import type { Tensor } from "./safetensors.ts";
import { CheckpointReader, CheckpointWriter, checkAlike, checkPublishedAttention } from "./checkpoint-reader.ts";
import { EncoderBlock } from "../layers/encoder-block.ts";
import { FeedForward } from "../layers/feed-forward.ts";
import { Gpt2 } from "../models/gpt2.ts";
import { MultiHeadAttention } from "../attention/multi-head-attention.ts";
import { asMatrix } from "./safetensors.ts";
import { checkGpt2Config } from "../models/gpt2-counts.ts";
import { concatColumns } from "../kernels/columns.ts";
import { fuseHeads, splitStacked } from "../attention/heads.ts";
import { matrix } from "../matrix.ts";
import { putTorchNorm, takeTorchNorm } from "./torch-layers.ts";

/**
 * A GPT-2 by the names of huggingface/transformers `GPT2Model` (公開された GPT-2 の読み込み).
 *
 *     wte.weight (vocabulary, D), wpe.weight (positions, D)    the tables of words and positions
 *     h.l.ln_1.…, h.l.ln_2.…                                   LN_1 and LN_2 of block l
 *     h.l.attn.c_attn.weight (D, 3D), h.l.attn.c_attn.bias (3D)    W^Q, W^K, W^V of all heads, stacked, and b
 *     h.l.attn.c_proj.weight (D, D), h.l.attn.c_proj.bias (D)      W^O and b^O
 *     h.l.mlp.c_fc.weight (D, d_hidden), h.l.mlp.c_fc.bias         W_1 and b_1
 *     h.l.mlp.c_proj.weight (d_hidden, D), h.l.mlp.c_proj.bias     W_2 and b_2
 *     ln_f.…                                                   the last norm
 *
 * These linear maps are stored as (in, out), as they are held here: nothing is transposed. "transformer." may
 * stand before every name, as in the file of a `GPT2LMHeadModel`; its lm_head.weight must then be wte.weight
 * again. The masks h.l.attn.bias and h.l.attn.masked_bias are left aside.
 * Errors: one RangeError that lists every tensor missing, misshapen or left over; RangeError for another
 * lm_head.weight and for an unsound configuration.
 */
export function readGpt2(tensors: ReadonlyMap<string, Tensor>, config: Gpt2Config): Gpt2 {
  const where = "readGpt2";
  checkGpt2Config(where, config);
  const { vocabulary, d_model: D, heads: h, depth, d_hidden, eps } = config;
  const reader = new CheckpointReader(where, tensors);
  const at = reader.has("transformer.wte.weight") ? "transformer." : "";
  const vector = (name: string, d: number): Matrix => reader.take(`${name}.bias`, [d]);
  const map = (name: string, d_in: number, d_out: number): Matrix =>
    reader.take(`${name}.weight`, [d_in, d_out]);
  const words = map(`${at}wte`, vocabulary, D);
  const positions = map(`${at}wpe`, config.positions, D);
  const block = (name: string): EncoderBlock => {
    for (const mask of ["bias", "masked_bias"]) reader.ignore(`${name}.attn.${mask}`);
    const W = map(`${name}.attn.c_attn`, D, 3 * D);
    const heads = splitStacked(W, vector(`${name}.attn.c_attn`, 3 * D), h);
    const W_O = map(`${name}.attn.c_proj`, D, D);
    const b_O = vector(`${name}.attn.c_proj`, D);
    const W_1 = map(`${name}.mlp.c_fc`, D, d_hidden);
    const b_1 = vector(`${name}.mlp.c_fc`, d_hidden);
    const W_2 = map(`${name}.mlp.c_proj`, d_hidden, D);
    const b_2 = vector(`${name}.mlp.c_proj`, D);
    return new EncoderBlock({
      norm1: takeTorchNorm(reader, `${name}.ln_1`, D, { eps }),
      attention: new MultiHeadAttention({ heads, W_O, b_O }),
      norm2: takeTorchNorm(reader, `${name}.ln_2`, D, { eps }),
      feedForward: new FeedForward({ W_1, b_1, W_2, b_2, activation: "gelu-tanh" }),
      order: "pre",
    });
  };
  const blocks = Array.from({ length: depth }, (_, l) => block(`${at}h.${l}`));
  const norm = takeTorchNorm(reader, `${at}ln_f`, D, { eps });
  reader.ignore("lm_head.weight", [vocabulary, D]);
  reader.finish();
  const tied = tensors.get("lm_head.weight");
  if (tied !== undefined && asMatrix(tied).data.some((x, e) => x !== words.data[e])) {
    throw new RangeError(`${where}: lm_head.weight must be wte.weight again; got other numbers`);
  }
  return new Gpt2({ words, positions, blocks, norm });
}

/**
 * The tensors of a GPT-2 under the published names (GPT-2 の書き出し), the reverse of `readGpt2`, without a
 * prefix.
 *
 * Absent biases are written as zeros.
 * Errors: RangeError for what neither the names nor the configuration can say: a block that normalises behind
 * its parts, another activation, and blocks that differ in heads or ε.
 */
export function writeGpt2({ words, positions, blocks, norm }: Gpt2): Map<string, Tensor> {
  const where = "writeGpt2";
  const D = words.cols;
  const norms = blocks
    .map(({ norm1 }) => norm1)
    .concat(
      blocks.map(({ norm2 }) => norm2),
      norm,
    );
  const heads = blocks.map(({ attention }) => attention.heads.length);
  const activations = blocks.map(({ feedForward }) => feedForward.activation);
  const orders = blocks.map(({ order }) => order);
  const epsilons = norms.map(({ eps }) => eps);
  checkAlike(where, "order", orders, "pre");
  checkAlike(where, "activation", activations, "gelu-tanh");
  checkAlike(where, "heads", heads);
  checkAlike(where, "eps", epsilons);
  const writer = new CheckpointWriter();
  const map = (name: string, W: Matrix, b?: Matrix | undefined): void => {
    writer.put(`${name}.weight`, W, [W.rows, W.cols]);
    writer.put(`${name}.bias`, b ?? matrix(1, W.cols), [W.cols]);
  };
  writer.put("wte.weight", words, [words.rows, D]);
  writer.put("wpe.weight", positions, [positions.rows, D]);
  blocks.forEach(({ norm1, attention, norm2, feedForward }, l) => {
    checkPublishedAttention(where, `blocks[${l}].attention`, attention);
    const { W_Q, W_K, W_V, b_Q, b_K, b_V } = fuseHeads(attention.heads);
    const { W_1, b_1, W_2, b_2 } = feedForward;
    const none = matrix(1, D);
    const b = concatColumns([b_Q ?? none, b_K ?? none, b_V ?? none]);
    putTorchNorm(writer, `h.${l}.ln_1`, norm1, D);
    map(`h.${l}.attn.c_attn`, concatColumns([W_Q, W_K, W_V]), b);
    map(`h.${l}.attn.c_proj`, attention.W_O, attention.b_O);
    putTorchNorm(writer, `h.${l}.ln_2`, norm2, D);
    map(`h.${l}.mlp.c_fc`, W_1, b_1);
    map(`h.${l}.mlp.c_proj`, W_2, b_2);
  });
  putTorchNorm(writer, "ln_f", norm, D);
  return writer.tensors;
}
