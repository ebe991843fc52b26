/** Models of tokens, by their published names: BERT, Longformer, BigBird and GPT-2. */
import type { Attending, Config, Input, Model, Parts } from "./family.ts";
import type { GraphWeights } from "../../lib/graph/neighbours.ts";
import type { Tensor } from "../../lib/checkpoints/safetensors.ts";
import type { WeightsListener } from "../../lib/layers/weights-listener.ts";
import { NO_PICTURE, activationOf, beforeBlock, bestOf, blocksIn, numberOf, shapeOf } from "./family.ts";
import { add } from "../../lib/kernels/entrywise.ts";
import { bertCounts } from "../../lib/models/bert-counts.ts";
import { checkpointPart } from "../../lib/checkpoints/checkpoint-reader.ts";
import { gatherRows, sliceRows } from "../../lib/kernels/rows.ts";
import { gpt2Counts } from "../../lib/models/gpt2-counts.ts";
import { parameterCount } from "../../lib/models/parameters.ts";
import { readBert } from "../../lib/checkpoints/bert-checkpoint.ts";
import { readBigBird } from "../../lib/checkpoints/big-bird-checkpoint.ts";
import { readGpt2 } from "../../lib/checkpoints/gpt2-checkpoint.ts";
import { readLongformer } from "../../lib/checkpoints/longformer-checkpoint.ts";
import { toDense } from "../../lib/graph/maps.ts";

/** Weights along a graph as full maps. */
const dense =
  (onWeights: WeightsListener): WeightsListener<GraphWeights> =>
  (name, weights) =>
    onWeights(name, weights.map(toDense));

const tokensOf = (input: Input): readonly number[] => input as readonly number[];

/** Blocks that all have so many heads. */
const alike = (depth: number, heads: number): Attending[] =>
  Array.from({ length: depth }, (_, l) => ({ name: `blocks[${l}].self`, heads, parts: 1 }));

/** The tensors of an encoder of this prefix; without one, those that are not of a task's head beside it. */
export function encoderPart(tensors: ReadonlyMap<string, Tensor>, prefix: string): Map<string, Tensor> {
  if (prefix !== "") return checkpointPart(tensors, prefix);
  return new Map([...tensors].filter(([name]) => /^(?:embeddings|encoder|pooler)\./.test(name)));
}

/** Longformer's radii: half of `attention_window`, a number or one for each layer. */
function radiusOf(config: Config): number | number[] {
  const window = config["attention_window"] ?? 512;
  const windows: readonly unknown[] = Array.isArray(window) ? window : [window];
  if (!windows.every((wide) => typeof wide === "number")) {
    const rule = "must say attention_window as a number or a list of them";
    throw new RangeError(`config.json ${rule}; got ${JSON.stringify(window)}`);
  }
  const radii = (windows as readonly number[]).map((wide) => wide / 2);
  return radii.length === 1 ? radii[0]! : radii;
}

/** A BERT, Longformer or BigBird; `type` is config.json's model_type. */
export function encoderOf({ tensors, config }: Parts, type: string): Model {
  const [vocabulary = 0, d_model = 0] = shapeOf(tensors, /embeddings\.word_embeddings\.weight$/);
  const depth = blocksIn(tensors, /^encoder\.layer\.(\d+)\./);
  const sizes = {
    vocabulary,
    d_model,
    depth,
    activation: activationOf(config, "hidden_act", "gelu"),
    positions: shapeOf(tensors, /position_embeddings\.weight$/)[0]!,
    types: shapeOf(tensors, /token_type_embeddings\.weight$/)[0]!,
    heads: numberOf(config, "num_attention_heads"),
    d_hidden: shapeOf(tensors, /layer\.0\.intermediate\.dense\.weight$/)[0]!,
    eps: numberOf(config, "layer_norm_eps", 1e-12),
    pooler: [...tensors.keys()].some((name) => name.startsWith("pooler.")),
  };
  const common = {
    layers: alike(depth, sizes.heads),
    vocabulary,
    causal: false,
    input: "tokens",
    picture: NO_PICTURE,
    answer: () => undefined,
  } as const;
  const sparse = { document: "D-GLOBAL", again: () => undefined, multiplyAdds: () => undefined } as const;
  if (type === "longformer" || [...tensors.keys()].some((name) => name.includes("query_global"))) {
    const pad = numberOf(config, "pad_token_id", 1);
    const model = readLongformer(tensors, { ...sizes, pad, radius: radiusOf(config) });
    return {
      ...common,
      ...sparse,
      family: "Longformer",
      file: "lib/models/longformer.ts",
      of: "Longformer",
      parameters: parameterCount(model),
      most: sizes.positions - pad - 1,
      forward: (tokens, onWeights) =>
        model.forward(tokensOf(tokens), { globals: [0], onWeights: dense(onWeights) }),
    };
  }
  if (type === "big_bird") {
    const kind = config["attention_type"] ?? "block_sparse";
    if (kind !== "block_sparse" || config["rescale_embeddings"] === true) {
      const rule = 'config.json must say attention_type "block_sparse", and rescale_embeddings not at all';
      throw new RangeError(`${rule}; got ${JSON.stringify(kind)} and ${String(config["rescale_embeddings"])}`);
    }
    const pattern = { block: numberOf(config, "block_size", 64), random: numberOf(config, "num_random_blocks", 3) };
    const model = readBigBird(tensors, { ...sizes, pattern });
    return {
      ...common,
      ...sparse,
      family: "BigBird",
      file: "lib/models/big-bird.ts",
      of: "BigBird",
      parameters: parameterCount(model),
      most: sizes.positions,
      forward: (tokens, onWeights) => model.forward(tokensOf(tokens), { onWeights: dense(onWeights) }),
    };
  }
  const model = readBert(tensors, sizes);
  return {
    ...common,
    document: "D-MHA",
    family: "BERT",
    file: "lib/models/bert.ts",
    of: "Bert",
    parameters: parameterCount(model),
    most: sizes.positions,
    forward: (tokens, onWeights) => model.forward(tokensOf(tokens), { onWeights }),
    again: (tokens, l) => beforeBlock(model.blocks, model.embedding.forward(tokensOf(tokens)), l, false),
    multiplyAdds: (T) => bertCounts(sizes, T).total.multiplyAdds,
  };
}

export function gpt2Of({ tensors, config }: Parts): Model {
  const [vocabulary = 0, d_model = 0] = shapeOf(tensors, /(?:^|\.)wte\.weight$/);
  const activation = activationOf(config, "activation_function", "gelu_new");
  if (activation !== "gelu-tanh") throw new RangeError(`activation_function must be gelu_new; got ${activation}`);
  const sizes = {
    vocabulary,
    d_model,
    positions: shapeOf(tensors, /(?:^|\.)wpe\.weight$/)[0]!,
    heads: numberOf(config, "n_head"),
    depth: blocksIn(tensors, /(?:^|\.)h\.(\d+)\./),
    d_hidden: shapeOf(tensors, /h\.0\.mlp\.c_fc\.weight$/)[1]!,
    eps: numberOf(config, "layer_norm_epsilon", 1e-5),
  };
  const model = readGpt2(tensors, sizes);
  return {
    family: "GPT-2",
    file: "lib/models/gpt2.ts",
    of: "Gpt2",
    document: "D-MHA",
    layers: alike(sizes.depth, sizes.heads),
    parameters: parameterCount(model),
    causal: true,
    most: sizes.positions,
    vocabulary,
    picture: NO_PICTURE,
    forward: (tokens, onWeights) => model.forward(tokensOf(tokens), { onWeights }),
    answer: (Y) => bestOf(model.logits(Y), {}),
    again: (tokens, l) => {
      const places = sliceRows(model.positions, 0, tokens.length);
      const X = add(gatherRows(model.words, tokensOf(tokens) as number[]), places);
      return beforeBlock(model.blocks, X, l, true);
    },
    input: "tokens",
    multiplyAdds: (T) => gpt2Counts(sizes, T).total.multiplyAdds,
  };
}
