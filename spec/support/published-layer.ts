import type { Activation } from "../../lib/layers/feed-forward.ts";
import type { GoldenCase } from "./golden.ts";
import type { Matrix } from "../../lib/matrix.ts";
import { FeedForward } from "../../lib/layers/feed-forward.ts";
import { LayerNorm } from "../../lib/layers/layer-norm.ts";
import { MultiHeadAttention } from "../../lib/attention/multi-head-attention.ts";
import { sliceColumns } from "../../lib/kernels/columns.ts";
import { splitHeads } from "../../lib/attention/heads.ts";
import { transpose } from "../../lib/kernels/transpose.ts";

/**
 * Layers from a golden file's weights, which are stored as PyTorch stores them: linear maps as (out, in),
 * queries, keys and values in one.
 */
export function publishedAttention(
  g: GoldenCase,
  heads: number,
  weight: string,
  bias: string,
  out: string,
): MultiHeadAttention {
  const thirds = (M: Matrix): Matrix[] =>
    [0, 1, 2].map((third) => sliceColumns(M, (third * M.cols) / 3, ((third + 1) * M.cols) / 3));
  const [W_Q, W_K, W_V] = thirds(transpose(g.slice(weight)));
  const [b_Q, b_K, b_V] = thirds(g.slice(bias));
  const fused = { W_Q: W_Q!, W_K: W_K!, W_V: W_V!, b_Q, b_K, b_V };
  return new MultiHeadAttention({
    heads: splitHeads(fused, heads),
    W_O: transpose(g.slice(`${out}.weight`)),
    b_O: g.slice(`${out}.bias`),
  });
}

/** `publishedAttention` under the names of torch.nn.MultiheadAttention. */
export const torchAttention = (g: GoldenCase, name: string, heads: number): MultiHeadAttention =>
  publishedAttention(g, heads, `w.${name}.in_proj_weight`, `w.${name}.in_proj_bias`, `w.${name}.out_proj`);

export const publishedNorm = (g: GoldenCase, name: string, eps: number): LayerNorm =>
  new LayerNorm({ gamma: g.slice(`w.${name}.weight`), beta: g.slice(`w.${name}.bias`), eps });

export function publishedFeedForward(
  g: GoldenCase,
  first: string,
  second: string,
  activation: Activation,
): FeedForward {
  const [W_1, W_2] = [transpose(g.slice(`w.${first}.weight`)), transpose(g.slice(`w.${second}.weight`))];
  return new FeedForward({
    W_1,
    b_1: g.slice(`w.${first}.bias`),
    W_2,
    b_2: g.slice(`w.${second}.bias`),
    activation,
  });
}
