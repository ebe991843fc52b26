import assert from "node:assert/strict";
import test from "node:test";
import { clipGradients } from "../../lib/gradients/clip-gradients.ts";
import { fromRows } from "../../lib/matrix.ts";
import { rowsOf } from "../support/values.ts";

test("by hand: (3; 4) has length 5; at a limit of 2.5 both halve, together; below the limit nothing " +
  "changes", () => {
  const gradients = new Map([
    ["a", fromRows([[3]])],
    ["b", fromRows([[0], [4]])],
  ]);
  const { gradients: clipped, norm } = clipGradients(gradients, 2.5);
  assert.equal(norm, 5);
  assert.deepEqual(
    [...clipped].map(([name, g]) => [name, rowsOf(g)]),
    [
      ["a", [[1.5]]],
      ["b", [[0], [2]]],
    ],
  );
  assert.equal(clipGradients(gradients, 5).gradients, gradients);
  assert.deepEqual(rowsOf(gradients.get("a")!), [[3]]);
  assert.equal(clipGradients(new Map(), 1).norm, 0);
  assert.throws(() => clipGradients(gradients, 0), {
    message: "clipGradients: limit must be a finite number > 0; got 0",
  });
});
