/** Small pictures side by side: heat maps, boxes and arrows, for figures that are more than one map. */
import type { Child, Mark } from "../mark.ts";
import type { Matrix } from "../../../lib/matrix.ts";
import { depths } from "../parts/map.ts";
import { picture, pictureFile } from "../parts/figure.ts";
import { svg } from "../mark.ts";

/** What panels add to the colours of a figure. */
const PANEL_STYLE = [
  ".line { fill: none; stroke: var(--soft); stroke-width: 1.4; }",
  ".ray { fill: none; stroke: var(--global); stroke-linecap: round; }",
  ".box { fill: var(--bed); stroke: var(--soft); stroke-width: 1; }",
  ".box.main { stroke: var(--heat); stroke-width: 2; }",
  ".ring { fill: none; stroke: var(--q); stroke-width: 2.4; }",
  ".tip { fill: var(--soft); }",
  ".middle { text-anchor: middle; }",
  ".mono { font-family: ui-monospace, Menlo, Consolas, monospace; font-size: 12px; }",
  ".minus { fill: var(--q); }",
  ".curve { fill: none; stroke: var(--heat); stroke-width: 2.4; }",
  ".curve.two { stroke: var(--global); stroke-dasharray: 7 4; }",
  ".curve-name { fill: var(--heat); font-weight: 600; }",
  ".curve-name.two { fill: var(--global); }",
].join("\n");

/** Marks moved to a place. */
export function at(x: number, y: number, ...marks: readonly Child[]): Mark {
  return svg("g", { transform: `translate(${round(x)} ${round(y)})` }, ...marks);
}

/** Words at a place; `look` is "soft", "middle", "end" or several of them. */
export function words(x: number, y: number, text: string, look: string = ""): Mark {
  return svg("text", { x: round(x), y: round(y), ...(look === "" ? {} : { class: look }) }, text);
}

/** How many depths a map of many cells has, and from how many columns on it counts as one. */
const COARSE = 10;
const MANY = 32;

/** A map without words: the deeper, the more; what is exactly 0 stays bare. */
export function heat(weights: Matrix, cell: number, most: number): Mark {
  const { rows, cols, data } = weights;
  const many = cols > MANY;
  const bed = runs(weights, many, (w) => w !== 0);
  const levels = Array.from({ length: COARSE }, (_, n) => n + 1);
  const coarse = (w: number): number => Math.round((COARSE * w) / most);
  const deep = many
    ? levels.map((level) => {
        const d = runs(weights, many, (w) => coarse(w) === level);
        return svg("path", { d, class: "w", "fill-opacity": level / COARSE });
      })
    : depths({ rows, cols, data }, most, 0.92);
  const paths = [svg("path", { d: bed, class: "bed" }), ...deep].filter(({ attributes }) => attributes["d"] !== "");
  return svg("g", { transform: `scale(${cell})` }, frame(rows, cols), ...paths);
}

/** The cells that fit, each a square with a gap, or in a map of many cells each run of them a bar. */
function runs({ cols, data }: Matrix, many: boolean, fits: (w: number) => boolean): string {
  let path = "";
  for (let e = 0; e < data.length; e++) {
    if (!fits(data[e]!)) continue;
    const from = e;
    while (many && (e + 1) % cols !== 0 && fits(data[e + 1]!)) e++;
    const length = e - from + 1;
    const place = `M${from % cols} ${Math.floor(from / cols)}`;
    path += many ? `${place}h${length}v1h-${length}z` : `${place}h.92v.92h-.92z`;
  }
  return path;
}

/** The edge of a map, so that bare cells are seen to be cells. */
function frame(rows: number, cols: number): Mark {
  const attributes = { x: -0.08, y: -0.08, width: cols + 0.08, height: rows + 0.08, class: "line" };
  return svg("rect", { ...attributes, "vector-effect": "non-scaling-stroke", "stroke-opacity": 0.45 });
}

/** Numbers of both signs: squares above 0, discs below, the larger and deeper the farther from it. */
export function signed({ rows, cols, data }: Matrix, cell: number, most: number): Mark {
  const paths = new Map<number, string>();
  data.forEach((x, e) => {
    const depth = Math.round(12 * Math.min(1, Math.abs(x) / most)) * Math.sign(x);
    if (depth === 0) return;
    const half = halfOf(depth);
    const [cx, cy] = [(e % cols) + 0.5 - half, Math.floor(e / cols) + 0.5];
    const [left, side] = [short(cx), short(2 * half)];
    const disc = `a${short(half)} ${short(half)} 0 1 0 ${side} 0a${short(half)} ${short(half)} 0 1 0 -${side} 0`;
    const shape = depth < 0 ? `M${left} ${short(cy)}${disc}` : `M${left} ${short(cy - half)}h${side}v${side}h-${side}z`;
    paths.set(depth, (paths.get(depth) ?? "") + shape);
  });
  const marks = [...paths].map(([depth, d]) => {
    const opacity = (0.25 + 0.75 * (Math.abs(depth) / 12)).toFixed(2);
    return svg("path", { d, class: depth < 0 ? "minus" : "w", "fill-opacity": opacity });
  });
  return svg("g", { transform: `scale(${cell})` }, svg("rect", { width: cols, height: rows, class: "bed" }), ...marks);
}

/** Half of the side of a number's mark. */
function halfOf(depth: number): number {
  return 0.14 + 0.33 * (Math.abs(depth) / 12);
}

/** A number to the hundredth, as short as it goes. */
function short(x: number): string {
  return String(Math.round(100 * x) / 100);
}

/** A line through points, with a tip at its end. */
export function arrow(...points: readonly (readonly [number, number])[]): Mark {
  const [a, b] = [points[points.length - 2]!, points[points.length - 1]!];
  const angle = Math.atan2(b[1] - a[1], b[0] - a[0]);
  const wing = (turn: number): string =>
    `${round(b[0] - 8 * Math.cos(angle + turn))} ${round(b[1] - 8 * Math.sin(angle + turn))}`;
  const path = points.map(([x, y], n) => `${n === 0 ? "M" : "L"}${round(x)} ${round(y)}`).join("");
  return svg(
    "g",
    {},
    svg("path", { d: path, class: "line" }),
    svg("path", { d: `M${round(b[0])} ${round(b[1])}L${wing(0.42)}L${wing(-0.42)}z`, class: "tip" }),
  );
}

/** A box with its words in the middle, and more of them below. */
export function box(x: number, y: number, width: number, height: number, text: string, main = false): Mark {
  return svg(
    "g",
    {},
    svg("rect", { x, y, width, height, rx: 6, class: main ? "box main" : "box" }),
    words(x + width / 2, y + height / 2 + 5, text, "middle"),
  );
}

/** Panels as the text of a file. */
export function panelsFile(width: number, height: number, title: string, marks: readonly Child[]): string {
  const heading = words(16, 28, title, "title");
  return pictureFile(picture(width, height, title, [svg("style", {}, PANEL_STYLE), heading, ...marks]));
}

/** A coordinate as it is written, to the tenth. */
function round(x: number): number {
  return Math.round(10 * x) / 10;
}
