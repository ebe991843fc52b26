import type { AttentionHead } from "../attention/heads.ts";
import type { CrossViTBranch, CrossViTHead, CrossViTStage } from "../models/cross-vit.ts";
import type { CrossViTBranchConfig, CrossViTConfig } from "../models/cross-vit-counts.ts";
import type { Matrix } from "../matrix.ts";
import type { Tensor } from "./safetensors.ts";
import type { TokenNorm, TokenProjection } from "../attention/class-token-attention.ts";
import { CheckpointReader, CheckpointWriter } from "./checkpoint-reader.ts";
import { ClassTokenAttention } from "../attention/class-token-attention.ts";
import { CrossViT } from "../models/cross-vit.ts";
import { EncoderBlock } from "../layers/encoder-block.ts";
import { FeedForward } from "../layers/feed-forward.ts";
import { LayerNorm } from "../layers/layer-norm.ts";
import { MultiHeadAttention } from "../attention/multi-head-attention.ts";
import { PatchEmbedding } from "../layers/patch-embedding.ts";
import { checkCrossViTConfig, patchesOf } from "../models/cross-vit-counts.ts";
import { concatColumns, sliceColumns } from "../kernels/columns.ts";
import { fromFunction, matrix } from "../matrix.ts";
import { fuseHeads, splitHeads } from "../attention/heads.ts";
import { transpose } from "../kernels/transpose.ts";

/**
 * A CrossViT from a checkpoint with IBM/CrossViT's names (CrossViT の読み込み), whose sizes `config` gives.
 *
 * "patch_embed.b.proj", "pos_embed.b", "cls_token.b", "blocks.k.blocks.b.i.…", "blocks.k.projs.b.0" and ".2"
 * (f), "blocks.k.fusion.b.…", "blocks.k.revert_projs.b.…" (g), "norm.b", "head.b": b a branch, k a stage, i a
 * block. A fusion with several readings, or one whose names say so, has one more index:
 * "blocks.k.fusion.b.r.…". The norms' ε, which no tensor holds, is 1e-6.
 * Errors: one RangeError that lists every tensor that is missing, misshapen or left over; RangeError for a
 * config that was never published in these names (projection "linear", head "joined").
 */
export function readCrossViT(tensors: ReadonlyMap<string, Tensor>, config: CrossViTConfig): CrossViT {
  checkCrossViTConfig("readCrossViT", config);
  const {
    channels,
    classes,
    stages,
    branches: [small, large],
    projection = "norm-gelu-linear",
    head = "averaged",
  } = config;
  if (projection !== "norm-gelu-linear") {
    throw new RangeError(
      `readCrossViT: config.projection must be "norm-gelu-linear" in these names; got "${projection}"`,
    );
  }
  if (head !== "averaged") {
    throw new RangeError(`readCrossViT: config.head must be "averaged" in these names; got "${head}"`);
  }
  const from = new CheckpointReader("readCrossViT", tensors);
  const branch = (b: number, { image, patch, d_model: d }: CrossViTBranchConfig): CrossViTBranch => {
    const W = transpose(flat(from.take(`patch_embed.${b}.proj.weight`, [d, channels, patch, patch]), d));
    const embedding = new PatchEmbedding({
      patch,
      channels,
      W,
      b: from.take(`patch_embed.${b}.proj.bias`, [d]),
    });
    const positions = from.take(`pos_embed.${b}`, [1, 1 + patchesOf({ image, patch }), d]);
    return {
      image,
      embedding,
      cls: from.take(`cls_token.${b}`, [1, 1, d]),
      positions,
      norm: takeNorm(from, `norm.${b}`, d),
    };
  };
  const classify = (b: number, d: number): CrossViTHead => ({
    W: from.takeLinear(`head.${b}.weight`, d, classes),
    b: from.take(`head.${b}.bias`, [classes]),
  });
  const model = new CrossViT({
    branches: [branch(0, small), branch(1, large)],
    stages: Array.from({ length: stages }, (_, k) => takeCrossViTStage(from, `blocks.${k}`, config)),
    heads: [classify(0, small.d_model), classify(1, large.d_model)],
  });
  from.finish();
  return model;
}

/** One stage, whose names begin so: "blocks.2" in a whole model, "" alone. `finish` is the caller's. */
export function takeCrossViTStage(
  from: CheckpointReader,
  prefix: string,
  config: CrossViTConfig,
): CrossViTStage {
  const {
    branches: [small, large],
    readings = 1,
  } = config;
  const at = prefix === "" ? "" : `${prefix}.`;
  const project = (name: string, d: number, e: number): TokenProjection => {
    return {
      norm: takeNorm(from, `${name}.0`, d),
      W: from.takeLinear(`${name}.2.weight`, d, e),
      b: from.take(`${name}.2.bias`, [e]),
    };
  };
  const encode = (b: number, { d_model: d, heads, depth, d_hidden }: CrossViTBranchConfig): EncoderBlock[] =>
    Array.from({ length: depth }, (_, i) => {
      const name = `${at}blocks.${b}.${i}`;
      const [W, bias] = [
        from.takeLinear(`${name}.attn.qkv.weight`, d, 3 * d),
        from.take(`${name}.attn.qkv.bias`, [3 * d]),
      ];
      const third = (M: Matrix, t: number): Matrix => sliceColumns(M, t * d, (t + 1) * d);
      const wide = {
        W_Q: third(W, 0),
        W_K: third(W, 1),
        W_V: third(W, 2),
        b_Q: third(bias, 0),
        b_K: third(bias, 1),
        b_V: third(bias, 2),
      };
      const [W_1, b_1] = [
        from.takeLinear(`${name}.mlp.fc1.weight`, d, d_hidden),
        from.take(`${name}.mlp.fc1.bias`, [d_hidden]),
      ];
      const [W_2, b_2] = [
        from.takeLinear(`${name}.mlp.fc2.weight`, d_hidden, d),
        from.take(`${name}.mlp.fc2.bias`, [d]),
      ];
      const feedForward = new FeedForward({ W_1, b_1, W_2, b_2, activation: "gelu" });
      const [norm1, norm2] = [takeNorm(from, `${name}.norm1`, d), takeNorm(from, `${name}.norm2`, d)];
      return new EncoderBlock({
        norm1,
        attention: takeAttention(from, `${name}.attn`, wide, heads),
        norm2,
        feedForward,
        order: "pre",
      });
    });
  const fuse = (b: number, d: number, { d_model: e, heads }: CrossViTBranchConfig): ClassTokenAttention => {
    const fusion = `${at}fusion.${b}`;
    const indexed = readings > 1 || from.has(`${fusion}.0.norm1.weight`);
    const all = Array.from({ length: readings }, (_, r) => {
      const name = indexed ? `${fusion}.${r}` : fusion;
      const W = (part: string): Matrix => from.takeLinear(`${name}.attn.${part}.weight`, e, e);
      const bias = (part: string): Matrix => from.take(`${name}.attn.${part}.bias`, [e]);
      const wide = {
        W_Q: W("wq"),
        W_K: W("wk"),
        W_V: W("wv"),
        b_Q: bias("wq"),
        b_K: bias("wk"),
        b_V: bias("wv"),
      };
      return {
        norm: takeNorm(from, `${name}.norm1`, e),
        attention: takeAttention(from, `${name}.attn`, wide, heads),
      };
    });
    return new ClassTokenAttention({
      f: project(`${at}projs.${b}`, d, e),
      readings: all,
      g: project(`${at}revert_projs.${b}`, e, d),
    });
  };
  return {
    encoders: [encode(0, small), encode(1, large)],
    fusions: [fuse(0, small.d_model, large), fuse(1, large.d_model, small)],
  };
}

/**
 * The tensors of a CrossViT under IBM/CrossViT's names (CrossViT の書き出し), the reverse of `readCrossViT`.
 *
 * A bias or norm parameter that is absent is written as what it stands for, 0 or 1. Errors: RangeError for
 * what these names cannot say: joined heads, plain projections, another order or activation.
 */
export function writeCrossViT(model: CrossViT): Map<string, Tensor> {
  if (model.heads.length !== 2) {
    throw new RangeError(
      `writeCrossViT: model.heads must be two to have published names; got ${model.heads.length}`,
    );
  }
  const to = new CheckpointWriter();
  const vector = (name: string, b: Matrix | undefined, width: number, otherwise: number = 0): void => {
    to.put(name, b ?? fromFunction(1, width, () => otherwise), [width]);
  };
  const map = (name: string, W: Matrix, b: Matrix | undefined): void => {
    to.putLinear(`${name}.weight`, W);
    vector(`${name}.bias`, b, W.cols);
  };
  const norm = (name: string, { gamma, beta }: TokenNorm, width: number): void => {
    vector(`${name}.weight`, gamma, width, 1);
    vector(`${name}.bias`, beta, width);
  };
  const project = (name: string, { norm: first, W, b }: TokenProjection): void => {
    if (first === undefined) {
      throw new RangeError(
        `writeCrossViT: ${name} must begin with a norm to have published names; got a plain linear map`,
      );
    }
    norm(`${name}.0`, first, W.rows);
    map(`${name}.2`, W, b);
  };
  model.branches.forEach(({ embedding: { W, b, channels, patch }, cls, positions, norm: last }, branch) => {
    const d = W.cols;
    to.put(`patch_embed.${branch}.proj.weight`, transpose(W), [d, channels, patch, patch]);
    vector(`patch_embed.${branch}.proj.bias`, b, d);
    to.put(`pos_embed.${branch}`, positions, [1, positions.rows, d]);
    to.put(`cls_token.${branch}`, cls, [1, 1, d]);
    norm(`norm.${branch}`, last, d);
    map(`head.${branch}`, model.heads[branch]!.W, model.heads[branch]!.b);
  });
  model.stages.forEach(({ encoders, fusions }, k) => {
    encoders.forEach((blocks, branch) =>
      blocks.forEach(
        ({ norm1, attention, norm2, feedForward: { W_1, b_1, W_2, b_2, activation }, order }, i) => {
          const name = `blocks.${k}.blocks.${branch}.${i}`;
          if (order !== "pre" || activation !== "gelu") {
            throw new RangeError(
              `writeCrossViT: ${name} must be pre-norm with "gelu"; got ${order}-norm with "${activation}"`,
            );
          }
          const { W_Q, W_K, W_V, b_Q, b_K, b_V } = fuseHeads(attention.heads);
          const none = matrix(1, W_Q.cols);
          norm(`${name}.norm1`, norm1, W_Q.rows);
          map(
            `${name}.attn.qkv`,
            concatColumns([W_Q, W_K, W_V]),
            concatColumns([b_Q ?? none, b_K ?? none, b_V ?? none]),
          );
          map(`${name}.attn.proj`, attention.W_O, attention.b_O);
          norm(`${name}.norm2`, norm2, W_1.rows);
          map(`${name}.mlp.fc1`, W_1, b_1);
          map(`${name}.mlp.fc2`, W_2, b_2);
        },
      ),
    );
    fusions.forEach(({ f, readings, g }, branch) => {
      project(`blocks.${k}.projs.${branch}`, f);
      readings.forEach(({ norm: first, attention }, r) => {
        const name = `blocks.${k}.fusion.${branch}${readings.length > 1 ? `.${r}` : ""}`;
        const { W_Q, W_K, W_V, b_Q, b_K, b_V } = fuseHeads(attention.heads);
        norm(`${name}.norm1`, first, W_Q.rows);
        map(`${name}.attn.wq`, W_Q, b_Q);
        map(`${name}.attn.wk`, W_K, b_K);
        map(`${name}.attn.wv`, W_V, b_V);
        map(`${name}.attn.proj`, attention.W_O, attention.b_O);
      });
      project(`blocks.${k}.revert_projs.${branch}`, g);
    });
  });
  return to.tensors;
}

function takeNorm(from: CheckpointReader, name: string, d: number): LayerNorm {
  return new LayerNorm({
    gamma: from.take(`${name}.weight`, [d]),
    beta: from.take(`${name}.bias`, [d]),
    eps: 1e-6,
  });
}

function takeAttention(
  from: CheckpointReader,
  name: string,
  wide: AttentionHead,
  heads: number,
): MultiHeadAttention {
  const d = wide.W_Q.cols;
  return new MultiHeadAttention({
    heads: splitHeads(wide, heads),
    W_O: from.takeLinear(`${name}.proj.weight`, d, d),
    b_O: from.take(`${name}.proj.bias`, [d]),
  });
}

/**
 * A convolution's weight (d, C, p, p), which `take` folds to (d·C·p, p), as (d, C·p²): the same numbers in
 * the same order.
 */
function flat(M: Matrix, rows: number): Matrix {
  return matrix(rows, M.data.length / rows, M.data);
}
