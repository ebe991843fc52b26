import type { Matrix, Random } from "../matrix.ts";
import { checkImage, unfoldPatches } from "../kernels/unfold-patches.ts";
import { checkInteger, checkList, checkOptions, checkShapes, fromFunction, uniform } from "../matrix.ts";
import { linear } from "../kernels/linear.ts";

/** The sides of a patch, the channels of an image, and the weights of the linear map. */
export interface PatchEmbeddingParts {
  readonly patch: number;
  readonly channels: number;
  readonly W: Matrix;
  readonly b?: Matrix | undefined;
}

/** The sizes of a fresh patch embedding. */
export interface PatchEmbeddingWidths {
  readonly patch: number;
  readonly channels: number;
  readonly d_model: number;
}

/**
 * Patch embedding (パッチ埋め込み): the image is cut into squares, and one linear map turns each into a vector.
 *
 *     X = P W + b,  P the patches of the image, one a row           (1)
 *
 *     image: C channels (H, W)   →   X (n, d)
 *     W (C·p², d)   b (1, d) or absent
 *     n = ⌊H/p⌋·⌊W/p⌋ patches of p × p pixels, row by row; in a patch channel after channel (`unfoldPatches`)
 *     d features
 *
 * It is a convolution of kernel p × p and stride p whose weight (d, C, p, p) is read as (d, C·p²). Pixels
 * that fill no patch are left out.
 * Cost: n·C·p²·d multiply-adds.
 * Errors: RangeError unless W has C·p² rows and the image C channels of one size.
 * Source: Dosovitskiy et al. 2020, "ViT" §3.1, Eq. 1, arXiv 2010.11929; CrossViT, CAT. Study note,
 * docs/cross-attention.md.
 */
export class PatchEmbedding {
  readonly patch: number;
  readonly channels: number;
  readonly W: Matrix;
  readonly b: Matrix | undefined;

  constructor(parts: PatchEmbeddingParts) {
    checkOptions("PatchEmbedding", parts, ["patch", "channels", "W", "b"], "parts");
    const { patch, channels, W, b } = parts;
    checkInteger("PatchEmbedding", "patch", patch, 1);
    checkInteger("PatchEmbedding", "channels", channels, 1);
    checkShapes("PatchEmbedding", { W: [W, channels * patch * patch, "d"], "b?": [b, 1, "d"] });
    this.patch = patch;
    this.channels = channels;
    this.W = W;
    this.b = b;
  }

  /**
   * Fresh weights and biases from U(±1/√(C·p²)): the initialisation of PyTorch's convolution, which the
   * published models keep.
   */
  static random(widths: PatchEmbeddingWidths, random: Random): PatchEmbedding {
    checkOptions("PatchEmbedding.random", widths, ["patch", "channels", "d_model"], "widths");
    const { patch, channels, d_model } = widths;
    checkInteger("PatchEmbedding.random", "patch", patch, 1);
    checkInteger("PatchEmbedding.random", "channels", channels, 1);
    checkInteger("PatchEmbedding.random", "d_model", d_model, 1);
    const inputs = channels * patch * patch;
    const draw = uniform(1 / Math.sqrt(inputs), random);
    const W = fromFunction(inputs, d_model, draw);
    const b = fromFunction(1, d_model, draw);
    return new PatchEmbedding({ patch, channels, W, b });
  }

  /** X for an image, one row a patch. */
  forward(image: readonly Matrix[]): Matrix {
    checkImage("PatchEmbedding.forward", image, { channels: this.channels });
    return linear(unfoldPatches(image, this.patch), this.W, this.b); //  (1) (n, d)
  }
}

/** Throws unless a grid is the list [H, W], integers ≥ 1. */
export function checkPatchGrid(where: string, grid: readonly number[]): void {
  checkList(where, "grid", grid, "two numbers, [rows, columns]");
  checkInteger(where, "grid.length", grid.length, 2, 2);
  Array.from(grid).forEach((side, axis) => checkInteger(where, `grid[${axis}]`, side, 1));
}

/**
 * Throws unless an image has the channels of an embedding, and is cut into the rows and columns of `grid`: as
 * many patches in another layout would stand in wrong places.
 */
export function checkImageGrid(
  where: string,
  image: readonly Matrix[],
  { patch, channels }: PatchEmbedding,
  grid: readonly number[],
): void {
  checkImage(where, image, { channels });
  const [H, W] = [(image[0] as Matrix).rows, (image[0] as Matrix).cols];
  if (Math.floor(H / patch) === grid[0] && Math.floor(W / patch) === grid[1]) return;
  const size = grid.map((side) => side * patch).join(" × ");
  throw new RangeError(`${where}: image must have ${size} pixels; got ${H} × ${W}`);
}
