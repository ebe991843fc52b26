import type { Matrix, Random } from "../matrix.ts";
import { checkImage, unfoldPatches } from "../kernels/unfold-patches.ts";
import { checkInteger, checkMatrix, fromFunction, uniform } from "../matrix.ts";
import { linear } from "../kernels/linear.ts";

/**
 * Patch embedding (パッチ埋め込み): the image is cut into squares, and one linear map turns each into a vector: a
 * convolution of stride p.
 *
 *     X = P W + b,  P the patches of the image, one a row           (1)
 *
 *     image: C channels (H, W)   W (C·p², d)   b (1, d) or absent   →   X (⌊H/p⌋·⌊W/p⌋, d)
 *     p the patch's side, d features; patches row by row, in a patch channel after channel (`unfoldPatches`)
 *
 * The same as a convolution with kernel p × p and stride p whose weight (d, C, p, p) is read as (d, C·p²).
 * Pixels that fill no patch are left out.
 * Cost: n·C·p²·d multiply-adds for n patches.
 * Errors: RangeError unless W has C·p² rows and the image C channels of one size.
 * Source: Dosovitskiy et al. 2020, "ViT" §3.1, Eq. 1, arXiv 2010.11929; CrossViT, CAT. D-CROSS.
 */
export class PatchEmbedding {
  readonly patch: number;
  readonly channels: number;
  readonly W: Matrix;
  readonly b: Matrix | undefined;

  constructor({
    patch,
    channels,
    W,
    b,
  }: {
    patch: number;
    channels: number;
    W: Matrix;
    b?: Matrix | undefined;
  }) {
    checkInteger("PatchEmbedding", "patch", patch, 1);
    checkInteger("PatchEmbedding", "channels", channels, 1);
    checkMatrix("PatchEmbedding", "W", W, { rows: channels * patch * patch });
    if (b !== undefined) checkMatrix("PatchEmbedding", "b", b, { rows: 1, cols: W.cols });
    this.patch = patch;
    this.channels = channels;
    this.W = W;
    this.b = b;
  }

  /**
   * Fresh weights from U(±1/√(C·p²)), biases too: what PyTorch's convolution starts from, which the published
   * models keep.
   */
  static random(
    { patch, channels, d_model }: { patch: number; channels: number; d_model: number },
    random: Random,
  ): PatchEmbedding {
    checkInteger("PatchEmbedding.random", "patch", patch, 1);
    checkInteger("PatchEmbedding.random", "channels", channels, 1);
    checkInteger("PatchEmbedding.random", "d_model", d_model, 1);
    const inputs = channels * patch * patch;
    const draw = uniform(1 / Math.sqrt(inputs), random);
    return new PatchEmbedding({
      patch,
      channels,
      W: fromFunction(inputs, d_model, draw),
      b: fromFunction(1, d_model, draw),
    });
  }

  forward(image: readonly Matrix[]): Matrix {
    checkImage("PatchEmbedding.forward", image, { channels: this.channels });
    return linear(unfoldPatches(image, this.patch), this.W, this.b); //    (1) (n, d)
  }
}
