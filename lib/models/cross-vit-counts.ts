import type { Counts } from "./counts.ts";
import { attentionCounts, encoderBlockCounts, linearCounts, normCounts, repeatCounts } from "./counts.ts";
import { sumCounts, tableCounts } from "./counts.ts";
import { checkInteger } from "../matrix.ts";

/**
 * One branch: it sees the image resized to image × image, in patches of patch × patch, through `depth` blocks
 * in every stage.
 */
export interface CrossViTBranchConfig {
  readonly image: number;
  readonly patch: number;
  readonly d_model: number;
  readonly heads: number;
  readonly depth: number;
  readonly d_hidden: number;
}

/**
 * A CrossViT by its sizes: the branch of small patches first. Unless given, as in the released code: one
 * reading in each fusion, projections "norm-gelu-linear" and the heads "averaged"; "linear" is the paper's
 * word for the projection, "joined" features are D-CROSS's.
 */
export interface CrossViTConfig {
  readonly channels: number;
  readonly classes: number;
  readonly stages: number;
  readonly branches: readonly [CrossViTBranchConfig, CrossViTBranchConfig];
  readonly readings?: number | undefined;
  readonly projection?: "norm-gelu-linear" | "linear" | undefined;
  readonly head?: "averaged" | "joined" | undefined;
}

/** The published models: "Ti", "S", "B", "9", "15", "18". */
export type CrossViTName = "Ti" | "S" | "B" | "9" | "15" | "18";

/**
 * What a CrossViT costs, part by part. `positions` is the share of `embedding` that the papers' tables
 * sometimes leave out.
 */
export interface CrossViTCounts {
  readonly embedding: Counts;
  readonly encoders: Counts;
  readonly fusion: Counts;
  readonly heads: Counts;
  readonly total: Counts;
  readonly positions: number;
}

/**
 * The configuration of a published model (公開モデルの設定): patch 12 on 240 × 240 and patch 16 on 224 × 224, three
 * stages, 1,000 classes.
 *
 * Errors: RangeError for another name.
 * Source: CrossViT Table 1, as IBM/CrossViT `models/crossvit.py` builds them; the table's caption exchanges N
 * and M.
 */
export function crossViTConfig(name: CrossViTName): CrossViTConfig {
  if (name === "Ti") return published(96, 3, 4, 4);
  if (name === "S") return published(192, 6, 4, 4);
  if (name === "B") return published(384, 12, 4, 4);
  if (name === "9") return published(128, 4, 3, 3);
  if (name === "15") return published(192, 6, 5, 3);
  if (name === "18") return published(224, 7, 6, 3);
  throw new RangeError(`crossViTConfig: name must be one of Ti, S, B, 9, 15, 18; got ${String(name)}`);
}

function published(d: number, heads: number, depth: number, ratio: number): CrossViTConfig {
  const small = { image: 240, patch: 12, d_model: d, heads, depth: 1, d_hidden: ratio * d };
  const large = { image: 224, patch: 16, d_model: 2 * d, heads, depth, d_hidden: 2 * ratio * d };
  return { channels: 3, classes: 1000, stages: 3, branches: [small, large] };
}

/** The number of patches of a branch, its [CLS] not among them: ⌊image / patch⌋². */
export function patchesOf({ image, patch }: { readonly image: number; readonly patch: number }): number {
  const side = Math.floor(image / patch);
  return side * side;
}

/**
 * What a CrossViT costs (パラメータ数と積和演算), from its sizes alone: no matrix is made, so that B's 105 million
 * numbers take no room.
 *
 *     branch:  n·C·p²·d + K·M·(4(1+n)d² + 2(1+n)²d + 2(1+n)·d·d_hidden)       multiply-adds of its embedding and its blocks
 *     fusion:  K·(2de + 2e² + 2(1+m)e² + 2(1+m)e)                             of its [CLS] reading the other branch
 *     heads:   d·classes for each branch, or (d + e)·classes joined
 *
 *     n patches of C·p² numbers, d features, M blocks in each of K stages; the other branch has m patches and e features
 *
 * Parameters are those and biases, norms, [CLS] and positions. Multiply-adds leave norms, softmax and GELU
 * out, as papers do. A reading after the first costs as one with m = 0: it sees one token.
 */
export function crossViTCounts(config: CrossViTConfig): CrossViTCounts {
  checkCrossViTConfig("crossViTCounts", config);
  const {
    channels,
    classes,
    stages,
    branches: [small, large],
    readings = 1,
    projection = "norm-gelu-linear",
    head = "averaged",
  } = config;
  const embed = (branch: CrossViTBranchConfig): Counts => {
    const [n, d] = [patchesOf(branch), branch.d_model];
    return sumCounts([
      linearCounts({ n, d_in: channels * branch.patch * branch.patch, d_out: d }),
      tableCounts(1, d),
      tableCounts(1 + n, d),
    ]);
  };
  const encode = (branch: CrossViTBranchConfig): Counts => {
    return repeatCounts(
      stages * branch.depth,
      encoderBlockCounts({ n: 1 + patchesOf(branch), d_model: branch.d_model, d_hidden: branch.d_hidden }),
    );
  };
  const project = (d_in: number, d_out: number): Counts => {
    const map = linearCounts({ n: 1, d_in, d_out });
    return projection === "linear" ? map : sumCounts([normCounts(d_in), map]);
  };
  const fuse = ({ d_model: d }: CrossViTBranchConfig, other: CrossViTBranchConfig): Counts => {
    const e = other.d_model;
    const reading = (n_k: number): Counts =>
      sumCounts([normCounts(e), attentionCounts({ n_q: 1, n_k, d_model: e })]);
    return repeatCounts(
      stages,
      sumCounts([
        project(d, e),
        reading(1 + patchesOf(other)),
        repeatCounts(readings - 1, reading(1)),
        project(e, d),
      ]),
    );
  };
  const norms = sumCounts([normCounts(small.d_model), normCounts(large.d_model)]);
  const classify = (d_in: number): Counts => linearCounts({ n: 1, d_in, d_out: classes });
  const outputs =
    head === "joined"
      ? classify(small.d_model + large.d_model)
      : sumCounts([classify(small.d_model), classify(large.d_model)]);
  const embedding = sumCounts([embed(small), embed(large)]);
  const encoders = sumCounts([encode(small), encode(large)]);
  const fusion = sumCounts([fuse(small, large), fuse(large, small)]);
  const heads = sumCounts([norms, outputs]);
  const positions = (1 + patchesOf(small)) * small.d_model + (1 + patchesOf(large)) * large.d_model;
  return {
    embedding,
    encoders,
    fusion,
    heads,
    total: sumCounts([embedding, encoders, fusion, heads]),
    positions,
  };
}

/**
 * Pairs of a query and a key that are scored in one forward pass, heads not multiplied in: (1 + n)² in a
 * block, 1 + m in a fusion.
 */
export function crossViTPairs(config: CrossViTConfig): { encoders: number; fusion: number } {
  checkCrossViTConfig("crossViTPairs", config);
  const { stages, branches } = config;
  let [encoders, fusion] = [0, 0];
  for (const branch of branches) {
    const tokens = 1 + patchesOf(branch); // as one branch's n and, seen from the other, its m
    encoders += stages * branch.depth * tokens * tokens;
    fusion += stages * tokens;
  }
  return { encoders, fusion };
}

/**
 * Throws unless every size is an integer in its range, heads divide widths, and the options are among those
 * that there are.
 */
export function checkCrossViTConfig(where: string, config: CrossViTConfig): void {
  const {
    channels,
    classes,
    stages,
    branches,
    readings = 1,
    projection = "norm-gelu-linear",
    head = "averaged",
  } = config;
  checkInteger(where, "config.channels", channels, 1);
  checkInteger(where, "config.classes", classes, 1);
  checkInteger(where, "config.stages", stages, 0);
  checkInteger(where, "config.readings", readings, 1);
  checkInteger(where, "config.branches.length", branches.length, 2, 2);
  branches.forEach(({ image, patch, d_model, heads, depth, d_hidden }, b) => {
    checkInteger(where, `config.branches[${b}].patch`, patch, 1);
    checkInteger(where, `config.branches[${b}].image`, image, patch);
    checkInteger(where, `config.branches[${b}].d_model`, d_model, 1);
    checkInteger(where, `config.branches[${b}].heads`, heads, 1);
    checkInteger(where, `config.branches[${b}].depth`, depth, 0);
    checkInteger(where, `config.branches[${b}].d_hidden`, d_hidden, 1);
    if (d_model % heads !== 0) {
      throw new RangeError(
        `${where}: config.branches[${b}].d_model must be a multiple of heads = ${heads}; got ${d_model}`,
      );
    }
  });
  if (projection !== "norm-gelu-linear" && projection !== "linear") {
    throw new RangeError(
      `${where}: config.projection must be "norm-gelu-linear" or "linear"; got ${String(projection)}`,
    );
  }
  if (head !== "averaged" && head !== "joined") {
    throw new RangeError(`${where}: config.head must be "averaged" or "joined"; got ${String(head)}`);
  }
}
