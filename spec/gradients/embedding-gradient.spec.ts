import assert from "node:assert/strict";
import test from "node:test";
import { embeddingGradient } from "../../lib/gradients/embedding-gradient.ts";
import { fromRows, matrix } from "../../lib/matrix.ts";
import { golden } from "../support/golden.ts";
import { rowsOf } from "../support/values.ts";

test("golden embedding_7x4: PyTorch's autograd, a token that occurs twice among them", () => {
  const g = golden("gradients", "embedding_7x4");
  const tokens = Array.from(g.slice("in.ids").data);
  g.assertSlice(embeddingGradient(g.slice("w.E"), tokens, g.slice("in.dy")), "out.d_E");
});

test("by hand: what each token received, added up; words that do not occur get zeros", () => {
  const dY = fromRows([
    [1, 2],
    [3, 4],
    [10, 20],
  ]);
  assert.deepEqual(rowsOf(embeddingGradient(matrix(4, 2), [2, 0, 2], dY)), [
    [3, 4],
    [0, 0],
    [11, 22],
    [0, 0],
  ]);
  assert.deepEqual(rowsOf(embeddingGradient(matrix(1, 2), [], matrix(0, 2))), [[0, 0]]);
  assert.throws(() => embeddingGradient(matrix(4, 2), [4], matrix(1, 2)), {
    message: "scatterRows: places[0] must be an integer in [0, 3]; got 4",
  });
  assert.throws(() => embeddingGradient(matrix(4, 2), [1], matrix(2, 2)), {
    message: "embeddingGradient: dY must be (1, 2); got (2, 2)",
  });
});
