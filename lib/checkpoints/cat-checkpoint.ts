import type { CatConfig, CatStageShape } from "../models/cat-counts.ts";
import type { LayerNorm } from "../layers/layer-norm.ts";
import type { Matrix } from "../matrix.ts";
import type { Tensor } from "./safetensors.ts";
import { Cat, CatStage } from "../models/cat.ts";
import { CatBlock } from "../layers/cat-block.ts";
import { CheckpointReader, CheckpointWriter, checkAlike } from "./checkpoint-reader.ts";
import { checkPublishedAttention } from "./checkpoint-reader.ts";
import { CrossPatchAttention } from "../attention/cross-patch-attention.ts";
import { InnerPatchAttention } from "../attention/inner-patch-attention.ts";
import { MultiHeadAttention } from "../attention/multi-head-attention.ts";
import { PatchEmbedding } from "../layers/patch-embedding.ts";
import { PatchMerging } from "../layers/patch-merging.ts";
import { catStages } from "../models/cat-counts.ts";
import { concatColumns } from "../kernels/columns.ts";
import { fuseHeads, splitStacked } from "../attention/heads.ts";
import { checkDepth } from "../models/counts.ts";
import { checkInteger, checkOptions, matrix } from "../matrix.ts";
import { relativeRow } from "../kernels/relative-position-bias.ts";
import { takeTorchFeedForward, takeTorchNorm } from "./torch-layers.ts";
import { transpose } from "../kernels/transpose.ts";

/**
 * A CAT by the names of linhezheng19/CAT's checkpoints (公開された CAT の読み込み).
 *
 *     patch_embed.proj.weight (d, C, p, p), patch_embed.proj.bias (d)    the patch embedding
 *     patch_embed.norm.…, ape (1, n, d)       the norm behind it, and the positions
 *     layers.k.…                              a stage: `readStage`
 *     norm.…, head.weight (classes, D), head.bias (classes)    the last norm and the classifier
 *
 * Errors: one RangeError that lists every tensor missing, misshapen or left over; if there is none, one that
 * lists every relative_position_index with other numbers than the tile's side gives.
 * Source: linhezheng19/CAT, `cat.py`.
 */
export function readCat(tensors: ReadonlyMap<string, Tensor>, config: CatConfig): Cat {
  const shapes = catStages(config);
  const reader = new CheckpointReader("readCat", tensors);
  const { channels, patch, d_model, height, width, classes, ratio } = config;
  const grid = [height / patch, width / patch] as const;
  const filters = reader.take("patch_embed.proj.weight", [d_model, channels, patch, patch]);
  const W = transpose(matrix(d_model, channels * patch * patch, filters.data));
  const b = reader.take("patch_embed.proj.bias", [d_model]);
  const embedding = new PatchEmbedding({ patch, channels, W, b });
  const embeddingNorm = takeTorchNorm(reader, "patch_embed.norm", d_model);
  const placed = config.positions !== false;
  const positions = placed ? reader.take("ape", [1, grid[0] * grid[1], d_model]) : undefined;
  const stages = shapes.map((shape, k) => readStage(reader, `layers.${k}`, shape, ratio));
  const last = d_model * Math.pow(2, shapes.length - 1);
  const norm = takeTorchNorm(reader, "norm", last);
  const W_head = reader.takeLinear("head.weight", last, classes);
  const b_head = reader.take("head.bias", [classes]);
  reader.finish();
  checkIndices(tensors, shapes);
  return new Cat({ grid, embedding, embeddingNorm, positions, stages, norm, W_head, b_head });
}

/**
 * One stage of a CAT, `CATLayer`, by its published names (CAT の段の読み込み).
 *
 *     pre_ipsa_blocks.l.…      unit l's first block, with inner-patch attention
 *     cpsa_blocks.l.…          its second block, with cross-patch attention
 *     post_ipsa_blocks.l.…     its third block, with inner-patch attention
 *     downsample.norm.…, downsample.reduction.weight (2C, 4C)    the merging behind all stages but the last
 *
 * and in each block
 *
 *     norm1.…, norm2.…, mlp.fc1.…, mlp.fc2.…          the norms and the feed-forward network, with GELU
 *     attn.qkv.weight (3d, d), attn.qkv.bias (3d)     W^Q, W^K, W^V of all heads, transposed and stacked
 *     attn.proj.weight (d, d), attn.proj.bias (d)     W^O, transposed, and b^O
 *     attn.relative_position_bias_table ((2p − 1)², h), attn.relative_position_index (p², p²)    IPSA only
 *
 * `prefix` stands before every name: "layers.0" for the first stage. The index follows from the tile's side
 * p: it may be left out. d is C for IPSA, p² for CPSA. A stage is read alone with a reader of its own.
 */
export function readStage(
  reader: CheckpointReader,
  prefix: string,
  shape: CatStageShape,
  ratio: number,
): CatStage {
  checkOptions("readStage", shape, ["H", "W", "C", "p", "heads", "depth", "merged"], "shape");
  const { C, p, heads, depth, merged } = shape;
  checkInteger("readStage", "shape.C", C, 1);
  checkInteger("readStage", "shape.p", p, 1);
  checkInteger("readStage", "shape.heads", heads, 1);
  checkDepth("readStage", "shape.depth", depth, 0);
  const block = (name: string, attention: InnerPatchAttention | CrossPatchAttention): CatBlock => {
    const norm1 = takeTorchNorm(reader, `${name}.norm1`, C);
    const norm2 = takeTorchNorm(reader, `${name}.norm2`, C);
    const widths = { d_model: C, d_hidden: ratio * C, activation: "gelu" } as const;
    const feedForward = takeTorchFeedForward(
      reader,
      [`${name}.mlp.fc1`, `${name}.mlp.fc2`],
      widths,
    );
    return new CatBlock({ norm1, attention, norm2, feedForward });
  };
  const inner = (name: string): CatBlock =>
    block(name, readInner(reader, `${name}.attn`, { C, p, heads }));
  const cross = (name: string): CatBlock => {
    const attention = readAttention(reader, `${name}.attn`, p * p, 1);
    return block(name, new CrossPatchAttention({ p, attention }));
  };
  const units = Array.from({ length: depth }, (_, l) => ({
    before: inner(`${prefix}.pre_ipsa_blocks.${l}`),
    cross: cross(`${prefix}.cpsa_blocks.${l}`),
    after: inner(`${prefix}.post_ipsa_blocks.${l}`),
  }));
  if (!merged) return new CatStage({ units });
  const norm = takeTorchNorm(reader, `${prefix}.downsample.norm`, 4 * C);
  const W = reader.takeLinear(`${prefix}.downsample.reduction.weight`, 4 * C, 2 * C);
  return new CatStage({ units, merging: new PatchMerging({ norm, W }) });
}

/**
 * The tensors of a CAT under the published names (公開された名前での CAT の書き出し), the reverse of `readCat`.
 *
 * Errors: RangeError for a model without a bias or a norm's factor that the names have, for another
 * activation or ε than the published code's, and for a stage whose blocks differ in heads or tiles.
 */
export function writeCat(cat: Cat): Map<string, Tensor> {
  const writer = new CheckpointWriter();
  const { embedding, positions, W_head, b_head } = cat;
  checkCatSettings(cat);
  const needed = (name: string, b: Matrix | undefined): Matrix => {
    if (b !== undefined) return b;
    throw new RangeError(`writeCat: ${name} must be there; got a model without it`);
  };
  const vector = (name: string, b: Matrix | undefined): void => {
    const there = needed(name, b);
    writer.put(name, there, [there.cols]);
  };
  const linear = (name: string, W: Matrix, b: Matrix | undefined): void => {
    writer.putLinear(`${name}.weight`, W);
    vector(`${name}.bias`, b);
  };
  const norm = (name: string, { gamma, beta }: LayerNorm): void => {
    vector(`${name}.weight`, gamma);
    vector(`${name}.bias`, beta);
  };
  const block = (name: string, { norm1, attention, norm2, feedForward }: CatBlock): void => {
    checkPublishedAttention("writeCat", name, attention.attention);
    const { W_Q, W_K, W_V, b_Q, b_K, b_V } = fuseHeads(attention.attention.heads);
    norm(`${name}.norm1`, norm1);
    const table = "table" in attention ? attention.table : undefined; // CPSA has none
    if (table !== undefined) {
      const side = attention.p * attention.p;
      const data = relativeIndex(attention.p);
      writer.put(`${name}.attn.relative_position_bias_table`, table, [table.rows, table.cols]);
      writer.tensors.set(`${name}.attn.relative_position_index`, {
        dtype: "I64",
        shape: [side, side],
        data,
      });
    }
    const biases = [b_Q, b_K, b_V].map((b) => needed(`${name}.attn.qkv.bias`, b));
    linear(`${name}.attn.qkv`, concatColumns([W_Q, W_K, W_V]), concatColumns(biases));
    linear(`${name}.attn.proj`, attention.attention.W_O, attention.attention.b_O);
    norm(`${name}.norm2`, norm2);
    linear(`${name}.mlp.fc1`, feedForward.W_1, feedForward.b_1);
    linear(`${name}.mlp.fc2`, feedForward.W_2, feedForward.b_2);
  };
  if (positions !== undefined) writer.put("ape", positions, [1, positions.rows, positions.cols]);
  const { W, b, channels, patch } = embedding;
  writer.put("patch_embed.proj.weight", transpose(W), [W.cols, channels, patch, patch]);
  vector("patch_embed.proj.bias", b);
  norm("patch_embed.norm", cat.embeddingNorm);
  cat.stages.forEach(({ units, merging }, k) => {
    units.forEach(({ before, cross, after }, l) => {
      block(`layers.${k}.pre_ipsa_blocks.${l}`, before);
      block(`layers.${k}.cpsa_blocks.${l}`, cross);
      block(`layers.${k}.post_ipsa_blocks.${l}`, after);
    });
    if (merging === undefined) return;
    writer.putLinear(`layers.${k}.downsample.reduction.weight`, merging.W);
    norm(`layers.${k}.downsample.norm`, merging.norm);
  });
  norm("norm", cat.norm);
  linear("head", W_head, b_head);
  return writer.tensors;
}

/**
 * Throws unless the settings that no tensor holds are those of the published code, and alike within a stage.
 */
function checkCatSettings({ embeddingNorm, stages, norm }: Cat): void {
  const where = "writeCat";
  checkAlike(where, "eps", [embeddingNorm.eps, norm.eps], 1e-5);
  stages.forEach(({ units, merging }, k) => {
    const inner = units.reduce(
      (list: CatBlock[], { before, after }) => list.concat([before, after]),
      [],
    );
    const blocks = inner.concat(units.map(({ cross }) => cross));
    const merged = merging === undefined ? [] : [merging.norm.eps];
    const norms = blocks.map(({ norm1 }) => norm1).concat(blocks.map(({ norm2 }) => norm2));
    const epsilons = norms.map(({ eps }) => eps).concat(merged);
    const activations = blocks.map(({ feedForward }) => feedForward.activation);
    const heads = inner.map(({ attention }) => attention.attention.heads.length);
    const crossed = units.map(({ cross }) => cross.attention.attention.heads.length);
    checkAlike(where, `layers.${k}: eps`, epsilons, 1e-5);
    checkAlike(where, `layers.${k}: activation`, activations, "gelu");
    checkAlike(where, `layers.${k}: heads`, heads);
    checkAlike(where, `layers.${k}: heads of cpsa`, crossed, 1);
    checkAlike(
      where,
      `layers.${k}: p`,
      blocks.map(({ attention }) => attention.p),
    );
  });
}

/** The `Attention` of the published code, without its relative positions. */
function readAttention(
  reader: CheckpointReader,
  name: string,
  d: number,
  heads: number,
): MultiHeadAttention {
  const W = reader.takeLinear(`${name}.qkv.weight`, d, 3 * d);
  const b = reader.take(`${name}.qkv.bias`, [3 * d]);
  return new MultiHeadAttention({
    heads: splitStacked(W, b, heads),
    W_O: reader.takeLinear(`${name}.proj.weight`, d, d),
    b_O: reader.take(`${name}.proj.bias`, [d]),
  });
}

/** The `Attention` of the published code with its relative positions. */
function readInner(
  reader: CheckpointReader,
  name: string,
  { C, p, heads }: { C: number; p: number; heads: number },
): InnerPatchAttention {
  const index = `${name}.relative_position_index`;
  reader.ignore(index, [p * p, p * p]); // its numbers are checked at the end
  const table = reader.take(`${name}.relative_position_bias_table`, [
    (2 * p - 1) * (2 * p - 1),
    heads,
  ]);
  return new InnerPatchAttention({ p, attention: readAttention(reader, name, C, heads), table });
}

/** Throws unless every relative_position_index holds what follows from its stage's tile. */
function checkIndices(
  tensors: ReadonlyMap<string, Tensor>,
  shapes: readonly CatStageShape[],
): void {
  const wrong: string[] = [];
  shapes.forEach(({ p }, k) => {
    const expected = relativeIndex(p);
    tensors.forEach((tensor, name) => {
      const isIndex = name.indexOf(`layers.${k}.`) === 0 && /relative_position_index$/.test(name);
      if (isIndex && expected.some((row, e) => row !== tensor.data[e])) wrong.push(name);
    });
  });
  if (wrong.length === 0) return;
  const rule = "must number the table's rows by relative place";
  const list = wrong.join("\n  ");
  throw new RangeError(
    `readCat: every relative_position_index ${rule}; got other numbers in:\n  ${list}`,
  );
}

/** For each query pixel and key pixel of a tile, the row of the table: (p², p²), row by row. */
function relativeIndex(p: number): Float64Array {
  const n = p * p;
  return Float64Array.from({ length: n * n }, (_, e) => relativeRow(Math.floor(e / n), e % n, p));
}
