/** Expected numbers of the scene of digits from the oracle, on the page's own weights: CrossViT trained, CAT not. */
import type { Expected } from "./expected.ts";
import type { Matrix } from "../../lib/matrix.ts";
import type { Rows } from "../oracle/naive.ts";
import { CAT_CHANNELS, catAttentions, catFeatures } from "../../scripts/page/models/cat-tiles.ts";
import { LIFTED, digitFrom, digitModel, photoDigit, photoText } from "../../scripts/page/models/digits.ts";
import { MNIST, normalise } from "../../scripts/images/picture.ts";
import { naiveCross, naiveInner } from "../oracle/naive-tiles.ts";
import { naiveCrossViT } from "../oracle/naive-cross-vit.ts";
import { naiveSoftmax } from "../oracle/naive.ts";
import { pageData } from "../../scripts/page/build.ts";
import { rowsOf } from "../support/values.ts";
import { sampleOf, samplesIn, withoutPatch } from "../../scripts/page/models/digits.ts";

const best = (list: readonly number[]): number => list.indexOf(Math.max(...list));
const rounded = (list: readonly number[]): number[] => list.map((x) => Math.round(x * 1e5) / 1e5);

/** The strokes of a one drawn by keys: from (50, 14) eleven steps of six down. */
export const KEYED_ONE = Array.from({ length: 12 }, (_, n) => 100 * (14 + 6 * n) + 50);

const known = new Map<number, Expected>();

/** They are the same in both languages: the seed alone moves CAT's weights. */
export function digitsExpected(_: Matrix, seed: number): Expected {
  const expected = known.get(seed) ?? digitsFrom(seed);
  known.set(seed, expected);
  return expected;
}

function digitsFrom(seed: number): Expected {
  const model = digitModel(pageData().get("digits-model")!);
  const samples = samplesIn(pageData().get("digits-samples")!);
  const look = (digit: Matrix): { chances: number[]; gazes: Rows[] } => {
    const image = normalise([digit], MNIST).map(rowsOf);
    const { logits, gazes } = naiveCrossViT(model, [image, image]);
    return { chances: naiveSoftmax(logits), gazes: gazes[0]! };
  };
  const looks = Array.from({ length: 20 }, (__, n) => look(sampleOf(samples, n)));
  const erased = Array.from({ length: 16 }, (__, n) => look(withoutPatch(sampleOf(samples, 16), 7, n)).chances);
  // a seven on paper: dark on light, twice as large, off the middle
  const width = 72;
  const greys = Array.from({ length: width * 64 }, (__, at) => {
    const [y, x] = [Math.floor((Math.floor(at / width) - 4) / 2), Math.floor(((at % width) - 14) / 2)];
    const inside = y >= 0 && y < 28 && x >= 0 && x < 28;
    return 255 - (inside ? samples[784 * 14 + 28 * y + x]! : 0);
  });
  const seen = look(photoDigit(photoText(width, 64, Float32Array.from(greys, (x) => x / 255)))!).chances;
  const keyed = look(digitFrom([...KEYED_ONE, LIFTED])!).chances;
  const five = sampleOf(samples, 5);
  const X = rowsOf(catFeatures(five));
  const { inner, cross } = catAttentions(seed);
  const inside = naiveInner(X, [28, 28], inner.p, inner.attention, rowsOf(inner.table!)).weights[0]!;
  const across = naiveCross(X, [28, 28], cross.p, cross.attention).weights;
  /** The 49 shares of a pixel, by row and column of its own tile. */
  const insideOf = (pixel: number): number[] => {
    const [i, j] = [7 * Math.floor(pixel / 196), 7 * Math.floor((pixel % 28) / 7)];
    return rounded(Array.from({ length: 49 }, (__, n) => inside[pixel]![(i + Math.floor(n / 7)) * 28 + j + (n % 7)]!));
  };
  return {
    // two hexadecimal digits a pixel: the numbers go into an address
    "cross-vit.photo": { width, greys: Buffer.from(greys).toString("hex"), chances: rounded(seen) },
    "cross-vit.reads": looks.map(({ chances }) => best(chances)),
    "cross-vit.chances": rounded(looks[5]!.chances),
    "cross-vit.keyed": rounded(keyed),
    "cross-vit.gazes": looks[5]!.gazes.map((heads) => heads.map(rounded)),
    "cross-vit.eight": looks[16]!.gazes[0]!.map(rounded),
    "cross-vit.erased": erased.map((chances) => [best(chances), Math.round(1e5 * chances[8]!) / 1e5]),
    "cross-vit.inside": Object.fromEntries([489, 488, 574, 31].map((pixel) => [pixel, insideOf(pixel)])),
    "cross-vit.other": rounded(
      naiveCross(rowsOf(catFeatures(sampleOf(samples, 16))), [28, 28], cross.p, cross.attention).weights[0]![0]![9]!,
    ),
    "cross-vit.across": Object.fromEntries(
      CAT_CHANNELS.map((channel, c) => [channel, across[c]![0]!.map((row) => rounded(row))]),
    ),
  };
}
