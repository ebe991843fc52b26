/**
 * The attention layers in a checkpoint, told by the names of their tensors and by shapes. What could be read
 * in two ways is not read, and said.
 */
import type { AttentionHead } from "../../lib/attention/heads.ts";
import type { Checkpoint } from "./checkpoint.ts";
import type { Matrix } from "../../lib/matrix.ts";
import type { Phrase } from "./entry.ts";
import { clean } from "./words.ts";
import { sliceColumns } from "../../lib/kernels/columns.ts";
import { transpose } from "../../lib/kernels/transpose.ts";

/**
 * An attention layer, its matrices not read yet. The widths: features of queries, keys and values before, and
 * of all heads after the projections.
 */
export interface CheckpointLayer {
  readonly name: string;
  readonly form: string;
  readonly d_query: number;
  readonly d_key: number;
  readonly d_value: number;
  readonly queries: number;
  readonly keys: number;
  readonly values: number;
  /** Whether its name says that it sees the past alone. */
  readonly causal: boolean;
  readonly load: () => AttentionHead;
}

/** A tensor that is named like an attention's, and why it is not read as one. */
export interface UnreadLayer {
  readonly name: string;
  readonly because: Phrase;
}

/** Three matrices by themselves: the ends of their names. */
const SEPARATE = [
  ["q_proj.weight", "k_proj.weight", "v_proj.weight"],
  ["query.weight", "key.weight", "value.weight"],
  ["query_global.weight", "key_global.weight", "value_global.weight"],
  ["q_lin.weight", "k_lin.weight", "v_lin.weight"],
  ["wq.weight", "wk.weight", "wv.weight"],
  ["to_q.weight", "to_k.weight", "to_v.weight"],
  ["q_proj_weight", "k_proj_weight", "v_proj_weight"],
] as const;

/** Three matrices in one, W^Q before W^K before W^V. */
const STACKED = [
  "in_proj_weight",
  "qkv.weight",
  "to_qkv.weight",
  "Wqkv.weight",
  "qkv_proj.weight",
  "c_attn.weight",
] as const;

/**
 * What follows a stacked projection in its layer: the output projection, whose input is as wide as the
 * values.
 */
const OUTPUTS = [
  "out_proj.weight",
  "proj.weight",
  "to_out.0.weight",
  "to_out.weight",
  "o_proj.weight",
  "c_proj.weight",
  "dense.weight",
  "wo.weight",
];

/**
 * How a linear map is stored: (out, in) as PyTorch has it, or (in, out) as TensorFlow, Paddle and Conv1D do.
 */
type Storage = "out-in" | "in-out";

/** A linear map of a checkpoint: its widths, and how to read it as (in, out), with its bias or without. */
interface LinearMap {
  readonly d_in: number;
  readonly d_out: number;
  readonly W: () => Matrix;
  readonly b: () => Matrix | undefined;
}

/** Thrown and caught here alone: a layer is not read, for this reason. */
class Unread extends Error {
  readonly because: Phrase;

  constructor(because: Phrase) {
    super(because.en);
    this.because = because;
  }
}

/** The linear maps of a checkpoint, by names as PyTorch would write them. */
class LinearMaps {
  readonly names: readonly string[];
  private readonly checkpoint: Checkpoint;
  private readonly actual: ReadonlyMap<string, string>;
  private readonly votes: readonly (readonly [string, Storage])[];

  constructor(checkpoint: Checkpoint) {
    this.checkpoint = checkpoint;
    // bert/encoder/…/query/kernel:0 of TensorFlow, and Flax's query.kernel, are query.weight
    const canonical = (name: string): string =>
      name
        .replace(/:0$/, "")
        .replace(/\//g, ".")
        .replace(/(^|\.)kernel$/, "$1weight");
    this.actual = new Map([...checkpoint.tensors.keys()].map((name) => [canonical(name), name]));
    this.names = [...this.actual.keys()];
    this.votes = this.names.flatMap((name): (readonly [string, Storage])[] => {
      const own = this.ownStorage(name);
      return own === undefined ? [] : [[name, own]];
    });
  }

  /** The two sizes of a matrix as they are stored; undefined if there is none, or an empty one. */
  sizes(name: string): readonly [number, number] | undefined {
    const [rows, cols, ...more] = this.shape(name) ?? [];
    if (rows === undefined || cols === undefined || more.length > 0 || rows * cols === 0) return undefined;
    return [rows, cols];
  }

  /** A linear map. Errors: Unread if its bias fits neither side, or its numbers are no weights. */
  map(name: string): LinearMap {
    const { checkpoint, actual } = this;
    const [rows, cols] = this.sizes(name)!;
    const own = actual.get(name)!;
    const { dtype } = checkpoint.tensors.get(own)!;
    if (!/^(?:F64|F32|F16|BF16)$/.test(dtype)) {
      throw new Unread({
        en: `its numbers are stored as ${clean(dtype)}, which are no weights as they stand`,
        ja: `数値が ${clean(dtype)} で保存され、そのままでは重みではありません`,
      });
    }
    const storage = this.storage(name);
    const [d_out, d_in] = storage === "out-in" ? [rows, cols] : [cols, rows];
    const bias = biasName(name);
    const given = this.shape(bias);
    if (given !== undefined && (given.length !== 1 || given[0] !== d_out)) {
      throw new Unread({
        en: `its bias of ${given.join(" × ")} does not fit its ${d_out} outputs`,
        ja: `バイアス ${given.join(" × ")} が出力 ${d_out} 個に合いません`,
      });
    }
    return {
      d_in,
      d_out,
      W: () => (storage === "out-in" ? transpose(checkpoint.read(own)) : checkpoint.read(own)),
      b: () => (given === undefined ? undefined : checkpoint.read(actual.get(bias)!)),
    };
  }

  /** A vector of this size, if there is one under this name. */
  vector(name: string, size: number): Matrix | undefined {
    const shape = this.shape(name);
    return shape?.length === 1 && shape[0] === size
      ? this.checkpoint.read(this.actual.get(name)!)
      : undefined;
  }

  /**
   * How a map is stored: as its own name or bias says, else as the nearest maps around it say, which a square
   * one needs. Without a bias in the whole file, a stacked one has three times as many outputs as inputs.
   */
  private storage(name: string): Storage {
    const own = this.ownStorage(name);
    if (own !== undefined) return own;
    const parts = name.split(".");
    for (let depth = parts.length - 1; depth >= 0; depth--) {
      const prefix = parts
        .slice(0, depth)
        .map((part) => `${part}.`)
        .join("");
      const near = new Set(this.votes.filter(([other]) => other.startsWith(prefix)).map(([, vote]) => vote));
      if (near.size === 1) return [...near][0]!;
    }
    const [rows, cols] = this.sizes(name)!;
    return STACKED.some((end) => endsIn(name, end)) && cols === 3 * rows ? "in-out" : "out-in";
  }

  /**
   * How a map is stored, if it says so itself: by the name "kernel", or by a bias that fits one side only.
   */
  private ownStorage(name: string): Storage | undefined {
    const sizes = this.sizes(name);
    if (sizes === undefined || !/weight$/.test(name)) return undefined;
    if (/kernel(?::0)?$/.test(this.actual.get(name)!)) return "in-out";
    const bias = this.shape(biasName(name));
    if (bias?.length !== 1 || sizes[0] === sizes[1] || !sizes.includes(bias[0]!)) return undefined;
    return bias[0] === sizes[0] ? "out-in" : "in-out";
  }

  private shape(name: string): readonly number[] | undefined {
    const own = this.actual.get(name);
    return own === undefined ? undefined : this.checkpoint.tensors.get(own)!.shape;
  }
}

/**
 * The attention layers of a checkpoint in the order in which a person counts (2 before 10), and what is
 * unread.
 */
export function attentionLayers(checkpoint: Checkpoint): {
  layers: CheckpointLayer[];
  unread: UnreadLayer[];
} {
  const maps = new LinearMaps(checkpoint);
  const layers: CheckpointLayer[] = [];
  const unread: UnreadLayer[] = [];
  const add = (first: string, end: string, layer: () => LayerWidths | undefined): void => {
    const prefix = first.slice(0, -end.length);
    const name = clean(prefix.replace(/\.$/, "")) || "(root)";
    try {
      const widths = layer();
      if (widths === undefined) return;
      const global = end.startsWith("query_global") ? " (global)" : "";
      layers.push({ name: name + global, form: end, causal: end.startsWith("c_attn"), ...widths });
    } catch (error) {
      if (!(error instanceof Unread)) throw error;
      unread.push({ name: clean(first), because: error.because });
    }
  };
  for (const name of maps.names) {
    if (maps.sizes(name) === undefined) continue;
    for (const ends of SEPARATE)
      if (endsIn(name, ends[0])) add(name, ends[0], () => separate(maps, name, ends));
    for (const end of STACKED)
      if (endsIn(name, end)) add(name, end, () => stacked(maps, name, end, checkpoint));
    if (endsIn(name, "to_q.weight")) add(name, "to_q.weight", () => keysWithValues(maps, name));
  }
  const byNumber = new Intl.Collator("en", { numeric: true });
  return { layers: layers.sort((a, b) => byNumber.compare(a.name, b.name)), unread };
}

type LayerWidths = Omit<CheckpointLayer, "name" | "causal" | "form">;

/** Three matrices by themselves; undefined where the second or third is not there. */
function separate(
  maps: LinearMaps,
  name: string,
  [q, k, v]: readonly [string, string, string],
): LayerWidths | undefined {
  const prefix = name.slice(0, -q.length);
  if (maps.sizes(prefix + k) === undefined || maps.sizes(prefix + v) === undefined) return undefined;
  const [Q, K, V] = [maps.map(name), maps.map(prefix + k), maps.map(prefix + v)];
  if (Q.d_out % K.d_out !== 0 || K.d_out !== V.d_out) {
    throw new Unread({
      en: `${K.d_out} features of keys and ${V.d_out} of values do not serve ${Q.d_out} of queries`,
      ja: `キーの特徴 ${K.d_out} とバリューの特徴 ${V.d_out} がクエリの特徴 ${Q.d_out} に合いません`,
    });
  }
  const load = (): AttentionHead => {
    const weights = { W_Q: Q.W(), W_K: K.W(), W_V: V.W() };
    // torch's separate weights share one bias
    const shared = q === "q_proj_weight" ? maps.vector(`${prefix}in_proj_bias`, 3 * Q.d_out) : undefined;
    if (shared === undefined) return { ...weights, b_Q: Q.b(), b_K: K.b(), b_V: V.b() };
    const [b_Q, b_K, b_V] = parts(shared, [Q.d_out, Q.d_out, Q.d_out]);
    return { ...weights, b_Q, b_K, b_V };
  };
  return {
    ...{ d_query: Q.d_in, d_key: K.d_in, d_value: V.d_in },
    ...{ queries: Q.d_out, keys: K.d_out, values: V.d_out },
    load,
  };
}

/** Three matrices in one. */
function stacked(maps: LinearMaps, name: string, end: string, checkpoint: Checkpoint): LayerWidths {
  const QKV = maps.map(name);
  const d = QKV.d_in;
  const [queries, keys] = splitOf(maps, name, end, checkpoint);
  const load = (): AttentionHead => {
    const [W, b] = [QKV.W(), QKV.b()];
    const [W_Q, W_K, W_V] = parts(W, [queries, keys, keys]);
    const [b_Q, b_K, b_V] = b === undefined ? [] : parts(b, [queries, keys, keys]);
    return { W_Q: W_Q!, W_K: W_K!, W_V: W_V!, b_Q, b_K, b_V };
  };
  return { d_query: d, d_key: d, d_value: d, queries, keys, values: keys, load };
}

/** Queries by themselves, keys and values in one; undefined where there is no such pair. */
function keysWithValues(maps: LinearMaps, name: string): LayerWidths | undefined {
  const both = name.replace(/to_q\.weight$/, "to_kv.weight");
  if (maps.sizes(both) === undefined) return undefined;
  const [Q, KV] = [maps.map(name), maps.map(both)];
  const keys = KV.d_out / 2;
  if (!Number.isInteger(keys) || Q.d_out % keys !== 0) {
    throw new Unread({
      en: `${KV.d_out} features of keys and values do not serve ${Q.d_out} of queries`,
      ja: `キーとバリューの特徴 ${KV.d_out} がクエリの特徴 ${Q.d_out} に合いません`,
    });
  }
  const load = (): AttentionHead => {
    const [W, b] = [KV.W(), KV.b()];
    const [W_K, W_V] = parts(W, [keys, keys]);
    const [b_K, b_V] = b === undefined ? [] : parts(b, [keys, keys]);
    return { W_Q: Q.W(), W_K: W_K!, W_V: W_V!, b_Q: Q.b(), b_K, b_V };
  };
  return {
    ...{ d_query: Q.d_in, d_key: KV.d_in, d_value: KV.d_in },
    ...{ queries: Q.d_out, keys, values: keys },
    load,
  };
}

/**
 * How many outputs of a stacked projection are queries, and how many are keys (as many are values).
 *
 * As the layer's output projection says, whose input is as wide as the queries; else as config.json says by
 * its numbers of heads; else by the shape, if it allows one reading only: three parts alike, or queries as
 * wide as the input and fewer keys. Errors: Unread.
 */
function splitOf(
  maps: LinearMaps,
  name: string,
  end: string,
  checkpoint: Checkpoint,
): readonly [number, number] {
  const { d_in, d_out } = maps.map(name);
  const withQueries = (q: number): readonly [number, number] | undefined => {
    const k = (d_out - q) / 2;
    return Number.isInteger(k) && k > 0 && q > 0 && q % k === 0 ? [q, k] : undefined;
  };
  const prefix = name.slice(0, -end.length);
  for (const output of OUTPUTS) {
    const sizes = maps.sizes(prefix + output);
    if (sizes === undefined || !sizes.includes(d_in)) continue;
    const split = withQueries(sizes[0] === d_in ? sizes[1] : sizes[0]);
    if (split !== undefined) return split;
  }
  const told = headCounts(checkpoint);
  if (told !== undefined && d_out % (told.heads + 2 * told.keyHeads) === 0) {
    const d_k = d_out / (told.heads + 2 * told.keyHeads);
    return [told.heads * d_k, told.keyHeads * d_k];
  }
  const readings = new Map([d_out / 3, d_in].map((q) => [q, withQueries(q)]));
  const possible = [...readings.values()].filter((split) => split !== undefined);
  const [split] = possible;
  if (split !== undefined && possible.length === 1) return split;
  const ways = possible.map(([q, k]) => `${q} + ${k} + ${k}`);
  if (ways.length === 0) {
    throw new Unread({
      en: `its ${d_out} outputs of ${d_in} features are no queries, keys and values`,
      ja: `${d_in} 個の特徴からの出力 ${d_out} 個はクエリ、キー、バリューに分けられません`,
    });
  }
  throw new Unread({
    en:
      `its ${d_out} outputs could be ${ways.join(" or ")}: no output projection and no config.json ` +
      `with num_attention_heads and num_key_value_heads tells`,
    ja:
      `出力 ${d_out} 個は ${ways.join(" とも ")} とも読めます(出力射影も、num_attention_heads と ` +
      `num_key_value_heads のある config.json もありません)`,
  });
}

/** The numbers of heads of queries and of keys, if config.json gives both. */
function headCounts({ config }: Checkpoint): { heads: number; keyHeads: number } | undefined {
  const number = (record: unknown, keys: readonly string[]): number | undefined => {
    const found = keys.map((key) => (record as Record<string, unknown> | null | undefined)?.[key]);
    return found.find((value): value is number => Number.isInteger(value) && (value as number) > 0);
  };
  const heads = number(config, HEADS);
  const nested = number(config["attn_config"], ["kv_n_heads"]);
  const one = config["multi_query"] === true ? 1 : undefined;
  const keyHeads =
    number(config, ["num_key_value_heads", "num_kv_heads", "n_kv_heads", "n_head_kv"]) ?? nested ?? one;
  return heads === undefined || keyHeads === undefined || heads % keyHeads !== 0
    ? undefined
    : { heads, keyHeads };
}

const HEADS = ["num_attention_heads", "encoder_attention_heads", "num_heads", "n_heads", "n_head"];

/**
 * How many heads a layer has, which no tensor says: as config.json beside the file or the file's own metadata
 * say, else heads of 64 features, or so.
 */
export function headsOf(layer: CheckpointLayer, { config, metadata }: Checkpoint): number {
  const records: unknown[] = [config];
  try {
    records.push(JSON.parse(metadata["config"] ?? "{}"));
  } catch {
    // metadata is free text
  }
  for (const record of records) {
    for (const key of HEADS) {
      const told = (record as Record<string, unknown> | null)?.[key];
      if (typeof told === "number" && fits(layer, told)) return told;
    }
  }
  return [layer.queries / 64, 4, 3, 2].find((h) => h > 1 && fits(layer, h)) ?? 1;
}

/** Whether this many heads share out a layer's queries, and whole heads its keys. */
export function fits({ queries, keys }: CheckpointLayer, heads: number): boolean {
  return Number.isInteger(heads) && heads > 0 && queries % heads === 0 && keys % (queries / heads) === 0;
}

/** Whether a name is this, or ends in it behind a dot. */
function endsIn(name: string, end: string): boolean {
  return name === end || name.endsWith(`.${end}`);
}

function biasName(weight: string): string {
  return weight.replace(/weight$/, "bias");
}

/** Columns side by side, cut into parts of these widths. */
function parts(M: Matrix, widths: readonly number[]): Matrix[] {
  let from = 0;
  return widths.map((width) => sliceColumns(M, from, (from += width)));
}
