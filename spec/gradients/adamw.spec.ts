import assert from "node:assert/strict";
import test from "node:test";
import { AdamW } from "../../lib/gradients/adamw.ts";
import { assertSameBits, copyOf, normal, rowsOf } from "../support/values.ts";
import { fromRows, matrix } from "../../lib/matrix.ts";
import { golden } from "../support/golden.ts";

test("golden adamw_five_steps: PyTorch's AdamW, β_2 = 0.98, no decay", () => {
  const g = golden("gradients", "adamw_five_steps");
  const w = copyOf(g.slice("in.start"));
  const adam = new AdamW(new Map([["w", w]]), { beta2: 0.98 });
  for (let t = 0; t < 5; t++) {
    adam.step(new Map([["w", g.slice("in.gradients", t)]]), 0.01);
    g.assertSlice(w, "out.parameters", t);
  }
});

test("by hand: the first step has length η whatever the gradient; decay takes η λ w beside it", () => {
  const w = fromRows([[1, -2, 3]]);
  new AdamW(new Map([["w", w]]), { eps: 1e-12 }).step(new Map([["w", fromRows([[5, -0.001, 0]])]]), 0.25);
  assert.deepEqual(rowsOf(w), [[0.75, -1.75, 3]]);
  const decayed = fromRows([[2]]);
  new AdamW(new Map([["w", decayed]]), { decay: 0.5, eps: 1e-12 }).step(
    new Map([["w", fromRows([[1]])]]),
    0.25,
  );
  assert.deepEqual(rowsOf(decayed), [[2 - 0.25 * (1 + 0.5 * 2)]]);
});

test("it writes into the matrices of its list and into nothing else; what has no gradient stays", () => {
  const [w, still, g] = [normal(2, 3, 1), normal(1, 2, 2), normal(2, 3, 3)];
  const [before, given] = [copyOf(still), copyOf(g)];
  const start = copyOf(w);
  new AdamW(
    new Map([
      ["w", w],
      ["still", still],
    ]),
  ).step(new Map([["w", g]]), 0.1);
  assertSameBits(still, before);
  assertSameBits(g, given);
  assert.notDeepEqual(rowsOf(w), rowsOf(start));
});

test("stored and restored, it goes on to the same bits", () => {
  const gradients = [1, 2, 3, 4].map((seed) => new Map([["w", normal(3, 2, seed)]]));
  const straight = normal(3, 2, 9);
  const whole = new AdamW(new Map([["w", straight]]), { decay: 0.01 });
  gradients.forEach((g) => whole.step(g, 0.05));
  const broken = normal(3, 2, 9);
  const first = new AdamW(new Map([["w", broken]]), { decay: 0.01 });
  gradients.slice(0, 2).forEach((g) => first.step(g, 0.05));
  const second = new AdamW(new Map([["w", broken]]), { decay: 0.01 });
  second.restore(first.state());
  gradients.slice(2).forEach((g) => second.step(g, 0.05));
  assertSameBits(broken, straight);
});

test("errors say who, what and why, and nothing half-done is left", () => {
  const w = matrix(2, 2);
  const adam = new AdamW(new Map([["w", w]]));
  assert.throws(() => adam.step(new Map([["v", w]]), 0.1), {
    message: "AdamW.step: gradients has v, which is no parameter",
  });
  assert.throws(() => adam.step(new Map([["w", matrix(2, 3)]]), 0.1), {
    message: "AdamW.step: gradient w must be (2, 2); got (2, 3)",
  });
  assert.throws(() => new AdamW(new Map(), { beta1: 1 }), {
    message: "AdamW: beta1 must be in [0, 1); got 1",
  });
  assert.throws(() => new AdamW(new Map(), { lr: 1 } as never), {
    message: "AdamW: options must be a record { beta1, beta2, eps, decay }; got lr",
  });
  assert.throws(() => adam.restore({ steps: 1, m: new Map(), v: new Map() }), {
    message: "AdamW.restore: the state has no running mean of w",
  });
  assert.deepEqual(rowsOf(w), [
    [0, 0],
    [0, 0],
  ]);
});
