import type { Dtype } from "./tensor-items.ts";
import { JsonReader, quote } from "./json-reader.ts";
import { decodeUtf8 } from "./utf8.ts";
import { itemCount, itemWidth, listed } from "./tensor-items.ts";

/** What a header says of one tensor: its numbers are the bytes begin … end − 1 of the data. */
export interface Place {
  readonly name: string;
  readonly dtype: Dtype;
  readonly shape: readonly number[];
  readonly begin: number;
  readonly end: number;
}

/**
 * Where the tensors lie in `size` bytes of data (ヘッダーの読み取り), and the free texts, as the header's bytes say:
 * believed only where it adds up.
 *
 * Errors: SyntaxError for what is not UTF-8 or not the JSON of the format, RangeError for values that
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
  // so that a text called __proto__ is a text like any other
  const metadata = Object.create(null) as Record<string, string>;
  if (bytes[0] !== 0x7b) {
    throw new SyntaxError(
      `${where}: must begin with "{"; got ` +
        `${bytes.length === 0 ? "nothing" : `byte 0x${bytes[0]!.toString(16)}`}`,
    );
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
        throw new SyntaxError(
          `${where}: ${tensor} must have the fields dtype, shape and data_offsets alone; got ${quote(field)}`,
        );
      }
    });
    if (dtype === undefined || shape === undefined || offsets === undefined) {
      const missing = dtype === undefined ? "dtype" : shape === undefined ? "shape" : "data_offsets";
      throw new SyntaxError(
        `${where}: ${tensor} must have the fields dtype, shape and data_offsets; got no ${missing}`,
      );
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
  const size = itemWidth(where, dtype) * itemCount(where, shape);
  const [begin = NaN, end = NaN] = offsets;
  if (offsets.length !== 2 || begin > end) {
    throw new RangeError(`${where}: data_offsets must be [begin, end], begin ≤ end; got ${listed(offsets)}`);
  }
  if (end - begin !== size) {
    throw new RangeError(
      `${where}: ${dtype} of shape ${listed(shape)} must take ${size} bytes; got data_offsets ` +
        `${listed(offsets)}, ${end - begin} bytes`,
    );
  }
  return { name, dtype: dtype as Dtype, shape, begin, end };
}

/** The tensors must lie one after the other, in any order, from the first byte of the data to the last. */
function checkPlaces(places: readonly Place[], size: number): void {
  let covered = 0;
  for (const { name, begin, end } of places.slice().sort((a, b) => a.begin - b.begin || a.end - b.end)) {
    const where = `readSafetensors: tensor ${quote(name)}`;
    if (end > size) {
      throw new RangeError(
        `${where}: must lie within the ${size} bytes of data; got data_offsets [${begin}, ${end}]`,
      );
    }
    if (begin < covered) {
      throw new RangeError(
        `${where}: must not overlap another, which ends at ${covered}; got data_offsets [${begin}, ${end}]`,
      );
    }
    if (begin > covered) {
      throw new RangeError(
        `${where}: must begin where the one before ends, at ${covered}; got data_offsets [${begin}, ${end}]`,
      );
    }
    covered = end;
  }
  if (covered < size) {
    throw new RangeError(
      `readSafetensors: the data must end with the last tensor, at ${covered}; got ${size - covered} ` +
        `bytes more`,
    );
  }
}
