/** Bringing pictures to the size that a model wants. */
import type { Matrix } from "../../lib/matrix.ts";
import { checkInteger, fromFunction, matrix } from "../../lib/matrix.ts";

/**
 * A plane of another size, smoothed where it shrinks: bicubic weights (a = −1/2) as wide as a new pixel is in
 * old ones, so that every old pixel counts. This is how photographs are made small for the papers' models;
 * `resizeBicubic` of lib, which the model itself uses, reads four pixels only and is for sizes that are
 * close.
 */
export function shrink(plane: Matrix, rows: number, cols: number): Matrix {
  checkInteger("shrink", "rows", rows, 1);
  checkInteger("shrink", "cols", cols, 1);
  const turned = (M: Matrix): Matrix => fromFunction(M.cols, M.rows, (i, j) => M.data[j * M.cols + i]!);
  const resized = turned(shrinkRows(turned(shrinkRows(plane, rows)), cols));
  return fromFunction(rows, cols, (y, x) => Math.min(1, Math.max(0, resized.data[y * cols + x]!)));
}

function shrinkRows(plane: Matrix, rows: number): Matrix {
  const step = plane.rows / rows;
  const wide = Math.max(1, step);
  const out = matrix(rows, plane.cols);
  for (let i = 0; i < rows; i++) {
    const centre = (i + 0.5) * step - 0.5;
    const [first, last] = [
      Math.max(0, Math.ceil(centre - 2 * wide)),
      Math.min(plane.rows - 1, Math.floor(centre + 2 * wide)),
    ];
    const weights = Array.from({ length: last - first + 1 }, (_, k) => weight((first + k - centre) / wide));
    const sum = weights.reduce((total, w) => total + w, 0);
    for (let j = 0; j < plane.cols; j++) {
      out.data[i * plane.cols + j] = weights.reduce(
        (total, w, k) => total + (w / sum) * plane.data[(first + k) * plane.cols + j]!,
        0,
      );
    }
  }
  return out;
}

function weight(z: number): number {
  const r = Math.abs(z);
  if (r < 1) return (1.5 * r - 2.5) * r * r + 1;
  return r < 2 ? ((-0.5 * r + 2.5) * r - 4) * r + 2 : 0;
}

/** The largest square in the middle, at side × side. */
export function square(planes: readonly Matrix[], side: number): Matrix[] {
  return filling(planes, side, side);
}

/** The largest part in the middle that has the form of rows × cols, at that size. */
export function filling(planes: readonly Matrix[], rows: number, cols: number): Matrix[] {
  return planes.map((plane) => {
    const scale = Math.min(plane.rows / rows, plane.cols / cols);
    const side = (wanted: number): number => Math.max(1, Math.round(wanted * scale));
    const [h, w] = [side(rows), side(cols)];
    const [top, left] = [Math.floor((plane.rows - h) / 2), Math.floor((plane.cols - w) / 2)];
    const part = fromFunction(h, w, (y, x) => plane.data[(top + y) * plane.cols + left + x]!);
    return shrink(part, rows, cols);
  });
}

/**
 * A photographed or drawn digit as MNIST has them: light on dark, 28 × 28, its ink within 20 × 20 and its
 * centre of mass in the middle.
 *
 * Whether ink is light or dark is told by the border, which is paper: darker than the middle of the range
 * means light ink. Below a quarter of the range there is no ink. `ink` is "light" or "dark", or "none" for an
 * empty picture.
 */
export function digitOf(grey: Matrix): { digit: Matrix; ink: "light" | "dark" | "none" } {
  const { rows, cols, data } = grey;
  const [low, high] = data.reduce(([a, b], x) => [Math.min(a!, x), Math.max(b!, x)], [1, 0]) as [
    number,
    number,
  ];
  if (high - low < 0.05) return { digit: matrix(28, 28), ink: "none" };
  let [border, count] = [0, 0];
  for (let y = 0; y < rows; y++) {
    for (let x = 0; x < cols; x++) {
      if (y > 0 && x > 0 && y < rows - 1 && x < cols - 1) continue;
      border += data[y * cols + x]!;
      count++;
    }
  }
  const dark = border / count > (low + high) / 2;
  const inked = (y: number, x: number): number => {
    const level = (dark ? high - data[y * cols + x]! : data[y * cols + x]! - low) / (high - low);
    return level < 0.25 ? 0 : level;
  };
  let [top, bottom, left, right] = [rows, -1, cols, -1];
  for (let y = 0; y < rows; y++) {
    for (let x = 0; x < cols; x++) {
      if (inked(y, x) === 0) continue;
      [top, bottom, left, right] = [
        Math.min(top, y),
        Math.max(bottom, y),
        Math.min(left, x),
        Math.max(right, x),
      ];
    }
  }
  const [tall, wide] = [bottom - top + 1, right - left + 1];
  const scale = 20 / Math.max(tall, wide);
  const [h, w] = [Math.max(1, Math.round(tall * scale)), Math.max(1, Math.round(wide * scale))];
  const box = shrink(
    fromFunction(tall, wide, (y, x) => inked(top + y, left + x)),
    h,
    w,
  );
  let [mass, my, mx] = [0, 0, 0];
  box.data.forEach((v, e) => ([mass, my, mx] = [mass + v, my + v * Math.floor(e / w), mx + v * (e % w)]));
  const place = (centre: number, size: number): number =>
    Math.min(28 - size, Math.max(0, Math.round(13.5 - centre / mass)));
  const [y0, x0] = [place(my, h), place(mx, w)];
  const digit = fromFunction(28, 28, (y, x) =>
    y < y0 || x < x0 || y >= y0 + h || x >= x0 + w ? 0 : box.data[(y - y0) * w + x - x0]!,
  );
  return { digit, ink: dark ? "dark" : "light" };
}
