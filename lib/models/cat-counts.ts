import type { Counts } from "./counts.ts";
import { attentionCounts, feedForwardCounts, linearCounts, normCounts, repeatCounts } from "./counts.ts";
import { sharedCounts, sumCounts, tableCounts } from "./counts.ts";
import { checkInteger } from "../matrix.ts";

/**
 * The sizes of a CAT: images of height × width pixels, embedded in patches of `patch` × `patch`, `d_model`
 * channels in the first stage and twice as many in each next; for each stage its depth, in units of three
 * blocks, and its heads; tiles of `tile` × `tile`; `ratio` hidden units a channel.
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
}

/**
 * A stage's map of H × W pixels of C channels, its tiles of p × p, heads, depth, and whether patch merging
 * follows.
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

/** The published CAT of that size (公開されている構成): T, S or B. Source: the configurations of linhezheng19/CAT. */
export function publishedCat(size: "T" | "S" | "B"): CatConfig {
  if (size !== "T" && size !== "S" && size !== "B") {
    throw new RangeError(`publishedCat: size must be "T", "S" or "B"; got ${String(size)}`);
  }
  const same = { height: 224, width: 224, channels: 3, patch: 4, tile: 7, ratio: 4, classes: 1000 };
  if (size === "T") return { ...same, d_model: 64, depths: [1, 1, 3, 1], heads: [2, 4, 8, 16] };
  return { ...same, d_model: 96, depths: size === "S" ? [1, 1, 3, 1] : [1, 1, 6, 1], heads: [3, 6, 12, 24] };
}

/**
 * The stages of a CAT (各段の寸法). The map halves and the channels double from one to the next; a map smaller
 * than a tile is one tile.
 *
 * Errors: RangeError unless every size is an integer ≥ 1, the patch divides the image, tiles divide each map,
 * and heads the channels.
 */
export function catStages(config: CatConfig): CatStageShape[] {
  const { height, width, patch, d_model, depths, heads, tile } = config;
  for (const name of ["height", "width", "channels", "patch", "d_model", "tile", "ratio", "classes"] as const) {
    checkInteger("Cat", name, config[name], 1);
  }
  checkInteger("Cat", "depths.length", depths.length, 1);
  checkInteger("Cat", "heads.length", heads.length, depths.length, depths.length);
  return depths.map((depth, k) => {
    const side = Math.pow(2, k);
    const [H, W, C, h] = [height / patch / side, width / patch / side, d_model * side, heads[k] ?? 0];
    checkInteger("Cat", `depths[${k}]`, depth, 0);
    checkInteger("Cat", `heads[${k}]`, h, 1, C);
    if (C % h !== 0) throw new RangeError(`Cat: heads[${k}] must divide its ${C} channels; got ${h}`);
    const p = Math.min(tile, H, W);
    if (H % p !== 0 || W % p !== 0) {
      throw new RangeError(`Cat: tiles of ${p} × ${p} must fill the map of stage ${k}; got ${H} × ${W}`);
    }
    return { H, W, C, p, heads: h, depth, merged: k + 1 < depths.length };
  });
}

/** Attention inside the tiles: the same for each of HW/p², with a table of relative positions. */
export function innerPatchCounts({
  H,
  W,
  C,
  p,
  heads,
}: Pick<CatStageShape, "H" | "W" | "C" | "p" | "heads">): Counts {
  const tiles = sharedCounts((H * W) / (p * p), attentionCounts({ n_q: p * p, d_model: C }));
  return sumCounts([tiles, tableCounts((2 * p - 1) * (2 * p - 1), heads)]);
}

/** Attention between the tiles: the same for each of C channels, p² features wide. */
export function crossPatchCounts({ H, W, C, p }: Pick<CatStageShape, "H" | "W" | "C" | "p">): Counts {
  return sharedCounts(C, attentionCounts({ n_q: (H * W) / (p * p), d_model: p * p }));
}

/** What a CAT costs (パラメータ数と積和演算数), from its sizes alone: each stage with its merging, and all of it. */
export function catCounts(config: CatConfig): { stages: Counts[]; total: Counts } {
  const shapes = catStages(config);
  const stages = shapes.map((shape) => {
    const { H, W, C, depth, merged } = shape;
    const around = sumCounts([
      normCounts(C),
      normCounts(C),
      feedForwardCounts({ n: H * W, d_model: C, d_hidden: config.ratio * C }),
    ]);
    const unit = sumCounts([
      repeatCounts(2, innerPatchCounts(shape)),
      crossPatchCounts(shape),
      repeatCounts(3, around),
    ]);
    const merging = [
      normCounts(4 * C),
      linearCounts({ n: (H * W) / 4, d_in: 4 * C, d_out: 2 * C, bias: false }),
    ];
    return sumCounts([repeatCounts(depth, unit), ...(merged ? merging : [])]);
  });
  const { channels, patch, d_model, height, width, depths, classes } = config;
  const n = (height / patch) * (width / patch);
  const last = d_model * Math.pow(2, depths.length - 1);
  const embedding = [
    linearCounts({ n, d_in: channels * patch * patch, d_out: d_model }),
    normCounts(d_model),
    tableCounts(n, d_model),
  ];
  return {
    stages,
    total: sumCounts([
      ...embedding,
      ...stages,
      normCounts(last),
      linearCounts({ n: 1, d_in: last, d_out: classes }),
    ]),
  };
}
