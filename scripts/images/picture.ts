/** Pictures as bytes: 8 bits for each of one or three channels, pixel after pixel. */
import type { Matrix } from "../../lib/matrix.ts";
import { fromFunction, matrix } from "../../lib/matrix.ts";

export interface Picture {
  readonly width: number;
  readonly height: number;
  /** 1: grey, 3: red, green, blue. */
  readonly channels: 1 | 3;
  readonly pixels: Uint8Array;
  /** How opaque each pixel was, from 0 to 255, where not all were: `pixels` shows white through. */
  readonly alpha?: Uint8Array | undefined;
}

/** A file that is not the picture it says it is, or one that is not read here. */
export class PictureError extends Error {}

/**
 * At most so many pixels: 4,096 × 4,096. What a header promises beyond that is refused before room is made
 * for it.
 */
const MOST_PIXELS = 1 << 24;

/** Throws unless the size is that of a picture: sides of at least 1, not more than MOST_PIXELS together. */
export function checkSize(where: string, width: number, height: number): void {
  if (width >= 1 && height >= 1 && width * height <= MOST_PIXELS) return;
  throw new PictureError(
    `${where}: width × height must be from 1 to ${MOST_PIXELS} pixels; got ${width} × ${height}`,
  );
}

/** The channels as matrices (height, width) of values from 0 to 1. */
export function planes({ width, height, channels, pixels }: Picture): Matrix[] {
  return Array.from({ length: channels }, (_, c) => {
    const plane = matrix(height, width);
    for (let at = 0; at < plane.data.length; at++) plane.data[at] = pixels[at * channels + c]! / 255;
    return plane;
  });
}

/** Three planes, grey ones repeated. */
export function colourPlanes(picture: Picture): Matrix[] {
  const all = planes(picture);
  return all.length === 3 ? all : [all[0]!, all[0]!, all[0]!];
}

/** One plane of brightness: (299 R + 587 G + 114 B) / 1000, as ITU-R BT.601 weighs them. */
export function greyPlane(picture: Picture): Matrix {
  const [red, green, blue] = planes(picture);
  if (green === undefined || blue === undefined) return red!;
  return fromFunction(picture.height, picture.width, (y, x) => {
    const at = y * picture.width + x;
    return (299 * red!.data[at]! + 587 * green.data[at]! + 114 * blue.data[at]!) / 1000;
  });
}

/**
 * Brightness for a picture that is to be read: on a transparent ground light strokes stand on black, as all
 * others stand on white. So of strokes in one colour, whatever it is, alpha is the ink.
 */
export function inkPlane(picture: Picture): Matrix {
  const onWhite = greyPlane(picture);
  const { alpha } = picture;
  if (alpha === undefined) return onWhite;
  // On white a pixel is a c + 1 − a, so on black it is a − (1 − that).
  const onBlack = fromFunction(picture.height, picture.width, (y, x) => {
    const at = y * picture.width + x;
    return Math.max(0, alpha[at]! / 255 - (1 - onWhite.data[at]!));
  });
  const light = alpha.every((a, at) => a === 0 || onBlack.data[at]! * 255 >= a / 2 - 1);
  return light ? onBlack : onWhite;
}

/**
 * The papers' normalisation, channel by channel: (x − mean) / deviation. For ImageNet's models mean (0.485,
 * 0.456, 0.406), deviation (0.229, 0.224, 0.225).
 */
export const IMAGENET = { mean: [0.485, 0.456, 0.406], deviation: [0.229, 0.224, 0.225] } as const;

/** That of MNIST's digits. */
export const MNIST = { mean: [0.1307], deviation: [0.3081] } as const;

export function normalise(
  channels: readonly Matrix[],
  { mean, deviation }: { readonly mean: readonly number[]; readonly deviation: readonly number[] },
): Matrix[] {
  if (channels.length !== mean.length || mean.length !== deviation.length) {
    throw new RangeError(
      `normalise: there must be a mean and a deviation for each of ${channels.length} channels; got ` +
        `${mean.length} and ${deviation.length}`,
    );
  }
  return channels.map((plane, c) =>
    fromFunction(
      plane.rows,
      plane.cols,
      (y, x) => (plane.data[y * plane.cols + x]! - mean[c]!) / deviation[c]!,
    ),
  );
}
