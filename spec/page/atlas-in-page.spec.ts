import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { atlasInPage, pageEntries } from "../../scripts/atlas/in-page.ts";
import { embed } from "../../scripts/atlas/words.ts";
import { bytesOfText, packed, textOfBytes, unpacked } from "../../scripts/page/packed.ts";

test("the page has every mechanism of the atlas, in its order", () => {
  const listed = JSON.parse(readFileSync("scripts/atlas/entries.json", "utf8")) as { id: string }[];
  assert.deepEqual(
    pageEntries().map(({ id }) => id),
    listed.map(({ id }) => id),
  );
});

test("every check holds on one word, on few and on many, at several seeds", () => {
  for (const words of [["a"], ["a", "b"], ["the", "cat", "the", "dog", "saw"], [..."春の夜に小さな猫が犬を追った"]]) {
    for (const seed of [0, 9]) {
      for (const { id, checks, maps } of atlasInPage(words, embed(words, 16, seed), seed)) {
        assert.ok(maps.length > 0, `${id} has no map`);
        for (const { id: check, pass } of checks) {
          assert.equal(pass, true, `${id}: ${check}, ${words.join(" ")}, ${seed}`);
        }
      }
    }
  }
});

test("packed text is the text again, and shorter where it repeats", () => {
  const code = readFileSync("lib/attention/attention.ts", "utf8");
  for (const text of ["", "a", "~", "^^~~ ~^", "abc".repeat(400), "春夏秋冬".repeat(9), code + code]) {
    assert.equal(unpacked(packed(text)), text, text.slice(0, 20));
  }
  assert.ok(packed(code + code).length < 1.1 * code.length, `${packed(code + code).length} of ${2 * code.length}`);
});

test("bytes as text are the bytes again, a quarter longer, and hold no mark of HTML", () => {
  for (let length = 0; length < 12; length++) {
    const bytes = Uint8Array.from({ length }, (_, n) => (n % 4 === 0 ? 255 : 37 * n));
    const text = textOfBytes(bytes);
    assert.deepEqual(bytesOfText(text), bytes, `${length} bytes`);
    assert.equal(text.length, Math.ceil((5 * length) / 4));
    assert.doesNotMatch(text, /[<>&\s]/);
  }
});
