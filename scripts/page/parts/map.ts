/** The map of weights: a grid that a keyboard and a screen reader can walk, and small ones for eyes alone. */
import type { Cell } from "../state.ts";
import type { Attributes, Handler, Mark } from "../mark.ts";
import type { Matrix } from "../../../lib/matrix.ts";
import type { Pool } from "./pool.ts";
import { TABLE_WORDS, blockOf, pooled } from "./pool.ts";
import { bigMap } from "./big-map.ts";
import { html, svg } from "../mark.ts";
import { isCJK, stepTo } from "./numbers.ts";

export interface MapLook {
  readonly id: string;
  readonly rows: readonly string[];
  readonly cols: readonly string[];
  readonly weights: Matrix;
  /** The weight that gets the full colour; of each row if there are as many as rows. */
  readonly most: number | readonly number[];
  readonly cell: Cell;
  readonly label: string;
  /** What is said of a cell. */
  readonly say: (i: number, j: number) => string;
  /** More class names of a cell. */
  readonly look?: ((i: number, j: number) => string) | undefined;
  readonly choose: (cell: Cell) => void;
  /** Whether the map is wrong on purpose. */
  readonly wrong?: boolean;
  /** What a block of a map of many words shows; `most` is then that of the blocks. */
  readonly pool?: Pool;
}

/** Up to so many columns a cell holds its number. */
const NUMBERED_UP_TO = 13;

/** One tab stop, arrows, Home, End, Page Up and Page Down. A map of more than 32 words is painted. */
export function mapGrid(look: MapLook): Mark {
  if (Math.max(look.rows.length, look.cols.length) > TABLE_WORDS) return bigMap(look);
  const { rows, cols, weights, most, cell, label, say, choose } = look;
  const small = cols.length > NUMBERED_UP_TO;
  const head = (word: string, scope: string, on: boolean): Mark =>
    html(
      "th",
      { scope, class: `${isCJK(word) || word.length === 1 ? "cjk" : ""}${on ? " on" : ""}` },
      html("span", { title: word }, word),
    );
  const cellAt = (i: number, j: number): Mark => {
    const w = weights.data[i * cols.length + j]!;
    const on = i === cell[0] && j === cell[1];
    const shown = w >= 0.0005 ? String(Math.round(100 * w)) : "";
    const full = typeof most === "number" ? most : most[i]!;
    return html(
      "td",
      {
        role: "gridcell",
        tabindex: on ? 0 : -1,
        "data-value": `${i}.${j}`,
        "aria-label": say(i, j),
        "aria-selected": on ? "true" : "false",
        class: look.look?.(i, j) ?? "",
        "--w": Math.min(1, Math.max(0, w / (full || 1))).toFixed(4),
      },
      small ? null : html("i", { "aria-hidden": "true" }, shown),
    );
  };
  const onclick: Handler = ({ value }) => {
    const [i, j] = value.split(".").map(Number);
    if (i !== undefined && j !== undefined) choose([i, j]);
  };
  const onkeydown: Handler = ({ key, stop }) => {
    const to = stepTo(key, cell, rows.length, cols.length);
    if (to === undefined) return;
    stop();
    choose(to);
  };
  const body = rows.map((word, i) => {
    const cells = cols.map((_, j) => cellAt(i, j));
    return html("tr", { class: i === cell[0] ? "on" : "" }, head(word, "row", i === cell[0]), ...cells);
  });
  const top = html(
    "tr",
    {},
    html("td", { class: "corner" }),
    ...cols.map((word, j) => head(word, "col", j === cell[1])),
  );
  const name = `map${small ? " small" : ""}${look.wrong === true ? " wrong" : ""}`;
  return html(
    "table",
    { id: look.id, role: "grid", "aria-label": label, class: name, "--n": cols.length, onclick, onkeydown },
    html("thead", {}, top),
    html("tbody", {}, ...body),
  );
}

/** A small picture has at most so many cells on a side. */
const THUMB_CELLS = 48;

/**
 * A small picture of a map: one path for each of sixteen depths, so that many maps cost little. Of many words
 * it shows the largest weight of each block.
 */
export function thumbnail(map: Matrix, most: number): Mark {
  const sides = [blockOf(map.rows, THUMB_CELLS), blockOf(map.cols, THUMB_CELLS)] as const;
  const weights = pooled(map, sides, "largest");
  const { rows, cols } = weights;
  const bed = svg("rect", { x: -0.04, y: -0.04, width: cols, height: rows, class: "bed" });
  const view = { viewBox: `0 0 ${cols} ${rows}`, class: "thumb", "aria-hidden": "true" };
  return svg("svg", view, bed, ...depths(weights, most, 0.92));
}

/** The cells of a matrix as sixteen paths, deeper and deeper. */
export function depths({ cols, data }: Matrix, most: number, side: number): Mark[] {
  const paths = Array.from({ length: 17 }, () => "");
  data.forEach((w, e) => {
    const depth = Math.round(16 * Math.min(1, w / (most || 1)));
    if (depth > 0) paths[depth] += `M${e % cols} ${Math.floor(e / cols)}h${side}v${side}h${-side}z`;
  });
  return paths.slice(1).map((d, n) => svg("path", { d, class: "w", "fill-opacity": (n + 1) / 16 }));
}

/** From nothing to the densest cell, with a tick where a row that looks everywhere alike would be. */
export function legendOf(
  words: { alike: string; note: string },
  most: string,
  at: number,
  attributes: Attributes = { class: "legend" },
): Mark {
  const tick = html("i", { "--at": Math.min(1, at).toFixed(4) }, html("small", {}, words.alike));
  return html(
    "div",
    attributes,
    html("span", {}, "0"),
    html("div", { class: "ramp" }, tick),
    html("span", { class: "most" }, most),
    html("small", { class: "note" }, words.note),
  );
}

/** The largest weight of a map. */
export function largest(map: Matrix): number {
  return map.data.reduce((a, w) => Math.max(a, w), 0);
}

/** The largest weight of each row. */
export function largestOfRows(map: Matrix): number[] {
  return Array.from({ length: map.rows }, (_, i) =>
    map.data.subarray(i * map.cols, (i + 1) * map.cols).reduce((a, w) => Math.max(a, w), 0),
  );
}
