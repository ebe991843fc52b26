import assert from "node:assert/strict";
import { test } from "node:test";
import { MOST_WORDS, contextOf, givenOf, joinedWords, joinsKept, piecesOf } from "../../scripts/page/context.ts";
import { SCENES } from "../../scripts/page/scenes.ts";
import { blockOf, densestIn, pooled } from "../../scripts/page/parts/pool.ts";
import { blockSides } from "../../scripts/page/parts/big-map.ts";
import { normal } from "../support/values.ts";
import { embed } from "../../scripts/atlas/words.ts";
import { matrix } from "../../lib/matrix.ts";
import { outsideWith } from "./outside.ts";
import { readState, writeState, type Shared } from "../../scripts/page/state.ts";

const first = readState("", "en", SCENES).shared;

test("pieces are joined at their seams: with a space between words of letters, with none in Japanese", () => {
  assert.deepEqual(joinedWords(["a", "bb", "cc", "dd"], [1]), ["a", "bb cc", "dd"]);
  assert.deepEqual(joinedWords(["aa", "bb", "cc"], [0, 1]), ["aa bb cc"]);
  assert.deepEqual(joinedWords(["犬", "を", "追", "っ", "た"], [2, 3]), ["犬", "を", "追った"]);
  assert.deepEqual(joinedWords(["<", "b", ">"], [0, 1]), ["<b>"]);
  assert.deepEqual(joinedWords(["a"], [0, 7, 9999]), ["a"]);
  assert.deepEqual(joinedWords([], [0]), []);
});

test("a joined word has one vector, that of its own letters", () => {
  const given = givenOf({ ...first, text: "old cat sat", joins: [0] });
  assert.deepEqual(given.words, ["old cat", "sat"]);
  assert.deepEqual(given.X.data, embed(["old cat", "sat"], 16, first.seed).data);
  assert.deepEqual(given.pieces, ["old", "cat", "sat"]);
});

test("seams survive a change behind them, and fall with the words that they joined", () => {
  const before: Shared = { ...first, text: "aa bb cc dd", joins: [0, 2] };
  assert.deepEqual(joinsKept(before, { ...before, text: "aa bb cc dd ee" }), [0, 2]);
  assert.deepEqual(joinsKept(before, { ...before, text: "aa bb cc" }), [0]);
  assert.deepEqual(joinsKept(before, { ...before, text: "xx bb cc dd" }), []);
  assert.deepEqual(joinsKept(before, { ...before, cut: "letter" }), []);
  assert.deepEqual(joinsKept(before, { ...before, seed: 3 }), [0, 2]);
});

test("seams and blocks go through the address and back; what is no list of seams is none", () => {
  const state = readState("#text=aa+bb+cc&joins=1.0&pool=largest", "en", SCENES);
  assert.deepEqual([state.shared.joins, state.shared.pool], [[1, 0], "largest"]);
  assert.deepEqual(readState(writeState(state, SCENES), "ja", SCENES), state);
  for (const bad of ["-1", "a", "1..2", "1e3", "99999"]) {
    assert.deepEqual(readState(`#joins=${bad}`, "en", SCENES).shared.joins, [], bad);
  }
});

test("a text is cut at 256 words; each scene takes as many as it draws, and knows how many there are", () => {
  const text = Array.from({ length: 300 }, (_, n) => `w${n}`).join(" ");
  const shared = { ...first, text };
  const given = givenOf(shared);
  assert.deepEqual([given.words.length, given.all, piecesOf(shared).length], [MOST_WORDS, 300, 300]);
  const state = { ...readState("", "en", SCENES), shared };
  for (const { id, most = 32 } of SCENES) {
    const { words, X, all } = contextOf(id, state, given, SCENES, outsideWith());
    const wanted = most === 0 ? MOST_WORDS : Math.min(most, MOST_WORDS);
    assert.deepEqual([words.length, X.rows, all], [wanted, wanted, MOST_WORDS], id);
    assert.deepEqual(X.data, given.X.data.subarray(0, X.data.length), id);
  }
});

test("blocks: none up to 96 words, 2 × 2 up to 192, 3 × 3 at 256; a narrow side has its own", () => {
  assert.deepEqual([1, 96, 97, 192, 193, 256].map((n) => blockOf(n)), [1, 1, 2, 2, 3, 3]);
  assert.deepEqual(blockSides(3, 256), [1, 3]);
});

test("blocks: the mean and the largest of each, smaller ones at the ends, counted cell by cell", () => {
  const positive = normal(7, 5, 3);
  const M = matrix(7, 5, positive.data.map(Math.abs));
  for (const sides of [[2, 2], [3, 1], [1, 4], [7, 5]] as const) {
    const [mean, most] = [pooled(M, sides, "mean"), pooled(M, sides, "largest")];
    for (let r = 0; r < mean.rows; r++) {
      for (let c = 0; c < mean.cols; c++) {
        const cells: number[] = [];
        M.data.forEach((w, e) => {
          const [i, j] = [Math.floor(e / 5), e % 5];
          if (Math.floor(i / sides[0]) === r && Math.floor(j / sides[1]) === c) cells.push(w);
        });
        const sum = cells.reduce((total, w) => total + w, 0);
        const off = Math.abs(mean.data[r * mean.cols + c]! - sum / cells.length);
        assert.ok(off < 1e-6, `mean of block ${r}, ${c} is off by ${off}`);
        assert.equal(most.data[r * most.cols + c], Math.max(...cells), `largest of block ${r}, ${c}`);
        const [i, j] = densestIn(M, sides, [r, c]);
        assert.equal(M.data[i * 5 + j], Math.max(...cells), `densest of block ${r}, ${c}`);
      }
    }
  }
  assert.equal(pooled(M, [1, 1], "mean"), M, "one cell a block is the map");
  assert.deepEqual(pooled(matrix(2, 2, [0, 1, 0, 0]), [2, 2], "mean").data[0], 0.25);
});
