/**
 * What `npm start` shows first, on one screen: one sentence, one map with one row worked out, every mechanism
 * in a line, how many checks passed, and how to go on.
 */
import type { AttentionMap } from "./entry.ts";
import type { Block } from "./width.ts";
import type { Reading, Report } from "./run.ts";
import type { Style } from "./style.ts";
import { GLOSSES, GLOSS_COLUMNS } from "./glosses.ts";
import { PAGE } from "./main.ts";
import { beside, columns, cut, pad, padLeft, wrap } from "./width.ts";
import { bold, dim, indented } from "./style.ts";
import { drawMap, roomFor, summarise, topOf } from "./map.ts";
import { labelOf } from "./text.ts";
import { say } from "./strings.ts";
import { verdict } from "./guide.ts";

/** The mechanism whose map stands here. */
export const FEATURED = "multi-head";

/** Lines of a screen, and how many of them the list may take. */
const SCREEN = 40;
const MOST_LISTED = 17;

/** Rows and columns of the map, and rows of the arithmetic, of which some stand on a small screen too. */
const MOST_CELLS = 12;
const FEWEST_CELLS = 4;

export function front(style: Style, reports: readonly Report[], readings: readonly Reading[]): string[] {
  const { lang, width } = style;
  const told = reports.find(({ entry }) => entry.id === FEATURED) ?? reports[0]!;
  const run = told.runs[0]!;
  const map = run.result.maps[0];
  const sentence = readings.map(({ start }) => start.replace(/\s+/g, " ")).join(" | ");
  const wide = width - 2;
  const more = say("howToGoOn", lang, { name: FEATURED, page: PAGE });
  const above = [
    bold(style, say("title", lang)),
    ...indented(wrap(say("frontPromise", lang, { count: reports.length }), wide)),
    "",
    ...indented([bold(style, cut(labelOf(sentence), wide))]),
    ...indented(wrap(run.result.trained?.[lang] ?? say("frontUntrained", lang), wide)).slice(0, 2),
  ];
  const below = [
    ...indented(verdict(style, reports)),
    ...indented(more.split("\n").flatMap((line) => wrap(line, wide))),
  ];
  const listed = mechanisms(style, reports);
  // The row worked out gets what is left of the screen: its heaviest keys.
  let drawn: string[] = [];
  for (let cells = MOST_CELLS; cells >= FEWEST_CELLS && map !== undefined; cells--) {
    drawn = indented(beside([drawing(style, map), arithmetic(style, map, cells)], wide, 3));
    if (above.length + drawn.length + 1 + listed.length + below.length <= SCREEN) break;
  }
  return [...above, ...drawn, "", ...listed, ...below];
}

/** The map, small. */
function drawing(style: Style, map: AttentionMap): Block {
  const cols = Math.min(MOST_CELLS, roomFor(map, style.width - 2, false));
  // The words of its columns stand beside it, with the numbers of the row.
  const small = { ...summarise(map, { rows: MOST_CELLS, cols }), square: true };
  const ink = { top: topOf([small]), colour: style.colour, large: false, width: style.width };
  const title = cut(map.title[style.lang], 34);
  return drawMap(small, title, say("axes", style.lang), { ...ink, bold: (text) => bold(style, text) });
}

/** One row from its scores to its weights: s, exp(s − max), their share of the sum. */
function arithmetic(style: Style, { weights, scores, rows, cols, row }: AttentionMap, most: number): Block {
  if (scores === undefined || weights.cols === 0) return { lines: [], head: 0, level: 0 };
  const { lang } = style;
  let best = 0;
  weights.data.forEach((w, e) => (best = w > weights.data[best]! ? e : best));
  const i = row ?? Math.floor(best / weights.cols);
  const rowOf = (M: typeof weights): number[] => [...M.data.subarray(i * M.cols, (i + 1) * M.cols)];
  const [s, w] = [rowOf(scores), rowOf(weights)];
  const top = Math.max(...s);
  const powers = s.map((x) => Math.exp(x - top));
  const sum = powers.reduce((total, x) => total + x, 0);
  const heaviest = cols.map((_, j) => j).sort((a, b) => w[b]! - w[a]!);
  const shown = heaviest.slice(0, most).sort((a, b) => a - b);
  const label = Math.max(4, ...shown.map((j) => columns(cut(labelOf(cols[j]!), 10))));
  const cells = (...texts: string[]): string =>
    texts.map((text, c) => padLeft(text, [8, 10, 7][c]!)).join("");
  const lines = shown.map((j) => {
    const name = `${padLeft(String(j + 1), 2)} ${pad(cut(labelOf(cols[j]!), 10), label)}`;
    const line = name + cells(s[j]!.toFixed(2), powers[j]!.toFixed(3), w[j]!.toFixed(3));
    return w[j] === Math.max(...w) ? bold(style, line) : line;
  });
  const query = cut(labelOf(rows[i]!), 12);
  const head = [
    bold(style, say("oneRow", lang, { i: i + 1, query })),
    dim(style, `${" ".repeat(3 + label)}${cells("s", "e^(s-max)", "/ sum")}`),
  ];
  const total = `${" ".repeat(3 + label)}${cells("", sum.toFixed(3), "1")}`;
  const all = [...head, ...lines, dim(style, total)];
  return { lines: all, head: 2, level: 2 };
}

/**
 * Every mechanism: its name on the command line and what it is, in as many columns as fit; the names alone
 * where that leaves too little of the screen.
 */
function mechanisms(style: Style, reports: readonly Report[]): string[] {
  const wide = style.width - 2;
  const ids = Math.max(...reports.map(({ entry }) => entry.id.length));
  // Two spaces behind a column, one behind a name.
  const arranged = (gloss: number, most: number): string[] | undefined => {
    for (let across = Math.max(1, most); across >= 1; across--) {
      const high = Math.ceil(reports.length / across);
      const lists = Array.from({ length: across }, (_, c) => reports.slice(c * high, (c + 1) * high));
      const widest = lists.map((list) => Math.max(0, ...list.map(({ entry }) => entry.id.length)));
      const all = widest.reduce((sum, w) => sum + w + (gloss === 0 ? 0 : 1 + gloss), 2 * (across - 1));
      if (all > wide && across > 1) continue;
      if (high > MOST_LISTED) return undefined;
      const cells = lists.map((list, c) => list.map((report) => cellOf(style, report, widest[c]!, gloss)));
      return Array.from({ length: high }, (_, l) =>
        `  ${cells.map((list) => list[l] ?? "").join("  ")}`.trimEnd(),
      );
    }
    return undefined;
  };
  return arranged(GLOSS_COLUMNS, 4) ?? arranged(0, Math.floor(wide / Math.min(ids, 12))) ?? [];
}

/** One mechanism in the list. */
function cellOf(style: Style, { entry, checks }: Report, widest: number, gloss: number): string {
  const failed = checks.some(({ pass }) => !pass) ? " ✗" : "";
  const id = bold(style, pad(entry.id + failed, widest));
  return gloss === 0 ? id : `${id} ${pad(GLOSSES[entry.id]?.[style.lang] ?? "", gloss)}`;
}
