/** A digit drawn or taken, and where both class tokens of CrossViT look. */
import type { CrossViTConfig } from "../../../lib/models/cross-vit-counts.ts";
import type { Matrix } from "../../../lib/matrix.ts";
import { CrossViT } from "../../../lib/models/cross-vit.ts";
import { MNIST, normalise } from "../../images/picture.ts";
import { add } from "../../../lib/kernels/entrywise.ts";
import { concatRows, sliceRows } from "../../../lib/kernels/rows.ts";
import { digitOf } from "../../images/fit.ts";
import { gelu } from "../../../lib/kernels/activations.ts";
import { layerNormRows } from "../../../lib/kernels/layer-norm-rows.ts";
import { linear } from "../../../lib/kernels/linear.ts";
import { matrix } from "../../../lib/matrix.ts";
import { readCrossViT } from "../../../lib/checkpoints/cross-vit-checkpoint.ts";
import { readSafetensors } from "../../../lib/checkpoints/safetensors.ts";
import { softmaxRows } from "../../../lib/kernels/softmax-rows.ts";

export const DIGIT_SIZES: CrossViTConfig = {
  channels: 1,
  classes: 10,
  stages: 1,
  branches: [
    { image: 28, patch: 4, d_model: 32, heads: 2, depth: 1, d_hidden: 64 },
    { image: 28, patch: 7, d_model: 64, heads: 4, depth: 2, d_hidden: 128 },
  ],
};

/** The trained model. */
export function digitModel(bytes: Uint8Array): CrossViT {
  return readCrossViT(readSafetensors(bytes).tensors, DIGIT_SIZES);
}

/** The images of the file of samples. */
export function samplesIn(bytes: Uint8Array): Uint8Array {
  return readSafetensors(bytes).tensors.get("images")!.data as Uint8Array;
}

/** The n-th of the samples, 28 × 28, from 0 to 1. */
export function sampleOf(bytes: Uint8Array, n: number): Matrix {
  return matrix(
    28,
    28,
    Float32Array.from(bytes.subarray(784 * n, 784 * (n + 1)), (x) => x / 255),
  );
}

export interface Gaze {
  /** For each head the row of [CLS] over itself and the patches; the small branch reads large patches. */
  readonly small: readonly Matrix[];
  readonly large: readonly Matrix[];
  readonly chances: Float32Array;
}

/** What the model makes of a digit. */
export function gazeOf(model: CrossViT, digit: Matrix): Gaze {
  const maps: Matrix[][] = [];
  const logits = model.forward(normalise([digit], MNIST), {
    onWeights: (name, heads) => {
      if (name.includes("fusions")) maps.push([...heads]);
    },
  });
  return { small: maps[0]!, large: maps[1]!, chances: softmaxRows(logits).data };
}

/**
 * The query of the small branch's [CLS] in one head, and the keys that it meets: itself and the large patches.
 * They are equations (1) to (4) of `ClassTokenAttention`, after the blocks of both branches.
 */
export function fusionSides(model: CrossViT, digit: Matrix, head: number): { q: Matrix; K: Matrix } {
  const image = normalise([digit], MNIST);
  const { encoders, fusions } = model.stages[0]!;
  const [own, other] = model.branches.map(({ embedding, cls, positions }, b) =>
    encoders[b]!.reduce(
      (X, block) => block.forward(X),
      add(concatRows([cls, embedding.forward(image)]), positions),
    ),
  ) as [Matrix, Matrix];
  const { f, readings } = fusions[0];
  const { norm, attention } = readings[0]!;
  const cls = sliceRows(own, 0, 1);
  const into = f.norm === undefined ? cls : gelu(layerNormRows(cls, f.norm.eps, f.norm.gamma, f.norm.beta));
  const x = concatRows([linear(into, f.W, f.b), sliceRows(other, 1, other.rows)]);
  const u = layerNormRows(x, norm.eps, norm.gamma, norm.beta);
  const { W_Q, W_K, b_Q, b_K } = attention.heads[head]!;
  return { q: linear(sliceRows(u, 0, 1), W_Q, b_Q), K: linear(u, W_K, b_K) };
}

/** The digit without one patch: what is dark there is as if nothing had been drawn. */
export function withoutPatch(digit: Matrix, patch: number, place: number): Matrix {
  const side = 28 / patch;
  const [top, left] = [Math.floor(place / side) * patch, (place % side) * patch];
  const data = Float32Array.from(digit.data, (x, e) => {
    const [y, z] = [Math.floor(e / 28), e % 28];
    return y >= top && y < top + patch && z >= left && z < left + patch ? 0 : x;
  });
  return matrix(28, 28, data);
}

/** So many levels of grey stand in the fragment for a photo. */
const LEVELS = 15;

/** A digit out of a photo, as the fragment holds it: a hexadecimal digit for each of 28 × 28 pixels; "" without ink. */
export function photoText(width: number, height: number, greys: Float32Array): string {
  const { digit, ink } = digitOf(matrix(height, width, greys));
  return ink === "none" ? "" : Array.from(digit.data, (x) => Math.round(LEVELS * x).toString(16)).join("");
}

/** The digit of such a text; undefined for any other. */
export function photoDigit(text: string): Matrix | undefined {
  if (!/^[0-9a-f]{784}$/.test(text)) return undefined;
  return matrix(
    28,
    28,
    Float32Array.from(text, (level) => Number.parseInt(level, 16) / LEVELS),
  );
}

/** Strokes as the fragment holds them: x and y from 0 to 99 in one number, 9999 lifts the pen. */
export const LIFTED = 9999;

const SIDE = 112;
const PEN = 4.6;

/** Strokes as a digit of 28 × 28, or undefined when there is no ink. */
export function digitFrom(points: readonly number[]): Matrix | undefined {
  const ink = new Float32Array(SIDE * SIDE);
  const at = (point: number): [number, number] => [
    (((point % 100) + 0.5) / 100) * SIDE,
    ((Math.floor(point / 100) + 0.5) / 100) * SIDE,
  ];
  points.forEach((point, n) => {
    if (point === LIFTED) return;
    const before = points[n - 1];
    line(ink, at(before === undefined || before === LIFTED ? point : before), at(point));
  });
  const { digit, ink: kind } = digitOf(matrix(SIDE, SIDE, ink));
  return kind === "none" ? undefined : digit;
}

function line(
  ink: Float32Array,
  [ax, ay]: readonly [number, number],
  [bx, by]: readonly [number, number],
): void {
  const [dx, dy] = [bx - ax, by - ay];
  const square = dx * dx + dy * dy || 1;
  const from = (a: number, b: number): number => Math.max(0, Math.floor(Math.min(a, b) - PEN - 1));
  const to = (a: number, b: number): number => Math.min(SIDE - 1, Math.ceil(Math.max(a, b) + PEN + 1));
  for (let y = from(ay, by); y <= to(ay, by); y++) {
    for (let x = from(ax, bx); x <= to(ax, bx); x++) {
      const along = Math.min(1, Math.max(0, ((x - ax) * dx + (y - ay) * dy) / square));
      const far = Math.hypot(x - ax - along * dx, y - ay - along * dy);
      const shade = Math.min(1, Math.max(0, PEN + 0.5 - far));
      ink[y * SIDE + x] = Math.max(ink[y * SIDE + x]!, shade);
    }
  }
}
