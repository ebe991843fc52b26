import assert from "node:assert/strict";
import test from "node:test";
import { adamStep } from "../../lib/kernels/adam-step.ts";
import { fromRows, matrix } from "../../lib/matrix.ts";
import { rowsOf } from "../support/values.ts";

test("by hand: β = ½ and ½, corrections ½ and ½, g = 4: m = 2, v = 8, direction 4 / √16", () => {
  const [w, m, v] = [fromRows([[10]]), matrix(1, 1), matrix(1, 1)];
  const half = { beta1: 0.5, beta2: 0.5, correction1: 0.5, correction2: 0.5, eps: 0 };
  adamStep({ w, m, v }, fromRows([[4]]), { ...half, decay: 0.5, rate: 2 });
  assert.deepEqual([w, m, v].map(rowsOf), [[[-2]], [[2]], [[8]]]); // 10 − 2 (1 + 0.5 · 10)
  assert.throws(() => adamStep({ w, m, v }, matrix(1, 2), { ...half, decay: 0, rate: 1 }), {
    message: "adamStep: g must be (1, 1); got (1, 2)",
  });
});
