import assert from "node:assert/strict";
import { test } from "node:test";
import { catAttentions, catFeatures, catModel, catWeights } from "../../scripts/page/models/cat-tiles.ts";
import { DATE_FORMS, dateModels, datesModel, sidesOfStep } from "../../scripts/page/models/dates.ts";
import { digitModel, fusionSides, gazeOf, sampleOf, samplesIn } from "../../scripts/page/models/digits.ts";
import { naiveCross, naiveInner } from "../oracle/naive-tiles.ts";
import { naiveSoftmax } from "../oracle/naive.ts";
import { pageData } from "../../scripts/page/build.ts";
import { pixelOf, tileOf } from "../../scripts/page/models/cat-tiles.ts";
import { rowAt } from "../../scripts/page/models/multi-head.ts";
import { rowsOf } from "../support/values.ts";

const data = pageData();
const sample = (n: number): ReturnType<typeof sampleOf> => sampleOf(samplesIn(data.get("digits-samples")!), n);

/** Fails unless two lists are near. */
function near(got: ArrayLike<number>, wanted: ArrayLike<number>, what: string): void {
  assert.equal(got.length, wanted.length, what);
  const off = Array.from(got).findIndex((x, e) => Math.abs(x - wanted[e]!) > 1e-5);
  assert.equal(off, -1, `${what}[${off}]: ${got[off]} for ${wanted[off]}`);
}

test("dates: the two sides of a step make the shares that the decoder gave it, with a window and without", () => {
  const models = dateModels(data.get("dates-model")!);
  const { decoder } = models.attending;
  const v = Array.from(decoder.attention.v_a.data);
  for (const text of [DATE_FORMS[0], "27.06.2022"]) {
    const { attending, within } = datesModel(models, text, 2);
    for (const [shown, by, D] of [
      [attending!, decoder, 40],
      [within!, models.within(2).decoder, 2],
    ] as const) {
      for (const i of [0, 5, 9]) {
        const { P, R } = sidesOfStep(models, shown, i, by);
        const scores = rowsOf(R).map((r, j) =>
          Math.abs(i - j) > D ? -Infinity : r.reduce((sum, x, c) => sum + v[c]! * Math.tanh(x + P.data[c]!), 0),
        );
        near(rowAt(shown.weights, i), naiveSoftmax(scores), `${text}, step ${i}, D ${D}`);
      }
    }
  }
});

test("dates: a window as wide as the date is the whole date; an unknown character is named", () => {
  const models = dateModels(data.get("dates-model")!);
  for (const form of DATE_FORMS) {
    const { attending, within } = datesModel(models, form, 40);
    assert.equal(within!.text, attending!.text, form);
    near(within!.weights.data, attending!.weights.data, form);
  }
  const { unknown, attending, within, fixed } = datesModel(models, "27 Ω", 2);
  assert.deepEqual([unknown, attending, within, fixed], [["Ω"], undefined, undefined, undefined]);
});

test("digits: the query and the keys of each head make the gaze that the model gives", () => {
  const model = digitModel(data.get("digits-model")!);
  for (const n of [5, 16]) {
    const { small } = gazeOf(model, sample(n));
    small.forEach(({ data: row }, head) => {
      const { q, K } = fusionSides(model, sample(n), head);
      const scores = rowsOf(K).map((k) => k.reduce((sum, x, c) => sum + x * q.data[c]!, 0) / Math.sqrt(K.cols));
      near(row, naiveSoftmax(scores), `sample ${n}, head ${head}`);
    });
  }
});

test("CAT: a pixel has its place in its tile, and sees what the oracle sees", () => {
  for (const pixel of [0, 6, 7, 195, 489, 783]) {
    const { tile, place } = tileOf(pixel);
    assert.equal(pixelOf(tile, place), pixel);
  }
  const [digit, grid] = [sample(5), [28, 28]];
  const { inner, cross } = catAttentions(3);
  const X = rowsOf(catFeatures(digit));
  const inside = naiveInner(X, grid, 7, inner.attention, rowsOf(inner.table!)).weights[0]!;
  const across = naiveCross(X, grid, 7, cross.attention).weights;
  const weights = catWeights(digit, 3);
  for (const pixel of [31, 489, 700]) {
    const seen = catModel(weights, pixel, "down");
    near(seen.inside, Array.from(seen.inside, (_, n) => inside[pixel]![pixelOf(seen.tile, n)]!), `pixel ${pixel}`);
    near(seen.across, across[2]![0]![seen.tile]!, `tile ${seen.tile}`);
  }
});
