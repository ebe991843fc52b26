import type { CatConfig, CatStageShape } from "../models/cat-counts.ts";
import type { Matrix } from "../matrix.ts";
import type { Tensor } from "./safetensors.ts";
import { Cat, CatStage } from "../models/cat.ts";
import { CatBlock } from "../layers/cat-block.ts";
import { CheckpointReader, CheckpointWriter } from "./checkpoint-reader.ts";
import { CrossPatchAttention } from "../attention/cross-patch-attention.ts";
import { FeedForward } from "../layers/feed-forward.ts";
import { InnerPatchAttention } from "../attention/inner-patch-attention.ts";
import { LayerNorm } from "../layers/layer-norm.ts";
import { MultiHeadAttention } from "../attention/multi-head-attention.ts";
import { PatchEmbedding } from "../layers/patch-embedding.ts";
import { PatchMerging } from "../layers/patch-merging.ts";
import { catStages } from "../models/cat-counts.ts";
import { concatColumns, sliceColumns } from "../kernels/columns.ts";
import { fuseHeads, splitHeads } from "../attention/heads.ts";
import { relativeRow } from "../kernels/relative-position-bias.ts";
import { transpose } from "../kernels/transpose.ts";

/**
 * A CAT from the tensors of linhezheng19/CAT's checkpoints (公開された CAT の読み込み), by their published names.
 *
 * Queries, keys and values come in one `qkv` of (3C, C), heads within each. `relative_position_index` follows
 * from the tile's side: it may be left out, but if it is there it must hold the numbers that follow. Errors:
 * one RangeError that lists every tensor missing, misshapen or unknown, and if there is none, one that lists
 * every index that says something else.
 */
export function readCat(tensors: ReadonlyMap<string, Tensor>, config: CatConfig): Cat {
  const shapes = catStages(config);
  const reader = new CheckpointReader("readCat", tensors);
  const { channels, patch, d_model, height, width, classes } = config;
  const n = (height / patch) * (width / patch);
  const filters = reader.take("patch_embed.proj.weight", [d_model, channels, patch, patch]);
  const W = transpose({ rows: d_model, cols: channels * patch * patch, data: filters.data });
  const embedding = new PatchEmbedding({
    patch,
    channels,
    W,
    b: reader.take("patch_embed.proj.bias", [d_model]),
  });
  const embeddingNorm = readNorm(reader, "patch_embed.norm", d_model);
  const positions = reader.take("ape", [1, n, d_model]);
  const stages = shapes.map((shape, k) => readStage(reader, `layers.${k}`, shape, config.ratio));
  const last = d_model * Math.pow(2, shapes.length - 1);
  const norm = readNorm(reader, "norm", last);
  const [W_head, b_head] = [
    reader.takeLinear("head.weight", last, classes),
    reader.take("head.bias", [classes]),
  ];
  reader.finish();
  checkIndices(tensors, shapes);
  return new Cat({
    grid: [height / patch, width / patch],
    embedding,
    embeddingNorm,
    positions,
    stages,
    norm,
    W_head,
    b_head,
  });
}

/**
 * One stage, `CATLayer`, of a CAT: `prefix` stands before its names, "layers.0" for the first. A single stage
 * is read with a reader of its own.
 */
export function readStage(
  reader: CheckpointReader,
  prefix: string,
  { C, p, heads, depth, merged }: CatStageShape,
  ratio: number,
): CatStage {
  const block = (name: string, attention: InnerPatchAttention | CrossPatchAttention): CatBlock => {
    const [norm1, norm2] = [readNorm(reader, `${name}.norm1`, C), readNorm(reader, `${name}.norm2`, C)];
    return new CatBlock({
      norm1,
      attention,
      norm2,
      feedForward: readMlp(reader, `${name}.mlp`, C, ratio * C),
    });
  };
  const inner = (name: string): CatBlock => block(name, readInner(reader, `${name}.attn`, { C, p, heads }));
  const cross = (name: string): CatBlock =>
    block(name, new CrossPatchAttention({ p, attention: readAttention(reader, `${name}.attn`, p * p, 1) }));
  const units = Array.from({ length: depth }, (_, l) => ({
    before: inner(`${prefix}.pre_ipsa_blocks.${l}`),
    cross: cross(`${prefix}.cpsa_blocks.${l}`),
    after: inner(`${prefix}.post_ipsa_blocks.${l}`),
  }));
  if (!merged) return new CatStage({ units });
  const norm = readNorm(reader, `${prefix}.downsample.norm`, 4 * C);
  return new CatStage({
    units,
    merging: new PatchMerging({
      norm,
      W: reader.takeLinear(`${prefix}.downsample.reduction.weight`, 4 * C, 2 * C),
    }),
  });
}

/** The tensors of a CAT under linhezheng19/CAT's names (公開された名前での CAT の書き出し): `readCat` reads them back. */
export function writeCat(cat: Cat): Map<string, Tensor> {
  const writer = new CheckpointWriter();
  const { embedding, positions, W_head, b_head } = cat;
  const vector = (name: string, b: Matrix | undefined): void => {
    if (b === undefined) throw new RangeError(`writeCat: ${name} must be there; got a model without it`);
    writer.put(name, b, [b.cols]);
  };
  const norm = (name: string, { gamma, beta }: LayerNorm): void => {
    vector(`${name}.weight`, gamma);
    vector(`${name}.bias`, beta);
  };
  const block = (name: string, { norm1, attention, norm2, feedForward }: CatBlock): void => {
    const { W_Q, W_K, W_V, b_Q, b_K, b_V } = fuseHeads(attention.attention.heads);
    norm(`${name}.norm1`, norm1);
    const table = "table" in attention ? attention.table : undefined; // CPSA has none
    if (table !== undefined) {
      writer.put(`${name}.attn.relative_position_bias_table`, table, [table.rows, table.cols]);
      const index = relativeIndex(attention.p);
      writer.tensors.set(`${name}.attn.relative_position_index`, {
        dtype: "I64",
        shape: [attention.p * attention.p, attention.p * attention.p],
        data: index,
      });
    }
    writer.putLinear(`${name}.attn.qkv.weight`, concatColumns([W_Q, W_K, W_V]));
    for (const b of [b_Q, b_K, b_V]) {
      if (b === undefined) {
        throw new RangeError(`writeCat: ${name}.attn.qkv.bias must be there; got a model without it`);
      }
    }
    vector(
      `${name}.attn.qkv.bias`,
      concatColumns([b_Q, b_K, b_V].filter((b): b is Matrix => b !== undefined)),
    );
    writer.putLinear(`${name}.attn.proj.weight`, attention.attention.W_O);
    vector(`${name}.attn.proj.bias`, attention.attention.b_O);
    norm(`${name}.norm2`, norm2);
    writer.putLinear(`${name}.mlp.fc1.weight`, feedForward.W_1);
    vector(`${name}.mlp.fc1.bias`, feedForward.b_1);
    writer.putLinear(`${name}.mlp.fc2.weight`, feedForward.W_2);
    vector(`${name}.mlp.fc2.bias`, feedForward.b_2);
  };
  writer.put("ape", positions, [1, positions.rows, positions.cols]);
  writer.put("patch_embed.proj.weight", transpose(embedding.W), [
    embedding.W.cols,
    embedding.channels,
    embedding.patch,
    embedding.patch,
  ]);
  vector("patch_embed.proj.bias", embedding.b);
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
  writer.putLinear("head.weight", W_head);
  vector("head.bias", b_head);
  return writer.tensors;
}

function readNorm(reader: CheckpointReader, name: string, d: number): LayerNorm {
  return new LayerNorm({ gamma: reader.take(`${name}.weight`, [d]), beta: reader.take(`${name}.bias`, [d]) });
}

function readMlp(reader: CheckpointReader, name: string, d: number, d_hidden: number): FeedForward {
  const [W_1, b_1] = [
    reader.takeLinear(`${name}.fc1.weight`, d, d_hidden),
    reader.take(`${name}.fc1.bias`, [d_hidden]),
  ];
  const [W_2, b_2] = [
    reader.takeLinear(`${name}.fc2.weight`, d_hidden, d),
    reader.take(`${name}.fc2.bias`, [d]),
  ];
  return new FeedForward({ W_1, b_1, W_2, b_2, activation: "gelu" });
}

/**
 * The `Attention` of the published code, without its relative positions: queries, keys and values side by
 * side, each head after head.
 */
function readAttention(reader: CheckpointReader, name: string, d: number, heads: number): MultiHeadAttention {
  const W = reader.takeLinear(`${name}.qkv.weight`, d, 3 * d);
  const b = reader.take(`${name}.qkv.bias`, [3 * d]);
  const third = (M: Matrix, part: number): Matrix => sliceColumns(M, part * d, (part + 1) * d);
  const fused = {
    W_Q: third(W, 0),
    W_K: third(W, 1),
    W_V: third(W, 2),
    b_Q: third(b, 0),
    b_K: third(b, 1),
    b_V: third(b, 2),
  };
  return new MultiHeadAttention({
    heads: splitHeads(fused, heads),
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
  if (reader.has(index)) reader.take(index, [p * p, p * p]); // it follows from p
  const table = reader.take(`${name}.relative_position_bias_table`, [(2 * p - 1) * (2 * p - 1), heads]);
  return new InnerPatchAttention({ p, attention: readAttention(reader, name, C, heads), table });
}

function checkIndices(tensors: ReadonlyMap<string, Tensor>, shapes: readonly CatStageShape[]): void {
  const wrong: string[] = [];
  shapes.forEach(({ p }, k) => {
    const expected = relativeIndex(p);
    tensors.forEach(({ data }, name) => {
      if (
        name.indexOf(`layers.${k}.`) === 0 &&
        /relative_position_index$/.test(name) &&
        expected.some((row, e) => row !== data[e])
      ) {
        wrong.push(name);
      }
    });
  });
  if (wrong.length === 0) return;
  throw new RangeError(
    `readCat: every relative_position_index must number the table's rows by relative place; got other ` +
      `numbers in:\n  ${wrong.join("\n  ")}`,
  );
}

/** For each query pixel and key pixel of a tile, the row of the table: (p², p²), row by row. */
function relativeIndex(p: number): Float64Array {
  return Float64Array.from({ length: p * p * p * p }, (_, e) =>
    relativeRow(Math.floor(e / (p * p)), e % (p * p), p),
  );
}
