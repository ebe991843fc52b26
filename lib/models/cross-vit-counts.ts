import type { Counts } from "./counts.ts";
import { attentionCounts, checkDepth, encoderBlockCounts, linearCounts, normCounts } from "./counts.ts";
import { checkChoice, checkInteger, checkList, checkOptions } from "../matrix.ts";
import { repeatCounts, sumCounts, tableCounts } from "./counts.ts";

/**
 * One branch: the image resized to image × image, in patches of patch × patch, through `depth` blocks in
 * every stage.
 */
export interface CrossViTBranchConfig {
  readonly image: number;
  readonly patch: number;
  readonly d_model: number;
  readonly heads: number;
  readonly depth: number | readonly number[];
  readonly d_hidden: number;
}

/**
 * The sizes of a CrossViT, the branch of small patches first.
 *
 * Defaults, as in the released code: one reading in each fusion, projections "norm-gelu-linear", heads
 * "averaged". "linear" is the paper's word for the projection; "joined" features are those of the study note,
 * docs/cross-attention.md.
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
 * The cost of a CrossViT, part by part. `positions` are the parameters within `embedding` that the papers'
 * tables sometimes leave out.
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
  throw new RangeError(
    `crossViTConfig: name must be one of Ti, S, B, 9, 15, 18; got ${String(name)}`,
  );
}

function published(d: number, heads: number, depth: number, ratio: number): CrossViTConfig {
  const small = { image: 240, patch: 12, d_model: d, heads, depth: 1, d_hidden: ratio * d };
  const large = { image: 224, patch: 16, d_model: 2 * d, heads, depth, d_hidden: 2 * ratio * d };
  return { channels: 3, classes: 1000, stages: 3, branches: [small, large] };
}

/** The names of a `CrossViTBranchConfig`. */
const CROSS_VIT_BRANCH: readonly string[] = [
  "image",
  "patch",
  "d_model",
  "heads",
  "depth",
  "d_hidden",
];

/** The blocks of a branch in stage k: its own number, if the configuration lists them, or that of all. */
export function stageDepth(branch: CrossViTBranchConfig, k: number): number {
  checkOptions("stageDepth", branch, CROSS_VIT_BRANCH, "branch");
  const { depth } = branch;
  return (Array.isArray(depth) ? depth[k] : depth) as number;
}

/** The number of patches of a branch, without its [CLS]: ⌊image / patch⌋². */
export function patchesOf(sizes: { readonly image: number; readonly patch: number }): number {
  checkOptions("patchesOf", sizes, CROSS_VIT_BRANCH, "sizes");
  const { image, patch } = sizes;
  checkInteger("patchesOf", "patch", patch, 1);
  checkInteger("patchesOf", "image", image, patch);
  const side = Math.floor(image / patch);
  return side * side;
}

/**
 * The cost of a CrossViT (パラメータ数と積和演算), from its sizes alone: multiply-adds, and the parameters beside them.
 *
 *     branch:  n·C·p²·d + K·M·(4(1+n)d² + 2(1+n)²d + 2(1+n)·d·d_hidden)
 *     fusion:  K·(2de + 2e² + 2(1+m)e² + 2(1+m)e)
 *     heads:   d·classes for each branch, or (d + e)·classes joined
 *
 *     branch: its embedding and its blocks; fusion: its [CLS] attends to the other branch
 *     n patches of C·p² numbers, d features, M blocks in each of K stages; the other branch has m patches and
 *     e features
 *
 * Parameters are the weights of these products, biases, norms, [CLS] and positions. Multiply-adds leave
 * norms, softmax and GELU out, as papers do. A reading after the first costs as one with m = 0: it has one
 * key. No matrix is made, so that B's 105 million numbers take no room.
 * Errors: as `checkCrossViTConfig`.
 */
export function crossViTCounts(config: CrossViTConfig): CrossViTCounts {
  checkCrossViTConfig("crossViTCounts", config);
  const { stages, branches, head = "averaged" } = config;
  const [small, large] = branches;
  const each = Array.from({ length: stages }, (_, k) => k);
  const ofBranch = (branch: CrossViTBranchConfig) =>
    sumCounts(each.map((k) => crossViTEncoderCounts(branch, k)));
  const blocks = branches.map(ofBranch);
  const embedding = sumCounts(
    branches.map((branch) => crossViTEmbeddingCounts(branch, config.channels)),
  );
  const encoders = sumCounts(blocks);
  const reads = [
    crossViTFusionCounts(small, large, config),
    crossViTFusionCounts(large, small, config),
  ];
  const fusion = repeatCounts(stages, sumCounts(reads));
  const [d, e] = [small.d_model, large.d_model];
  const classify = (d_in: number): Counts => linearCounts({ n: 1, d_in, d_out: config.classes });
  const outputs = head === "joined" ? [classify(d + e)] : [classify(d), classify(e)];
  const heads = sumCounts([normCounts(d), normCounts(e), ...outputs]);
  const positions = (1 + patchesOf(small)) * d + (1 + patchesOf(large)) * e;
  const total = sumCounts([embedding, encoders, fusion, heads]);
  return { embedding, encoders, fusion, heads, total, positions };
}

/** Patches through a linear map, [CLS], and positions. */
function crossViTEmbeddingCounts(branch: CrossViTBranchConfig, channels: number): Counts {
  const [n, d] = [patchesOf(branch), branch.d_model];
  const map = linearCounts({ n, d_in: channels * branch.patch * branch.patch, d_out: d });
  return sumCounts([map, tableCounts(1, d), tableCounts(1 + n, d)]);
}

/** The blocks of a branch in stage k. */
function crossViTEncoderCounts(branch: CrossViTBranchConfig, k: number): Counts {
  const { d_model, d_hidden } = branch;
  return repeatCounts(
    stageDepth(branch, k),
    encoderBlockCounts({ n: 1 + patchesOf(branch), d_model, d_hidden }),
  );
}

/** The fusion of a branch in one stage: its [CLS] goes to the other's width, reads, and comes back. */
function crossViTFusionCounts(
  { d_model: d }: CrossViTBranchConfig,
  other: CrossViTBranchConfig,
  { readings = 1, projection = "norm-gelu-linear" }: CrossViTConfig,
): Counts {
  const e = other.d_model;
  const project = (d_in: number, d_out: number): Counts => {
    const map = linearCounts({ n: 1, d_in, d_out });
    return projection === "linear" ? map : sumCounts([normCounts(d_in), map]);
  };
  const reading = (n_k: number): Counts =>
    sumCounts([normCounts(e), attentionCounts({ n_q: 1, n_k, d_model: e })]);
  const first = reading(1 + patchesOf(other));
  const further = repeatCounts(readings - 1, reading(1));
  return sumCounts([project(d, e), first, further, project(e, d)]);
}

/**
 * The pairs of a query and a key that are scored in one forward pass, heads not multiplied in: (1 + n)² in a
 * block, 1 + m in a fusion.
 *
 * Errors: as `checkCrossViTConfig`.
 */
export function crossViTPairs(config: CrossViTConfig): { encoders: number; fusion: number } {
  checkCrossViTConfig("crossViTPairs", config);
  const { stages, branches } = config;
  let [encoders, fusion] = [0, 0];
  for (const branch of branches) {
    const tokens = 1 + patchesOf(branch); // as one branch's n and, seen from the other, its m
    for (let k = 0; k < stages; k++) encoders += stageDepth(branch, k) * tokens * tokens;
    fusion += stages * tokens;
  }
  return { encoders, fusion };
}

/**
 * Throws unless every size is an integer in its range, heads divide widths, and the words are among those
 * that there are.
 */
export function checkCrossViTConfig(where: string, config: CrossViTConfig): void {
  const names = ["channels", "classes", "stages", "branches", "readings", "projection", "head"];
  checkOptions(where, config, names, "config");
  const { branches, readings = 1, projection = "norm-gelu-linear", head = "averaged" } = config;
  checkInteger(where, "config.channels", config.channels, 1);
  checkInteger(where, "config.classes", config.classes, 1);
  checkDepth(where, "config.stages", config.stages, 0);
  checkDepth(where, "config.readings", readings, 1);
  checkList(where, "config.branches", branches, "two branches");
  checkInteger(where, "config.branches.length", branches.length, 2, 2);
  branches.forEach((branch, b) =>
    checkCrossViTBranch(where, `config.branches[${b}]`, branch, config.stages),
  );
  checkChoice(where, "config.projection", projection, ["norm-gelu-linear", "linear"]);
  checkChoice(where, "config.head", head, ["averaged", "joined"]);
}

function checkCrossViTBranch(
  where: string,
  name: string,
  branch: CrossViTBranchConfig,
  stages: number,
): void {
  checkOptions(where, branch, CROSS_VIT_BRANCH, name);
  const { image, patch, d_model, heads, depth, d_hidden } = branch;
  checkInteger(where, `${name}.patch`, patch, 1);
  checkInteger(where, `${name}.image`, image, patch);
  checkInteger(where, `${name}.d_model`, d_model, 1);
  checkInteger(where, `${name}.heads`, heads, 1);
  if (Array.isArray(depth)) {
    checkInteger(where, `${name}.depth.length`, depth.length, stages, stages);
  } else checkDepth(where, `${name}.depth`, depth as number, 0);
  for (let k = 0; k < stages; k++) {
    checkInteger(where, `${name}.depth[${k}]`, stageDepth(branch, k), 0);
  }
  checkInteger(where, `${name}.d_hidden`, d_hidden, 1);
  if (d_model % heads === 0) return;
  throw new RangeError(
    `${where}: ${name}.d_model must be a multiple of heads = ${heads}; got ${d_model}`,
  );
}
