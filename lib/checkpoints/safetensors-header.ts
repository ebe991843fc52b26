import { JsonReader, quote } from "./json-reader.ts";
import { decimal64 } from "./int64.ts";
import { decodeUtf8 } from "./utf8.ts";
import { itemBits, itemCount, listed } from "./tensor-items.ts";

/** What a header says of one tensor: its numbers are the bytes begin … end − 1 of the data. */
export interface Place {
  readonly name: string;
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly begin: number;
  readonly end: number;
}

const MAX_HEADER = 100000000;
const FIELDS = "must have the fields dtype, shape and data_offsets";

/**
 * Where a file's header ends and its data begins (ヘッダーの終わり), from its first bytes and its size.
 *
 *     end = 8 + N,  N the first 8 bytes, little-endian
 *
 * `start` holds the first bytes of the file, 64 or all of them. Files of other formats that are often taken
 * for this one are recognised.
 * Errors: RangeError for a file of another format, a header over 100 MB or past the end of the file.
 */
export function headerEnd(start: Uint8Array, size: number): number {
  const where = "readSafetensors";
  if (size < 8) {
    throw new RangeError(`${where}: bytes must begin with 8 for the header's length; got ${size}`);
  }
  const other = start[8] === 0x7b ? undefined : otherFormat(start); // 0x7b is "{"
  if (other !== undefined) {
    throw new RangeError(`${where}: bytes must be a safetensors file; got ${other}`);
  }
  const doubt = start[8] === 0x7b ? "" : ": is it a safetensors file?";
  const view = new DataView(start.buffer, start.byteOffset, 8);
  const high = view.getUint32(4, true);
  const length = view.getUint32(0, true);
  if (high > 0 || length > MAX_HEADER) {
    const got = `a length of ${decimal64(high, length)}${doubt}`;
    throw new RangeError(`${where}: the header must not exceed ${MAX_HEADER} bytes; got ${got}`);
  }
  if (length > size - 8) {
    const got = `a length of ${length} with ${size - 8} bytes left${doubt}`;
    throw new RangeError(`${where}: the header must end within the file; got ${got}`);
  }
  return 8 + length;
}

/** What a file is that begins so and is no safetensors file, with advice; undefined if that is not known. */
function otherFormat(start: Uint8Array): string | undefined {
  const text = Array.from(start.subarray(0, 64), (byte) => String.fromCharCode(byte)).join("");
  const begins = (beginning: string): boolean => text.slice(0, beginning.length) === beginning;
  const save = "save its tensors with safetensors.torch.save_file";
  if (begins("version https://git-lfs")) {
    return 'a Git LFS pointer to it: "git lfs pull" fetches the file';
  }
  if (begins("PK\x03\x04")) return `a zip file, as PyTorch writes .pt, .pth and .bin: ${save}`;
  if (/^\x80[\x02-\x05]/.test(text)) {
    return `a Python pickle, as PyTorch wrote .pt and .bin: ${save}`;
  }
  if (begins("\x89HDF")) return "an HDF5 file, as Keras writes .h5";
  if (begins("GGUF")) return "a GGUF file";
  if (begins("\x1f\x8b")) return "a gzip file: unpack it first";
  if (/^\s*<(?:!doctype|html)/i.test(text)) {
    return "a web page: the download gave a page about the file";
  }
  if (/^\s*[{[]/.test(text)) return "JSON text: readShards reads a model.safetensors.index.json";
  return undefined;
}

/**
 * Where the tensors lie in `size` bytes of data (ヘッダーの読み取り), and the free texts, as the header's bytes say.
 *
 * The header is believed only where it adds up. A tensor of a type that is not read is passed over: it must
 * have its place, and its numbers are judged when they are read.
 * Errors: SyntaxError for bytes that are not UTF-8 or not the JSON of the format, RangeError for values that
 * contradict each other or the size.
 * Source: huggingface.co/docs/safetensors, "Format".
 */
export function readHeader(
  bytes: Uint8Array,
  size: number,
): { places: Place[]; metadata: Record<string, string> } {
  const where = "readSafetensors: header";
  const reader = new JsonReader(where, decodeUtf8(where, bytes));
  const places: Place[] = [];
  // An object without a prototype: a text called __proto__ is a text like any other.
  const metadata = Object.create(null) as Record<string, string>;
  if (bytes[0] !== 0x7b) {
    const got = bytes.length === 0 ? "nothing" : `byte 0x${bytes[0]!.toString(16)}`;
    throw new SyntaxError(`${where}: must begin with "{"; got ${got}`);
  }
  reader.object("the header", (name) => {
    if (name === "__metadata__") {
      reader.object(name, (key) => {
        metadata[key] = reader.string(`${name} of ${quote(key)}`);
      });
      return;
    }
    const tensor = `tensor ${quote(name)}`;
    let dtype: string | undefined;
    let shape: number[] | undefined;
    let offsets: number[] | undefined;
    reader.object(tensor, (field) => {
      if (field === "dtype") dtype = reader.string(`dtype of ${tensor}`);
      else if (field === "shape") shape = reader.integers(`shape of ${tensor}`);
      else if (field === "data_offsets") offsets = reader.integers(`data_offsets of ${tensor}`);
      else {
        throw new SyntaxError(`${where}: ${tensor} ${FIELDS} alone; got ${quote(field)}`);
      }
    });
    if (dtype === undefined || shape === undefined || offsets === undefined) {
      const missing = dtype === undefined ? "dtype" : shape === undefined ? "shape" : "data_offsets";
      throw new SyntaxError(`${where}: ${tensor} ${FIELDS}; got no ${missing}`);
    }
    places.push(checkPlace(name, dtype, shape, offsets));
  });
  reader.end();
  checkPlaces(places, size);
  return { places, metadata };
}

function checkPlace(
  name: string,
  dtype: string,
  shape: readonly number[],
  offsets: readonly number[],
): Place {
  const where = `readSafetensors: tensor ${quote(name)}`;
  const count = itemCount(where, shape);
  const bits = itemBits(dtype);
  const [begin = NaN, end = NaN] = offsets;
  if (offsets.length !== 2 || begin > end) {
    throw new RangeError(`${where}: data_offsets must be [begin, end], begin ≤ end; got ${listed(offsets)}`);
  }
  if (bits !== undefined && end - begin !== (bits / 8) * count) {
    const rule = `${dtype} of shape ${listed(shape)} must take ${(bits / 8) * count} bytes`;
    throw new RangeError(`${where}: ${rule}; got data_offsets ${listed(offsets)}, ${end - begin} bytes`);
  }
  return { name, dtype, shape, begin, end };
}

/**
 * Throws unless the tensors lie one after the other, in any order, from the first byte of the data to the
 * last.
 */
function checkPlaces(places: readonly Place[], size: number): void {
  let covered = 0;
  for (const { name, begin, end } of places.slice().sort((a, b) => a.begin - b.begin || a.end - b.end)) {
    const refuse = (rule: string): never => {
      const got = `data_offsets [${begin}, ${end}]`;
      throw new RangeError(`readSafetensors: tensor ${quote(name)}: must ${rule}; got ${got}`);
    };
    if (end > size) refuse(`lie within the ${size} bytes of data`);
    if (begin < covered) refuse(`not overlap another, which ends at ${covered}`);
    if (begin > covered) refuse(`begin where the one before ends, at ${covered}`);
    covered = end;
  }
  if (covered === size) return;
  const rule = `the data must end with the last tensor, at ${covered}`;
  throw new RangeError(`readSafetensors: ${rule}; got ${size - covered} bytes more`);
}
