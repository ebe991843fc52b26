/** `--image FILE` for the mechanisms that look at a picture, and names for its parts. */
import type { Matrix } from "../../lib/matrix.ts";
import type { Option } from "./entry.ts";
import type { Picture } from "../images/picture.ts";
import { PictureError } from "../images/picture.ts";
import { UsageError } from "./entry.ts";
import { fromFunction } from "../../lib/matrix.ts";
import { readPicture } from "../images/read.ts";
import { sunOverHills } from "../images/sun.ts";

/** A picture and where it comes from, which is how it prints. */
export interface Shown {
  readonly picture: Picture;
  toString(): string;
}

export const imageOption: Option<Shown> = {
  value: "FILE",
  path: true,
  help: { en: "a PNG, PPM or PGM picture", ja: "PNG・PPM・PGM の画像" },
  fallback: { picture: sunOverHills(), toString: () => "scripts/data/picture.ppm" },
  parse: (path) => {
    try {
      const picture = readPicture(path);
      return { picture, toString: () => path };
    } catch (error) {
      if (!(error instanceof PictureError)) throw error;
      throw new UsageError({
        en: `must be a picture that can be read; got "${path}": ${error.message}`,
        ja: `読める画像ファイルを指定します（「${path}」：${error.message}）`,
      });
    }
  },
};

/** The parts of a grid by row and column, from 1: "1,1", "1,2" … */
export function partsOf(rows: number, cols: number): string[] {
  return Array.from(
    { length: rows * cols },
    (_, part) => `${Math.floor(part / cols) + 1},${(part % cols) + 1}`,
  );
}

/** The mean of each square of a plane: what a patch looks like from afar. */
export function meansOf(plane: Matrix, side: number): Matrix {
  return fromFunction(plane.rows / side, plane.cols / side, (u, v) => {
    let sum = 0;
    for (let y = 0; y < side; y++) {
      for (let x = 0; x < side; x++) sum += plane.data[(u * side + y) * plane.cols + v * side + x]!;
    }
    return sum / (side * side);
  });
}
