/**
 * PNG with 8 bits a value: grey, colour, palette, each with or without alpha. Source: W3C, "Portable Network
 * Graphics (PNG) Specification".
 */
import { inflateSync } from "node:zlib";
import type { Picture } from "./picture.ts";
import { PictureError, checkSize } from "./picture.ts";

const SIGNATURE = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];

/** How many bytes a pixel takes, by colour type: grey, colour, palette, grey and alpha, colour and alpha. */
const BYTES: ReadonlyMap<number, number> = new Map([
  [0, 1],
  [2, 3],
  [3, 1],
  [4, 2],
  [6, 4],
]);

/**
 * Deflate cannot make more than 1,032 bytes out of one: a header that promises more lies, whatever its data
 * is.
 */
const MOST_GROWTH = 1032;

export function isPng(bytes: Uint8Array): boolean {
  return SIGNATURE.every((byte, at) => bytes[at] === byte);
}

/**
 * A PNG file. What is transparent shows white.
 *
 * Chunks are checked (order, length, CRC) before anything is unpacked, and what is unpacked can never grow
 * beyond what the header promises.
 * Errors: PictureError for a file that is not a sound PNG, is interlaced, or has other than 8 bits a value.
 */
export function readPng(bytes: Uint8Array): Picture {
  if (!isPng(bytes)) throw new PictureError("readPng: the file must begin with the signature of PNG");
  const chunks = chunksOf(bytes);
  const { width, height, colour } = header(chunks[0]!);
  const wide = BYTES.get(colour)!;
  const find = (type: string): Uint8Array | undefined => chunks.find((chunk) => chunk.type === type)?.data;
  const palette = find("PLTE");
  const clear = find("tRNS");
  if (
    colour === 3 &&
    (palette === undefined || palette.length === 0 || palette.length % 3 !== 0 || palette.length > 768)
  ) {
    throw new PictureError("readPng: colours by number need a palette of 1 to 256 colours");
  }
  if (clear !== undefined && (colour === 0 || colour === 2) && clear.length !== 2 * wide) {
    throw new PictureError(`readPng: a transparent colour must take ${2 * wide} bytes; got ${clear.length}`);
  }
  const packed = chunks.filter(({ type }) => type === "IDAT").map(({ data }) => data);
  const rows = unfilter(unpack(packed, height * (1 + width * wide)), width * wide, height, wide);

  const channels = colour === 0 || colour === 4 ? 1 : 3;
  const pixels = new Uint8Array(width * height * channels);
  for (let p = 0; p < width * height; p++) {
    const at = p * wide;
    let alpha = colour === 4 || colour === 6 ? rows[at + wide - 1]! : 255;
    let [source, from] = [rows, at];
    if (colour === 3) {
      const entry = rows[at]!;
      if (3 * entry >= palette!.length) {
        throw new PictureError(
          `readPng: pixel ${p} has colour ${entry} of a palette of ${palette!.length / 3}`,
        );
      }
      [source, from] = [palette!, 3 * entry];
      alpha = clear?.[entry] ?? 255;
    } else if (clear !== undefined && (colour === 0 || colour === 2)) {
      let same = true;
      for (let c = 0; c < wide; c++) same &&= clear[2 * c] === 0 && clear[2 * c + 1] === rows[at + c];
      if (same) alpha = 0;
    }
    for (let c = 0; c < channels; c++) {
      pixels[p * channels + c] = Math.round((source[from + c]! * alpha + 255 * (255 - alpha)) / 255);
    }
  }
  return { width, height, channels, pixels };
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

function header({ data }: Chunk): { width: number; height: number; colour: number } {
  if (data.length !== 13) throw new PictureError(`readPng: IHDR must hold 13 bytes; got ${data.length}`);
  const view = new DataView(data.buffer, data.byteOffset, 13);
  const [width, height] = [view.getUint32(0), view.getUint32(4)];
  const [depth, colour, compression, filter, interlace] = data.subarray(8) as unknown as [
    number,
    number,
    number,
    number,
    number,
  ];
  checkSize("readPng", width, height);
  if (!BYTES.has(colour)) {
    throw new PictureError(`readPng: the colour type must be 0, 2, 3, 4 or 6; got ${colour}`);
  }
  if (depth !== 8) {
    throw new PictureError(
      `readPng: only 8 bits a value are read here; got ${depth}. Save it with 8 bits a channel`,
    );
  }
  if (compression !== 0 || filter !== 0) {
    throw new PictureError(
      `readPng: compression and filter method must be 0; got ${compression} and ${filter}`,
    );
  }
  if (interlace !== 0) {
    throw new PictureError("readPng: interlaced pictures are not read here; save it without interlacing");
  }
  return { width, height, colour };
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
