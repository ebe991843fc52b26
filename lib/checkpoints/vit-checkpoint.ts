import type { AttentionHead } from "../attention/heads.ts";
import type { Tensor } from "./safetensors.ts";
import type { ViTConfig } from "../models/vit-counts.ts";
import type { ViTHead } from "../models/vit.ts";
import { CheckpointReader, CheckpointWriter, checkAlike, checkPublishedAttention } from "./checkpoint-reader.ts";
import { EncoderBlock } from "../layers/encoder-block.ts";
import { MultiHeadAttention } from "../attention/multi-head-attention.ts";
import { PatchEmbedding } from "../layers/patch-embedding.ts";
import { TokenPooler } from "../models/token-pooler.ts";
import { ViT } from "../models/vit.ts";
import { checkChoice, matrix } from "../matrix.ts";
import { checkViTConfig } from "../models/vit-counts.ts";
import { concatColumns } from "../kernels/columns.ts";
import { fuseHeads, splitStacked } from "../attention/heads.ts";
import { putBertHeads, takeBertHeads } from "./bert-layers.ts";
import { putTorchFeedForward, putTorchLinear, putTorchNorm } from "./torch-layers.ts";
import { takeTorchFeedForward, takeTorchNorm } from "./torch-layers.ts";
import { transpose } from "../kernels/transpose.ts";

/** Whose names a ViT has: those of huggingface/transformers or those of timm. */
export type ViTNaming = "hugging-face" | "timm";

/** The names of the parts of a ViT. */
interface ViTNames {
  readonly cls: string;
  readonly positions: string;
  readonly patches: string;
  readonly block: (l: number) => string;
  readonly norm1: string;
  readonly output: string;
  readonly norm2: string;
  readonly maps: readonly [string, string];
  readonly norm: string;
  readonly head: string;
  readonly distillation: string;
  readonly distillationHead: string;
  readonly pooler: string;
}

/**
 * A ViT by its published names (公開された ViT の読み込み), whichever of the two it has.
 *
 *     huggingface/transformers `ViTForImageClassification`       timm `VisionTransformer`
 *     embeddings.cls_token (1, 1, D)                             cls_token
 *     embeddings.position_embeddings (1, 1 + n, D)               pos_embed
 *     embeddings.patch_embeddings.projection.… (D, C, p, p)      patch_embed.proj.…
 *     encoder.layer.l.layernorm_before.…                         blocks.l.norm1.…
 *     encoder.layer.l.attention.attention.query.…, key, value    blocks.l.attn.qkv.… (3D, D), stacked
 *     encoder.layer.l.attention.output.dense.…                   blocks.l.attn.proj.…
 *     encoder.layer.l.layernorm_after.…                          blocks.l.norm2.…
 *     encoder.layer.l.intermediate.dense.…, output.dense.…       blocks.l.mlp.fc1.…, blocks.l.mlp.fc2.…
 *     layernorm.…                                                norm.…
 *     classifier.weight (classes, D), classifier.bias (classes)  head.…
 *     embeddings.distillation_token (1, 1, D)                    dist_token
 *     distillation_classifier.…; then cls_classifier for classifier    head_dist.…
 *     pooler.dense.weight (D, D), pooler.dense.bias (D)          none
 *
 * In a whole file "vit." or "deit." stands before all names of the first kind but the classifiers'. Without
 * classifier or head `classes` is 0; the last three lines are there as `distillation` and `pooler` of the
 * configuration say, and then there are 2 + n positions. The sizes of the image, the number of heads and ε
 * are in no tensor: they come from the configuration. timm's ε is 1e-6, the other's 1e-12.
 * Errors: one RangeError that lists every tensor missing, misshapen or left over; RangeError for an unsound
 * configuration.
 */
export function readViT(tensors: ReadonlyMap<string, Tensor>, config: ViTConfig): ViT {
  checkViTConfig("readViT", config);
  const { height, width, channels, patch, d_model: D, heads: h, depth, d_hidden, classes, eps } = config;
  const { distillation: kind, pooler: pooled } = config;
  const reader = new CheckpointReader("readViT", tensors);
  const isTimm = reader.has("cls_token");
  const prefix = ["vit.", "deit."].filter((name) => reader.has(`${name}embeddings.cls_token`))[0];
  const names = isTimm ? timmNames() : huggingFaceNames(prefix ?? "", kind === "classifier");
  const filters = reader.take(`${names.patches}.weight`, [D, channels, patch, patch]);
  const W = transpose(matrix(D, channels * patch * patch, filters.data));
  const b = reader.take(`${names.patches}.bias`, [D]);
  const takeHeads = (block: string): AttentionHead[] => {
    if (!isTimm) return takeBertHeads(reader, `${block}attention.attention.`, { d_model: D, heads: h });
    const QKV = reader.takeLinear(`${block}attn.qkv.weight`, D, 3 * D);
    return splitStacked(QKV, reader.take(`${block}attn.qkv.bias`, [3 * D]), h);
  };
  const blocks = Array.from({ length: depth }, (_, l) => {
    const block = names.block(l);
    const heads = takeHeads(block);
    const W_O = reader.takeLinear(`${block}${names.output}.weight`, D, D);
    const b_O = reader.take(`${block}${names.output}.bias`, [D]);
    const [first, second] = names.maps;
    const widths = { d_model: D, d_hidden, activation: "gelu" } as const;
    return new EncoderBlock({
      norm1: takeTorchNorm(reader, `${block}${names.norm1}`, D, { eps }),
      attention: new MultiHeadAttention({ heads, W_O, b_O }),
      norm2: takeTorchNorm(reader, `${block}${names.norm2}`, D, { eps }),
      feedForward: takeTorchFeedForward(reader, [`${block}${first}`, `${block}${second}`], widths),
      order: "pre",
    });
  });
  const tokens = kind === undefined ? 1 : 2;
  const positions = reader.take(names.positions, [1, tokens + (height / patch) * (width / patch), D]);
  const cls = reader.take(names.cls, [1, 1, D]);
  const distillation = kind === undefined ? undefined : reader.take(names.distillation, [1, 1, D]);
  const norm = takeTorchNorm(reader, names.norm, D, { eps });
  const map = (name: string, d_out: number): ViTHead => ({
    W: reader.takeLinear(`${name}.weight`, D, d_out),
    b: reader.take(`${name}.bias`, [d_out]),
  });
  const head = classes === 0 ? undefined : map(names.head, classes);
  const distillationHead = kind === "classifier" ? map(names.distillationHead, classes) : undefined;
  const pooler = pooled === true ? new TokenPooler(map(names.pooler, D)) : undefined;
  reader.finish();
  const embedding = new PatchEmbedding({ patch, channels, W, b });
  const ends = { norm, head, distillation, distillationHead, pooler };
  return new ViT({ image: [height, width], embedding, cls, positions, blocks, ...ends });
}

/**
 * The tensors of a ViT under published names (ViT の書き出し), the reverse of `readViT`, without a prefix.
 *
 * Absent biases are written as zeros.
 * Errors: RangeError for what neither the names nor the configuration can say: a block that normalises behind
 * its parts, another activation, and blocks that differ in heads or ε, a pooler under timm's names;
 * RangeError for another naming.
 */
export function writeViT(model: ViT, naming: ViTNaming = "hugging-face"): Map<string, Tensor> {
  const where = "writeViT";
  checkChoice(where, "naming", naming, ["hugging-face", "timm"]);
  checkViTSettings(where, model);
  const { embedding, cls, positions, blocks, norm, head, distillation, distillationHead, pooler } = model;
  const names = naming === "timm" ? timmNames() : huggingFaceNames("", distillationHead !== undefined);
  if (naming === "timm" && pooler !== undefined) {
    throw new RangeError(`${where}: pooler must be absent to have timm's names; got one`);
  }
  const { W, b, channels, patch } = embedding;
  const D = W.cols;
  const writer = new CheckpointWriter();
  writer.put(names.cls, cls, [1, 1, D]);
  if (distillation !== undefined) writer.put(names.distillation, distillation, [1, 1, D]);
  writer.put(names.positions, positions, [1, positions.rows, D]);
  writer.put(`${names.patches}.weight`, transpose(W), [D, channels, patch, patch]);
  writer.put(`${names.patches}.bias`, b ?? matrix(1, D), [D]);
  const putHeads = (block: string, heads: readonly AttentionHead[]): void => {
    if (naming !== "timm") return putBertHeads(writer, `${block}attention.attention.`, heads);
    const { W_Q, W_K, W_V, b_Q, b_K, b_V } = fuseHeads(heads);
    const none = matrix(1, D);
    const stacked = concatColumns([b_Q ?? none, b_K ?? none, b_V ?? none]);
    putTorchLinear(writer, `${block}attn.qkv`, concatColumns([W_Q, W_K, W_V]), stacked);
  };
  blocks.forEach(({ norm1, attention, norm2, feedForward }, l) => {
    const block = names.block(l);
    const [first, second] = names.maps;
    putTorchNorm(writer, `${block}${names.norm1}`, norm1, D);
    checkPublishedAttention(where, `blocks[${l}].attention`, attention);
    putHeads(block, attention.heads);
    putTorchLinear(writer, `${block}${names.output}`, attention.W_O, attention.b_O);
    putTorchNorm(writer, `${block}${names.norm2}`, norm2, D);
    putTorchFeedForward(writer, [`${block}${first}`, `${block}${second}`], feedForward);
  });
  putTorchNorm(writer, names.norm, norm, D);
  if (head !== undefined) putTorchLinear(writer, names.head, head.W, head.b);
  if (distillationHead !== undefined) {
    putTorchLinear(writer, names.distillationHead, distillationHead.W, distillationHead.b);
  }
  if (pooler !== undefined) putTorchLinear(writer, names.pooler, pooler.W, pooler.b);
  return writer.tensors;
}

function timmNames(): ViTNames {
  return {
    cls: "cls_token",
    positions: "pos_embed",
    patches: "patch_embed.proj",
    block: (l) => `blocks.${l}.`,
    norm1: "norm1",
    output: "attn.proj",
    norm2: "norm2",
    maps: ["mlp.fc1", "mlp.fc2"],
    norm: "norm",
    head: "head",
    distillation: "dist_token",
    distillationHead: "head_dist",
    pooler: "pooler.dense",
  };
}

/** With two classifiers the first has another name. */
function huggingFaceNames(prefix: string, two: boolean): ViTNames {
  return {
    cls: `${prefix}embeddings.cls_token`,
    positions: `${prefix}embeddings.position_embeddings`,
    patches: `${prefix}embeddings.patch_embeddings.projection`,
    block: (l) => `${prefix}encoder.layer.${l}.`,
    norm1: "layernorm_before",
    output: "attention.output.dense",
    norm2: "layernorm_after",
    maps: ["intermediate.dense", "output.dense"],
    norm: `${prefix}layernorm`,
    head: two ? "cls_classifier" : "classifier",
    distillation: `${prefix}embeddings.distillation_token`,
    distillationHead: "distillation_classifier",
    pooler: `${prefix}pooler.dense`,
  };
}

/** Throws unless one configuration can say all settings that no tensor holds. */
function checkViTSettings(where: string, { blocks, norm }: ViT): void {
  const norms = blocks
    .map(({ norm1 }) => norm1)
    .concat(
      blocks.map(({ norm2 }) => norm2),
      norm,
    );
  const heads = blocks.map(({ attention }) => attention.heads.length);
  const activations = blocks.map(({ feedForward }) => feedForward.activation);
  const orders = blocks.map(({ order }) => order);
  const epsilons = norms.map(({ eps }) => eps);
  checkAlike(where, "order", orders, "pre");
  checkAlike(where, "activation", activations, "gelu");
  checkAlike(where, "heads", heads);
  checkAlike(where, "eps", epsilons);
}
