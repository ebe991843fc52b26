import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test from "node:test";
import { IMAGENET, PictureError, colourPlanes, greyPlane } from "../../../scripts/images/picture.ts";
import { normalise, planes } from "../../../scripts/images/picture.ts";
import { SUN, sunOverHills } from "../../../scripts/images/sun.ts";
import { assertClose } from "../../support/values.ts";
import { decodePicture, readPicture } from "../../../scripts/images/read.ts";
import { fromRows } from "../../../lib/matrix.ts";
import { readPnm, writePnm } from "../../../scripts/images/pnm.ts";

const bytes = (text: string, ...values: number[]): Uint8Array =>
  Uint8Array.from([...Buffer.from(text, "latin1"), ...values]);

test("plain and binary, grey and colour, comments anywhere, other ranges, two bytes a value", () => {
  assert.deepEqual(readPnm(bytes("P2 #c\n2 # wide\n 2\n# x\n255\n0 1\n254 255 ")), {
    width: 2,
    height: 2,
    channels: 1,
    pixels: Uint8Array.from([0, 1, 254, 255]),
  });
  assert.deepEqual(readPnm(bytes("P3\n1 1\n10\n0 5 10")).pixels, Uint8Array.from([0, 128, 255]));
  // values that look like comments and spaces
  assert.deepEqual(readPnm(bytes("P5 3 1 255\n", 35, 10, 32)).pixels, Uint8Array.from([35, 10, 32]));
  assert.deepEqual(readPnm(bytes("P6\r1 1\t15\n", 0, 3, 15)), {
    width: 1,
    height: 1,
    channels: 3,
    pixels: Uint8Array.from([0, 51, 255]),
  });
  assert.deepEqual(
    readPnm(bytes("P5 2 1 65535\n", 255, 255, 1, 1)).pixels,
    Uint8Array.from([255, 1]),
  );
  // more than one picture in a file: the first
  assert.deepEqual(readPnm(bytes("P5 1 1 255\n", 9, 99, 99)).pixels, Uint8Array.from([9]));
});

test("a file that lies gets an error, before room is made for what it promises", () => {
  const raises = (file: Uint8Array, message: RegExp): void =>
    assert.throws(
      () => readPnm(file),
      (error: Error) => error instanceof PictureError && message.test(error.message),
      String(message),
    );
  raises(bytes("P7 1 1 1"), /must begin with P1 to P6; got "P7"/);
  raises(bytes("P1 2 1 0 2"), /bit 1 must be 0 or 1/);
  raises(bytes("P4 9 2 abc"), /9 × 2 bits need 4 bytes; 3 are left/);
  raises(bytes(""), /must begin with/);
  raises(bytes("P5 4000 4000 255\n", 1), /4000 × 4000 pixels need 16000000 bytes; 1 are left/);
  raises(bytes("P2 4000 4000 255\n1 2 3"), /need at least 31999999 bytes/);
  raises(bytes("P5 67108865 1 255\n"), /width must be at most 67108864/);
  raises(bytes("P5 60000 60000 255\n"), /from 1 to 16777216 pixels; got 60000 × 60000/);
  raises(bytes("P5 0 1 255\n"), /got 0 × 1/);
  raises(bytes("P5 1 1 0\n", 0), /largest value must be at least 1/);
  raises(bytes("P5 1 1 70000\n", 0), /largest value must be at most 65535/);
  raises(bytes("P5 -1 1 255\n", 0), /width must be a number; got "-"/);
  raises(bytes("P5 1 1 255"), /one white space/);
  raises(bytes("P5 1 1 9\n", 10), /value 0 must be at most 9; got 10/);
  raises(bytes("P2 2 1 255\n12 x"), /value 1 must be a number; got "x"/);
  raises(bytes("P2 2 1 255\n123    "), /value 1 must be a number; got the end of the file/);
});

test("there and back; the bundled picture is what its formula says", () => {
  const picture = sunOverHills();
  assert.deepEqual(readPnm(writePnm(picture)), picture);
  assert.deepEqual(new Uint8Array(readFileSync(SUN)), writePnm(picture));
  assert.deepEqual(readPicture(SUN), picture);
});

test("planes from 0 to 1, brightness, and the papers' normalisation", () => {
  const picture = {
    width: 2,
    height: 1,
    channels: 3 as const,
    pixels: Uint8Array.from([255, 0, 51, 0, 255, 102]),
  };
  planes(picture).forEach((plane, c) =>
    assertClose(
      plane,
      [
        [
          [1, 0],
          [0, 1],
          [0.2, 0.4],
        ][c]!,
      ],
      1e-7,
    ),
  );
  assertClose(greyPlane(picture), [[0.299 + 0.114 * 0.2, 0.587 + 0.114 * 0.4]], 1e-7);
  const grey = { width: 2, height: 1, channels: 1 as const, pixels: Uint8Array.from([0, 255]) };
  assertClose(greyPlane(grey), [[0, 1]], 0);
  assert.equal(colourPlanes(grey).length, 3);
  // (1 − 0.485) / 0.229, (0 − 0.456) / 0.224, (0.2 − 0.406) / 0.225
  normalise(planes(picture), IMAGENET).forEach((plane, c) => {
    assert.ok(
      Math.abs(plane.data[0]! - [0.515 / 0.229, -0.456 / 0.224, -0.206 / 0.225][c]!) < 1e-6,
      `channel ${c}: ${plane.data[0]}`,
    );
  });
  assert.throws(() => normalise([fromRows([[1]])], IMAGENET), RangeError);
});

test("files: what cannot be read says why, and other kinds are named", () => {
  const folder = mkdtempSync(join(tmpdir(), "pictures-"));
  const says = (run: () => unknown, message: RegExp): void =>
    assert.throws(
      run,
      (error: Error) => error instanceof PictureError && message.test(error.message),
    );
  says(() => readPicture(join(folder, "none.png")), /no such file/);
  says(() => readPicture(folder), /not a file/);
  writeFileSync(join(folder, "a.png"), bytes("P5 1 1 255\n", 7)); // by its content, not its name
  assert.deepEqual(readPicture(join(folder, "a.png")).pixels, Uint8Array.from([7]));
  rmSync(folder, { recursive: true });
  says(() => decodePicture(Uint8Array.from([0xff, 0xd8, 0xff])), /PNG, PBM, PGM or PPM; this is JPEG/);
  says(() => decodePicture(new Uint8Array(0)), /an empty file/);
  says(() => decodePicture(bytes("P7 8 1\n", 0)), /this is PAM/);
  says(() => decodePicture(bytes("hello")), /something else/);
});

test("a bitmap, plain and packed: 1 is black, and each packed row begins with a byte of its own", () => {
  const expected = [0, 255, 255, 255, 255, 255, 255, 255, 0, 255, 0, 255, 255, 255, 255, 255, 255, 0];
  const plain = readPnm(bytes("P1 # a comment\n9 2\n100000001\n0 1 0 0 0 0 0 0 1\n"));
  const packed = readPnm(Uint8Array.from([...bytes("P4\n9 2\n"), 0b10000000, 0b10000000, 0b01000000, 0b10000000]));
  for (const { width, height, channels, pixels } of [plain, packed]) {
    assert.deepEqual([width, height, channels, [...pixels]], [9, 2, 1, expected]);
  }
});
