import assert from "node:assert/strict";
import test from "node:test";
import { deflateSync } from "node:zlib";
import { PictureError } from "../../../scripts/images/picture.ts";
import { crc32, readPng } from "../../../scripts/images/png.ts";
import { randomGenerator } from "../../../lib/matrix.ts";

const random = randomGenerator(1);
const noise = (length: number): number[] => Array.from({ length }, () => Math.floor(256 * random()));
const word = (n: number): number[] => [n >>> 24, (n >>> 16) & 255, (n >>> 8) & 255, n & 255];

function chunk(type: string, data: ArrayLike<number>): number[] {
  const named = [...Buffer.from(type, "latin1"), ...Array.from(data)];
  return [...word(data.length), ...named, ...word(crc32(Uint8Array.from(named)))];
}

const header = (width: number, height: number, colour: number, { depth = 8, interlace = 0 } = {}): number[] =>
  chunk("IHDR", [...word(width), ...word(height), depth, colour, 0, 0, interlace]);
const SIGNATURE = [0x89, 0x50, 0x4e, 0x47, 13, 10, 26, 10];
const png = (...chunks: number[][]): Uint8Array =>
  Uint8Array.from([...SIGNATURE, ...chunks.flat(), ...chunk("IEND", [])]);
const data = (rows: ArrayLike<number>): number[] =>
  chunk("IDAT", deflateSync(Uint8Array.from(Array.from(rows))));

/**
 * Rows filtered as an encoder does it: each byte less its prediction, with the prediction of Paeth written as
 * the specification has it.
 */
function filtered(
  bytes: readonly number[],
  stride: number,
  wide: number,
  filterOf: (y: number) => number,
): number[] {
  return Array.from({ length: bytes.length / stride }, (_, y) => y).flatMap((y) => {
    const at = (row: number, x: number): number => (row < 0 || x < 0 ? 0 : bytes[row * stride + x]!);
    const filter = filterOf(y);
    const row = Array.from({ length: stride }, (_, x) => {
      const [a, b, c] = [at(y, x - wide), at(y - 1, x), at(y - 1, x - wide)];
      const p = a + b - c;
      const nearest = [a, b, c].reduce((best, one) => (Math.abs(p - one) < Math.abs(p - best) ? one : best));
      return at(y, x) - [0, a, b, Math.floor((a + b) / 2), nearest][filter]! + 512;
    });
    return [filter, ...row.map((value) => value % 256)];
  });
}

test("every filter, alone and mixed, for pixels of one to four bytes, odd sizes, data in several " +
  "chunks", () => {
  for (const [colour, wide] of [
    [0, 1],
    [2, 3],
  ] as const) {
    for (const [width, height] of [
      [1, 1],
      [17, 13],
      [2, 11],
    ] as const) {
      const noisy = noise(width * height * wide);
      const kinds = [0, 1, 2, 3, 4, undefined].flatMap((f) =>
        [256, 4].map((levels) => ({ levels, filterOf: (y: number) => f ?? (y * 3 + 1) % 5 })),
      );
      for (const { levels, filterOf } of kinds) {
        const pixels = noisy.map((value) => value % levels); // few levels make the ties of Paeth's choice
        const packed = deflateSync(Uint8Array.from(filtered(pixels, width * wide, wide, filterOf)));
        const file = png(
          header(width, height, colour),
          chunk("tEXt", [65, 0, 66]),
          chunk("IDAT", packed.subarray(0, 3)),
          chunk("IDAT", packed.subarray(3)),
        );
        assert.deepEqual(
          readPng(file),
          { width, height, channels: wide, pixels: Uint8Array.from(pixels) },
          `colour ${colour}, ${width} × ${height}`,
        );
      }
    }
  }
});

test("alpha shows white through; palettes and single transparent colours", () => {
  // 100 at alpha 51 = 1/5: 100/5 + 255·4/5 = 224
  assert.deepEqual(
    [...readPng(png(header(2, 1, 4), data([0, 100, 51, 100, 255]))).pixels],
    [224, 100],
  );
  assert.deepEqual(
    [...readPng(png(header(2, 1, 6), data([0, 100, 0, 255, 51, 1, 2, 3, 0]))).pixels],
    [224, 204, 255, 255, 255, 255],
  );
  const palette = chunk("PLTE", [1, 2, 3, 100, 0, 255]);
  assert.deepEqual(
    [...readPng(png(header(2, 1, 3), palette, data([0, 1, 0]))).pixels],
    [100, 0, 255, 1, 2, 3],
  );
  assert.deepEqual(
    [...readPng(png(header(2, 1, 3), palette, chunk("tRNS", [0]), data([0, 1, 0]))).pixels],
    [100, 0, 255, 255, 255, 255],
  );
  assert.deepEqual(
    [...readPng(png(header(2, 1, 0), chunk("tRNS", [0, 7]), data([0, 7, 8]))).pixels],
    [255, 8],
  );
  assert.deepEqual(
    [...readPng(png(header(2, 1, 2), chunk("tRNS", [0, 7, 0, 8, 0, 9]), data([0, 7, 8, 9, 7, 8, 1]))).pixels],
    [255, 255, 255, 7, 8, 1],
  );
});

/** Values of some bits packed row by row, as in a file of one pass. */
const packed = (values: readonly number[], across: number, depth: number): number[] =>
  Array.from({ length: values.length / across }, (_, y) => {
    const bits = values
      .slice(y * across, (y + 1) * across)
      .map((value) => value.toString(2).padStart(depth, "0"))
      .join("");
    return [0, ...(bits.match(/.{1,8}/g) ?? []).map((byte) => parseInt(byte.padEnd(8, "0"), 2))];
  }).flat();

test("values of 1, 2, 4, 8 and 16 bits, of every kind, in one pass and in seven", () => {
  const kinds = [
    { colour: 0, values: 1, depths: [1, 2, 4, 8, 16] },
    { colour: 2, values: 3, depths: [8, 16] },
    { colour: 3, values: 1, depths: [1, 2, 4, 8] },
  ];
  // The specification's picture of Adam7: the pass of each pixel of 8 × 8.
  const adam7 = ["16462646", "77777777", "56565656", "77777777", "36463646", "77777777", "56565656", "77777777"];
  const passOf = (x: number, y: number): number => Number(adam7[y % 8]![x % 8]);
  for (const { colour, values, depths } of kinds) {
    for (const depth of depths) {
      for (const [width, height] of [
        [1, 1],
        [9, 5],
        [13, 11],
      ] as const) {
        const most = 2 ** depth - 1;
        const samples = Array.from({ length: width * height * values }, () => Math.floor(random() * (most + 1)));
        const palette = Array.from({ length: 3 * Math.min(256, most + 1) }, () => Math.floor(256 * random()));
        const eight = (value: number): number => Math.round((255 * value) / most);
        const expected =
          colour === 3
            ? samples.flatMap((entry) => palette.slice(3 * entry, 3 * entry + 3))
            : samples.map(eight);
        const before = colour === 3 ? [chunk("PLTE", palette)] : [];
        const flat = data(packed(samples, width * values, depth));
        const seven = [1, 2, 3, 4, 5, 6, 7].flatMap((pass) => {
          const rows = Array.from({ length: height }, (_, y) =>
            Array.from({ length: width }, (_, x) => x)
              .filter((x) => passOf(x, y) === pass)
              .flatMap((x) => samples.slice((y * width + x) * values, (y * width + x + 1) * values)),
          ).filter((row) => row.length > 0);
          return rows.flatMap((row) => packed(row, row.length, depth));
        });
        for (const [interlace, rows] of [
          [0, flat],
          [1, data(seven)],
        ] as const) {
          const file = png(header(width, height, colour, { depth, interlace }), ...before, rows);
          const name = `colour ${colour}, ${depth} bits, ${width} × ${height}, interlace ${interlace}`;
          assert.deepEqual([...readPng(file).pixels], expected, name);
        }
      }
    }
  }
});

test("a file that lies gets an error, before room is made for what it promises", () => {
  const raises = (file: Uint8Array, message: RegExp): void =>
    assert.throws(
      () => readPng(file),
      (error: Error) => error instanceof PictureError && message.test(error.message),
      String(message),
    );
  const grey = data([0, 1]);
  raises(
    png(header(4000, 4000, 2), grey),
    /promises 48004000 bytes of rows, more than \d+ packed bytes can hold/,
  );
  raises(png(header(1 << 30, 1 << 30, 0), grey), /from 1 to 16777216 pixels; got 1073741824 × 1073741824/);
  raises(png(header(0, 1, 0), grey), /got 0 × 1/);
  raises(png(header(1, 1, 0), data(new Uint8Array(1 << 22))), /holds more than the 2 bytes/);
  raises(png(header(4, 4, 0), grey), /must hold the 20 bytes that the header promises; got 2/);
  raises(png(header(1, 1, 0), chunk("IDAT", [1, 2, 3])), /cannot be unpacked/);
  raises(png(header(1, 1, 0), data([5, 1])), /filter from 0 to 4; got 5/);
  raises(png(header(1, 1, 0, { interlace: 2 }), grey), /interlace method must be 0 or 1; got 2/);
  raises(png(header(1, 1, 0, { depth: 3 }), grey), /colour type 0 must be 1, 2, 4, 8, 16; got 3/);
  raises(png(header(1, 1, 2, { depth: 4 }), grey), /colour type 2 must be 8, 16; got 4/);
  raises(png(header(1, 1, 5), grey), /colour type must be 0, 2, 3, 4 or 6; got 5/);
  raises(png(header(1, 1, 3), grey), /need a palette/);
  raises(
    png(header(1, 1, 3), chunk("PLTE", [1, 2, 3]), data([0, 1])),
    /pixel 0 has colour 1 of a palette of 1/,
  );
  raises(png(header(1, 1, 0), chunk("tRNS", [1]), grey), /transparent colour must take 2 bytes; got 1/);
  raises(png(header(1, 1, 0)), /more than 0 packed bytes/);
  raises(png(grey, header(1, 1, 0)), /first chunk, and no other, must be IHDR/);
  raises(png(header(1, 1, 0), chunk("ABCD", []), grey), /chunk ABCD is needed/);
  raises(Uint8Array.from([...SIGNATURE, ...word(0xffffffff), 73, 72, 68, 82]), /ends before its IEND/);
  raises(
    Uint8Array.from([...SIGNATURE, ...word(0xfffffff), 73, 72, 68, 82, 0, 0, 0, 0]),
    /IHDR promises 268435455 bytes; 0 are left/,
  );
});

test("cut anywhere or with any bit flipped, a file gives an error, never another picture", () => {
  const file = png(header(3, 2, 2), data([1, ...noise(9), 4, ...noise(9)]));
  for (let end = 0; end < file.length; end++) {
    assert.throws(() => readPng(file.subarray(0, end)), PictureError, `cut at ${end}`);
  }
  for (let bit = 0; bit < 8 * file.length; bit++) {
    const flipped = file.slice();
    flipped[bit >> 3]! ^= 1 << (bit & 7);
    assert.throws(() => readPng(flipped), PictureError, `bit ${bit}`);
  }
  assert.equal(crc32(Buffer.from("123456789")), 0xcbf43926);
});
