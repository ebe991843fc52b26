/** What trials compare: the numbers that a map prints, with those of the oracle. */
import type { Hands, Must } from "../scene.ts";
import { percentOf } from "./numbers.ts";

/** Holds every number of a map, in percent, against thousandths with a point between two. */
export function mapHolds(hands: Hands, must: Must, id: string, thousandths: string, where: string = id): void {
  const wanted = thousandths.split(".").map((x) => Number(x) / 10);
  const got = hands.texts(`#${id} td[role] i`).map(Number);
  const off = got.findIndex((x, e) => Math.abs(x - wanted[e]!) > 0.56);
  must(got.length === wanted.length && off < 0, `${where}, cell ${off}: ${got[off]} for ${wanted[off]}`);
}

/** How deep a cell is painted, from 0 to 1. */
export function depthOf(hands: Hands, id: string, cell: string): number {
  const style = hands.attribute(`#${id} td[data-value="${cell}"]`, "style");
  return Number(/--w: *([\d.]+)/.exec(style)?.[1]);
}

/** A number that another text hardly has. */
export function checksum(text: string): number {
  let sum = 0;
  for (let n = 0; n < text.length; n++) sum = (Math.imul(sum, 31) + text.charCodeAt(n)) | 0;
  return sum;
}

/** Why printed hundredths are not these weights: the first cell that differs; "" if they are. */
export function unlike(printed: readonly number[], weights: readonly number[], most: number = 0.511): string {
  if (printed.length !== weights.length) return `${printed.length} numbers for ${weights.length}`;
  const off = printed.findIndex((x, e) => !(Math.abs(x - 100 * weights[e]!) <= most));
  return off < 0 ? "" : `number ${off}: ${printed[off]} for ${weights[off]}`;
}

/** The place of the largest of some numbers. */
export function bestOf(list: readonly number[]): number {
  return list.indexOf(Math.max(...list));
}

/** The numbers of a table of commas, without its head and the first so many of each line. */
export function numbersIn(table: string, skip: number = 1): number[] {
  const lines = table.trim().split("\n").slice(1);
  return lines.flatMap((line) => line.replace(/"(?:[^"]|"")*"/g, "").split(",").slice(skip).map(Number));
}

/** Whether numbers are others, each to within `off` of itself, or of 1 if it is smaller. */
export function near(a: readonly number[], b: readonly number[], off: number = 2e-4): boolean {
  return a.length === b.length && a.every((x, n) => Math.abs(x - b[n]!) <= off * Math.max(1, Math.abs(b[n]!)));
}

/** Clicks at what gives a table, and holds its numbers. */
export function tableHolds(
  hands: Hands,
  must: Must,
  selector: string,
  wanted: readonly number[],
  skip: number = 1,
): void {
  hands.click(`${selector} [data-take="CSV"]`);
  const { name, text } = hands.taken();
  must(near(numbersIn(text, skip), wanted), `${name}: ${text.slice(0, 200)}`);
}

/** Takes a scene's spec along, and holds the first of the numbers that it expects. */
export function specHolds(hands: Hands, must: Must, id: string, wanted: readonly number[]): void {
  hands.click(`#${id} .spec`);
  const told = /const expected = \[([^\]]*)\]/.exec(hands.taken().text)![1]!;
  must(near(told.split(", ").map(Number).slice(0, wanted.length), wanted), `${id}: the spec expects ${told}`);
}

/** Holds the end of a legend at each scale: the densest of the row, of the map, of all. */
export function scalesHold(hands: Hands, must: Must, id: string, most: readonly number[]): void {
  most.forEach((wanted, n) => {
    hands.click(`#${id}-scale button:nth-of-type(${n + 1})`);
    const end = hands.text(`#${id}-scale ~ .legend .most`);
    must(end === percentOf(wanted), `${id}, scale ${n}: ${end} for ${percentOf(wanted)}`);
  });
}

/** Holds that the answer of a scene names some things. */
export function answerNames(hands: Hands, must: Must, id: string, parts: readonly unknown[]): void {
  const answer = hands.text(`#${id} .further details p`);
  must(parts.every((part) => answer.includes(String(part))), `${answer} for ${parts.join(", ")}`);
}
