/** Lines over an axis, each with its name at its end, and a mark where the reader is. */
import type { Mark } from "../mark.ts";
import { svg } from "../mark.ts";

export interface PlotLine {
  /** Its class: "one", "two" or "three" differ by dash and by colour. */
  readonly kind: string;
  readonly name: string;
  /** From left to right, evenly spaced, each from 0 to 1. */
  readonly heights: readonly number[];
}

export interface PlotLook {
  readonly lines: readonly PlotLine[];
  readonly label: string;
  /** What stands at the left and at the right of the axis, and how much of the axis the lines reach over. */
  readonly from: string;
  readonly to: string;
  readonly reach?: number;
  /** The heights that have a word of their own. */
  readonly ticks: readonly (readonly [number, string])[];
  /** Where the reader is, from 0 to 1. */
  readonly now?: number;
  /** Where lines cross, from 0 to 1 along and up. */
  readonly crossings?: readonly (readonly [number, number])[];
}

const PLOT_WIDE = 300;
const PLOT_HIGH = 130;

/** A plot; names at the ends are moved apart. */
export function plot({ lines, label, from, to, ticks, now, reach = 1, crossings = [] }: PlotLook): Mark {
  const y = (height: number): number => PLOT_HIGH - height * PLOT_HIGH;
  const path = ({ heights, kind }: PlotLine): Mark => {
    const x = (n: number): number => (reach * PLOT_WIDE * n) / Math.max(1, heights.length - 1);
    const points = heights.map((height, n) => `${x(n).toFixed(1)},${y(height).toFixed(1)}`).join(" ");
    return svg("polyline", { points, class: kind });
  };
  const ends = lines
    .map(({ heights }, n) => ({ n, at: y(heights[heights.length - 1] ?? 0) + 4 }))
    .sort((a, b) => a.at - b.at);
  ends.forEach((end, n) => {
    if (n > 0) end.at = Math.max(end.at, ends[n - 1]!.at + 16);
  });
  const right = reach * PLOT_WIDE + 5;
  const names = lines.map(({ name, kind }, n) =>
    svg(
      "text",
      { x: right.toFixed(1), y: ends.find((end) => end.n === n)!.at.toFixed(1), class: `name ${kind}` },
      name,
    ),
  );
  const grid = ticks.flatMap(([height, word]) => [
    svg("line", { x1: 0, x2: PLOT_WIDE, y1: y(height).toFixed(1), y2: y(height).toFixed(1), class: "axis" }),
    svg("text", { x: -5, y: (y(height) + 4).toFixed(1), class: "end" }, word),
  ]);
  const at = (now ?? 0) * PLOT_WIDE;
  return svg(
    "svg",
    {
      viewBox: `-42 -12 ${PLOT_WIDE + 130} ${PLOT_HIGH + 34}`,
      class: "plot",
      role: "img",
      "aria-label": label,
    },
    ...grid,
    svg("line", {
      x1: at.toFixed(1),
      x2: at.toFixed(1),
      y1: -4,
      y2: PLOT_HIGH,
      class: now === undefined ? "none" : "here",
    }),
    ...lines.map(path),
    ...names,
    ...crossings.map(([across, height]) =>
      svg("circle", { cx: across * PLOT_WIDE, cy: y(height), r: 5, fill: "none", class: "here" }),
    ),
    svg("text", { x: 0, y: PLOT_HIGH + 16 }, from),
    svg("text", { x: PLOT_WIDE, y: PLOT_HIGH + 16, class: "end" }, to),
  );
}
