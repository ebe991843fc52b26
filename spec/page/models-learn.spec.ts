import assert from "node:assert/strict";
import { mock, test } from "node:test";
import { LEARN_MATRICES, LEARN_STEPS, differenceAt, slopeByHand } from "../../scripts/page/models/learn.ts";
import { kindsOf, learnModel, plainLoss, previousOf } from "../../scripts/page/models/learn.ts";
import { SCENES } from "../../scripts/page/scenes.ts";
import { contextOf, givenOf } from "../../scripts/page/context.ts";
import { html, marksIn, type Touch } from "../../scripts/page/mark.ts";
import { outsideWith } from "./outside.ts";
import { readState } from "../../scripts/page/state.ts";

const { tokens, kinds } = kindsOf(["the", "old", "cat", "that", "the", "dog", "chased"]);

test("learn: kinds and what comes before", () => {
  assert.deepEqual(tokens, [0, 1, 2, 3, 0, 4, 5]);
  assert.deepEqual(previousOf([5, 2, 7]), [undefined, 5, 2]);
});

test("learn: the loss of the library is that of plain loops in doubles", () => {
  for (const step of [0, 7, 60]) {
    const { moment, loss } = learnModel(tokens, kinds.length, 9, step);
    const { W_Q, W_K, W_V } = moment.head;
    const plain = plainLoss(tokens, kinds.length, {
      W_Q: Array.from(W_Q.data),
      W_K: Array.from(W_K.data),
      W_V: Array.from(W_V.data),
    });
    assert.ok(Math.abs(plain - loss) < 1e-5, `step ${step}: ${loss}, not ${plain}`);
  }
});

test("learn: every gradient of the library is the slope between two losses", () => {
  for (const step of [0, 40]) {
    const { moment, gradient } = learnModel(tokens, kinds.length, 9, step);
    for (const name of LEARN_MATRICES) {
      gradient[name].data.forEach((g, e) => {
        const { slope } = differenceAt(tokens, kinds.length, moment.head, name, e);
        assert.ok(
          Math.abs(slope - g) < 1e-5 + 1e-4 * Math.abs(g),
          `step ${step}, ${name}[${e}]: ${g}, not ${slope}`,
        );
      });
    }
  }
});

test("learn: every gradient by hand is the library's, and its sum is made of the products shown", () => {
  for (const step of [0, 40]) {
    const { moment, gradient, map } = learnModel(tokens, kinds.length, 9, step);
    for (const name of LEARN_MATRICES) {
      const { cols, data } = gradient[name];
      data.forEach((g, e) => {
        const by = slopeByHand(tokens, kinds.length, moment.head, name, [Math.floor(e / cols), e % cols]);
        assert.ok(Math.abs(by.total - g) < 1e-7 + 1e-5 * Math.abs(g), `${name}[${e}] at ${step}: ${g}, ${by.total}`);
        const [, own] = by.terms.find(([place]) => place === by.place)!;
        assert.ok(Math.abs(by.products.reduce((sum, x) => sum + x, 0) - own) < 1e-15, `${name}[${e}]`);
        const [i, j] = by.pair;
        assert.ok(Math.abs(by.share - map.data[i * tokens.length + j]!) < 1e-6, `${name}[${e}]: share`);
        assert.ok(Math.abs(by.score - by.share * (by.blame - by.mean)) < 1e-15, `${name}[${e}]: score`);
        assert.ok(Math.abs(by.miss.reduce((sum, x) => sum + x, 0)) < 1e-15, `${name}[${e}]: a miss adds up to 0`);
      });
    }
  }
  const { moment } = learnModel([0], 1, 3, 0);
  assert.equal(slopeByHand([0], 1, moment.head, "W_Q", [1, 2]).total, 0);
});

test("learn: after all steps every place looks at the one before it", () => {
  for (const seed of [0, 9, 23]) {
    const begin = learnModel(tokens, kinds.length, seed, 0);
    const end = learnModel(tokens, kinds.length, seed, LEARN_STEPS);
    assert.ok(begin.previous < 0.4, `seed ${seed} begins at ${begin.previous}`);
    assert.ok(end.previous > 0.85, `seed ${seed} ends at ${end.previous}`);
    assert.ok(end.loss < 0.25 && begin.loss > 1.4, `seed ${seed}: ${begin.loss} → ${end.loss}`);
    assert.equal(end.losses.length, LEARN_STEPS + 1);
  }
});

test("learn: a moment is the same however it was reached, and one word is no trouble", () => {
  const late = learnModel(tokens, kinds.length, 31, 12);
  learnModel(tokens, kinds.length, 31, 50);
  assert.deepEqual(learnModel(tokens, kinds.length, 31, 12).map, late.map);
  assert.equal(learnModel([0], 1, 3, 5).previous, 0);
});

test("learn: played, every step follows the one before to the end; a press or the slider stops it", () => {
  const scene = SCENES.find(({ id }) => id === "learn")!;
  const steps: number[] = [];
  const press = (step: number, id: string, value = ""): void => {
    const state = readState(`learn.step=${step}`, "en", SCENES);
    const outside = outsideWith({ change: (_, next) => steps.push(next["step"] as number) });
    const context = contextOf("learn", state, givenOf(state.shared), SCENES, outside);
    const all = marksIn(html("div", {}, ...scene.view(state.scenes["learn"] as never, context)));
    const { attributes } = all.find((mark) => mark.attributes["id"] === id)!;
    const handler = (attributes["onclick"] ?? attributes["oninput"]) as (touch: Touch) => void;
    handler({ value, key: "", x: 0, y: 0, down: false, stop: () => {} });
  };
  mock.timers.enable({ apis: ["setTimeout"] });
  try {
    press(195, "learn-play");
    for (let n = 0; n < 20; n++) mock.timers.tick(45);
    assert.deepEqual(steps, [196, 197, 198, 199, 200]);
    for (const stop of ["learn-play", "learn-step"]) {
      steps.length = 0;
      press(3, "learn-play");
      mock.timers.tick(45);
      press(5, stop, "5");
      for (let n = 0; n < 20; n++) mock.timers.tick(45);
      assert.deepEqual(steps, stop === "learn-play" ? [4, 5] : [4, 5, 5], stop);
    }
    steps.length = 0;
    press(LEARN_STEPS, "learn-play");
    assert.deepEqual(steps, [0]);
    press(0, "learn-one");
    assert.deepEqual(steps, [0, 1]);
    steps.length = 0;
    for (let n = 0; n < 3; n++) press(0, "learn-play"); // played, stopped and played within one tick
    mock.timers.tick(45);
    assert.deepEqual(steps, [1, 1, 2]);
  } finally {
    mock.timers.reset();
  }
});
