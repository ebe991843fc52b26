import type { Tensor } from "../../lib/checkpoints/safetensors.ts";
import { AdamW } from "../../lib/gradients/adamw.ts";
import { AdditiveAttention } from "../../lib/attention/additive-attention.ts";
import { Attention } from "../../lib/attention/attention.ts";
import { AxialAttention } from "../../lib/attention/axial-attention.ts";
import { BahdanauDecoder } from "../../lib/models/bahdanau-decoder.ts";
import { Bert } from "../../lib/models/bert.ts";
import { BidirectionalGRU, GRUCell } from "../../lib/layers/gru.ts";
import { BigBird } from "../../lib/models/big-bird.ts";
import { BigBirdAttention, bigBirdGraph } from "../../lib/attention/big-bird-attention.ts";
import { BigBirdGraphAttention } from "../../lib/attention/big-bird-graph-attention.ts";
import { BilinearAttention } from "../../lib/attention/bilinear-attention.ts";
import { Cat, CatStage } from "../../lib/models/cat.ts";
import { CatBlock } from "../../lib/layers/cat-block.ts";
import { CharacterTranslator } from "../../lib/models/character-translator.ts";
import { CheckpointReader, CheckpointWriter } from "../../lib/checkpoints/checkpoint-reader.ts";
import { ClassTokenAttention } from "../../lib/attention/class-token-attention.ts";
import { ConcatAttention } from "../../lib/attention/concat-attention.ts";
import { CrossAttention } from "../../lib/attention/cross-attention.ts";
import { CrossPatchAttention } from "../../lib/attention/cross-patch-attention.ts";
import { CrossViT, crossViTStage } from "../../lib/models/cross-vit.ts";
import { DecoderBlock } from "../../lib/layers/decoder-block.ts";
import { DotProductAttention } from "../../lib/attention/dot-product-attention.ts";
import { EncoderBlock } from "../../lib/layers/encoder-block.ts";
import { EncoderDecoder, LiteralEncoder, StandardEncoder } from "../../lib/models/encoder-decoder.ts";
import { FactorizedAttention } from "../../lib/attention/factorized-attention.ts";
import { FeatureMapAttention, featureMapPairs } from "../../lib/attention/feature-map-attention.ts";
import { FeedForward } from "../../lib/layers/feed-forward.ts";
import { FixedVectorDecoder } from "../../lib/models/fixed-vector-decoder.ts";
import { Gpt2 } from "../../lib/models/gpt2.ts";
import { HardAttention, SampledAttention } from "../../lib/attention/hard-attention.ts";
import { HybridSparseAttention } from "../../lib/attention/hybrid-sparse-attention.ts";
import { InnerPatchAttention } from "../../lib/attention/inner-patch-attention.ts";
import { LayerNorm } from "../../lib/layers/layer-norm.ts";
import { LocalMonotonicAttention, LocalPredictiveAttention } from "../../lib/models/luong-attention.ts";
import { Longformer } from "../../lib/models/longformer.ts";
import { LongformerAttention } from "../../lib/attention/longformer-attention.ts";
import { LuongAttention } from "../../lib/models/luong-attention.ts";
import { LuongDecoder } from "../../lib/models/luong-decoder.ts";
import { MultiHeadAttention } from "../../lib/attention/multi-head-attention.ts";
import { ParallelFactorizedAttention } from "../../lib/attention/parallel-factorized-attention.ts";
import { PatchEmbedding } from "../../lib/layers/patch-embedding.ts";
import { PatchMerging } from "../../lib/layers/patch-merging.ts";
import { PlutoDecoder, PlutoDecoderLayer } from "../../lib/models/pluto-decoder.ts";
import { ScaledDotProductAttention } from "../../lib/attention/scaled-dot-product-attention.ts";
import { SelfAttention } from "../../lib/attention/self-attention.ts";
import { SparseAttention, attendNeighbours } from "../../lib/attention/sparse-attention.ts";
import { SparseBlock } from "../../lib/layers/sparse-block.ts";
import { StructuredSelfAttention } from "../../lib/attention/structured-self-attention.ts";
import { TargetTargetAttention } from "../../lib/attention/target-target-attention.ts";
import { TokenEmbedding } from "../../lib/layers/token-embedding.ts";
import { TokenPooler } from "../../lib/models/token-pooler.ts";
import { ViT } from "../../lib/models/vit.ts";
import { adamStep } from "../../lib/kernels/adam-step.ts";
import { additiveGradient } from "../../lib/gradients/additive-gradient.ts";
import { allKeys, slidingWindow } from "../../lib/graph/patterns.ts";
import { alongGradient } from "../../lib/gradients/along-gradient.ts";
import { attendAlong, checkGridMasks, lateralMask } from "../../lib/attention/attend-along.ts";
import { attentionCounts, decoderBlockCounts, encoderBlockCounts } from "../../lib/models/counts.ts";
import { axialGradient } from "../../lib/gradients/axial-gradient.ts";
import { bahdanauGradient, bahdanauStepGradient } from "../../lib/gradients/bahdanau-gradient.ts";
import { bertCounts } from "../../lib/models/bert-counts.ts";
import { bigBirdCounts, bigBirdPairs, blockPattern } from "../../lib/models/big-bird-counts.ts";
import { bilinearGradient } from "../../lib/gradients/bilinear-gradient.ts";
import { blockRadius, checkLongformerConfig, longformerCounts } from "../../lib/models/longformer-counts.ts";
import { catCounts, catStages, crossPatchCounts, innerPatchCounts } from "../../lib/models/cat-counts.ts";
import { causal, maskScores } from "../../lib/kernels/mask-scores.ts";
import { checkBigBirdConfig } from "../../lib/models/big-bird-counts.ts";
import { checkBigBirdPattern } from "../../lib/attention/big-bird-attention.ts";
import { checkCrossViTConfig, crossViTCounts, crossViTPairs } from "../../lib/models/cross-vit-counts.ts";
import { checkGpt2Config, gpt2Counts } from "../../lib/models/gpt2-counts.ts";
import { checkGridSize, gridMaps } from "../../lib/attention/grid-maps.ts";
import { checkHead, checkHeads, fuseHeads, project, randomHead } from "../../lib/attention/heads.ts";
import { checkOptions, gaussian, matrix, randomGenerator } from "../../lib/matrix.ts";
import { checkTokenEncoderConfig, checkTokenEncoderNames } from "../../lib/models/token-encoder-counts.ts";
import { checkViTConfig, vitCounts } from "../../lib/models/vit-counts.ts";
import { concatGradient } from "../../lib/gradients/concat-gradient.ts";
import { crossAttentionGradient } from "../../lib/gradients/cross-attention-gradient.ts";
import { decoderBlockGradient } from "../../lib/gradients/decoder-block-gradient.ts";
import { dotProductGradient } from "../../lib/gradients/dot-product-gradient.ts";
import { encoderBlockGradient } from "../../lib/gradients/encoder-block-gradient.ts";
import { encoderDecoderCounts, patchCount } from "../../lib/models/encoder-decoder-counts.ts";
import { factorizedGradient } from "../../lib/gradients/factorized-gradient.ts";
import { feedForwardCounts, linearCounts, repeatCounts, sharedCounts } from "../../lib/models/counts.ts";
import { gruGatesGradient, gruGradient } from "../../lib/gradients/gru-gradient.ts";
import { headGradient } from "../../lib/gradients/head-gradient.ts";
import { hybridHeadGradient } from "../../lib/gradients/hybrid-sparse-gradient.ts";
import { longformerGradient } from "../../lib/gradients/longformer-gradient.ts";
import { longitudinalMask } from "../../lib/attention/attend-along.ts";
import { matmulTransposed } from "../../lib/kernels/matmul.ts";
import { multiHeadGradient } from "../../lib/gradients/multi-head-gradient.ts";
import { neighboursGradient } from "../../lib/gradients/neighbours-gradient.ts";
import { normal } from "./values.ts";
import { normalEncoderBlock, normalFeedForward, normalHeads } from "../../lib/layers/normal-weights.ts";
import { normalMultiHead } from "../../lib/layers/normal-weights.ts";
import { parallelFactorizedGradient } from "../../lib/gradients/parallel-factorized-gradient.ts";
import { patchesOf, stageDepth } from "../../lib/models/cross-vit-counts.ts";
import { putGRUCell, takeGRUCell } from "../../lib/checkpoints/torch-gru.ts";
import { putPlutoLayer, readPlutoDecoder, takePlutoLayer } from "../../lib/checkpoints/pluto-checkpoint.ts";
import { randomTokenEncoder } from "../../lib/models/token-encoder.ts";
import { readBert, writeBert } from "../../lib/checkpoints/bert-checkpoint.ts";
import { readBigBird, writeBigBird } from "../../lib/checkpoints/big-bird-checkpoint.ts";
import { readCat, readStage, writeCat } from "../../lib/checkpoints/cat-checkpoint.ts";
import { readCrossViT, takeCrossViTStage } from "../../lib/checkpoints/cross-vit-checkpoint.ts";
import { readGpt2, writeGpt2 } from "../../lib/checkpoints/gpt2-checkpoint.ts";
import { readLongformer, writeLongformer } from "../../lib/checkpoints/longformer-checkpoint.ts";
import { readTorchAttention, takeTorchAttention } from "../../lib/checkpoints/torch-attention.ts";
import { readTorchDecoderLayer, readTorchEncoderLayer } from "../../lib/checkpoints/torch-layers.ts";
import { readViT, writeViT } from "../../lib/checkpoints/vit-checkpoint.ts";
import { scaledDotProductGradient } from "../../lib/gradients/scaled-dot-product-gradient.ts";
import { selfAttentionGradient } from "../../lib/gradients/self-attention-gradient.ts";
import { sparseGradient } from "../../lib/gradients/sparse-gradient.ts";
import { splitHeads } from "../../lib/attention/heads.ts";
import { sumCounts } from "../../lib/models/counts.ts";
import { takeBertBlock, takeBertHeads, takeTokenEmbedding } from "../../lib/checkpoints/bert-layers.ts";
import { takeTorchDecoderLayer, takeTorchEncoderLayer } from "../../lib/checkpoints/torch-layers.ts";
import { takeTorchFeedForward, takeTorchNorm } from "../../lib/checkpoints/torch-layers.ts";
import { tokenEncoderCounts } from "../../lib/models/token-encoder-counts.ts";
import { unfoldWindow } from "../../lib/kernels/unfold-window.ts";
import { warmupCosine } from "../../lib/gradients/learning-rate.ts";
import { writeCrossViT } from "../../lib/checkpoints/cross-vit-checkpoint.ts";
import { writePlutoDecoder } from "../../lib/checkpoints/pluto-checkpoint.ts";
import { writeTorchAttention } from "../../lib/checkpoints/torch-attention.ts";
import { writeTorchDecoderLayer, writeTorchEncoderLayer } from "../../lib/checkpoints/torch-layers.ts";

/** A row runs something with valid arguments; each record among them goes through `r`. */
export type Row = (r: <R extends object>(record: R) => R) => unknown;

const random = randomGenerator(1);
const draw = gaussian(randomGenerator(2));
const zero = matrix;
const X = normal(4, 4, 1);
const SOURCES = { Q: X, K: X, V: X };
const WIDTHS = { d_model: 4, heads: 2 };
const SQUARE = { rows: 2, columns: 2 };
const COUNTS = { parameters: 1, multiplyAdds: 2 };
const ADAM = { beta1: 0.9, beta2: 0.99, correction1: 0.1, correction2: 0.01, eps: 1e-8, decay: 0, rate: 0.1 };
const HEAD = randomHead({ d_query: 4, d_k: 2, bias: true }, random);
const SQUARE_HEAD = randomHead({ d_query: 4, d_k: 4 }, random);
const JOINED = { heads: [SQUARE_HEAD], W_O: X };
const TEXT = {
  ...WIDTHS,
  vocabulary: 5,
  positions: 9,
  types: 2,
  depth: 1,
  d_hidden: 8,
  activation: "gelu",
  eps: 1e-5,
  pooler: true,
} as const;
const LONG = { ...TEXT, pad: 1, radius: 1 };
const GPT2 = { ...WIDTHS, vocabulary: 5, positions: 9, depth: 1, d_hidden: 8, eps: 1e-5 };
const VIT = { ...WIDTHS, height: 4, width: 4, channels: 1, patch: 2, depth: 1, d_hidden: 8, classes: 2, eps: 1e-5 };
const CAT = {
  height: 8,
  width: 8,
  channels: 1,
  patch: 2,
  d_model: 4,
  depths: [1, 1],
  heads: [1, 2],
  tile: 2,
  ratio: 1,
  classes: 2,
};
const BRANCH = { ...WIDTHS, image: 4, patch: 2, depth: 1, d_hidden: 8 };
const VIEWS = { channels: 1, classes: 2, stages: 1, branches: [BRANCH, BRANCH] } as const;
const ENCODER_DECODER = {
  ...WIDTHS,
  reading: "standard",
  height: 4,
  width: 6,
  channels: 1,
  patch: 2,
  d_hidden: 8,
  encoderBlocks: 1,
  decoderBlocks: 1,
  order: "pre",
  activation: "relu",
  classes: 2,
} as const;
const LUONG = {
  score: matmulTransposed,
  W_c: normal(8, 4, 2),
  D: 1,
  W_p: normal(4, 3, 3),
  v_p: normal(3, 1, 4),
};

const mha = MultiHeadAttention.random(WIDTHS, random);
const additive = AdditiveAttention.random({ d_q: 4, d_k: 4, units: 3 }, random);
const bilinear = BilinearAttention.random({ d_q: 4, d_k: 4 }, random);
const concat = ConcatAttention.random({ d_q: 4, d_k: 4, units: 3 }, random);
const axial = AxialAttention.random({ ...WIDTHS, combine: "sum" }, random);
const factorized = FactorizedAttention.random(WIDTHS, random);
const bigBird = BigBirdAttention.random({ ...WIDTHS, pattern: { block: 2 } }, random);
const longformer = LongformerAttention.random({ ...WIDTHS, radius: 1 }, random);
const hybrid = new HybridSparseAttention({ ...JOINED, radius: 1 });
const ipsa = new InnerPatchAttention({ p: 2, attention: mha });
const luong = new LuongAttention(LUONG);
const norm = LayerNorm.initial({ d_model: 4 });
const ffn = FeedForward.random({ d_model: 4 }, random);
const encoderBlock = EncoderBlock.random({ ...WIDTHS, order: "pre" }, random);
const decoderBlock = DecoderBlock.random({ ...WIDTHS, order: "pre" }, random);
const embedding = new TokenEmbedding({ words: X, positions: X, types: X, norm });
const cell = GRUCell.random({ d_in: 4, d: 4 }, random);
const contextCell = GRUCell.random({ d_in: 10, d: 4 }, random);
const fedCell = GRUCell.random({ d_in: 6, d: 4 }, random);
const crossViT = CrossViT.random(VIEWS, random);
const pluto = PlutoDecoder.random({ ...WIDTHS, N_L: 2, depth: 1 }, random);
const plutoLayer = PlutoDecoderLayer.random(WIDTHS, random);
const RECURRENT = {
  W_s: normal(4, 4, 1),
  b_s: zero(1, 4),
  cell: contextCell,
  W_o: normal(12, 3, 2),
  b_o: zero(1, 3),
};
const BAHDANAU = { ...RECURRENT, attention: AdditiveAttention.random({ d_q: 4, d_k: 8, units: 3 }, random) };
const TRANSLATOR = {
  sourceVocabulary: ["a", "b"],
  targetVocabulary: ["0", "1", "2", "go"],
  E_source: normal(2, 4, 1),
  E_target: normal(4, 2, 2),
  encoder: BidirectionalGRU.random({ d_in: 4, d: 4 }, random),
  decoder: new BahdanauDecoder(BAHDANAU),
  go: "go",
  length: 2,
};

const LAYER = { ...WIDTHS, d_hidden: 16, order: "pre" } as const;
const mhaBiased = MultiHeadAttention.random({ ...WIDTHS, bias: true }, random);

/** A reader of tensors that a writer gave. */
function readerOf(tensors: ReadonlyMap<string, Tensor>): CheckpointReader {
  return new CheckpointReader("spec", tensors);
}

/** The parts of a module as a plain record, as `new Cat({ ...cat })` has them. */
function partsOf<Parts extends object>(module: Parts): Parts {
  return { ...module };
}

/** Everything of lib that takes a record of options, parts, sizes or inputs, with all of them. */
export const RECORDS: Record<string, Row> = {
  checkOptions: (r) => checkOptions("spec", r({ allow: 1 }), ["allow"]),
  adamStep: (r) => adamStep(r({ w: zero(2, 2), m: zero(2, 2), v: zero(2, 2) }), zero(2, 2), r(ADAM)),
  maskScores: (r) => maskScores(X, r({ allow: causal() })),
  unfoldWindow: (r) => unfoldWindow(X, 1, r({ edges: "zero" as const })),
  slidingWindow: (r) => slidingWindow(5, 1, r({ dilation: 2 })),
  AdditiveAttention: (r) => new AdditiveAttention(r({ W_a: X, U_a: X, v_a: normal(4, 1, 2) })),
  "AdditiveAttention.random": (r) => AdditiveAttention.random(r({ d_q: 4, d_k: 4, units: 3 }), random),
  "AdditiveAttention#forward": (r) => additive.forward(X, X, X, r({})),
  attendAlong: (r) => attendAlong(new DotProductAttention(), r({ ...SOURCES, grid: [2, 2], axis: 0 })),
  checkGridMasks: (r) => checkGridMasks("spec", r({ valid: () => true })),
  lateralMask: (r) => lateralMask(r({ valid: () => true })),
  longitudinalMask: (r) => longitudinalMask(r({ valid: () => true })),
  Attention: (r) => new Attention(r({ score: matmulTransposed })),
  "Attention#forward": (r) => new Attention({ score: matmulTransposed }).forward(X, X, X, r({})),
  AxialAttention: (r) => new AxialAttention(r({ alongColumns: mha, alongRows: mha, combine: "sum" })),
  "AxialAttention.random": (r) => AxialAttention.random(r({ ...WIDTHS, combine: "sum" } as const), random),
  "AxialAttention#forward": (r) => axial.forward(X, r({ rows: 2, columns: 2 }), r({ allowInRow: () => true })),
  "AxialAttention#maps": (r) => axial.maps(axial.forward(X, SQUARE).weights, r(SQUARE)),
  BigBirdAttention: (r) => new BigBirdAttention(r({ ...JOINED, pattern: r({ block: 2 }), seed: 1 })),
  "BigBirdAttention.random": (r) => BigBirdAttention.random(r({ ...WIDTHS, pattern: r({ random: 0 }) }), random),
  "BigBirdAttention#forward": (r) => bigBird.forward(X, r({ real: [true, true, true, false] })),
  bigBirdGraph: (r) => bigBirdGraph(6, r({ block: 2 }), random),
  checkBigBirdPattern: (r) => checkBigBirdPattern("spec", r({ block: 2 })),
  BigBirdGraphAttention: (r) => new BigBirdGraphAttention(r({ heads: [r(SQUARE_HEAD)] })),
  BilinearAttention: (r) => new BilinearAttention(r({ W_a: X })),
  "BilinearAttention.random": (r) => BilinearAttention.random(r({ d_q: 4, d_k: 4 }), random),
  "BilinearAttention#forward": (r) => bilinear.forward(X, X, X, r({})),
  ClassTokenAttention: (r) =>
    new ClassTokenAttention(
      r({
        f: r({ W: X, norm: r({ eps: 1e-6 }) }),
        readings: [r({ norm: r({ eps: 1e-6 }), attention: mha })],
        g: r({ W: X }),
      }),
    ),
  ConcatAttention: (r) => new ConcatAttention(r({ W_a: normal(8, 3, 1), v_a: normal(3, 1, 2) })),
  "ConcatAttention.random": (r) => ConcatAttention.random(r({ d_q: 4, d_k: 4, units: 3 }), random),
  "ConcatAttention#forward": (r) => concat.forward(X, X, X, r({})),
  CrossAttention: (r) => new CrossAttention(r(HEAD)),
  "CrossAttention.random": (r) => CrossAttention.random(r({ d_query: 4, d_memory: 4, d_k: 2 }), random),
  "CrossAttention#forward": (r) => new CrossAttention(HEAD).forward(X, X, r({})),
  CrossPatchAttention: (r) => new CrossPatchAttention(r({ p: 2, attention: mha })),
  "DotProductAttention#forward": (r) => new DotProductAttention().forward(X, X, X, r({})),
  FactorizedAttention: (r) => new FactorizedAttention(r({ W_0: normal(8, 4, 1), lateral: mha, longitudinal: mha })),
  "FactorizedAttention.random": (r) => FactorizedAttention.random(r(WIDTHS), random),
  "FactorizedAttention#forward": (r) => factorized.forward(X, X, r({ valid: () => true })),
  FeatureMapAttention: (r) => new FeatureMapAttention(r({ P: 4, s: 2 })),
  featureMapPairs: (r) => featureMapPairs(r({ N: 4, M: 4, s: 2, scope: "patch" } as const)),
  checkGridSize: (r) => checkGridSize("spec", r(SQUARE)),
  gridMaps: (r) => gridMaps(r(axial.forward(X, SQUARE).weights), r(SQUARE), "sum"),
  HardAttention: (r) => new HardAttention(r({ score: matmulTransposed })),
  "HardAttention#forward": (r) => new HardAttention({ score: matmulTransposed }).forward(X, X, X, r({})),
  SampledAttention: (r) => new SampledAttention(r({ score: matmulTransposed, random })),
  "SampledAttention#forward": (r) => new SampledAttention({ score: matmulTransposed, random }).forward(X, X, X, r({})),
  checkHead: (r) => checkHead("spec", "head", r(HEAD)),
  checkHeads: (r) => checkHeads("spec", [r(HEAD), r(HEAD)]),
  fuseHeads: (r) => fuseHeads([r(HEAD), r(HEAD)]),
  project: (r) => project("spec", HEAD, r(SOURCES)),
  randomHead: (r) => randomHead(r({ d_query: 4, d_k: 2 }), random),
  splitHeads: (r) => splitHeads(r(HEAD), 2),
  HybridSparseAttention: (r) =>
    new HybridSparseAttention(r({ ...JOINED, radius: 1, reading: r({ edges: "zero" as const }) })),
  InnerPatchAttention: (r) => new InnerPatchAttention(r({ p: 2, attention: mha })),
  LongformerAttention: (r) =>
    new LongformerAttention(r({ heads: [r({ local: r(HEAD), global: r(HEAD) })], W_O: normal(2, 4, 9), radius: 1 })),
  "LongformerAttention.random": (r) => LongformerAttention.random(r({ ...WIDTHS, radius: 1 }), random),
  "LongformerAttention#graph": (r) => longformer.graph(4, r({ globals: [0] })),
  "LongformerAttention#forward": (r) => longformer.forward(X, r({ globals: [0] })),
  MultiHeadAttention: (r) => new MultiHeadAttention(r({ heads: [r(HEAD)], W_O: normal(2, 4, 9) })),
  "MultiHeadAttention.random": (r) => MultiHeadAttention.random(r(WIDTHS), random),
  "MultiHeadAttention#forward": (r) => mha.forward(X, X, X, r({ allow: causal() })),
  "ParallelFactorizedAttention#forward": (r) =>
    new ParallelFactorizedAttention().forward(
      r({ lateral: r(SOURCES), longitudinal: r(SOURCES), N_R: 2, N_L: 2 }),
      r({ valid: () => true }),
    ),
  ScaledDotProductAttention: (r) => new ScaledDotProductAttention(r({ scale: 1 })),
  "ScaledDotProductAttention#forward": (r) => new ScaledDotProductAttention().forward(X, X, X, r({})),
  SelfAttention: (r) => new SelfAttention(r(HEAD)),
  "SelfAttention.random": (r) => SelfAttention.random(r({ d_model: 4, d_k: 2 }), random),
  "SelfAttention#forward": (r) => new SelfAttention(HEAD).forward(X, r({})),
  SparseAttention: (r) => new SparseAttention(r({ heads: [r(HEAD)], W_O: normal(2, 4, 9) })),
  "SparseAttention.random": (r) => SparseAttention.random(r(WIDTHS), random),
  "SparseAttention#forward": (r) =>
    new SparseAttention(JOINED).forward(X, X, X, allKeys(4, 4), r({ bias: () => 0 })),
  attendNeighbours: (r) => attendNeighbours(X, X, X, allKeys(4, 4), r({ scale: 1 })),
  StructuredSelfAttention: (r) => new StructuredSelfAttention(r({ W_s1: X, W_s2: X })),
  "StructuredSelfAttention.random": (r) => StructuredSelfAttention.random(r({ d_hidden: 4, d_a: 3, r: 2 }), random),
  "StructuredSelfAttention#forward": (r) => new StructuredSelfAttention({ W_s1: X, W_s2: X }).forward(X, r({})),
  TargetTargetAttention: (r) => new TargetTargetAttention(r(HEAD)),
  "TargetTargetAttention.random": (r) => TargetTargetAttention.random(r({ d_model: 4, d_k: 2 }), random),
  CatBlock: (r) => new CatBlock(r({ norm1: norm, attention: ipsa, norm2: norm, feedForward: ffn })),
  DecoderBlock: (r) =>
    new DecoderBlock(
      r({ norm1: norm, attention: mha, norm2: norm, cross: mha, norm3: norm, feedForward: ffn, order: "pre" }),
    ),
  "DecoderBlock.random": (r) => DecoderBlock.random(r({ ...WIDTHS, order: "pre" }), random),
  "DecoderBlock#forward": (r) => decoderBlock.forward(X, X, r({ allow: causal() })),
  EncoderBlock: (r) =>
    new EncoderBlock(r({ norm1: norm, attention: mha, norm2: norm, feedForward: ffn, order: "pre" })),
  "EncoderBlock.random": (r) => EncoderBlock.random(r({ ...WIDTHS, order: "pre" }), random),
  "EncoderBlock#forward": (r) => encoderBlock.forward(X, r({ allow: causal() })),
  FeedForward: (r) => new FeedForward(r({ W_1: X, W_2: X })),
  "FeedForward.random": (r) => FeedForward.random(r({ d_model: 4 }), random),
  BidirectionalGRU: (r) => new BidirectionalGRU(r({ ahead: cell, back: cell })),
  "BidirectionalGRU.random": (r) => BidirectionalGRU.random(r({ d_in: 4, d: 4 }), random),
  GRUCell: (r) => new GRUCell(r({ W_i: cell.W_i, W_h: cell.W_h, b_i: cell.b_i, b_h: cell.b_h })),
  "GRUCell.random": (r) => GRUCell.random(r({ d_in: 4, d: 4 }), random),
  LayerNorm: (r) => new LayerNorm(r({ eps: 1e-6 })),
  "LayerNorm.initial": (r) => LayerNorm.initial(r({ d_model: 4 })),
  normalEncoderBlock: (r) =>
    normalEncoderBlock(r({ ...WIDTHS, d_hidden: 8, activation: "gelu", eps: 1e-5, order: "pre" }), draw),
  normalFeedForward: (r) => normalFeedForward(r({ d_model: 4, d_hidden: 8, activation: "gelu" }), draw),
  normalHeads: (r) => normalHeads(r(WIDTHS), draw),
  normalMultiHead: (r) => normalMultiHead(r(WIDTHS), draw),
  PatchEmbedding: (r) => new PatchEmbedding(r({ patch: 2, channels: 1, W: X })),
  "PatchEmbedding.random": (r) => PatchEmbedding.random(r({ patch: 2, channels: 1, d_model: 4 }), random),
  PatchMerging: (r) => new PatchMerging(r({ norm, W: normal(4, 2, 1) })),
  SparseBlock: (r) => new SparseBlock(r({ attention: longformer, norm1: norm, feedForward: ffn, norm2: norm })),
  TokenEmbedding: (r) => new TokenEmbedding(r({ words: X, positions: X, types: X, norm })),
  BahdanauDecoder: (r) => new BahdanauDecoder(r(BAHDANAU)),
  bertCounts: (r) => bertCounts(r(TEXT), 3),
  Bert: (r) => new Bert(r({ embedding, blocks: [encoderBlock] })),
  "Bert.random": (r) => Bert.random(r(TEXT), random),
  "Bert#forward": (r) => Bert.random(TEXT, random).forward([1, 2], r({ types: [0, 1] })),
  bigBirdCounts: (r) => bigBirdCounts(r({ ...TEXT, pattern: [r({ block: 1 })] }), 6),
  blockPattern: (r) => blockPattern(r({ ...TEXT, pattern: { block: 1 } }), 0),
  bigBirdPairs: (r) => bigBirdPairs(8, r({ block: 2 })),
  checkBigBirdConfig: (r) => checkBigBirdConfig("spec", r({ ...TEXT, pattern: [r({ block: 1 })] })),
  BigBird: (r) => new BigBird(r({ embedding, blocks: [] })),
  "BigBird.random": (r) => BigBird.random(r({ ...TEXT, pattern: [r({ block: 1 })] }), random),
  "BigBird#forward": (r) => BigBird.random(TEXT, random).forward([1, 2], r({ types: [0, 1] })),
  catCounts: (r) => catCounts(r(CAT)),
  catStages: (r) => catStages(r(CAT)),
  crossPatchCounts: (r) => crossPatchCounts(r({ H: 4, W: 4, C: 4, p: 2 })),
  innerPatchCounts: (r) => innerPatchCounts(r({ H: 4, W: 4, C: 4, p: 2, heads: 2 })),
  Cat: (r) => new Cat(r(partsOf(Cat.random(CAT, random)))),
  "Cat.random": (r) => Cat.random(r(CAT), random),
  "Cat#forward": (r) => Cat.random(CAT, random).forward([normal(8, 8, 1)], r({ onWeights: () => undefined })),
  CatStage: (r) => {
    const block = new CatBlock({ norm1: norm, attention: ipsa, norm2: norm, feedForward: ffn });
    return new CatStage(r({ units: [r({ before: block, cross: block, after: block })] }));
  },
  CharacterTranslator: (r) => new CharacterTranslator(r(TRANSLATOR)),
  attentionCounts: (r) => attentionCounts(r({ n_q: 2, d_model: 4 })),
  decoderBlockCounts: (r) => decoderBlockCounts(r({ n: 2, n_memory: 3, d_model: 4 })),
  encoderBlockCounts: (r) => encoderBlockCounts(r({ n: 2, d_model: 4 })),
  feedForwardCounts: (r) => feedForwardCounts(r({ n: 2, d_model: 4 })),
  linearCounts: (r) => linearCounts(r({ n: 2, d_in: 4, d_out: 4 })),
  repeatCounts: (r) => repeatCounts(2, r(COUNTS)),
  sharedCounts: (r) => sharedCounts(2, r(COUNTS)),
  sumCounts: (r) => sumCounts([r(COUNTS), r(COUNTS)]),
  checkCrossViTConfig: (r) => checkCrossViTConfig("spec", r({ ...VIEWS, branches: [r(BRANCH), r(BRANCH)] })),
  crossViTCounts: (r) => crossViTCounts(r({ ...VIEWS, branches: [r(BRANCH), r(BRANCH)] })),
  crossViTPairs: (r) => crossViTPairs(r({ ...VIEWS, branches: [r(BRANCH), r(BRANCH)] })),
  stageDepth: (r) => stageDepth(r(BRANCH), 0),
  patchesOf: (r) => patchesOf(r({ image: 4, patch: 2 })),
  CrossViT: (r) => {
    const { branches, stages, heads } = CrossViT.random(VIEWS, random);
    return new CrossViT(
      r({
        branches: [r(branches[0]), r(branches[1])],
        stages: stages.map((stage) => r(stage)),
        heads: heads.map((head) => r(head)),
      }),
    );
  },
  "CrossViT.random": (r) => CrossViT.random(r({ ...VIEWS, branches: [r(BRANCH), r(BRANCH)] }), random),
  "CrossViT#features": (r) => crossViT.features([X], r({ onWeights: () => undefined })),
  "CrossViT#forward": (r) => crossViT.forward([X], r({ onWeights: () => undefined })),
  crossViTStage: (r) => crossViTStage(r(crossViT.stages[0]!), [normal(5, 4, 1), normal(5, 4, 2)]),
  encoderDecoderCounts: (r) => encoderDecoderCounts(r(ENCODER_DECODER)),
  patchCount: (r) => patchCount(r(ENCODER_DECODER)),
  EncoderDecoder: (r) => new EncoderDecoder(r(partsOf(EncoderDecoder.random(ENCODER_DECODER, random)))),
  "EncoderDecoder.random": (r) => EncoderDecoder.random(r(ENCODER_DECODER), random),
  "EncoderDecoder#forward": (r) =>
    EncoderDecoder.random(ENCODER_DECODER, random).forward([normal(4, 6, 1)], r({ allow: causal() })),
  LiteralEncoder: (r) => new LiteralEncoder(r({ blocks: [decoderBlock] })),
  StandardEncoder: (r) => new StandardEncoder(r({ blocks: [encoderBlock] })),
  FixedVectorDecoder: (r) => new FixedVectorDecoder(r(RECURRENT)),
  checkGpt2Config: (r) => checkGpt2Config("spec", r(GPT2)),
  gpt2Counts: (r) => gpt2Counts(r(GPT2), 3),
  Gpt2: (r) => new Gpt2(r({ words: X, positions: X, blocks: [encoderBlock], norm })),
  "Gpt2.random": (r) => Gpt2.random(r(GPT2), random),
  "Gpt2#forward": (r) => Gpt2.random(GPT2, random).forward([1, 2], r({ onWeights: () => undefined })),
  blockRadius: (r) => blockRadius(r(LONG), 0),
  checkLongformerConfig: (r) => checkLongformerConfig("spec", r(LONG)),
  longformerCounts: (r) => longformerCounts(r(LONG), 3),
  Longformer: (r) => new Longformer(r({ embedding, blocks: [] })),
  "Longformer.random": (r) => Longformer.random(r(LONG), random),
  "Longformer#forward": (r) => Longformer.random(LONG, random).forward([1, 2], r({ globals: [0] })),
  LocalMonotonicAttention: (r) => new LocalMonotonicAttention(r(LUONG)),
  "LocalMonotonicAttention#forward": (r) => new LocalMonotonicAttention(LUONG).forward(X, X, r({ first: 1 })),
  LocalPredictiveAttention: (r) => new LocalPredictiveAttention(r(LUONG)),
  "LocalPredictiveAttention#forward": (r) => new LocalPredictiveAttention(LUONG).forward(X, X, r({ allow: causal() })),
  LuongAttention: (r) => new LuongAttention(r(LUONG)),
  "LuongAttention#forward": (r) => new LuongAttention(LUONG).forward(X, X, r({ allow: causal() })),
  LuongDecoder: (r) => new LuongDecoder(r({ ...RECURRENT, W_o: normal(4, 3, 5), cell: fedCell, attention: luong })),
  PlutoDecoder: (r) => new PlutoDecoder(r(partsOf(pluto))),
  "PlutoDecoder.random": (r) => PlutoDecoder.random(r({ ...WIDTHS, N_L: 2, depth: 1 }), random),
  "PlutoDecoder#forward": (r) => pluto.forward(X, X, r({ valid: (i: number) => i < 2 })),
  PlutoDecoderLayer: (r) => new PlutoDecoderLayer(r(partsOf(plutoLayer))),
  "PlutoDecoderLayer.random": (r) => PlutoDecoderLayer.random(r(WIDTHS), random),
  "PlutoDecoderLayer#forward": (r) => plutoLayer.forward(X, X, r({ N_R: 2, N_L: 2 }), r({ valid: () => true })),
  checkTokenEncoderConfig: (r) => checkTokenEncoderConfig("spec", r(TEXT)),
  checkTokenEncoderNames: (r) => checkTokenEncoderNames("spec", r(TEXT)),
  tokenEncoderCounts: (r) => tokenEncoderCounts(r(TEXT), 3, COUNTS),
  randomTokenEncoder: (r) => randomTokenEncoder(r(TEXT), r({ normal: draw, attention: () => longformer })),
  TokenPooler: (r) => new TokenPooler(r({ W: X })),
  checkViTConfig: (r) => checkViTConfig("spec", r(VIT)),
  vitCounts: (r) => vitCounts(r(VIT)),
  ViT: (r) => new ViT(r(partsOf(ViT.random(VIT, random)))),
  "ViT.random": (r) => ViT.random(r(VIT), random),
  "ViT#forward": (r) => ViT.random(VIT, random).forward([X], r({ onWeights: () => undefined })),
  AdamW: (r) => new AdamW(new Map(), r({ decay: 0.1 })),
  additiveGradient: (r) => additiveGradient(additive, r(SOURCES), X),
  alongGradient: (r) => alongGradient(dotProductGradient, r({ ...SOURCES, grid: [2, 2], axis: 0 }), X),
  axialGradient: (r) => axialGradient(axial, X, X, r(SQUARE), r({})),
  bahdanauGradient: (r) => {
    const decoder = new BahdanauDecoder(BAHDANAU);
    return bahdanauGradient(decoder, r({ H: normal(3, 8, 1), Y: normal(2, 2, 2) }), normal(2, 3, 3));
  },
  bahdanauStepGradient: (r) => {
    const decoder = new BahdanauDecoder(BAHDANAU);
    const H = normal(3, 8, 1);
    const { s, R } = decoder.begin(H);
    const inputs = r({ y: normal(1, 2, 2), s, H, R });
    return bahdanauStepGradient(decoder, inputs, r({ dLogits: normal(1, 3, 3), dNext: normal(1, 4, 4) }));
  },
  bilinearGradient: (r) => bilinearGradient(bilinear, r(SOURCES), X),
  concatGradient: (r) => concatGradient(concat, r(SOURCES), X),
  crossAttentionGradient: (r) =>
    crossAttentionGradient(new CrossAttention(HEAD), r({ query: X, memory: X }), normal(4, 2, 3), r({})),
  decoderBlockGradient: (r) => decoderBlockGradient(decoderBlock, r({ X, M: X }), X, r({ allow: causal() })),
  dotProductGradient: (r) => dotProductGradient(r(SOURCES), X),
  encoderBlockGradient: (r) => encoderBlockGradient(encoderBlock, X, X, r({ allow: causal() })),
  factorizedGradient: (r) => factorizedGradient(factorized, r({ Q_lat: X, Q_lon: X }), normal(16, 4, 1), r({})),
  gruGatesGradient: (r) => gruGatesGradient(cell, r({ x: X, h: X }), X),
  gruGradient: (r) => gruGradient(cell, r({ x: X, h: X }), X),
  headGradient: (r) => headGradient(SQUARE_HEAD, r(SOURCES), r({ dQ: X, dK: X, dV: X })),
  hybridHeadGradient: (r) => hybridHeadGradient(hybrid, r(SOURCES), X),
  warmupCosine: (r) => warmupCosine(r({ peak: 1, warmup: 1, steps: 4 }), 1),
  longformerGradient: (r) => longformerGradient(longformer, X, X, r({ globals: [0], bias: () => 0.5 })),
  multiHeadGradient: (r) => multiHeadGradient(mha, r(SOURCES), X),
  neighboursGradient: (r) => neighboursGradient(r({ ...SOURCES, graph: allKeys(4, 4), bias: () => 0.5 }), X),
  parallelFactorizedGradient: (r) =>
    parallelFactorizedGradient(r({ lateral: r(SOURCES), longitudinal: r(SOURCES), N_R: 2, N_L: 2 }), X, r({})),
  scaledDotProductGradient: (r) => scaledDotProductGradient(r(SOURCES), X),
  selfAttentionGradient: (r) => selfAttentionGradient(new SelfAttention(HEAD), X, normal(4, 2, 3), r({})),
  readBert: (r) => readBert(writeBert(Bert.random(TEXT, random)), r(TEXT)),
  takeTokenEmbedding: (r) => takeTokenEmbedding(readerOf(writeBert(Bert.random(TEXT, random))), r(TEXT)),
  takeBertHeads: (r) =>
    takeBertHeads(readerOf(writeBert(Bert.random(TEXT, random))), "encoder.layer.0.attention.self.", r(TEXT)),
  takeBertBlock: (r) => takeBertBlock(readerOf(writeBert(Bert.random(TEXT, random))), "encoder.layer.0.", r(TEXT)),
  readBigBird: (r) => readBigBird(writeBigBird(BigBird.random(TEXT, random)), r(TEXT)),
  readLongformer: (r) => readLongformer(writeLongformer(Longformer.random(LONG, random)), r(LONG)),
  readCat: (r) => readCat(writeCat(Cat.random(CAT, random)), r(CAT)),
  readStage: (r) => {
    const reader = readerOf(writeCat(Cat.random(CAT, random)));
    return readStage(reader, "layers.0", r(catStages(CAT)[0]!), CAT.ratio);
  },
  readCrossViT: (r) => readCrossViT(writeCrossViT(crossViT), r({ ...VIEWS, branches: [r(BRANCH), r(BRANCH)] })),
  takeCrossViTStage: (r) => takeCrossViTStage(readerOf(writeCrossViT(crossViT)), "blocks.0", r(VIEWS)),
  readGpt2: (r) => readGpt2(writeGpt2(Gpt2.random(GPT2, random)), r(GPT2)),
  readViT: (r) => readViT(writeViT(ViT.random(VIT, random)), r(VIT)),
  readTorchAttention: (r) => readTorchAttention(writeTorchAttention(mhaBiased), r({ d_model: 4, heads: 2 })),
  takeTorchAttention: (r) =>
    takeTorchAttention(readerOf(writeTorchAttention(mhaBiased)), "", r({ d_model: 4, heads: 2 })),
  readTorchEncoderLayer: (r) => readTorchEncoderLayer(writeTorchEncoderLayer(encoderBlock), r(LAYER)),
  takeTorchEncoderLayer: (r) => takeTorchEncoderLayer(readerOf(writeTorchEncoderLayer(encoderBlock)), "", r(LAYER)),
  readTorchDecoderLayer: (r) => readTorchDecoderLayer(writeTorchDecoderLayer(decoderBlock), r(LAYER)),
  takeTorchDecoderLayer: (r) => takeTorchDecoderLayer(readerOf(writeTorchDecoderLayer(decoderBlock)), "", r(LAYER)),
  takeTorchFeedForward: (r) => {
    const reader = readerOf(writeTorchEncoderLayer(encoderBlock));
    return takeTorchFeedForward(reader, ["linear1", "linear2"], r({ d_model: 4, d_hidden: 16 }));
  },
  takeTorchNorm: (r) => takeTorchNorm(readerOf(writeTorchEncoderLayer(encoderBlock)), "norm1", 4, r({ eps: 1e-5 })),
  takeGRUCell: (r) => {
    const writer = new CheckpointWriter();
    putGRUCell(writer, cell, "");
    return takeGRUCell(readerOf(writer.tensors), r({ prefix: "", d_in: 4, d: 4 }));
  },
  readPlutoDecoder: (r) => readPlutoDecoder(writePlutoDecoder(pluto), r({ ...WIDTHS, d_hidden: 16, N_L: 2, depth: 1 })),
  takePlutoLayer: (r) => {
    const writer = new CheckpointWriter();
    putPlutoLayer(writer, "", plutoLayer);
    return takePlutoLayer(readerOf(writer.tensors), "", r({ ...WIDTHS, d_hidden: 16 }));
  },
  sparseGradient: (r) => {
    const inputs = { ...SOURCES, graph: allKeys(4, 4), bias: () => 0.5 };
    return sparseGradient(new SparseAttention(JOINED), r(inputs), X);
  },
};

/** Everything that takes none: only matrices, graphs, numbers, words, lists, functions, modules and results. */
export const NO_RECORD: readonly string[] = [
  // matrix
  "checkBoolean", "checkChoice", "checkDraw", "checkFinite", "checkFunction", "checkInteger", "checkList",
  "checkMatrix", "checkModules", "checkModuleList", "checkNoOptions",
  "checkShapes", "fromFunction", "fromRows", "gaussian", "identity",
  "kindOf", "matrix", "numbersOf", "randomGenerator", "uniform", "zeros",
  // kernels
  "erf", "expBelowZero", "gelu", "geluTanh", "relu", "sigmoid", "swish", "tanh", "additiveScoresGradient",
  "additiveScores", "argmaxRows", "concatColumns", "sliceColumns", "negativeLogShares", "add",
  "interpolate", "meanOf", "multiply", "scale", "squaredNorm", "subtract", "gatherGlobal", "globalIndices",
  "gaussianWindow", "withinWindow", "layerNormGradientRows", "softmaxGradientRows", "axisMap",
  "gridFromLines", "gridLayout", "gridLine", "gridReasons", "layerNormRows", "linear", "causal",
  "maskedMultiply", "maskedProduct", "matmul", "matmulTransposed", "textbookMatmul", "mix", "mixRow",
  "textbookMix", "firstSlot", "hideKeys", "checkOnline", "onlineOutput", "onlineSoftmax", "onlineStart", "pairRows",
  "pairRowsGradient", "relativePositionBias", "relativePositionBiasGradient", "relativeRow",
  "resizeBicubic", "concatRows", "gatherRows", "maskRows", "repeatRows", "replaceRows", "scatterRows",
  "sliceRows", "sampleRows", "geluSlope", "geluTanhSlope", "reluSlope", "sigmoidSlope", "tanhSlope",
  "softmaxRows", "sparsemaxRows", "columnDots", "columnSums", "sumOf", "divideByTemperature", "cutTiles",
  "joinTiles", "transposeWindow", "channelsFirst", "channelsLast", "transpose", "checkImage",
  "unfoldPatches", "textbookWindowMix", "textbookWindowScores", "windowMix", "windowScores",
  // graph
  "checkFlags", "expandBlocks", "intersect", "prependTokens", "restrict", "union", "withoutPadding",
  "biasAt", "allowRow", "checkSeenKeys", "keyBlocks", "queriesEnd", "addWeights", "hops", "reasons", "toDense",
  "mixAt",
  "textbookMixAt", "ascendingIndices", "checkNeighbours", "checkPairs", "checkQueries", "checkValues",
  "collectKeys", "headGraph", "pairStarts", "reasonNames", "allKeys", "blockKeys", "causalKeys",
  "fixedKeys", "globalKeys", "globalQueries", "globalTokens", "keysFromLists", "keysWhere", "randomKeys",
  "stridedKeys", "scoresAt", "textbookScoresAt", "softmaxPairs", "softmaxGradientAt", "transposeWeights",
  // attention
  "pairwise", "BigBirdAttention#graphs", "BigBirdGraphAttention#forward", "ClassTokenAttention#forward",
  "CrossPatchAttention#forward", "DotProductAttention", "FactorizedAttention#maps",
  "FeatureMapAttention#forward", "softmaxAt", "checkOutput", "checkSources", "projectSelf",
  "randomProjection", "splitStacked", "HybridSparseAttention#forward",
  "HybridSparseAttention#forwardBatch", "HybridSparseAttention#attend", "HybridSparseAttention#context",
  "HybridSparseAttention#fullAttention", "InnerPatchAttention#forward", "ParallelFactorizedAttention",
  "ParallelFactorizedAttention#maps", "ParameterFreeCrossAttention", "ParameterFreeCrossAttention#forward",
  "ParameterFreeSelfAttention", "ParameterFreeSelfAttention#forward", "biasOfHead", "StreamingAttention",
  "StreamingAttention#forward", "StreamingAttention#weightsOf", "StreamingMultiHeadAttention",
  "StreamingMultiHeadAttention.random", "StreamingMultiHeadAttention#forward",
  "StreamingMultiHeadAttention#weightsOf", "TargetTargetAttention#forward",
  // layers
  "CatBlock#forward", "FeedForward#forward", "BidirectionalGRU#forward", "GRUCell#forward", "gruStates",
  "lastStates", "LayerNorm#forward", "normalWeights", "PatchEmbedding#forward", "checkImageGrid",
  "checkPatchGrid", "PatchMerging#forward", "sinusoidalPositions", "sinusoidalPositionsConcat",
  "SparseBlock#forward", "TokenEmbedding#places", "TokenEmbedding#forward", "checkListener", "withPrefix",
  // models
  "BahdanauDecoder#begin", "BahdanauDecoder#step", "bertConfig", "bigBirdConfig", "publishedCat",
  "CatStage#forward", "CharacterTranslator#unknown", "CharacterTranslator#translate", "normCounts",
  "tableCounts", "checkDepth", "crossViTConfig", "documentEncoderDecoder", "LiteralEncoder#forward",
  "StandardEncoder#forward", "FixedVectorDecoder#begin", "FixedVectorDecoder#step", "gpt2Config",
  "Gpt2#logits", "longformerConfig", "longformerPairs", "LuongDecoder#begin", "LuongDecoder#step",
  "parameterCount", "parameters", "checkRecurrentParts", "checkSymbol", "firstState", "tokenEncoderSizes",
  "TokenPooler#forward", "vitConfig", "ViT#logits",
  // gradients
  "activationGradient", "AdamW#step", "AdamW#state", "AdamW#restore", "classTokenGradient",
  "tokenProjectionGradient", "clipGradients", "crossEntropyGradient", "crossPatchGradient",
  "embeddingGradient", "feedForwardGradient", "bidirectionalGRUGradient", "gruStatesGradient",
  "hybridSparseGradient", "innerPatchGradient", "layerNormGradient", "linearGradient",
  "softmaxRowsGradient", "structuredSelfAttentionGradient", "sumGradients",
  // checkpoints
  "writeBert", "checkBertSettings", "putBertBlock", "putBertHeads", "putTokenEmbedding", "takeBertNorm",
  "takeBertOutput", "decodeBfloat16", "encodeBfloat16", "writeBigBird", "writeCat", "CheckpointReader",
  "CheckpointReader#has", "CheckpointReader#take", "CheckpointReader#takeLinear",
  "CheckpointReader#ignore", "CheckpointReader#finish", "CheckpointWriter", "CheckpointWriter#put",
  "CheckpointWriter#putLinear", "checkAlike", "checkPublishedAttention", "checkpointPart", "writeCrossViT",
  "datesCheckpoint", "datesTranslator", "decodeFloat16", "encodeFloat16", "writeGpt2", "decimal64",
  "decodeInt64", "encodeInt64", "JsonReader", "JsonReader#object", "JsonReader#integers",
  "JsonReader#string", "JsonReader#end", "quote", "writeLongformer", "putPlutoLayer", "writePlutoDecoder",
  "headerEnd", "readHeader", "asMatrix", "lazyTensor", "readSafetensors", "writeSafetensors", "readShards",
  "checkItemsKind", "decodeItems", "encodeItems", "itemBits", "itemCount", "itemWidth", "listed",
  "littleEndian", "checkHeadCount", "hasBias", "putTorchAttention", "writeTorchAttention", "putGRUCell",
  "putTorchDecoderLayer", "putTorchEncoderLayer", "putTorchFeedForward", "putTorchLinear", "putTorchNorm",
  "writeTorchDecoderLayer", "writeTorchEncoderLayer", "decodeUtf8", "encodeUtf8", "writeViT",
  // simd
  "exponential", "allFinite", "multiplyPanels", "packPanels", "panelProduct", "panelsAt", "passageFor",
  "productTiles", "windowBands", "endOfPart", "fillRows", "scratch", "takeRows", "acrossLanes", "compile", "loop",
  "moduleBytes", "newMemory", "routine", "set",
];
