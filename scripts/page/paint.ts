/** Maps too large for a table, painted on a canvas in the colours of the page. */
import type { Painting } from "./mark.ts";

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

type Triple = readonly [number, number, number];

/** A colour between two, mixed in oklab, where equal steps look equal. */
export function mixed(from: string, to: string, share: number): string {
  const [a, b] = [oklab(from), oklab(to)];
  const [L, A, B] = a.map((x, n) => x + (b[n]! - x) * share) as unknown as Triple;
  const l = (L + 0.3963377774 * A + 0.2158037573 * B) ** 3;
  const m = (L - 0.1055613458 * A - 0.0638541728 * B) ** 3;
  const s = (L - 0.0894841775 * A - 1.291485548 * B) ** 3;
  const linear: Triple = [
    4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s,
    -1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s,
    -0.0041960863 * l - 0.7034186147 * m + 1.707614701 * s,
  ];
  const bytes = linear.map((x) => {
    const seen = x <= 0.0031308 ? 12.92 * x : 1.055 * x ** (1 / 2.4) - 0.055;
    return Math.round(255 * Math.min(1, Math.max(0, seen)));
  });
  return `rgb(${bytes.join(" ")})`;
}

/** A colour written as #rrggbb in oklab. */
function oklab(colour: string): Triple {
  const [r, g, b] = [1, 3, 5].map((at) => {
    const x = Number.parseInt(colour.slice(at, at + 2), 16) / 255;
    return x <= 0.04045 ? x / 12.92 : ((x + 0.055) / 1.055) ** 2.4;
  }) as unknown as Triple;
  const l = Math.cbrt(0.4122214708 * r + 0.5363325363 * g + 0.0514459929 * b);
  const m = Math.cbrt(0.2119034982 * r + 0.6806995451 * g + 0.1073969566 * b);
  const s = Math.cbrt(0.0883024619 * r + 0.2817188376 * g + 0.6299787005 * b);
  return [
    0.2104542553 * l + 0.793617785 * m - 0.0040720468 * s,
    1.9779984951 * l - 2.428592205 * m + 0.4505937099 * s,
    0.0259040371 * l + 0.7827717662 * m - 0.808675766 * s,
  ];
}
