/** Counts against length. */
import type { Mark } from "../mark.ts";
import { svg } from "../mark.ts";

export interface CurveLook {
  readonly sizes: readonly number[];
  readonly dense: readonly number[];
  readonly sparse: readonly number[];
  readonly now: number;
  readonly nowPairs: number;
  /** What the steep curve, the flat curve and the axis are called. */
  readonly labels: readonly [string, string, string];
}

/** Two counts: one grows with the square, the other with the length. */
export function curves({ sizes, dense, sparse, now, nowPairs, labels }: CurveLook): Mark {
  const [w, h] = [300, 128];
  const [right, top] = [sizes[sizes.length - 1]!, dense[dense.length - 1]!];
  const x = (T: number): string => ((T / right) * w).toFixed(1);
  const y = (pairs: number): string => (h - (pairs / top) * h).toFixed(1);
  const line = (counts: readonly number[], name: string): Mark =>
    svg("polyline", { points: sizes.map((T, n) => `${x(T)},${y(counts[n]!)}`).join(" "), class: name });
  const flat = Math.min(h - 4, Number(y(sparse[sparse.length - 1]!)) + 2);
  return svg(
    "svg",
    { viewBox: `-2 -8 ${w + 66} ${h + 30}`, class: "curves", role: "img", "aria-label": labels.join(", ") },
    svg("line", { x1: 0, y1: h, x2: w, y2: h, class: "axis" }),
    line(dense, "dense"),
    line(sparse, "sparse"),
    svg("circle", { cx: x(now), cy: y(nowPairs), r: 4.5, class: "now" }),
    svg("text", { x: w + 5, y: 6 }, labels[0]),
    svg("text", { x: w + 5, y: flat }, labels[1]),
    svg("text", { x: w, y: h + 16, class: "end" }, `${labels[2]} = ${right}`),
    svg("text", { x: 0, y: h + 16 }, "0"),
  );
}
