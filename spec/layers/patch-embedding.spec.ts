import assert from "node:assert/strict";
import test from "node:test";
import type { Matrix } from "../../lib/matrix.ts";
import type { Rows } from "../oracle/naive.ts";
import { PatchEmbedding } from "../../lib/layers/patch-embedding.ts";
import { assertClose, assertSameBits, assertSameRows, at, normal, poison } from "../support/values.ts";
import { rowsOf } from "../support/values.ts";
import { fromRows, identity, matrix, randomGenerator } from "../../lib/matrix.ts";

/** A convolution by its definition: weight (d, C, p, p), stride p, no padding. */
function naiveConvolution(image: readonly Matrix[], W: Matrix, b: Matrix | undefined, p: number): Rows {
  const [H, across] = [image[0]!.rows, Math.floor(image[0]!.cols / p)];
  return Array.from({ length: Math.floor(H / p) * across }, (_, n) =>
    Array.from({ length: W.cols }, (_, o) => {
      let sum = b === undefined ? 0 : at(b, 0, o);
      image.forEach((channel, c) => {
        for (let y = 0; y < p; y++)
          for (let x = 0; x < p; x++)
            sum +=
              at(W, (c * p + y) * p + x, o) *
              at(channel, Math.floor(n / across) * p + y, (n % across) * p + x);
      });
      return sum;
    }),
  );
}

test("equals a convolution with kernel p and stride p", () => {
  for (const [C, H, W, p, d] of [
    [1, 1, 1, 1, 2],
    [3, 6, 9, 3, 5],
    [2, 7, 11, 3, 1],
    [1, 8, 4, 4, 7],
    [2, 3, 9, 4, 3],
  ] as const) {
    const image = Array.from({ length: C }, (_, c) => normal(H, W, c + 1));
    const [weight, bias] = [normal(C * p * p, d, 8), normal(1, d, 9)];
    for (const b of [undefined, bias]) {
      assertClose(
        new PatchEmbedding({ patch: p, channels: C, W: weight, b }).forward(image),
        naiveConvolution(image, weight, b, p),
        1e-6,
        `C ${C}, ${H} × ${W}, p ${p}`,
      );
    }
  }
});

test("a pixel reaches its own patch only; identity weights give the patch itself", () => {
  const embedding = new PatchEmbedding({ patch: 2, channels: 1, W: identity(4) });
  const image = normal(4, 6, 1);
  const clean = embedding.forward([image]);
  assert.deepEqual(
    rowsOf(clean)[1],
    [at(image, 0, 2), at(image, 0, 3), at(image, 1, 2), at(image, 1, 3)],
  );
  assertSameRows(embedding.forward([poison(image, 3, NaN)]), clean, [0, 1, 2]);
});

test("by hand: brightness of the left half less that of the right", () => {
  const embedding = new PatchEmbedding({
    patch: 2,
    channels: 1,
    W: fromRows([[1], [-1], [1], [-1]]),
    b: fromRows([[0.5]]),
  });
  // (3 − 1 + 5 − 2) + 0.5 = 5.5, (1 − 1 + 1 − 1) + 0.5 = 0.5
  assertSameBits(
    embedding.forward([
      fromRows([
        [3, 1, 1, 1],
        [5, 2, 1, 1],
      ]),
    ]),
    fromRows([[5.5], [0.5]]),
  );
});

test("fresh ones stay within ±1/√(C·p²); errors name the argument", () => {
  const { W, b } = PatchEmbedding.random({ patch: 3, channels: 2, d_model: 50 }, randomGenerator(1));
  assert.deepEqual([W.rows, W.cols, b!.cols], [18, 50, 50]);
  const largest = Math.max(...W.data, ...b!.data);
  assert.ok(
    largest <= 1 / Math.sqrt(18) &&
      largest > 0.98 / Math.sqrt(18) &&
      Math.min(...b!.data) < -0.5 / Math.sqrt(18),
    `${Math.min(...b!.data)} to ${largest}`,
  );
  const raises = (run: () => unknown, message: string): void =>
    assert.throws(run, { name: "RangeError", message });
  raises(
    () => new PatchEmbedding({ patch: 2, channels: 3, W: matrix(4, 5) }),
    "PatchEmbedding: W must be (12, any); got (4, 5)",
  );
  raises(
    () => new PatchEmbedding({ patch: 2, channels: 1, W: matrix(4, 5), b: matrix(1, 4) }),
    "PatchEmbedding: b must be (1, 5); got (1, 4)",
  );
  raises(
    () => new PatchEmbedding({ patch: 0, channels: 1, W: matrix(0, 5) }),
    "PatchEmbedding: patch must be an integer ≥ 1; got 0",
  );
  raises(
    () => new PatchEmbedding({ patch: 2, channels: 3, W: matrix(12, 5) }).forward([matrix(2, 2)]),
    "PatchEmbedding.forward: image.length must be an integer in [3, 3]; got 1",
  );
  raises(
    () => PatchEmbedding.random({ patch: 2, channels: 3, d_model: 0 }, Math.random),
    "PatchEmbedding.random: d_model must be an integer ≥ 1; got 0",
  );
});
