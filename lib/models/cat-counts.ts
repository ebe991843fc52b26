import type { Counts } from "./counts.ts";
import { attentionCounts, checkDepth, feedForwardCounts, linearCounts, normCounts } from "./counts.ts";
import { checkBoolean, checkChoice, checkInteger, checkList, checkOptions } from "../matrix.ts";
import { repeatCounts, sharedCounts, sumCounts, tableCounts } from "./counts.ts";

/**
 * The sizes of a CAT.
 *
 * Images have height × width pixels and are embedded in patches of `patch` × `patch`. The first stage has
 * `d_model` channels, each next one twice as many. `depths` (in units of three blocks) and `heads` have a
 * number for each stage. Tiles have `tile` × `tile` pixels. The feed-forward network has `ratio` hidden units
 * a channel. `positions` is whether there are learned positions of pixels, true unless given.
 */
export interface CatConfig {
  readonly height: number;
  readonly width: number;
  readonly channels: number;
  readonly patch: number;
  readonly d_model: number;
  readonly depths: readonly number[];
  readonly heads: readonly number[];
  readonly tile: number;
  readonly ratio: number;
  readonly classes: number;
  readonly positions?: boolean | undefined;
}

/**
 * A stage's map of H × W pixels of C channels, its tiles of p × p, its heads and depth, and whether patch
 * merging follows.
 */
export interface CatStageShape {
  readonly H: number;
  readonly W: number;
  readonly C: number;
  readonly p: number;
  readonly heads: number;
  readonly depth: number;
  readonly merged: boolean;
}

/** The sizes on which the cost of an attention depends: of the map, of its tiles, and the heads. */
export interface CatAttentionShape {
  readonly H: number;
  readonly W: number;
  readonly C: number;
  readonly p: number;
  readonly heads: number;
}

/**
 * The configuration of a published CAT (公開されている構成) by its size.
 *
 * Errors: RangeError for another size.
 * Source: the configurations of linhezheng19/CAT.
 */
export function publishedCat(size: "T" | "S" | "B"): CatConfig {
  checkChoice("publishedCat", "size", size, ["T", "S", "B"]);
  const same = { height: 224, width: 224, channels: 3, patch: 4, tile: 7, ratio: 4, classes: 1000 };
  if (size === "T") return { ...same, d_model: 64, depths: [1, 1, 3, 1], heads: [2, 4, 8, 16] };
  const depths = size === "S" ? [1, 1, 3, 1] : [1, 1, 6, 1];
  return { ...same, d_model: 96, depths, heads: [3, 6, 12, 24] };
}

/**
 * The stages of a CAT (各段の寸法).
 *
 * The map halves and the channels double from one stage to the next. A map smaller than a tile is one tile.
 * Errors: RangeError unless every size is an integer ≥ 1, the patch divides the image, tiles divide each map,
 * and heads the channels.
 */
export function catStages(config: CatConfig): CatStageShape[] {
  const names = [
    "height",
    "width",
    "channels",
    "patch",
    "d_model",
    "tile",
    "ratio",
    "classes",
  ] as const;
  checkOptions("Cat", config, [...names, "depths", "heads", "positions"], "config");
  if (config.positions !== undefined) checkBoolean("Cat", "positions", config.positions);
  const { height, width, patch, d_model, depths, heads, tile } = config;
  for (const name of names) checkInteger("Cat", name, config[name], 1);
  checkList("Cat", "depths", depths, "numbers, one for each stage");
  checkList("Cat", "heads", heads, "numbers, one for each stage");
  checkInteger("Cat", "depths.length", depths.length, 1);
  checkInteger("Cat", "heads.length", heads.length, depths.length, depths.length);
  return depths.map((depth, k) => {
    const side = Math.pow(2, k);
    checkCatSides(config, side);
    const [H, W, C, h] = [
      height / patch / side,
      width / patch / side,
      d_model * side,
      heads[k] ?? 0,
    ];
    checkDepth("Cat", `depths[${k}]`, depth, 0);
    checkInteger("Cat", `heads[${k}]`, h, 1, C);
    if (C % h !== 0) {
      throw new RangeError(`Cat: heads[${k}] must divide its ${C} channels; got ${h}`);
    }
    const p = Math.min(tile, H, W);
    if (H % p !== 0 || W % p !== 0) {
      throw new RangeError(
        `Cat: tiles of ${p} × ${p} must fill the map of stage ${k}; got ${H} × ${W}`,
      );
    }
    return { H, W, C, p, heads: h, depth, merged: k + 1 < depths.length };
  });
}

/** Throws unless patches fill the image, and maps halve as often as there are stages before this one. */
function checkCatSides({ height, width, patch }: CatConfig, side: number): void {
  for (const [name, pixels] of [
    ["height", height],
    ["width", width],
  ] as const) {
    if (pixels % (patch * side) === 0) continue;
    const halved = side === 1 ? "" : `, halved to ${pixels / patch / (side / 2)} and not further`;
    throw new RangeError(
      `Cat: ${name} must be a multiple of patch = ${patch} times ${side}; got ${pixels}${halved}`,
    );
  }
}

/** The names of a stage's shape: a cost of one attention takes the whole of it, and uses some. */
const CAT_SHAPE: readonly string[] = ["H", "W", "C", "p", "heads", "depth", "merged"];

/** Throws unless tiles of p × p fill a map of H × W pixels, and all are integers ≥ 1. */
function checkCatShape(
  where: string,
  { H, W, C, p }: Pick<CatStageShape, "H" | "W" | "C" | "p">,
): void {
  checkInteger(where, "p", p, 1);
  checkInteger(where, "C", C, 1);
  for (const [name, side] of [
    ["H", H],
    ["W", W],
  ] as const) {
    checkInteger(where, name, side, 1);
    if (side % p !== 0) {
      throw new RangeError(`${where}: ${name} must be a multiple of p = ${p}; got ${side}`);
    }
  }
}

/** Attention inside the tiles: the same for each of HW/p², with a table of relative positions. */
export function innerPatchCounts(sizes: CatAttentionShape): Counts {
  checkOptions("innerPatchCounts", sizes, CAT_SHAPE, "sizes");
  const { H, W, C, p, heads } = sizes;
  checkCatShape("innerPatchCounts", sizes);
  checkInteger("innerPatchCounts", "heads", heads, 1);
  if (C % heads !== 0) {
    throw new RangeError(`innerPatchCounts: heads must divide C = ${C}; got ${heads}`);
  }
  const tiles = sharedCounts((H * W) / (p * p), attentionCounts({ n_q: p * p, d_model: C }));
  return sumCounts([tiles, tableCounts((2 * p - 1) * (2 * p - 1), heads)]);
}

/** Attention between the tiles: the same for each of C channels, p² features wide. */
export function crossPatchCounts(sizes: Pick<CatStageShape, "H" | "W" | "C" | "p">): Counts {
  checkOptions("crossPatchCounts", sizes, CAT_SHAPE, "sizes");
  const { H, W, C, p } = sizes;
  checkCatShape("crossPatchCounts", sizes);
  return sharedCounts(C, attentionCounts({ n_q: (H * W) / (p * p), d_model: p * p }));
}

/** The cost of a CAT (パラメータ数と積和演算数), from its sizes alone: each stage with its merging, and all of it. */
export function catCounts(config: CatConfig): { stages: Counts[]; total: Counts } {
  const shapes = catStages(config);
  const { channels, patch, d_model, height, width, depths, classes, ratio } = config;
  const stages = shapes.map((shape) => catStageCounts(shape, ratio));
  const n = (height / patch) * (width / patch);
  const last = d_model * Math.pow(2, depths.length - 1);
  const embedding = linearCounts({ n, d_in: channels * patch * patch, d_out: d_model });
  const { positions = true } = config;
  const before = [embedding, normCounts(d_model), tableCounts(positions ? n : 0, d_model)];
  const after = [normCounts(last), linearCounts({ n: 1, d_in: last, d_out: classes })];
  return { stages, total: sumCounts([...before, ...stages, ...after]) };
}

/** A stage: its units of three blocks, two of them inside the tiles, and its merging. */
function catStageCounts(shape: CatStageShape, ratio: number): Counts {
  const { H, W, C, depth, merged } = shape;
  const feedForward = feedForwardCounts({ n: H * W, d_model: C, d_hidden: ratio * C });
  const around = sumCounts([normCounts(C), normCounts(C), feedForward]);
  const inner = repeatCounts(2, innerPatchCounts(shape));
  const units = repeatCounts(
    depth,
    sumCounts([inner, crossPatchCounts(shape), repeatCounts(3, around)]),
  );
  if (!merged) return units;
  const merging = linearCounts({ n: (H * W) / 4, d_in: 4 * C, d_out: 2 * C, bias: false });
  return sumCounts([units, normCounts(4 * C), merging]);
}
