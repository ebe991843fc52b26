/** What a whole model of any family is to the command line, and what reading its sizes takes. */
import type { Activation } from "../../lib/layers/feed-forward.ts";
import type { Checkpoint } from "./checkpoint.ts";
import type { EncoderBlock } from "../../lib/layers/encoder-block.ts";
import type { Matrix } from "../../lib/matrix.ts";
import type { MultiHeadAttention } from "../../lib/attention/multi-head-attention.ts";
import type { Phrase } from "./entry.ts";
import type { Tensor } from "../../lib/checkpoints/safetensors.ts";
import type { WeightsListener } from "../../lib/layers/weights-listener.ts";
import { causal } from "../../lib/kernels/mask-scores.ts";

/** Numbers of tokens, or the planes of a picture. */
export type Input = readonly number[] | readonly Matrix[];

/** One layer that attends: its name inside the model, its heads, and how many maps of each head it has. */
export interface Attending {
  readonly name: string;
  readonly heads: number;
  /** 1, or the number of CAT's tiles or channels, each with a map of its own. */
  readonly parts: number;
  /** What a part is. */
  readonly part?: Phrase | undefined;
  /** The words beside its rows and columns; without them the tokens. */
  readonly rows?: readonly string[] | undefined;
  readonly cols?: readonly string[] | undefined;
}

/** What one part of a layer attends with: its maps can be computed once more. */
export interface Again {
  readonly attention: MultiHeadAttention;
  readonly queries: Matrix;
  readonly memory: Matrix;
  /** One bias for each head. */
  readonly bias?: readonly Matrix[] | undefined;
}

/** A model that runs: its layers, and a pass that tells its weights. */
export interface Model {
  readonly family: string;
  readonly file: string;
  readonly of: string;
  readonly document: "D-MHA" | "D-CROSS" | "D-GLOBAL";
  readonly layers: readonly Attending[];
  readonly parameters: number;
  readonly causal: boolean;
  readonly input: "tokens" | "picture";
  /** Most tokens. */
  readonly most: number;
  /** How many tokens there are. */
  readonly vocabulary: number;
  /** The size of its pictures, and how many channels they have. */
  readonly picture: { readonly height: number; readonly width: number; readonly channels: number };
  readonly forward: (input: Input, onWeights: WeightsListener) => Matrix;
  /** What it says of its output, if it says anything. */
  readonly answer: (output: Matrix) => string | undefined;
  /** What part t of layer l attends with; undefined where attention is sparse. */
  readonly again: (input: Input, l: number, t: number) => Again | undefined;
  readonly multiplyAdds: (T: number) => number | undefined;
}

export const NO_PICTURE = { height: 0, width: 0, channels: 0 };

export type Config = Readonly<Record<string, unknown>>;

/** A checkpoint's tensors and what stands beside them. */
export type Parts = Pick<Checkpoint, "tensors" | "config">;

/** A number of config.json. Errors: RangeError where there is none, or something else under its name. */
export function numberOf(config: Config, name: string, otherwise?: number): number {
  const value = config[name] ?? otherwise;
  if (typeof value === "number" && Number.isFinite(value)) return value;
  throw new RangeError(`config.json must say ${name} as a number; got ${JSON.stringify(value) ?? "nothing"}`);
}

/** The shape of the first tensor of such a name. Errors: RangeError if there is none. */
export function shapeOf(tensors: ReadonlyMap<string, Tensor>, pattern: RegExp): readonly number[] {
  const found = [...tensors].find(([name]) => pattern.test(name));
  if (found === undefined) throw new RangeError(`no tensor is named like ${pattern.source}`);
  return found[1].shape;
}

/** One more than the largest number that a pattern finds in the names; 0 if it finds none. */
export function blocksIn(tensors: ReadonlyMap<string, Tensor>, pattern: RegExp): number {
  return 1 + Math.max(-1, ...[...tensors.keys()].map((name) => Number(pattern.exec(name)?.[1] ?? -1)));
}

/** Activations as they are published. */
const ACTIVATIONS: ReadonlyMap<string, Activation> = new Map([
  ["gelu", "gelu"],
  ["relu", "relu"],
  ["gelu_new", "gelu-tanh"],
  ["gelu_pytorch_tanh", "gelu-tanh"],
] as const);

/** The activation of config.json. Errors: RangeError for one that is not here. */
export function activationOf(config: Config, name: string, otherwise: string): Activation {
  const said = config[name] ?? otherwise;
  const activation = typeof said === "string" ? ACTIVATIONS.get(said) : undefined;
  if (activation !== undefined) return activation;
  const known = [...ACTIVATIONS.keys()].join(", ");
  throw new RangeError(`config.json: ${name} must be ${known}; got ${JSON.stringify(said)}`);
}

/** X behind the first l of some blocks, ready for the attention of the next. */
export function beforeBlock(blocks: readonly EncoderBlock[], X: Matrix, l: number, isCausal: boolean): Again {
  const allow = isCausal ? causal() : undefined;
  const before = blocks.slice(0, l).reduce((Y, block) => block.forward(Y, { allow }), X);
  const { attention, order, norm1 } = blocks[l]!;
  const rows = order === "pre" ? norm1.forward(before) : before;
  return { attention, queries: rows, memory: rows };
}

/** The largest of some logits, by its number or by the name that config.json gives it. */
export function bestOf(logits: Matrix, config: Config): string {
  const last = logits.data.slice(-logits.cols);
  const best = last.indexOf(last.reduce((most, x) => Math.max(most, x), -Infinity));
  const labels = config["id2label"] ?? config["label_names"];
  const label: unknown = typeof labels === "object" && labels !== null ? (labels as Config)[best] : undefined;
  return typeof label === "string" ? label : String(best);
}
