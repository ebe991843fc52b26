import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import test from "node:test";
import type { Phrase } from "../../scripts/page/state.ts";
import { RAMP, drawMap, levelOf, summarise } from "../../scripts/atlas/map.ts";
import { PAGE_WORDS } from "../../scripts/page/frame.ts";
import { STRINGS } from "../../scripts/atlas/strings.ts";
import { at, normal, rowsOf } from "../support/values.ts";
import { causal, maskScores } from "../../lib/kernels/mask-scores.ts";
import { largest, legendOf, mapGrid } from "../../scripts/page/parts/map.ts";
import { marksIn, textIn } from "../../scripts/page/mark.ts";
import { phraseIn } from "../../scripts/page/context.ts";
import { softmaxRows } from "../../lib/kernels/softmax-rows.ts";

/** Bugs found in the field in pictures of attention: each as people had it, shown to fail, and ours beside it. */
const [queries, keys] = [["the", "cat"], ["le", "chat", "noir"]];
const A = softmaxRows(normal(2, 3, 1));

/** What the page says of each cell, row by row, and which cell a click chooses. */
function told(say: (i: number, j: number) => string): { said: string[]; chosen: number[][] } {
  const chosen: number[][] = [];
  const look = { id: "map", rows: queries, cols: keys, weights: A, most: 1, label: "map", say };
  const grid = mapGrid({ ...look, cell: [0, 0], choose: ([i, j]) => void chosen.push([i, j]) });
  const cells = marksIn(grid).filter(({ attributes }) => attributes["role"] === "gridcell");
  const click = grid.attributes["onclick"] as (touch: { value: string }) => void;
  for (const { attributes } of cells) click({ value: String(attributes["data-value"]) });
  return { said: cells.map(({ attributes }) => String(attributes["aria-label"])), chosen };
}

test("W40 the cell under the pointer read as (key, query): right on the diagonal alone", () => {
  const percent = (i: number, j: number): string =>
    `${queries[i]} → ${keys[j]}: ${Math.round(100 * A.data[i * 3 + j]!)}`;
  const buggy = told((i, j) => percent(j, i));
  const ours = told((i, j) => percent(i, j));
  const expected = queries.flatMap((q, i) => keys.map((k, j) => `${q} → ${k}: ${Math.round(100 * at(A, i, j))}`));
  assert.deepEqual(ours.said, expected);
  assert.deepEqual(buggy.said.map((text, e) => text === expected[e]), [true, false, false, false, true, false]);
  assert.match(buggy.said[2]!, /^undefined → le: NaN/, "on a map that is not square it leaves the map");
  assert.deepEqual(ours.chosen, [[0, 0], [0, 1], [0, 2], [1, 0], [1, 1], [1, 2]]);
});

test("W40 a legend from −1 to 1: half of it no softmax can reach", () => {
  const buggy = [-1, 1];
  assert.equal(rowsOf(A).flat().filter((a) => a < (buggy[0]! + buggy[1]!) / 2).length, 0, "none in the lower half");
  const ours = [0, largest(A)];
  assert.equal(Math.max(...rowsOf(A).flat()), ours[1], "the upper end is the largest weight");
  const words = { alike: "all alike", note: "" };
  const shown = textIn(legendOf(words, `${Math.round(100 * ours[1]!)}%`, 1 / 3));
  assert.match(shown, new RegExp(`^0all alike${Math.round(100 * largest(A))}%`));
});

test("W41 a phrase that one language lacks: English in the midst of Japanese, or nothing at all", async () => {
  const strings: Record<string, Partial<Phrase>> = { query: { en: "query", ja: "クエリ" }, key: { en: "key" } };
  const buggy = Object.values(strings).map((phrase) => phrase["ja"] ?? phrase["en"]);
  assert.deepEqual(buggy, ["クエリ", "key"], "nobody notices");

  const folder = new URL("../../scripts/page/scenes/", import.meta.url);
  const phrases: [string, Phrase][] = Object.entries({ ...STRINGS, ...PAGE_WORDS });
  for (const file of readdirSync(folder)) {
    const all = (await import(new URL(file, folder).href)) as Record<string, Record<string, Phrase>>;
    const names = Object.keys(all).filter((one) => one.endsWith("_WORDS"));
    phrases.push(...names.flatMap((name) => Object.entries(all[name]!)));
  }
  assert.ok(phrases.length > 300, `${phrases.length} phrases`);
  for (const [key, phrase] of phrases) {
    assert.deepEqual(Object.keys(phrase).sort(), ["en", "ja"], key);
    for (const lang of ["en", "ja"] as const) assert.notEqual(phraseIn(lang, phrase).trim(), "", `${key}: ${lang}`);
  }
});

test("W42 the upper triangle blank on every map: what a bidirectional model sees ahead disappears", () => {
  const words = ["a", "b", "c", "d"];
  const S = normal(4, 4, 2);
  const cellsOf = (weights: typeof S): string[][] => {
    const style = { top: 1, colour: false, large: false, width: 80, bold: (text: string) => text };
    const map = summarise({ rows: words, cols: words, weights } as never, { rows: 64, cols: 64 });
    const lines = drawMap(map, "", "", style).lines.filter((line) => line.includes("|"));
    return lines.map((line) => line.split("|")[1]!.match(/../g)!);
  };
  const [both, past] = [softmaxRows(S), softmaxRows(maskScores(S, { allow: causal() }))];
  const blank = (cells: string[][]): string[] =>
    cells.map((row) => row.map((cell) => (cell === "  " ? "." : "x")).join(""));
  const buggy = rowsOf(both).map((row, i) => row.map((a, j) => (j > i ? " " : RAMP[levelOf(a, 1)]!).repeat(2)));
  assert.deepEqual(blank(buggy), ["x...", "xx..", "xxx.", "xxxx"], "as if the model were causal");
  assert.deepEqual(blank(cellsOf(both)), ["xxxx", "xxxx", "xxxx", "xxxx"], "ours: blank is a weight of exactly 0");
  assert.deepEqual(blank(cellsOf(past)), ["x...", "xx..", "xxx.", "xxxx"], "ours, causal");
});
