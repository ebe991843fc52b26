/** Maps too large for a table, painted on a canvas in the colours of the page. */
import type { Painting } from "./mark.ts";
import { mixed } from "./parts/colours.ts";

/** The names of the kinds of a painting's cells, by number: the plain ink, and one hue for each reason. */
const INKS = ["--heat", "--local", "--global", "--random"] as const;

/** Colours between two, mixed as the style sheet mixes them. */
const STEPS = 32;

/** What stands on which canvas. */
const paintings = new WeakMap<Element, Painting>();

/** Canvases that are not in the document yet. */
const waiting: (readonly [HTMLCanvasElement, Painting])[] = [];

/** Keeps a painting until `paintNow`. */
export function paintLater(canvas: HTMLCanvasElement, painting: Painting): void {
  waiting.push([canvas, painting]);
}

/** Puts the paintings that wait on their canvases. */
export function paintNow(): void {
  for (const [canvas, painting] of waiting.splice(0)) {
    const known = paintings.get(canvas);
    if (known !== undefined && same(known, painting)) continue;
    paintings.set(canvas, painting);
    draw(canvas, painting);
  }
}

/** Paints every canvas again: the colours have changed. */
export function paintAgain(): void {
  for (const canvas of document.querySelectorAll("canvas")) {
    const painting = paintings.get(canvas);
    if (painting !== undefined) draw(canvas, painting);
  }
}

function same(a: Painting, b: Painting): boolean {
  return (
    a.rows === b.rows &&
    a.cols === b.cols &&
    a.depths.every((depth, e) => depth === b.depths[e]) &&
    a.kinds.every((kind, e) => kind === b.kinds[e])
  );
}

/** Each cell as the table draws it: a square, a disc for chance, two triangles for both, a dot for unseen. */
function draw(canvas: HTMLCanvasElement, { rows, cols, depths, kinds }: Painting): void {
  const side = Math.max(4, Math.min(24, Math.floor(1200 / Math.max(rows, cols))));
  const gap = side >= 8 ? 1 : 0;
  [canvas.width, canvas.height] = [cols * side, rows * side];
  const pen = canvas.getContext("2d")!;
  const style = getComputedStyle(canvas);
  const colour = (name: string): string => style.getPropertyValue(name).trim();
  const [bed, panel, unseen] = [colour("--bed"), colour("--panel"), colour("--soft")];
  const scales = INKS.map((ink, kind) =>
    Array.from({ length: STEPS + 1 }, (_, n) => {
      const share = n / STEPS;
      return kind === 0
        ? mixed(bed, colour(ink), share)
        : mixed(panel, colour(ink), 0.14 + 0.86 * share);
    }),
  );
  const size = side - gap;
  for (let e = 0; e < depths.length; e++) {
    const [x, y] = [(e % cols) * side, Math.floor(e / cols) * side];
    const step = Math.round(STEPS * depths[e]!);
    const kind = kinds[e]!;
    if (kind === 5) {
      pen.fillStyle = unseen;
      pen.fillRect(x + size / 2 - 0.5, y + size / 2 - 0.5, 1, 1);
    } else if (kind === 4) {
      pen.fillStyle = scales[1]![step]!;
      pen.fillRect(x, y, size, size);
      pen.fillStyle = scales[2]![step]!;
      pen.beginPath();
      pen.moveTo(x + size, y);
      pen.lineTo(x + size, y + size);
      pen.lineTo(x, y + size);
      pen.fill();
    } else {
      pen.fillStyle = scales[kind]![step]!;
      if (kind === 3) {
        pen.beginPath();
        pen.arc(x + size / 2, y + size / 2, size / 2, 0, 7);
        pen.fill();
      } else pen.fillRect(x, y, size, size);
    }
  }
}
