/** Draws a picture in characters, or how attention lies on one: a grid of even blocks under its title. */
import type { Block } from "./width.ts";
import type { Drawing } from "./entry.ts";
import type { Language } from "./strings.ts";
import { BACKGROUND, INK, RAMP, levelOf } from "./map.ts";
import { columns, pad, wrap } from "./width.ts";

/** Columns that a title may take even above a narrower drawing. */
const MOST_TITLE = 18;

/** Light rises evenly from blank to full ink; weights as in a map, up to the largest. */
export function drawPicture(
  { title, values, kind, wide, high }: Drawing,
  lang: Language,
  colour: boolean,
): Block {
  const top = values.data.reduce((most, x) => Math.max(most, x), 0);
  const level = (x: number): number =>
    kind === "weights" ? levelOf(x, top) : Math.round(Math.min(1, Math.max(0, x)) * (RAMP.length - 1));
  const grid = Array.from({ length: values.rows }, (_, i) => {
    const cells = Array.from(values.data.subarray(i * values.cols, (i + 1) * values.cols), (x) => {
      const l = level(x);
      const text = (colour ? " " : RAMP[l]!).repeat(wide);
      return colour ? `\x1b[48;5;${BACKGROUND[l]};38;5;${INK[l]}m${text}\x1b[0m` : text;
    });
    return Array.from({ length: high }, () => `|${cells.join("")}|`);
  }).flat();
  const across = values.cols * wide + 2;
  const head = wrap(title[lang], Math.max(across, MOST_TITLE));
  const edge = `+${"-".repeat(across - 2)}+`;
  const lines = [...head, edge, ...grid, edge];
  const widest = Math.max(...lines.map(columns));
  return { lines: lines.map((line) => pad(line, widest)), head: head.length, level: head.length };
}
