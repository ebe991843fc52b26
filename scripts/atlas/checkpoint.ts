/**
 * A checkpoint of anybody's model: its tensors read one by one, and the attention layers in it, told by names
 * and shapes.
 */
import { closeSync, existsSync, fstatSync, openSync, readFileSync, readSync } from "node:fs";
import { dirname, join } from "node:path";
import type { AttentionHead } from "../../lib/attention/heads.ts";
import type { Matrix } from "../../lib/matrix.ts";
import type { Place } from "../../lib/checkpoints/safetensors-header.ts";
import { UsageError } from "./entry.ts";
import { asMatrix } from "../../lib/checkpoints/safetensors.ts";
import { clean } from "./text.ts";
import { decodeItems } from "../../lib/checkpoints/tensor-items.ts";
import { readHeader } from "../../lib/checkpoints/safetensors-header.ts";
import { sliceColumns } from "../../lib/kernels/columns.ts";
import { transpose } from "../../lib/kernels/transpose.ts";

/** An open file: what its header says, and any tensor of it when asked. Large ones are never read whole. */
export interface Checkpoint {
  readonly places: readonly Place[];
  readonly metadata: Readonly<Record<string, string>>;
  readonly read: (name: string) => Matrix;
  /** What a config.json beside it says, as models are published; {} without one. */
  readonly config: Readonly<Record<string, unknown>>;
}

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

/** Opens a .safetensors file. Errors: UsageError, one line that says what is wrong with it. */
export function openCheckpoint(path: string): Checkpoint {
  const name = JSON.stringify(clean(path));
  const bytesOf = (begin: number, length: number): Uint8Array => {
    const bytes = new Uint8Array(length);
    const handle = openSync(path, "r");
    try {
      for (let at = 0; at < length;) {
        const read = readSync(handle, bytes, at, Math.min(length - at, 1 << 30), begin + at);
        if (read === 0) {
          throw new RangeError(`the file must go on to byte ${begin + length}; got its end at ${begin + at}`);
        }
        at += read;
      }
    } finally {
      closeSync(handle);
    }
    return bytes;
  };
  const trouble = (error: unknown): UsageError => {
    const message = clean(error instanceof Error ? error.message : String(error));
    if ((error as NodeJS.ErrnoException).code === "ENOENT") {
      return new UsageError({ en: `there is no file ${name}`, ja: `${name} というファイルはありません` });
    }
    return new UsageError({
      en: `${name} is no checkpoint that can be read: ${message}`,
      ja: `${name} は読めるチェックポイントではありません: ${message}`,
    });
  };
  try {
    const handle = openSync(path, "r");
    const size = fstatSync(handle).size;
    closeSync(handle);
    if (size < 8) throw new RangeError(`it must begin with 8 bytes for the header's length; got ${size}`);
    const head = new DataView(bytesOf(0, 8).buffer);
    const length = head.getUint32(0, true);
    if (head.getUint32(4, true) > 0 || length > 1e8 || length > size - 8) {
      throw new RangeError(
        `its header must end within the file of ${size} bytes; is it a .safetensors file?`,
      );
    }
    const { places, metadata } = readHeader(bytesOf(8, length), size - 8 - length);
    const read = (tensor: string): Matrix => {
      const { dtype, shape, begin, end } = places.find((place) => place.name === tensor)!;
      try {
        return asMatrix({
          dtype,
          shape,
          data: decodeItems(tensor, dtype, bytesOf(8 + length + begin, end - begin)),
        });
      } catch (error) {
        throw trouble(error);
      }
    };
    return { places, metadata, read, config: configBeside(path) };
  } catch (error) {
    throw trouble(error);
  }
}

function configBeside(path: string): Record<string, unknown> {
  const file = join(dirname(path), "config.json");
  try {
    const config: unknown = existsSync(file) ? JSON.parse(readFileSync(file, "utf8")) : {};
    return typeof config === "object" && config !== null ? (config as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}

/**
 * Three matrices by themselves: the ends of their names, and of their biases' (torch's separate weights share
 * one bias).
 */
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
const STACKED = ["in_proj_weight", "qkv.weight", "to_qkv.weight", "Wqkv.weight"] as const;

/** The attention layers of a checkpoint, in the order in which a person counts: layer 2 before layer 10. */
export function attentionLayers({ places, read }: Checkpoint): CheckpointLayer[] {
  const shapes = new Map(places.map(({ name, shape }) => [name, shape]));
  const matrixAt = (name: string): readonly [number, number] | undefined => {
    const [rows, cols, ...more] = shapes.get(name) ?? [];
    return rows === undefined || cols === undefined || more.length > 0 || rows * cols === 0
      ? undefined
      : [rows, cols];
  };
  const biasAt = (name: string, size: number): Matrix | undefined => {
    const shape = shapes.get(name);
    return shape?.length === 1 && shape[0] === size ? read(name) : undefined;
  };
  const biasName = (weight: string): string => weight.replace(/weight$/, "bias");
  const found: CheckpointLayer[] = [];
  const add = (
    first: string,
    end: string,
    layer: Omit<CheckpointLayer, "name" | "causal" | "form">,
  ): void => {
    const prefix = first.slice(0, -end.length);
    const global = end.startsWith("query_global") ? " (global)" : "";
    found.push({
      name: (clean(prefix.replace(/\.$/, "")) || "(root)") + global,
      form: end,
      causal: end.startsWith("c_attn"),
      ...layer,
    });
  };
  for (const { name } of places) {
    for (const [q, k, v] of SEPARATE) {
      if (!endsIn(name, q)) continue;
      const prefix = name.slice(0, -q.length);
      const [Q, K, V] = [matrixAt(name), matrixAt(prefix + k), matrixAt(prefix + v)];
      if (Q === undefined || K === undefined || V === undefined || Q[0] % K[0] !== 0 || K[0] !== V[0]) {
        continue;
      }
      const load = (): AttentionHead => {
        const [W_Q, W_K, W_V] = [
          transpose(read(name)),
          transpose(read(prefix + k)),
          transpose(read(prefix + v)),
        ];
        const shared = q === "q_proj_weight" ? biasAt(`${prefix}in_proj_bias`, 3 * Q[0]) : undefined;
        if (shared !== undefined) return { W_Q, W_K, W_V, ...thirds(shared, "b") };
        return {
          W_Q,
          W_K,
          W_V,
          b_Q: biasAt(biasName(name), Q[0]),
          b_K: biasAt(biasName(prefix + k), K[0]),
          b_V: biasAt(biasName(prefix + v), V[0]),
        };
      };
      add(name, q, {
        d_query: Q[1],
        d_key: K[1],
        d_value: V[1],
        queries: Q[0],
        keys: K[0],
        values: V[0],
        load,
      });
    }
    for (const end of STACKED) {
      const W = endsIn(name, end) ? matrixAt(name) : undefined;
      if (W === undefined || W[0] % 3 !== 0) continue;
      const [width, d] = [W[0] / 3, W[1]];
      const load = (): AttentionHead => {
        const b = biasAt(end === "in_proj_weight" ? name.replace(/weight$/, "bias") : biasName(name), W[0]);
        return { ...thirds(transpose(read(name)), "W"), ...(b && thirds(b, "b")) } as AttentionHead;
      };
      add(name, end, { d_query: d, d_key: d, d_value: d, queries: width, keys: width, values: width, load });
    }
    const conv = endsIn(name, "c_attn.weight") ? matrixAt(name) : undefined; // GPT-2 stores (in, out)
    if (conv !== undefined && conv[1] === 3 * conv[0]) {
      const d = conv[0];
      const load = (): AttentionHead => {
        const b = biasAt(biasName(name), 3 * d);
        return { ...thirds(read(name), "W"), ...(b && thirds(b, "b")) } as AttentionHead;
      };
      add(name, "c_attn.weight", { d_query: d, d_key: d, d_value: d, queries: d, keys: d, values: d, load });
    }
    const [Q, KV] = endsIn(name, "to_q.weight")
      ? [matrixAt(name), matrixAt(name.replace(/to_q\.weight$/, "to_kv.weight"))]
      : [];
    if (Q !== undefined && KV !== undefined && KV[0] === 2 * Q[0]) {
      const load = (): AttentionHead => {
        const both = transpose(read(name.replace(/to_q\.weight$/, "to_kv.weight")));
        return {
          W_Q: transpose(read(name)),
          W_K: sliceColumns(both, 0, Q[0]),
          W_V: sliceColumns(both, Q[0], 2 * Q[0]),
        };
      };
      add(name, "to_q.weight", {
        d_query: Q[1],
        d_key: KV[1],
        d_value: KV[1],
        queries: Q[0],
        keys: Q[0],
        values: Q[0],
        load,
      });
    }
  }
  const byNumber = new Intl.Collator("en", { numeric: true });
  return found.sort((a, b) => byNumber.compare(a.name, b.name));
}

/** Whether a name is this, or ends in it behind a dot. */
function endsIn(name: string, end: string): boolean {
  return name === end || name.endsWith(`.${end}`);
}

function thirds(
  M: Matrix,
  letter: "W" | "b",
): { W_Q?: Matrix; W_K?: Matrix; W_V?: Matrix; b_Q?: Matrix; b_K?: Matrix; b_V?: Matrix } {
  const width = M.cols / 3;
  const [Q, K, V] = [0, 1, 2].map((third) => sliceColumns(M, third * width, (third + 1) * width)) as [
    Matrix,
    Matrix,
    Matrix,
  ];
  return letter === "W" ? { W_Q: Q, W_K: K, W_V: V } : { b_Q: Q, b_K: K, b_V: V };
}

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
    for (const key of ["num_attention_heads", "encoder_attention_heads", "num_heads", "n_heads", "n_head"]) {
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

/**
 * Rows for words out of the checkpoint's own embedding, if its metadata says which row is whose and has them
 * all.
 */
export function embeddingRows(
  { places, metadata, read }: Checkpoint,
  words: readonly string[],
  d: number,
): Matrix | undefined {
  let vocabulary: unknown;
  try {
    vocabulary = JSON.parse(metadata["vocabulary"] ?? metadata["vocab"] ?? "null");
  } catch {
    return undefined;
  }
  if (!Array.isArray(vocabulary)) return undefined;
  const table = places.find(
    ({ name, shape }) =>
      /embed|wte|word/i.test(name) &&
      shape.length === 2 &&
      shape[0] === (vocabulary as unknown[]).length &&
      shape[1] === d,
  );
  const rowOf = new Map(vocabulary.map((word, row) => [word, row] as const));
  const rows = words.map((word) => rowOf.get(word) ?? rowOf.get(word.toLowerCase()));
  if (table === undefined || rows.some((row) => row === undefined)) return undefined;
  const E = read(table.name);
  const data = new Float32Array(words.length * d);
  rows.forEach((row, t) => data.set(E.data.subarray(row! * d, (row! + 1) * d), t * d));
  return { rows: words.length, cols: d, data };
}
