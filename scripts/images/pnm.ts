/**
 * PBM, PGM and PPM: the plainest picture files there are. Plain (P1, P2, P3) and binary (P4, P5, P6), with a bit
 * or up to 16 bits a value.
 */
import type { Picture } from "./picture.ts";
import { PictureError, checkSize } from "./picture.ts";

const isSpace = (byte: number): boolean => byte === 32 || (byte >= 9 && byte <= 13);

/**
 * A PBM, PGM or PPM file.
 *
 *     file = "P2" | "P3" | "P5" | "P6", width, height, largest value, one white space, values
 *     file = "P1" | "P4", width, height, one white space, bits, of which 1 is black
 *
 * A # starts a comment that ends with its line.
 * Values are brought to 0 … 255. Errors: PictureError when the header is not that, or when the file holds
 * fewer values than it promises.
 */
export function readPnm(bytes: Uint8Array): Picture {
  const kind = String.fromCharCode(bytes[0] ?? 0, bytes[1] ?? 0);
  if (!/^P[1-6]$/.test(kind)) {
    throw new PictureError(`readPnm: the file must begin with P1 to P6; got ${JSON.stringify(kind)}`);
  }
  let at = 2;
  const next = (what: string, most: number): number => {
    for (; at < bytes.length; at++) {
      if (bytes[at] === 35) {
        while (at < bytes.length && bytes[at] !== 10) at++; // a comment
      } else if (!isSpace(bytes[at]!)) break;
    }
    const start = at;
    let value = 0;
    while (at < bytes.length && bytes[at]! >= 48 && bytes[at]! <= 57 && at - start < 10) {
      value = 10 * value + bytes[at++]! - 48;
    }
    if (at === start) {
      throw new PictureError(
        `readPnm: ${what} must be a number; got ` +
          `${at < bytes.length ? JSON.stringify(String.fromCharCode(bytes[at]!)) : "the end of the file"}`,
      );
    }
    if (value > most) throw new PictureError(`readPnm: ${what} must be at most ${most}; got ${value}`);
    return value;
  };
  /** The bits of a PBM: characters one by one, or eight a byte, each row from a byte of its own on. */
  const bits = (isPlain: boolean): Uint8Array => {
    const pixels = new Uint8Array(width * height);
    if (isPlain) {
      for (let p = 0; p < pixels.length; p++) {
        while (at < bytes.length && isSpace(bytes[at]!)) at++;
        const bit = bytes[at++];
        if (bit !== 48 && bit !== 49) throw new PictureError(`readPnm: bit ${p} must be 0 or 1`);
        pixels[p] = bit === 48 ? 255 : 0;
      }
      return pixels;
    }
    const wide = Math.ceil(width / 8);
    const begin = at + 1;
    if (bytes.length - begin < wide * height) {
      const left = Math.max(0, bytes.length - begin);
      throw new PictureError(`readPnm: ${width} × ${height} bits need ${wide * height} bytes; ${left} are left`);
    }
    pixels.forEach((_, p) => {
      const [y, x] = [Math.floor(p / width), p % width];
      const bit = (bytes[begin + y * wide + (x >> 3)]! >> (7 - (x & 7))) & 1;
      pixels[p] = bit === 1 ? 0 : 255;
    });
    return pixels;
  };
  const width = next("width", 1 << 26);
  const height = next("height", 1 << 26);
  checkSize("readPnm", width, height);
  if (kind === "P1" || kind === "P4") return { width, height, channels: 1, pixels: bits(kind === "P1") };
  const most = next("the largest value", 65535);
  if (most === 0) throw new PictureError("readPnm: the largest value must be at least 1; got 0");
  const channels = kind === "P2" || kind === "P5" ? 1 : 3;
  const count = width * height * channels;
  const plain = kind === "P2" || kind === "P3";
  // a plain value takes a digit, and a space before the next
  const size = plain ? 2 * count - 1 : most > 255 ? 2 * count : count;
  if (!plain && !isSpace(bytes[at] ?? 0)) {
    throw new PictureError("readPnm: one white space must stand between the header and the values");
  }
  if (!plain) at++;
  if (bytes.length - at < size) {
    throw new PictureError(
      `readPnm: ${width} × ${height} pixels need ${plain ? "at least " : ""}${size} bytes; ` +
        `${bytes.length - at} are left`,
    );
  }
  const pixels = new Uint8Array(count);
  for (let p = 0; p < count; p++) {
    const value = plain
      ? next(`value ${p}`, most)
      : most > 255
        ? 256 * bytes[at++]! + bytes[at++]!
        : bytes[at++]!;
    if (value > most) throw new PictureError(`readPnm: value ${p} must be at most ${most}; got ${value}`);
    pixels[p] = Math.round((value * 255) / most);
  }
  return { width, height, channels, pixels };
}

/** The bytes of a binary PGM or PPM. */
export function writePnm({ width, height, channels, pixels }: Picture): Uint8Array {
  const header = new TextEncoder().encode(`${channels === 1 ? "P5" : "P6"}\n${width} ${height}\n255\n`);
  const bytes = new Uint8Array(header.length + pixels.length);
  bytes.set(header);
  bytes.set(pixels, header.length);
  return bytes;
}
