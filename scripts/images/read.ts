/** A picture from a file, whatever its kind. */
import { closeSync, fstatSync, openSync, readFileSync, statSync } from "node:fs";
import type { Picture } from "./picture.ts";
import { PictureError } from "./picture.ts";
import { isPng, readPng } from "./png.ts";
import { readPnm } from "./pnm.ts";

/** Files up to 64 MB are read. */
const MOST_BYTES = 1 << 26;

/** What else pictures are saved as, by how the file begins. */
const OTHERS: readonly (readonly [string, RegExp])[] = [
  ["JPEG", /^\xff\xd8/],
  ["GIF", /^GIF8/],
  ["WebP", /^RIFF[^]{4}WEBP/],
  ["PAM", /^P7/],
  ["JPEG XL", /^\xff\x0a/],
  ["PDF", /^%PDF/],
  ["BMP", /^BM/],
  ["TIFF", /^(?:II\*\0|MM\0\*)/],
  ["HEIC or AVIF", /^[^]{4}ftyp/],
  ["SVG", /^\s*<(?:svg|\?xml)/],
];

/**
 * PNG, PBM, PGM or PPM by what the file begins with, not by its name. Errors: PictureError, which says what is
 * wrong with it.
 */
export function decodePicture(bytes: Uint8Array): Picture {
  if (isPng(bytes)) return readPng(bytes);
  if (bytes[0] === 0x50 && bytes[1]! >= 0x31 && bytes[1]! <= 0x36) return readPnm(bytes);
  const start = String.fromCharCode(...bytes.subarray(0, 16));
  const other = OTHERS.find(([, pattern]) => pattern.test(start))?.[0] ?? "something else";
  const known = other !== "something else";
  const advice = known ? "; open it in any viewer and save it as PNG, or: magick picture picture.png" : "";
  throw new PictureError(
    `the picture must be a PNG, PBM, PGM or PPM; this is ${bytes.length === 0 ? "an empty file" : other}${advice}`,
  );
}

/** The picture in a file. Errors: PictureError, also where the file cannot be read. */
export function readPicture(path: string | URL): Picture {
  let handle: number;
  try {
    if (!statSync(path).isFile()) throw new PictureError("it is not a file"); // a pipe would wait for a writer
    handle = openSync(path, "r");
  } catch (error) {
    if (error instanceof PictureError) throw error;
    const code = (error as NodeJS.ErrnoException).code;
    throw new PictureError(
      code === "ENOENT"
        ? "there is no such file"
        : code === "EACCES"
          ? "the file may not be read"
          : `the file cannot be opened (${code ?? "unknown error"})`,
    );
  }
  try {
    const stat = fstatSync(handle);
    if (stat.size > MOST_BYTES) {
      throw new PictureError(`the file must be at most ${MOST_BYTES} bytes; got ${stat.size}`);
    }
    return decodePicture(readFileSync(handle));
  } finally {
    closeSync(handle);
  }
}
