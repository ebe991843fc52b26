/** What trials compare: the numbers that a map prints, with those of the oracle. */
import type { Hands, Must } from "../scene.ts";

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
