/**
 * A map as a whole figure: its name and axes, what its colours are measured by, the map, the legend made from
 * its data, and the files to take along.
 */
import type { Cell, Scale } from "../state.ts";
import type { Child, Mark } from "../mark.ts";
import type { Context, Words } from "../scene.ts";
import type { Matrix } from "../../../lib/matrix.ts";
import type { Pool } from "./pool.ts";
import { CANVAS_WORDS, POOLS, TABLE_WORDS, pooled } from "./pool.ts";
import { blockSides } from "./big-map.ts";
import { choices } from "./controls.ts";
import { csvOf, mapPicture, takeAlong } from "./figure.ts";
import { html } from "../mark.ts";
import { largest, largestOfRows, legendOf, mapGrid } from "./map.ts";
import { percentOf } from "./numbers.ts";

export const MAP_WORDS = {
  query: { en: "query ↓", ja: "クエリ ↓" },
  key: { en: "key →", ja: "キー →" },
  scaled: { en: "full colour is the densest of", ja: "最も濃い色の基準" },
  row: { en: "the row", ja: "行" },
  map: { en: "the map", ja: "地図" },
  heads: { en: "all maps", ja: "全部の地図" },
  alike: { en: "all alike {w}", ja: "一様 {w}" },
  percent: { en: "numbers in percent of a row", ja: "数字は行の中の割合（%）" },
  ofRow: { en: "the colours of the row of “{q}”", ja: "「{q}」の行の色" },
  painted: {
    en: "More than {n} words: each cell is painted; arrow keys and the pointer read it.",
    ja: "{n} 語を超えるので、マスは塗るだけにします。矢印キーかポインターで読めます。",
  },
  blocks: {
    en: "More than {n} words: each cell stands for {a} × {b} of them. It shows their",
    ja: "{n} 語を超えるので、1 マスが {a} × {b} マスを表します。表すのは",
  },
  mean: { en: "mean", ja: "平均" },
  largest: { en: "largest", ja: "最大" },
} as const satisfies Words;

export interface MapFigureLook {
  /** The id of the map; those of its controls begin with it. */
  readonly id: string;
  readonly title: string;
  readonly rows: readonly string[];
  readonly cols: readonly string[];
  readonly weights: Matrix;
  readonly cell: Cell;
  readonly say: (i: number, j: number) => string;
  readonly choose: (cell: Cell) => void;
  readonly scale: Scale;
  /** Without it the figure has no switch of its own, and follows another's. */
  readonly rescale?: (scale: Scale) => void;
  /** The maps that belong together, for the scale "heads". */
  readonly among?: readonly Matrix[];
  /** What these maps are called together. */
  readonly amongSay?: string;
  /** The weight that each key would get if all were alike: 1 / keys unless said. */
  readonly alike?: number;
  /** The reason of a cell by the name of its kind, or "" for plain weights. */
  readonly kind?: (i: number, j: number) => string;
  /** What the kinds mean, for the picture. */
  readonly kinds?: readonly (readonly [string, string])[];
  readonly axes?: readonly [string, string];
  readonly label?: string;
  readonly wrong?: boolean;
  readonly note?: string;
  /** The name of the files; without it nothing can be taken along. */
  readonly take?: string;
}

/** What a map of these sides shows of its blocks: there are none while each cell is painted. */
function poolFor([high, wide]: readonly [number, number], pool: Pool): Pool | undefined {
  return high * wide === 1 ? undefined : pool;
}

/** The whole figure. */
export function mapFigure(
  context: Pick<Context, "say" | "save" | "share" | "shared">,
  look: MapFigureLook,
): Mark {
  const { say, shared } = context;
  const { id, title, rows, cols, weights, cell, scale, among = [weights], kind, wrong = false } = look;
  const axes = look.axes ?? [say(MAP_WORDS.query), say(MAP_WORDS.key)];
  const sides = blockSides(rows.length, cols.length);
  const pool = poolFor(sides, shared.pool);
  const drawnOf = (map: Matrix): Matrix => pooled(map, sides, shared.pool);
  const most: number | readonly number[] =
    scale === "row"
      ? largestOfRows(drawnOf(weights))
      : scale === "map"
        ? largest(drawnOf(weights))
        : Math.max(...among.map((map) => largest(drawnOf(map))));
  const full = typeof most === "number" ? most : most[Math.floor(cell[0] / sides[0])]!;
  const alike = look.alike ?? 1 / cols.length;
  const scales: readonly Scale[] = look.among === undefined ? ["row", "map"] : ["row", "map", "heads"];
  const named = (one: Scale): string =>
    one === "heads" && look.amongSay !== undefined ? look.amongSay : say(MAP_WORDS[one]);
  const { rescale } = look;
  const reason = kind?.(...cell) ?? "";
  const taken = (): { picture: Mark; csv: string } => ({
    picture: mapPicture({
      title,
      rows,
      cols,
      weights,
      most: full,
      axes,
      ...(typeof most === "number" ? {} : { mostOfRows: largestOfRows(weights) }),
      ...(kind === undefined ? {} : { kind }),
      legend: look.kinds ?? [],
    }),
    csv: csvOf({ rows, cols, weights }),
  });
  const note = look.note ?? say(MAP_WORDS.percent);
  return html(
    "figure",
    { class: "big" },
    html(
      "figcaption",
      {},
      html("b", {}, title),
      html("span", { class: "q" }, axes[0]),
      html("span", { class: "k" }, axes[1]),
    ),
    rescale === undefined
      ? html("div", {})
      : choices<Scale>({
          id: `${id.replace(/-map$/, "")}-scale`,
          label: say(MAP_WORDS.scaled),
          value: scales.includes(scale) ? scale : "map",
          among: scales.map((value) => ({ value, say: named(value) })),
          change: rescale,
        }),
    html(
      "div",
      { class: "scroll" },
      mapGrid({
        id,
        rows,
        cols,
        weights,
        most,
        cell,
        wrong,
        label: look.label ?? title,
        say: look.say,
        choose: look.choose,
        ...(pool === undefined ? {} : { pool }),
        ...(kind === undefined ? {} : { look: (i, j) => lookOf(kind(i, j)) }),
      }),
    ),
    howPainted(context, id, [rows.length, cols.length]),
    legendOf(
      {
        alike: say(MAP_WORDS.alike, { w: percentOf(alike) }),
        note: scale === "row" ? `${say(MAP_WORDS.ofRow, { q: rows[cell[0]]! })}. ${note}` : note,
      },
      percentOf(full),
      alike / (full || 1),
      {
        class: `legend ${lookOf(/unseen|passed/.test(reason) ? "" : reason)}`,
        "data-most": full,
        "data-alike": alike,
        ...(pool === "mean" ? { "data-mean": meanWeight(drawnOf(weights)) } : {}),
      },
    ),
    look.take === undefined ? html("p", {}) : takeAlong(context, look.take, taken),
  );
}

/** The mean of all cells. */
function meanWeight({ data }: Matrix): number {
  return data.reduce((sum, w) => sum + w, 0) / data.length;
}

function lookOf(kind: string): string {
  return kind === "" ? "" : `reason ${kind}`;
}

/** What is painted of a map of many words, and the choice of what a block shows. */
function howPainted(
  context: Pick<Context, "say" | "share" | "shared">,
  id: string,
  [rows, cols]: readonly [number, number],
): Mark {
  const { say, share, shared } = context;
  const [a, b] = blockSides(rows, cols);
  const told: Child[] = [];
  if (a * b > 1) {
    told.push(
      choices<Pool>({
        id: `${id}-pool`,
        label: say(MAP_WORDS.blocks, { n: CANVAS_WORDS, a, b }),
        value: shared.pool,
        among: POOLS.map((value) => ({ value, say: say(MAP_WORDS[value]) })),
        change: (pool) => share({ pool }),
      }),
    );
  } else if (Math.max(rows, cols) > TABLE_WORDS) {
    told.push(html("p", { class: "note" }, say(MAP_WORDS.painted, { n: TABLE_WORDS })));
  }
  return html("div", { class: "blocks" }, ...told);
}
