import assert from "node:assert/strict";
import test from "node:test";
import { assertGradient, differences } from "../support/differences.ts";
import { crossEntropyGradient } from "../../lib/gradients/cross-entropy-gradient.ts";
import { fromRows, matrix } from "../../lib/matrix.ts";
import { golden } from "../support/golden.ts";
import { naiveSoftmax } from "../oracle/naive.ts";
import { normal, poison, rowsOf } from "../support/values.ts";

test("golden cross_entropy_5x7: PyTorch's mean over rows", () => {
  const g = golden("gradients", "cross_entropy_5x7");
  const { loss, dX } = crossEntropyGradient(g.slice("in.x"), Array.from(g.slice("in.target").data));
  g.assertSlice(fromRows([[loss]]), "out.y");
  g.assertSlice(dX, "out.d_x");
});

test("central differences of the oracle, some rows without a target", () => {
  for (const targets of [[3], [0, 2, 1, 4, 4], [undefined, 2, undefined, 0]]) {
    const X = normal(targets.length, 5, 1);
    const N = targets.filter((target) => target !== undefined).length;
    const naiveLoss = (rows: number[][]): number =>
      rows.reduce((sum, row, t) => {
        const target = targets[t];
        return target === undefined ? sum : sum - Math.log(naiveSoftmax(row)[target]!) / N;
      }, 0);
    const { loss, dX } = crossEntropyGradient(X, targets);
    assert.ok(Math.abs(loss - naiveLoss(rowsOf(X))) < 1e-6, "the loss");
    assertGradient(dX, differences({ X: rowsOf(X) }, (x) => naiveLoss(x.X)).X, `targets ${targets}`);
  }
});

test("by hand: two equal logits are a loss of log 2; huge ones do not overflow; no targets, no loss", () => {
  assert.ok(Math.abs(crossEntropyGradient(fromRows([[7, 7]]), [0]).loss - Math.log(2)) < 1e-12, "log 2");
  assert.equal(crossEntropyGradient(fromRows([[3e38, 0]]), [0]).loss, 0);
  assert.deepEqual(crossEntropyGradient(matrix(0, 3), []).loss, 0);
  const { loss, dX } = crossEntropyGradient(poison(normal(3, 4, 1), 1, NaN), [1, undefined, 2]);
  assert.ok(
    Number.isFinite(loss) && rowsOf(dX).flat().every(Number.isFinite),
    "a row without target is not read",
  );
  assert.throws(() => crossEntropyGradient(matrix(1, 3), [3]), {
    message: "crossEntropyGradient: targets[0] must be an integer in [0, 2]; got 3",
  });
  assert.throws(() => crossEntropyGradient(matrix(2, 3), [1]), {
    message: "crossEntropyGradient: X must be (1, any); got (2, 3)",
  });
});
