import type { GoldenCase } from "./golden.ts";
import type { LayerNormGradient } from "../../lib/gradients/layer-norm-gradient.ts";
import type { FeedForwardParameters } from "../../lib/gradients/feed-forward-gradient.ts";
import type { MultiHeadParameters } from "../../lib/gradients/multi-head-gradient.ts";
import { fuseHeads } from "../../lib/attention/heads.ts";
import { matrix } from "../../lib/matrix.ts";
import { rowsOf } from "./values.ts";
import { transpose } from "../../lib/kernels/transpose.ts";

/** Compares the gradients of an attention's weights with PyTorch's, which are stacked and (out, in). */
export function assertAttention(g: GoldenCase, name: string, { heads, W_O, b_O }: MultiHeadParameters): void {
  const { W_Q, W_K, W_V, b_Q, b_K, b_V } = fuseHeads(heads);
  const rows = [W_Q, W_K, W_V].flatMap((W) => rowsOf(transpose(W)));
  const biases = [b_Q!, b_K!, b_V!].flatMap((b) => rowsOf(b)[0]!);
  g.assertSlice(matrix(rows.length, rows[0]!.length, rows.flat()), `out.d_${name}_in_proj_weight`);
  g.assertSlice(matrix(1, biases.length, biases), `out.d_${name}_in_proj_bias`);
  g.assertSlice(transpose(W_O), `out.d_${name}_out_proj_weight`);
  g.assertSlice(b_O!, `out.d_${name}_out_proj_bias`);
}

/** Compares the gradients of a layer norm's γ and β with PyTorch's. */
export function assertNorm(
  g: GoldenCase,
  name: string,
  { gamma, beta }: LayerNormGradient["parameters"],
): void {
  g.assertSlice(gamma!, `out.d_${name}_weight`);
  g.assertSlice(beta!, `out.d_${name}_bias`);
}

/** Compares the gradients of a feed-forward network's weights with PyTorch's, which are (out, in). */
export function assertFeedForward(g: GoldenCase, { W_1, b_1, W_2, b_2 }: FeedForwardParameters): void {
  g.assertSlice(transpose(W_1), "out.d_linear1_weight");
  g.assertSlice(b_1!, "out.d_linear1_bias");
  g.assertSlice(transpose(W_2), "out.d_linear2_weight");
  g.assertSlice(b_2!, "out.d_linear2_bias");
}
