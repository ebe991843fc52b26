/** A drawing in tiles: what one pixel sees inside its tile, and what its tile sees of all tiles (CAT). */
import type { Matrix } from "../../../lib/matrix.ts";
import { CrossPatchAttention } from "../../../lib/attention/cross-patch-attention.ts";
import { InnerPatchAttention } from "../../../lib/attention/inner-patch-attention.ts";
import { MultiHeadAttention } from "../../../lib/attention/multi-head-attention.ts";
import { fromFunction, gaussian, randomGenerator } from "../../../lib/matrix.ts";
import { rowAt } from "./multi-head.ts";

/** The sides of the drawing and of a tile: sixteen tiles, which are CrossViT's large patches. */
export const CAT_SIDE = 28;
export const CAT_TILE = 7;

export const CAT_CHANNELS = ["grey", "across", "down"] as const;
export type CatChannel = (typeof CAT_CHANNELS)[number];

/** The channels of each pixel: its grey, and how the grey changes to the right and downwards. */
export function catFeatures({ data }: Matrix): Matrix {
  const grey = (i: number, j: number): number =>
    data[Math.min(CAT_SIDE - 1, Math.max(0, i)) * CAT_SIDE + Math.min(CAT_SIDE - 1, Math.max(0, j))]!;
  return fromFunction(CAT_SIDE * CAT_SIDE, CAT_CHANNELS.length, (pixel, c) => {
    const [i, j] = [Math.floor(pixel / CAT_SIDE), pixel % CAT_SIDE];
    if (c === 0) return 3 * grey(i, j) - 1;
    return 2 * (c === 1 ? grey(i, j + 1) - grey(i, j - 1) : grey(i + 1, j) - grey(i - 1, j));
  });
}

/** Both attentions with weights drawn from a seed: nothing is trained here. */
export function catAttentions(seed: number): { inner: InnerPatchAttention; cross: CrossPatchAttention } {
  const random = randomGenerator(seed);
  const normal = gaussian(random);
  const [p, C] = [CAT_TILE, CAT_CHANNELS.length];
  const within = MultiHeadAttention.random({ d_model: C, heads: 1 }, random);
  const between = MultiHeadAttention.random({ d_model: p * p, heads: 1 }, random);
  const table = fromFunction((2 * p - 1) * (2 * p - 1), 1, () => 0.3 * normal());
  return {
    inner: new InnerPatchAttention({ p, attention: within, table }),
    cross: new CrossPatchAttention({ p, attention: between }),
  };
}

/** The tile of a pixel, counted row by row, and the place of the pixel within it. */
export function tileOf(pixel: number): { tile: number; place: number } {
  const [i, j] = [Math.floor(pixel / CAT_SIDE), pixel % CAT_SIDE];
  const p = CAT_TILE;
  return {
    tile: Math.floor(i / p) * (CAT_SIDE / p) + Math.floor(j / p),
    place: (i % p) * p + (j % p),
  };
}

/** The pixel at a place of a tile. */
export function pixelOf(tile: number, place: number): number {
  const [p, across] = [CAT_TILE, CAT_SIDE / CAT_TILE];
  const i = Math.floor(tile / across) * p + Math.floor(place / p);
  return i * CAT_SIDE + (tile % across) * p + (place % p);
}

export interface CatModel {
  readonly tile: number;
  readonly place: number;
  /** The shares of the pixel over the pixels of its tile, and of its tile over all tiles in one channel. */
  readonly inside: Float32Array;
  readonly across: Float32Array;
}

/** The weights of both over a drawing: of each tile (49, 49), and of each channel (16, 16). */
export interface CatWeights {
  readonly inner: readonly (readonly Matrix[])[];
  readonly cross: readonly (readonly Matrix[])[];
}

export function catWeights(digit: Matrix, seed: number): CatWeights {
  const X = catFeatures(digit);
  const { inner, cross } = catAttentions(seed);
  const grid = [CAT_SIDE, CAT_SIDE];
  return { inner: inner.forward(X, grid).weights, cross: cross.forward(X, grid).weights };
}

/** What a pixel of a drawing sees inside its tile, and its tile across the tiles. */
export function catModel({ inner, cross }: CatWeights, pixel: number, channel: CatChannel): CatModel {
  const { tile, place } = tileOf(pixel);
  return {
    tile,
    place,
    inside: rowAt(inner[tile]![0]!, place),
    across: rowAt(cross[CAT_CHANNELS.indexOf(channel)]![0]!, tile),
  };
}
