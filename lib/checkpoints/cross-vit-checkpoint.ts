import type { AttentionHead } from "../attention/heads.ts";
import type { CrossViTBranch, CrossViTHead, CrossViTStage } from "../models/cross-vit.ts";
import type { CrossViTBranchConfig, CrossViTConfig } from "../models/cross-vit-counts.ts";
import type { LayerNorm } from "../layers/layer-norm.ts";
import type { Matrix } from "../matrix.ts";
import type { Tensor } from "./safetensors.ts";
import type { TokenNorm, TokenProjection } from "../attention/class-token-attention.ts";
import { CheckpointReader, CheckpointWriter, checkAlike } from "./checkpoint-reader.ts";
import { checkPublishedAttention } from "./checkpoint-reader.ts";
import { ClassTokenAttention } from "../attention/class-token-attention.ts";
import { CrossViT } from "../models/cross-vit.ts";
import { EncoderBlock } from "../layers/encoder-block.ts";
import { MultiHeadAttention } from "../attention/multi-head-attention.ts";
import { PatchEmbedding } from "../layers/patch-embedding.ts";
import { checkCrossViTConfig, patchesOf, stageDepth } from "../models/cross-vit-counts.ts";
import { concatColumns } from "../kernels/columns.ts";
import { fromFunction, matrix } from "../matrix.ts";
import { fuseHeads, splitHeads, splitStacked } from "../attention/heads.ts";
import { takeTorchFeedForward, takeTorchNorm } from "./torch-layers.ts";
import { transpose } from "../kernels/transpose.ts";

/**
 * A CrossViT by the names of IBM/CrossViT (公開された CrossViT の読み込み), whose sizes `config` gives.
 *
 *     patch_embed.b.proj.…, pos_embed.b, cls_token.b    branch b's patch embedding, positions and [CLS]
 *     blocks.k.…                                        stage k: `takeCrossViTStage`
 *     norm.b.…, head.b.…                                branch b's last norm and classifier
 *
 * timm has an underscore in pos_embed_b and cls_token_b, and the same names otherwise: either is read. The
 * norms' ε, which no tensor holds, is 1e-6.
 * Errors: one RangeError that lists every tensor missing, misshapen or left over; RangeError for a config
 * that was never published in these names (projection "linear", head "joined").
 * Source: IBM/CrossViT, `crossvit.py`; huggingface/pytorch-image-models `crossvit.py`.
 */
export function readCrossViT(
  tensors: ReadonlyMap<string, Tensor>,
  config: CrossViTConfig,
): CrossViT {
  const where = "readCrossViT";
  checkCrossViTConfig(where, config);
  const { channels, classes, stages, branches } = config;
  const { projection = "norm-gelu-linear", head = "averaged" } = config;
  if (projection !== "norm-gelu-linear") {
    const rule = 'must be "norm-gelu-linear" in these names';
    throw new RangeError(`${where}: config.projection ${rule}; got "${projection}"`);
  }
  if (head !== "averaged") {
    throw new RangeError(`${where}: config.head must be "averaged" in these names; got "${head}"`);
  }
  const from = new CheckpointReader(where, tensors);
  const dot = from.has("cls_token_0") ? "_" : ".";
  const branch = (
    b: number,
    { image, patch, d_model: d }: CrossViTBranchConfig,
  ): CrossViTBranch => {
    const filters = from.take(`patch_embed.${b}.proj.weight`, [d, channels, patch, patch]);
    const W = transpose(matrix(d, channels * patch * patch, filters.data));
    const bias = from.take(`patch_embed.${b}.proj.bias`, [d]);
    return {
      image,
      embedding: new PatchEmbedding({ patch, channels, W, b: bias }),
      cls: from.take(`cls_token${dot}${b}`, [1, 1, d]),
      positions: from.take(`pos_embed${dot}${b}`, [1, 1 + patchesOf({ image, patch }), d]),
      norm: takeNorm(from, `norm.${b}`, d),
    };
  };
  const classify = (b: number, d: number): CrossViTHead => ({
    W: from.takeLinear(`head.${b}.weight`, d, classes),
    b: from.take(`head.${b}.bias`, [classes]),
  });
  const [small, large] = branches;
  const model = new CrossViT({
    branches: [branch(0, small), branch(1, large)],
    stages: Array.from({ length: stages }, (_, k) =>
      takeCrossViTStage(from, `blocks.${k}`, config, k),
    ),
    heads: [classify(0, small.d_model), classify(1, large.d_model)],
  });
  from.finish();
  return model;
}

/**
 * One stage of a CrossViT by its published names (CrossViT の段の名前); i counts a branch's encoder blocks.
 *
 *     blocks.b.i.norm1.…, blocks.b.i.norm2.…                the norms of block i of branch b
 *     blocks.b.i.attn.qkv.…, blocks.b.i.attn.proj.…         W^Q, W^K, W^V stacked, and W^O
 *     blocks.b.i.mlp.fc1.…, blocks.b.i.mlp.fc2.…            the feed-forward network, with GELU
 *     projs.b.0.…, projs.b.2.…                              the norm and the linear map of f
 *     fusion.b.norm1.…, fusion.b.attn.wq.…, .wk, .wv, .proj    the fusion's norm and attention
 *     revert_projs.b.0.…, revert_projs.b.2.…                the norm and the linear map of g
 *
 * `prefix` stands before every name: "blocks.2" in a whole model, "" alone; k is the stage's number, for its
 * depths. A fusion with several readings,
 * or one whose names say so, has one more index: "fusion.b.r.…". The caller calls `finish`.
 */
export function takeCrossViTStage(
  from: CheckpointReader,
  prefix: string,
  config: CrossViTConfig,
  k: number = 0,
): CrossViTStage {
  checkCrossViTConfig("takeCrossViTStage", config);
  const { branches, readings = 1 } = config;
  const [small, large] = branches;
  const at = prefix === "" ? "" : `${prefix}.`;
  const project = (name: string, d: number, e: number): TokenProjection => ({
    norm: takeNorm(from, `${name}.0`, d),
    W: from.takeLinear(`${name}.2.weight`, d, e),
    b: from.take(`${name}.2.bias`, [e]),
  });
  const encoder = (
    name: string,
    { d_model: d, heads: h, d_hidden }: CrossViTBranchConfig,
  ): EncoderBlock => {
    const W = from.takeLinear(`${name}.attn.qkv.weight`, d, 3 * d);
    const b = from.take(`${name}.attn.qkv.bias`, [3 * d]);
    const attention = takeAttention(from, `${name}.attn`, splitStacked(W, b, h));
    const widths = { d_model: d, d_hidden, activation: "gelu" } as const;
    const feedForward = takeTorchFeedForward(from, [`${name}.mlp.fc1`, `${name}.mlp.fc2`], widths);
    const norm1 = takeNorm(from, `${name}.norm1`, d);
    const norm2 = takeNorm(from, `${name}.norm2`, d);
    return new EncoderBlock({ norm1, attention, norm2, feedForward, order: "pre" });
  };
  const encode = (b: number, branch: CrossViTBranchConfig): EncoderBlock[] =>
    Array.from({ length: stageDepth(branch, k) }, (_, i) =>
      encoder(`${at}blocks.${b}.${i}`, branch),
    );
  const reading = (
    name: string,
    { d_model: e, heads: h }: CrossViTBranchConfig,
  ): CrossViTReading => {
    const W = (part: string): Matrix => from.takeLinear(`${name}.attn.${part}.weight`, e, e);
    const bias = (part: string): Matrix => from.take(`${name}.attn.${part}.bias`, [e]);
    const weights = { W_Q: W("wq"), W_K: W("wk"), W_V: W("wv") };
    const fused = { ...weights, b_Q: bias("wq"), b_K: bias("wk"), b_V: bias("wv") };
    const norm = takeNorm(from, `${name}.norm1`, e);
    return { norm, attention: takeAttention(from, `${name}.attn`, splitHeads(fused, h)) };
  };
  const fuse = (b: number, d: number, other: CrossViTBranchConfig): ClassTokenAttention => {
    const fusion = `${at}fusion.${b}`;
    const indexed = readings > 1 || from.has(`${fusion}.0.norm1.weight`);
    const nameOf = (r: number): string => (indexed ? `${fusion}.${r}` : fusion);
    return new ClassTokenAttention({
      f: project(`${at}projs.${b}`, d, other.d_model),
      readings: Array.from({ length: readings }, (_, r) => reading(nameOf(r), other)),
      g: project(`${at}revert_projs.${b}`, other.d_model, d),
    });
  };
  return {
    encoders: [encode(0, small), encode(1, large)],
    fusions: [fuse(0, small.d_model, large), fuse(1, large.d_model, small)],
  };
}

/**
 * The tensors of a CrossViT under the published names (CrossViT の書き出し), the reverse of `readCrossViT`.
 *
 * An absent bias is written as zeros, an absent γ as ones.
 * Errors: RangeError for what these names cannot say: joined heads, plain projections, another order,
 * activation or ε, and a branch whose attentions differ in heads.
 */
export function writeCrossViT(model: CrossViT): Map<string, Tensor> {
  const where = "writeCrossViT";
  if (model.heads.length !== 2) {
    const rule = "must be two to have published names";
    throw new RangeError(`${where}: model.heads ${rule}; got ${model.heads.length}`);
  }
  const to = new CheckpointWriter();
  [0, 1].forEach((branch) => {
    const attentions = model.stages.map(({ encoders, fusions }) => {
      const fused = fusions[1 - branch]!.readings.map(({ attention }) => attention);
      return encoders[branch]!.map(({ attention }) => attention).concat(fused);
    });
    const all = attentions.reduce((list, some) => list.concat(some), []);
    checkAlike(
      where,
      `heads of branch ${branch}`,
      all.map(({ heads }) => heads.length),
    );
  });
  const vector = (
    name: string,
    b: Matrix | undefined,
    width: number,
    otherwise: number = 0,
  ): void => {
    to.put(name, b ?? fromFunction(1, width, () => otherwise), [width]);
  };
  const map = (name: string, W: Matrix, b: Matrix | undefined): void => {
    to.putLinear(`${name}.weight`, W);
    vector(`${name}.bias`, b, W.cols);
  };
  const norm = (name: string, { gamma, beta, eps }: TokenNorm, width: number): void => {
    checkAlike(where, `${name}.eps`, [eps], 1e-6);
    vector(`${name}.weight`, gamma, width, 1);
    vector(`${name}.bias`, beta, width);
  };
  const project = (name: string, { norm: first, W, b }: TokenProjection): void => {
    if (first === undefined) {
      const rule = "must begin with a norm to have published names";
      throw new RangeError(`${where}: ${name} ${rule}; got a plain linear map`);
    }
    norm(`${name}.0`, first, W.rows);
    map(`${name}.2`, W, b);
  };
  model.branches.forEach(
    ({ embedding: { W, b, channels, patch }, cls, positions, norm: last }, branch) => {
      const d = W.cols;
      to.put(`patch_embed.${branch}.proj.weight`, transpose(W), [d, channels, patch, patch]);
      vector(`patch_embed.${branch}.proj.bias`, b, d);
      to.put(`pos_embed.${branch}`, positions, [1, positions.rows, d]);
      to.put(`cls_token.${branch}`, cls, [1, 1, d]);
      norm(`norm.${branch}`, last, d);
      map(`head.${branch}`, model.heads[branch]!.W, model.heads[branch]!.b);
    },
  );
  const encoder = (
    name: string,
    { norm1, attention, norm2, feedForward, order }: EncoderBlock,
  ): void => {
    const { W_1, b_1, W_2, b_2, activation } = feedForward;
    if (order !== "pre" || activation !== "gelu") {
      const got = `${order}-norm with ${typeof activation === "string" ? `"${activation}"` : "a function"}`;
      throw new RangeError(`${where}: ${name} must be pre-norm with "gelu"; got ${got}`);
    }
    const { W_Q, W_K, W_V, b_Q, b_K, b_V } = fuseHeads(attention.heads);
    checkPublishedAttention(where, name, attention);
    const none = matrix(1, W_Q.cols);
    const b = concatColumns([b_Q ?? none, b_K ?? none, b_V ?? none]);
    norm(`${name}.norm1`, norm1, W_Q.rows);
    map(`${name}.attn.qkv`, concatColumns([W_Q, W_K, W_V]), b);
    map(`${name}.attn.proj`, attention.W_O, attention.b_O);
    norm(`${name}.norm2`, norm2, W_1.rows);
    map(`${name}.mlp.fc1`, W_1, b_1);
    map(`${name}.mlp.fc2`, W_2, b_2);
  };
  model.stages.forEach(({ encoders, fusions }, k) => {
    encoders.forEach((blocks, branch) => {
      blocks.forEach((block, i) => encoder(`blocks.${k}.blocks.${branch}.${i}`, block));
    });
    fusions.forEach(({ f, readings, g }, branch) => {
      project(`blocks.${k}.projs.${branch}`, f);
      readings.forEach(({ norm: first, attention }, r) => {
        const name = `blocks.${k}.fusion.${branch}${readings.length > 1 ? `.${r}` : ""}`;
        const { W_Q, W_K, W_V, b_Q, b_K, b_V } = fuseHeads(attention.heads);
        checkPublishedAttention(where, name, attention);
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

/** One reading of a fusion: a norm and an attention. */
interface CrossViTReading {
  readonly norm: LayerNorm;
  readonly attention: MultiHeadAttention;
}

function takeNorm(from: CheckpointReader, name: string, d: number): LayerNorm {
  return takeTorchNorm(from, name, d, { eps: 1e-6 });
}

function takeAttention(
  from: CheckpointReader,
  name: string,
  heads: readonly AttentionHead[],
): MultiHeadAttention {
  const d = heads.reduce((sum, { W_V }) => sum + W_V.cols, 0);
  const W_O = from.takeLinear(`${name}.proj.weight`, d, d);
  return new MultiHeadAttention({ heads, W_O, b_O: from.take(`${name}.proj.bias`, [d]) });
}
