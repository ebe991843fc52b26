/** Signed numbers as bars, shares as a list, and a fan of scores. */
import type { Mark } from "../mark.ts";
import { html, svg } from "../mark.ts";
import { percentOf, signed } from "./numbers.ts";

export interface BarsLook {
  readonly values: ArrayLike<number>;
  readonly max: number;
  readonly kind: string;
  readonly label: string;
  readonly on?: number;
  readonly figures?: boolean;
}

/** Up is positive and filled, down is negative and hollow, so that no sign hangs on a hue. */
export function bars({ values, max, kind, label, on, figures = false }: BarsLook): Mark {
  const list = Array.from(values);
  const [w, gap, up] = figures ? [34, 6, 30] : [20, 3, 30];
  const down = list.some((x) => x < 0) ? 30 : 2;
  const top = figures ? 13 : 0;
  const lengthOf = (x: number): number => Math.max(1, (Math.abs(x) / (max || 1)) * (up - 2));
  const bar = (x: number, c: number): Mark =>
    svg("rect", {
      x: c * (w + gap) + 1,
      y: (top + (x >= 0 ? up - lengthOf(x) : up)).toFixed(2),
      width: w - 2,
      height: lengthOf(x).toFixed(2),
      rx: 2,
      class: `${kind} ${x < 0 ? "minus" : "plus"}${c === on ? " on" : ""}`,
    });
  const figure = (x: number, c: number): Mark => {
    const y = x >= 0 ? Math.max(10, top + up - lengthOf(x) - 3) : top + up + lengthOf(x) + 11;
    return svg("text", { x: c * (w + gap) + w / 2, y: y.toFixed(2), class: "figure" }, signed(x));
  };
  const wide = list.length * (w + gap) - gap;
  const high = top + up + down + (figures && down > 2 ? 12 : 0);
  return svg(
    "svg",
    {
      viewBox: `0 0 ${wide} ${high}`,
      class: `bars${figures ? " figures" : ""}`,
      role: "img",
      "aria-label": label,
      "--wide": wide,
    },
    svg("line", { x1: 0, x2: wide, y1: top + up, y2: top + up, class: "axis" }),
    ...list.map(bar),
    ...(figures ? list.map(figure) : []),
  );
}

/** A vector: its letter, and its bars. */
export function vectorRow(
  kind: string,
  name: string,
  values: ArrayLike<number>,
  max: number,
  label: string,
): Mark {
  return html(
    "div",
    { class: "vector" },
    html("var", { class: kind }, name),
    bars({ values, max, kind, label, figures: values.length <= 4 }),
  );
}

/** The shares of a row as a list: the chosen one marked; of a long row the largest, and the rest together. */
export function shareList(
  words: readonly string[],
  shares: readonly number[],
  chosen: number,
  others: string,
): Mark {
  const order = words.map((_, j) => j);
  const byShare = [...order].sort(
    (a, b) => Number(b === chosen) - Number(a === chosen) || shares[b]! - shares[a]!,
  );
  const kept = words.length <= 11 ? order : byShare.slice(0, 9).sort((a, b) => a - b);
  const rest = order.filter((j) => !kept.includes(j)).reduce((sum, j) => sum + shares[j]!, 0);
  const most = Math.max(...shares, rest);
  const line = (word: string, share: number, on: boolean): Mark =>
    html(
      "li",
      { class: on ? "on" : "" },
      html("span", {}, word),
      html("i", { "--at": (share / (most || 1)).toFixed(4) }),
      html("small", {}, percentOf(share)),
    );
  return html(
    "ol",
    { class: "shares" },
    ...kept.map((j) => line(words[j]!, shares[j]!, j === chosen)),
    ...(kept.length < order.length
      ? [line(others.replace("{n}", String(order.length - kept.length)), rest, false)]
      : []),
  );
}

/** Scores before and after a division, each a line from its one place to its other: the fan closes. */
export function fan(
  before: readonly number[],
  after: readonly number[],
  chosen: number,
  label: string,
): Mark {
  const [low, high] = [Math.min(...before, 0), Math.max(...before, 0)];
  const y = (x: number): string => (6 + (1 - (x - low) / (high - low || 1)) * 108).toFixed(2);
  const line = (j: number): Mark =>
    svg(
      "g",
      { class: j === chosen ? "on" : "" },
      svg("line", { x1: 16, y1: y(before[j]!), x2: 84, y2: y(after[j]!) }),
      svg("circle", { cx: 16, cy: y(before[j]!), r: 3.2 }),
      svg("circle", { cx: 84, cy: y(after[j]!), r: 3.2 }),
    );
  const order = before.map((_, j) => j).sort((a, b) => Number(a === chosen) - Number(b === chosen));
  const axis = svg("line", { x1: 4, x2: 96, y1: y(0), y2: y(0), class: "axis" });
  return svg(
    "svg",
    { viewBox: "0 0 100 120", class: "calming", role: "img", "aria-label": label },
    axis,
    ...order.map(line),
  );
}
