import type { Matrix } from "../matrix.ts";
import { checkInteger, checkMatrix } from "../matrix.ts";

/**
 * The square patches of an image, each as one row (パッチへの切り出し): a convolution of stride p becomes a matrix
 * product.
 *
 *     P[u·⌊W/p⌋ + v, (c·p + y)·p + x] = image[c][u·p + y, v·p + x]
 *
 *     image: C channels (H, W)   patch p   →   P (⌊H/p⌋·⌊W/p⌋, C·p²)
 *
 * Patches stand row by row, u down and v across. Within a patch the channels c follow each other, in the
 * order of a convolution's weight (d, C, p, p); y and x count pixels. Fewer than p pixels that are left at
 * the bottom or on the right belong to no patch, as in a convolution without padding.
 * Errors: RangeError unless there is a channel, all are of one size, and p is an integer ≥ 1.
 */
export function unfoldPatches(image: readonly Matrix[], patch: number): Matrix {
  checkInteger("unfoldPatches", "patch", patch, 1);
  checkImage("unfoldPatches", image);
  const { rows: H, cols: W } = image[0]!;
  const down = Math.floor(H / patch);
  const across = Math.floor(W / patch);
  const out = new Float32Array(down * across * image.length * patch * patch);
  let at = 0;
  for (let u = 0; u < down; u++) {
    for (let v = 0; v < across; v++) {
      for (const channel of image) {
        for (let y = 0; y < patch; y++, at += patch) {
          const from = (u * patch + y) * W + v * patch;
          out.set(channel.data.subarray(from, from + patch), at);
        }
      }
    }
  }
  return { rows: down * across, cols: image.length * patch * patch, data: out };
}

/**
 * Throws unless `image` is the channels of an image (画像の検査): an array of at least one matrix, all of one
 * size.
 *
 *     image: C channels (H, W)
 *
 * With `expected.channels` there must be just as many.
 */
export function checkImage(
  where: string,
  image: readonly Matrix[],
  expected?: { channels?: number | undefined },
): void {
  if (!Array.isArray(image)) {
    throw new TypeError(`${where}: image must be an array of channels, each a Matrix; got ${typeof image}`);
  }
  checkInteger(where, "image.length", image.length, expected?.channels ?? 1, expected?.channels);
  image.forEach((channel: Matrix, c: number) => {
    checkMatrix(where, `image[${c}]`, channel);
    checkMatrix(where, `image[${c}]`, channel, image[0]!);
  });
}
