/**
 * A checkpoint of anybody's model: one file, several with an index, or a folder of either; read tensor by
 * tensor.
 */
import {
  closeSync,
  existsSync,
  fstatSync,
  openSync,
  readFileSync,
  readSync,
  readdirSync,
  statSync,
} from "node:fs";
import { basename, dirname, join } from "node:path";
import type { Matrix } from "../../lib/matrix.ts";
import type { Safetensors, Tensor } from "../../lib/checkpoints/safetensors.ts";
import { UsageError } from "./entry.ts";
import { asMatrix, lazyTensor } from "../../lib/checkpoints/safetensors.ts";
import { clean } from "./words.ts";
import { headerEnd, readHeader } from "../../lib/checkpoints/safetensors-header.ts";
import { readShards } from "../../lib/checkpoints/shards.ts";

/** An open checkpoint: any tensor of it when asked. Large files are never read whole. */
export interface Checkpoint {
  /** The name of the file, or of the index or the folder of several. */
  readonly name: string;
  readonly tensors: ReadonlyMap<string, Tensor>;
  readonly metadata: Readonly<Record<string, string>>;
  /** A tensor's numbers. Errors: UsageError, one line that says why they cannot be read. */
  readonly read: (name: string) => Matrix;
  /** What a config.json beside it says, as models are published; {} without one. */
  readonly config: Readonly<Record<string, unknown>>;
  /** What is wrong with a config.json that says nothing, in English and in Japanese, if one is there. */
  readonly configProblem?: readonly [string, string] | undefined;
}

/**
 * Opens a .safetensors file, a model.safetensors.index.json with its files beside it, or a folder that holds
 * one of them.
 *
 * Errors: UsageError, one line that says what is wrong with it.
 */
export function openCheckpoint(path: string): Checkpoint {
  const trouble = (error: unknown): UsageError => {
    const message = clean(error instanceof Error ? error.message : String(error)).replace(/\s+/g, " ");
    if (error instanceof UsageError) return error;
    const { code, path: missing } = error as NodeJS.ErrnoException;
    if (code === "ENOENT") {
      const name = JSON.stringify(clean(missing ?? path));
      return new UsageError({ en: `there is no file ${name}`, ja: `${name} というファイルはありません` });
    }
    const name = JSON.stringify(clean(path));
    return new UsageError({
      en: `${name} is no checkpoint that can be read: ${message}`,
      ja: `${name} は読めるチェックポイントではありません：${message}`,
    });
  };
  try {
    const stat = statSync(path);
    if (!stat.isDirectory() && !stat.isFile()) throw new RangeError("it is neither a file nor a folder");
    const file = stat.isDirectory() ? fileInFolder(path) : path;
    const besides = (name: string): Safetensors => {
      try {
        return openFile(join(dirname(file), name));
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== undefined) throw error;
        throw new Error(`${name}: ${error instanceof Error ? error.message : String(error)}`);
      }
    };
    const isIndex = file.endsWith(".json");
    const { tensors, metadata } = isIndex ? readShards(readFileSync(file, "utf8"), besides) : openFile(file);
    const read = (name: string): Matrix => {
      try {
        return asMatrix(tensors.get(name)!);
      } catch (error) {
        throw trouble(error);
      }
    };
    const { value: config, problem } = jsonIn(dirname(file), "config.json");
    return { name: clean(basename(path)), tensors, metadata, read, config, configProblem: problem };
  } catch (error) {
    throw trouble(error);
  }
}

/** One file. Its header is read at once, a tensor's bytes when its numbers are asked for. */
function openFile(path: string): Safetensors {
  const handle = openSync(path, "r");
  const { size } = fstatSync(handle);
  closeSync(handle);
  const end = headerEnd(bytesOf(path, 0, Math.min(size, 64)), size);
  const { places, metadata } = readHeader(bytesOf(path, 8, end - 8), size - end);
  const tensors = new Map<string, Tensor>();
  for (const place of places) {
    const fetch = (): Uint8Array => bytesOf(path, end + place.begin, place.end - place.begin);
    tensors.set(place.name, lazyTensor(place, fetch));
  }
  return { tensors, metadata };
}

function bytesOf(path: string, begin: number, length: number): Uint8Array {
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
}

/** The checkpoint in a folder: an index, model.safetensors, or the only .safetensors file. */
function fileInFolder(folder: string): string {
  const files = readdirSync(folder).filter((name) => /\.safetensors(?:\.index\.json)?$/.test(name));
  const index = files.filter((name) => name.endsWith(".index.json"));
  const [only, ...more] = index.length > 0 ? index : files;
  const chosen = files.includes("model.safetensors")
    ? "model.safetensors"
    : more.length === 0
      ? only
      : undefined;
  if (chosen !== undefined) return join(folder, chosen);
  const name = JSON.stringify(clean(folder));
  const found = files.length === 0 ? ["none", "ひとつもありません"] : [files.join(", "), files.join("、")];
  throw new UsageError({
    en: `${name} is a folder: name a .safetensors file in it, or its index; got ${clean(found[0]!)}`,
    ja: `${name} はフォルダーです。中の .safetensors ファイルか、その index を指定します（${clean(found[1]!)}）`,
  });
}

/** What a JSON file in a folder says; {} where there is none, and `problem` where it is no record. */
export function jsonIn(
  folder: string,
  name: string,
): { readonly value: Readonly<Record<string, unknown>>; readonly problem?: readonly [string, string] } {
  const file = join(folder, name);
  if (!existsSync(file)) return { value: {} };
  let value: unknown;
  try {
    value = JSON.parse(readFileSync(file, "utf8").replace(/^\uFEFF/, ""));
  } catch (error) {
    const why = clean(error instanceof Error ? error.message : String(error)).replace(/\s+/g, " ");
    return { value: {}, problem: [`${name} cannot be read (${why})`, `${name} が読めません(${why})`] };
  }
  const isRecord = typeof value === "object" && value !== null && !Array.isArray(value);
  if (isRecord) return { value: value as Record<string, unknown> };
  return { value: {}, problem: [`${name} is no record`, `${name} がレコードではありません`] };
}

/**
 * Rows for words out of the checkpoint's own embedding, if its metadata says which row is whose and has them
 * all.
 */
export function embeddingRows(
  { tensors, metadata, read }: Checkpoint,
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
  const size = vocabulary.length;
  const table = [...tensors].find(
    ([
      name,
      {
        shape: [rows, cols, ...more],
      },
    ]) => /embed|wte|word/i.test(name) && rows === size && cols === d && more.length === 0,
  );
  const rowOf = new Map(vocabulary.map((word, row) => [word, row] as const));
  const rows = words.map((word) => rowOf.get(word) ?? rowOf.get(word.toLowerCase()));
  if (table === undefined || rows.some((row) => row === undefined)) return undefined;
  const E = read(table[0]);
  const data = new Float32Array(words.length * d);
  rows.forEach((row, t) => data.set(E.data.subarray(row! * d, (row! + 1) * d), t * d));
  return { rows: words.length, cols: d, data };
}
