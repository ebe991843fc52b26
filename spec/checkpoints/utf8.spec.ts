import assert from "node:assert/strict";
import test from "node:test";
import { decodeUtf8, encodeUtf8 } from "../../lib/checkpoints/utf8.ts";

const platform = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Whether both decoders give the same text, or both refuse. */
function assertSameVerdict(bytes: readonly number[]): void {
  const array = Uint8Array.from(bytes);
  let expected: string | undefined;
  let actual: string | undefined;
  try {
    expected = platform.decode(array);
  } catch {
    expected = undefined;
  }
  try {
    actual = decodeUtf8("spec", array);
  } catch (error) {
    assert.ok(error instanceof SyntaxError, String(error));
  }
  if (actual !== expected) {
    assert.fail(
      `${bytes.map((b) => b.toString(16))}: got ${JSON.stringify(actual)}, expected ` +
        `${JSON.stringify(expected)}`,
    );
  }
}

test("decodeUtf8 gives the platform's verdict on all sequences of one and two bytes, and on longer ones " +
  "at every edge of a range", () => {
  for (let a = 0; a < 256; a++) {
    assertSameVerdict([a]);
    for (let b = 0; b < 256; b++) assertSameVerdict([a, b]);
  }
  const edges = [0x41, 0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc0, 0xff];
  for (const a of [
    0x41, 0x80, 0xc0, 0xc1, 0xc2, 0xdf, 0xe0, 0xe1, 0xec, 0xed, 0xee, 0xef, 0xf0, 0xf1, 0xf3, 0xf4, 0xf5,
    0xf7, 0xf8, 0xff,
  ]) {
    for (const b of edges) {
      for (const c of edges) {
        for (const bytes of [[a, b, c], ...edges.map((d) => [a, b, c, d])]) assertSameVerdict(bytes);
      }
    }
  }
});

test("every character survives both ways, and encodeUtf8 gives the platform's bytes", () => {
  let text = "";
  for (let code = 0; code <= 0x10ffff; code += code < 0x3000 ? 1 : 61) {
    if (code < 0xd800 || code > 0xdfff) text += String.fromCodePoint(code);
  }
  text += "\u{ffff}\u{10000}\u{10ffff}";
  const bytes = encodeUtf8("spec", text);
  assert.deepEqual(bytes, new TextEncoder().encode(text));
  assert.equal(decodeUtf8("spec", bytes), text);
  assert.equal(decodeUtf8("spec", new Uint8Array(0)), "");
});

test("by hand: 注 is U+6CE8 = 0110 110011 101000, so 1110-0110 10-110011 10-101000", () => {
  assert.deepEqual(Array.from(encodeUtf8("spec", "注")), [0b11100110, 0b10110011, 0b10101000]);
  assert.equal(decodeUtf8("spec", Uint8Array.of(0b11100110, 0b10110011, 0b10101000)), "注");
});

test("a view into a larger buffer is read within its bounds", () => {
  const bytes = Uint8Array.of(0x41, 0xe6, 0xb3, 0xa8, 0x42);
  assert.equal(decodeUtf8("spec", bytes.subarray(1, 4)), "注");
  assert.throws(
    () => decodeUtf8("spec", bytes.subarray(0, 3)),
    new SyntaxError("spec: text must be UTF-8; no character begins at byte 1 (0xe6)"),
  );
});

test("messages name the byte", () => {
  const refused: [string, number[], number, string][] = [
    ["a continuation alone", [0x41, 0x80], 1, "80"],
    ["overlong: / in two bytes", [0xc0, 0xaf], 0, "c0"],
    ["overlong: in three", [0xe0, 0x80, 0xaf], 0, "e0"],
    ["overlong: in four", [0xf0, 0x8f, 0xbf, 0xbf], 0, "f0"],
    ["a surrogate", [0x41, 0x42, 0xed, 0xa0, 0x80], 2, "ed"],
    ["above U+10FFFF", [0xf4, 0x90, 0x80, 0x80], 0, "f4"],
    ["cut short", [0xe6, 0xb3], 0, "e6"],
    ["five bytes", [0xf8, 0x88, 0x80, 0x80, 0x80], 0, "f8"],
  ];
  for (const [what, bytes, at, lead] of refused) {
    const error = new SyntaxError(`spec: text must be UTF-8; no character begins at byte ${at} (0x${lead})`);
    assert.throws(() => decodeUtf8("spec", Uint8Array.from(bytes)), error, what);
  }
  assert.throws(
    () => encodeUtf8("spec", "a\ud800b"),
    new RangeError("spec: text must not hold half a surrogate pair; got U+D800"),
  );
  assert.throws(
    () => encodeUtf8("spec", "\udfff"),
    new RangeError("spec: text must not hold half a surrogate pair; got U+DFFF"),
  );
});
