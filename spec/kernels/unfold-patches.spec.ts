import assert from "node:assert/strict";
import test from "node:test";
import { assertSameBits, at, normal, rowsOf } from "../support/values.ts";
import { checkImage, unfoldPatches } from "../../lib/kernels/unfold-patches.ts";
import { fromRows, matrix } from "../../lib/matrix.ts";

test("equals the definition pixel by pixel: several channels, sides that are not a multiple, a patch " +
  "larger than the image", () => {
  for (const [C, H, W, p] of [
    [1, 1, 1, 1],
    [3, 6, 9, 3],
    [2, 7, 11, 3],
    [4, 5, 8, 1],
    [1, 8, 4, 4],
    [2, 3, 9, 4],
    [2, 0, 5, 2],
  ] as const) {
    const image = Array.from({ length: C }, (_, c) => normal(H, W, c + 1));
    const P = unfoldPatches(image, p);
    const [down, across] = [Math.floor(H / p), Math.floor(W / p)];
    assert.deepEqual([P.rows, P.cols], [down * across, C * p * p]);
    for (let n = 0; n < P.rows; n++) {
      for (let f = 0; f < P.cols; f++) {
        const [c, y, x] = [Math.floor(f / (p * p)), Math.floor(f / p) % p, f % p];
        const [u, v] = [Math.floor(n / across), n % across];
        assert.ok(
          Object.is(at(P, n, f), at(image[c]!, u * p + y, v * p + x)),
          `C ${C}, ${H} × ${W}, p ${p}: [${n}, ${f}]`,
        );
      }
    }
  }
});

test("by hand: 2 × 2 patches of a 3 × 5 image of two channels; the last row and column belong to " +
  "none", () => {
  const one = fromRows([
    [1, 2, 3, 4, 5],
    [6, 7, 8, 9, 10],
    [11, 12, 13, 14, 15],
  ]);
  const ten = fromRows(rowsOf(one).map((row) => row.map((x) => 10 * x)));
  assertSameBits(
    unfoldPatches([one, ten], 2),
    fromRows([
      [1, 2, 6, 7, 10, 20, 60, 70],
      [3, 4, 8, 9, 30, 40, 80, 90],
    ]),
  );
});

test("errors name the argument", () => {
  const raises = (run: () => unknown, name: string, message: string): void =>
    assert.throws(run, { name, message });
  raises(
    () => unfoldPatches([], 2),
    "RangeError",
    "unfoldPatches: image.length must be an integer ≥ 1; got 0",
  );
  raises(
    () => unfoldPatches([matrix(2, 2), matrix(2, 3)], 2),
    "RangeError",
    "unfoldPatches: image[1] must be (2, 2); got (2, 3)",
  );
  raises(
    () => unfoldPatches([matrix(2, 2)], 0),
    "RangeError",
    "unfoldPatches: patch must be an integer ≥ 1; got 0",
  );
  raises(
    () => unfoldPatches(matrix(2, 2) as never, 1),
    "TypeError",
    "unfoldPatches: image must be an array of channels, each a Matrix; got object",
  );
  raises(
    () => checkImage("f", [matrix(1, 1)], { channels: 3 }),
    "RangeError",
    "f: image.length must be an integer in [3, 3]; got 1",
  );
});
