/**
 * PNG of every kind: grey, colour, palette, each with or without alpha, of 1 to 16 bits a value, interlaced
 * or not. Source: W3C, "Portable Network Graphics (PNG) Specification".
 */
import { inflateSync } from "node:zlib";
import type { Picture } from "./picture.ts";
import { PictureError, checkSize } from "./picture.ts";

const SIGNATURE = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];

/** How many values a pixel has, and of how many bits they may be, by colour type: grey, colour, palette … */
const KINDS: ReadonlyMap<number, { readonly values: number; readonly depths: readonly number[] }> = new Map([
  [0, { values: 1, depths: [1, 2, 4, 8, 16] }],
  [2, { values: 3, depths: [8, 16] }],
  [3, { values: 1, depths: [1, 2, 4, 8] }],
  [4, { values: 2, depths: [8, 16] }],
  [6, { values: 4, depths: [8, 16] }],
]);

/** The seven passes of Adam7: where each begins and how far apart its pixels lie, x and y. */
const ADAM7 = [
  [0, 0, 8, 8],
  [4, 0, 8, 8],
  [0, 4, 4, 8],
  [2, 0, 4, 4],
  [0, 2, 2, 4],
  [1, 0, 2, 2],
  [0, 1, 1, 2],
] as const;

/**
 * Deflate cannot make more than 1,032 bytes out of one: a header that promises more lies, whatever its data
 * is.
 */
const MOST_GROWTH = 1032;

export function isPng(bytes: Uint8Array): boolean {
  return SIGNATURE.every((byte, at) => bytes[at] === byte);
}

/**
 * A PNG file. What is transparent shows white; `alpha` says what was.
 *
 * Chunks are checked (order, length, CRC) before anything is unpacked, and what is unpacked can never grow
 * beyond what the header promises.
 * Errors: PictureError for a file that is not a sound PNG.
 */
export function readPng(bytes: Uint8Array): Picture {
  if (!isPng(bytes)) throw new PictureError("readPng: the file must begin with the signature of PNG");
  const chunks = chunksOf(bytes);
  const { width, height, colour, depth, interlaced } = header(chunks[0]!);
  const { values } = KINDS.get(colour)!;
  const find = (type: string): Uint8Array | undefined => chunks.find((chunk) => chunk.type === type)?.data;
  const palette = find("PLTE");
  const clear = find("tRNS");
  if (
    colour === 3 &&
    (palette === undefined || palette.length === 0 || palette.length % 3 !== 0 || palette.length > 768)
  ) {
    throw new PictureError("readPng: colours by number need a palette of 1 to 256 colours");
  }
  if (clear !== undefined && (colour === 0 || colour === 2) && clear.length !== 2 * values) {
    const rule = `must take ${2 * values} bytes`;
    throw new PictureError(`readPng: a transparent colour ${rule}; got ${clear.length}`);
  }
  const packed = chunks.filter(({ type }) => type === "IDAT").map(({ data }) => data);
  const samples = samplesOf(packed, { width, height, values, depth, interlaced });

  const channels = colour === 0 || colour === 4 ? 1 : 3;
  const pixels = new Uint8Array(width * height * channels);
  const alphas = new Uint8Array(width * height);
  const eight = (value: number): number => Math.round((value * 255) / (2 ** depth - 1));
  for (let p = 0; p < width * height; p++) {
    const at = p * values;
    let alpha = colour === 4 || colour === 6 ? eight(samples[at + values - 1]!) : 255;
    let from = 0;
    if (colour === 3) {
      const entry = samples[at]!;
      if (3 * entry >= palette!.length) {
        throw new PictureError(
          `readPng: pixel ${p} has colour ${entry} of a palette of ${palette!.length / 3}`,
        );
      }
      from = 3 * entry;
      alpha = clear?.[entry] ?? 255;
    } else if (clear !== undefined && (colour === 0 || colour === 2)) {
      let same = true;
      for (let c = 0; c < values; c++) same &&= clear[2 * c]! * 256 + clear[2 * c + 1]! === samples[at + c];
      if (same) alpha = 0;
    }
    alphas[p] = alpha;
    for (let c = 0; c < channels; c++) {
      const value = colour === 3 ? palette![from + c]! : eight(samples[at + c]!);
      pixels[p * channels + c] = Math.round((value * alpha + 255 * (255 - alpha)) / 255);
    }
  }
  const picture = { width, height, channels, pixels } as const;
  return alphas.every((alpha) => alpha === 255) ? picture : { ...picture, alpha: alphas };
}

interface Layout {
  readonly width: number;
  readonly height: number;
  readonly values: number;
  readonly depth: number;
  readonly interlaced: boolean;
}

/** Every value of every pixel in its place, from one pass or from seven. */
function samplesOf(packed: readonly Uint8Array[], layout: Layout): Uint16Array {
  const { width, height, values, depth, interlaced } = layout;
  const passes = (interlaced ? ADAM7 : [[0, 0, 1, 1] as const])
    .map(([x, y, dx, dy]) => {
      return { x, y, dx, dy, w: Math.ceil((width - x) / dx), h: Math.ceil((height - y) / dy) };
    })
    .filter(({ w, h }) => w > 0 && h > 0)
    .map((pass) => ({ ...pass, stride: Math.ceil((pass.w * values * depth) / 8) }));
  const rows = unpack(packed, passes.reduce((sum, { h, stride }) => sum + h * (1 + stride), 0));
  const samples = new Uint16Array(width * height * values);
  let begin = 0;
  for (const { x, y, dx, dy, w, h, stride } of passes) {
    const end = begin + h * (1 + stride);
    const bytes = unfilter(rows.subarray(begin, end), stride, h, Math.max(1, (values * depth) / 8));
    begin = end;
    for (let i = 0; i < h; i++) {
      for (let n = 0; n < w * values; n++) {
        const bit = n * depth;
        const at = i * stride + (bit >> 3);
        const value =
          depth === 16
            ? bytes[at]! * 256 + bytes[at + 1]!
            : (bytes[at]! >> (8 - depth - (bit & 7))) & (2 ** depth - 1);
        const column = x + Math.floor(n / values) * dx;
        samples[((y + i * dy) * width + column) * values + (n % values)] = value;
      }
    }
  }
  return samples;
}

interface Chunk {
  readonly type: string;
  readonly data: Uint8Array;
}

/** length · type · data · CRC of type and data, from IHDR to IEND. */
function chunksOf(bytes: Uint8Array): Chunk[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const chunks: Chunk[] = [];
  let at = SIGNATURE.length;
  while (chunks[chunks.length - 1]?.type !== "IEND") {
    if (at + 12 > bytes.length) throw new PictureError("readPng: the file ends before its IEND chunk");
    const length = view.getUint32(at);
    const type = String.fromCharCode(...bytes.subarray(at + 4, at + 8));
    if (!/^[A-Za-z]{4}$/.test(type)) {
      throw new PictureError(`readPng: at byte ${at} a chunk must have a type of four letters`);
    }
    if (length > bytes.length - at - 12) {
      throw new PictureError(
        `readPng: the chunk ${type} promises ${length} bytes; ${bytes.length - at - 12} are left`,
      );
    }
    if (crc32(bytes.subarray(at + 4, at + 8 + length)) !== view.getUint32(at + 8 + length)) {
      throw new PictureError(`readPng: the chunk ${type} is damaged: its CRC does not fit`);
    }
    if ((chunks.length === 0) !== (type === "IHDR")) {
      throw new PictureError("readPng: the first chunk, and no other, must be IHDR");
    }
    if (/^[A-Z]/.test(type) && !["IHDR", "PLTE", "IDAT", "IEND"].includes(type)) {
      throw new PictureError(
        `readPng: the chunk ${type} is needed to show the picture, and is not known here`,
      );
    }
    chunks.push({ type, data: bytes.subarray(at + 8, at + 8 + length) });
    at += 12 + length;
  }
  return chunks;
}

function header({ data }: Chunk): {
  width: number;
  height: number;
  colour: number;
  depth: number;
  interlaced: boolean;
} {
  if (data.length !== 13) throw new PictureError(`readPng: IHDR must hold 13 bytes; got ${data.length}`);
  const view = new DataView(data.buffer, data.byteOffset, 13);
  const [width, height] = [view.getUint32(0), view.getUint32(4)];
  const [depth = 0, colour = 0, compression, filter, interlace = 0] = data.subarray(8);
  checkSize("readPng", width, height);
  const kind = KINDS.get(colour);
  if (kind === undefined) {
    throw new PictureError(`readPng: the colour type must be 0, 2, 3, 4 or 6; got ${colour}`);
  }
  if (!kind.depths.includes(depth)) {
    throw new PictureError(
      `readPng: bits a value of colour type ${colour} must be ${kind.depths.join(", ")}; got ${depth}`,
    );
  }
  if (compression !== 0 || filter !== 0) {
    throw new PictureError(
      `readPng: compression and filter method must be 0; got ${compression} and ${filter}`,
    );
  }
  if (interlace > 1) {
    throw new PictureError(`readPng: the interlace method must be 0 or 1; got ${interlace}`);
  }
  return { width, height, colour, depth, interlaced: interlace === 1 };
}

function unpack(packed: readonly Uint8Array[], size: number): Uint8Array {
  const length = packed.reduce((sum, part) => sum + part.length, 0);
  if (size > length * MOST_GROWTH) {
    throw new PictureError(
      `readPng: the header promises ${size} bytes of rows, more than ${length} packed bytes can hold`,
    );
  }
  let rows: Uint8Array;
  try {
    rows = inflateSync(packed.length === 1 ? packed[0]! : Buffer.concat(packed), { maxOutputLength: size });
  } catch (error) {
    const tooMuch = (error as NodeJS.ErrnoException).code === "ERR_BUFFER_TOO_LARGE";
    throw new PictureError(
      tooMuch
        ? `readPng: the data holds more than the ${size} bytes that the header promises`
        : `readPng: the data cannot be unpacked: ${(error as Error).message}`,
    );
  }
  if (rows.length !== size) {
    throw new PictureError(
      `readPng: the data must hold the ${size} bytes that the header promises; got ${rows.length}`,
    );
  }
  return rows;
}

/**
 * Each row begins with the number of its filter: what to add to a byte of what stands left of it, above it,
 * and above left.
 */
function unfilter(rows: Uint8Array, stride: number, height: number, wide: number): Uint8Array {
  const out = new Uint8Array(stride * height);
  for (let y = 0; y < height; y++) {
    const filter = rows[y * (stride + 1)]!;
    if (filter > 4) throw new PictureError(`readPng: row ${y} must have a filter from 0 to 4; got ${filter}`);
    for (let x = 0; x < stride; x++) {
      const at = y * stride + x;
      const left = x >= wide ? out[at - wide]! : 0;
      const up = y > 0 ? out[at - stride]! : 0;
      const corner = x >= wide && y > 0 ? out[at - stride - wide]! : 0;
      const added =
        filter === 1
          ? left
          : filter === 2
            ? up
            : filter === 3
              ? (left + up) >> 1
              : filter === 4
                ? paeth(left, up, corner)
                : 0;
      out[at] = rows[y * (stride + 1) + 1 + x]! + added; // modulo 256
    }
  }
  return out;
}

/** Of left, above and above left the one nearest to left + above − above left; of equals the first. */
function paeth(left: number, up: number, corner: number): number {
  const [a, b, c] = [Math.abs(up - corner), Math.abs(left - corner), Math.abs(left + up - 2 * corner)];
  return a <= b && a <= c ? left : b <= c ? up : corner;
}

const TABLE = Uint32Array.from({ length: 256 }, (_, n) => {
  let c = n;
  for (let k = 0; k < 8; k++) c = c & 1 ? 0xedb88320 ^ (c >>> 1) : c >>> 1;
  return c;
});

/** The check sum of PNG and zip. */
export function crc32(bytes: Uint8Array): number {
  let c = 0xffffffff;
  for (const byte of bytes) c = TABLE[(c ^ byte) & 255]! ^ (c >>> 8);
  return (c ^ 0xffffffff) >>> 0;
}
