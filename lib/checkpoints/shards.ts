import type { Safetensors, Tensor } from "./safetensors.ts";
import { checkFunction } from "../matrix.ts";
import { quote } from "./json-reader.ts";

/**
 * The tensors of a model that is published in several files (分割されたチェックポイントの読み込み), in the index's order.
 *
 *     index = {"metadata": {…}, "weight_map": {name of a tensor: name of its file, …}}
 *
 * `index` is the text of model.safetensors.index.json. `open` is called once for each file named in it and
 * gives what `readSafetensors` makes of that file; the files usually lie beside the index. Texts come from
 * the files; where two differ, from the first.
 * Errors: SyntaxError for text that is not this JSON; RangeError for the name of a file with a folder in it,
 * for a tensor that is not in its file, and for one in a file that the index does not name there.
 * Source: huggingface/transformers, `save_pretrained` with shards.
 */
export function readShards(index: string, open: (file: string) => Safetensors): Safetensors {
  const where = "readShards";
  checkFunction(where, "open", open, "(file) => Safetensors");
  const fileOf = weightMap(where, index);
  const files = new Map<string, Safetensors>();
  fileOf.forEach((file) => {
    if (!files.has(file)) files.set(file, open(file));
  });
  const tensors = new Map<string, Tensor>();
  const problems: string[] = [];
  fileOf.forEach((file, name) => {
    const tensor = files.get(file)!.tensors.get(name);
    if (tensor === undefined) problems.push(`missing ${name} in ${file}`);
    else tensors.set(name, tensor);
  });
  const metadata = Object.create(null) as Record<string, string>;
  files.forEach((shard, file) => {
    shard.tensors.forEach((_, name) => {
      if (fileOf.get(name) !== file) problems.push(`unknown ${name} in ${file}`);
    });
    for (const key of Object.keys(shard.metadata)) {
      if (!(key in metadata)) metadata[key] = shard.metadata[key]!;
    }
  });
  if (problems.length === 0) return { tensors, metadata };
  const list = problems.join("\n  ");
  const rule = "the files must hold exactly the index's tensors";
  throw new RangeError(`${where}: ${rule}; got ${problems.length} that do not fit:\n  ${list}`);
}

/** The file of each tensor, as an index says. */
function weightMap(where: string, index: string): Map<string, string> {
  let parsed: unknown;
  try {
    parsed = JSON.parse(index.replace(/^\uFEFF/, "")); // a byte order mark
  } catch (_error) {
    throw new SyntaxError(`${where}: index must be JSON; got ${quote(String(index))}`);
  }
  const isRecord = (value: unknown): value is Record<string, unknown> =>
    typeof value === "object" && value !== null && !Array.isArray(value);
  const map = isRecord(parsed) ? parsed["weight_map"] : undefined;
  if (!isRecord(map)) {
    throw new SyntaxError(`${where}: index must hold a record weight_map; got ${quote(String(index))}`);
  }
  const fileOf = new Map<string, string>();
  for (const name of Object.keys(map)) {
    const file = map[name];
    if (typeof file !== "string") {
      throw new SyntaxError(`${where}: weight_map must name a file for ${quote(name)}; got ${typeof file}`);
    }
    // A path could lead anywhere on the machine of the person who opens an index from elsewhere.
    if (file === "" || file === "." || file === ".." || /[/\\:\0]/.test(file)) {
      throw new RangeError(`${where}: weight_map must name files without a folder; got ${quote(file)}`);
    }
    fileOf.set(name, file);
  }
  return fileOf;
}
