/** The numbers that the page must show, computed from the oracle: for `npm run page:check` and for the specs. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { embed } from "../../scripts/atlas/words.ts";
import { atlasInPage } from "../../scripts/atlas/in-page.ts";
import { TEXTS, type Language } from "../../scripts/page/state.ts";
import type { Translation } from "../../lib/models/character-translator.ts";
import { DATE_FORMS, dateModels } from "../../scripts/page/models/dates.ts";
import { datesTranslator } from "../../lib/checkpoints/dates-bahdanau.ts";
import { naiveBahdanau, naiveStart, naiveStep } from "../oracle/naive-decoder.ts";
import { naiveBidirectional } from "../oracle/naive-gru.ts";
import { birdExpected, fewExpected, streamExpected } from "./expected-chance.ts";
import { costExpected, gridExpected, learnExpected } from "./expected-sparse.ts";
import {
  compareExpected,
  crossExpected,
  headsExpected,
  orderExpected,
  queryExpected,
  rootExpected,
  windowExpected,
} from "./expected-dense.ts";
import { digitsExpected } from "./expected-digits.ts";
import { dot, naiveAttention, naiveLinear, type Rows } from "../oracle/naive.ts";
import { type Matrix } from "../../lib/matrix.ts";
import { readSafetensors } from "../../lib/checkpoints/safetensors.ts";
import { SCENES as PAGE } from "../../scripts/page/scenes.ts";
import { checksum } from "../../scripts/page/parts/compare.ts";
import { joined, root } from "../../scripts/copy/join.ts";
import { piecesOf } from "../../scripts/page/context.ts";
import { pageData } from "../../scripts/page/build.ts";

export const rowsOf = ({ rows, cols, data }: Matrix): Rows =>
  Array.from({ length: rows }, (_, i) => Array.from(data.subarray(i * cols, (i + 1) * cols)));

/** The map of one head whose projections are the ones that the library draws. */
export function naiveMap(
  X: Matrix,
  { W_Q, W_K, W_V }: { W_Q: Matrix; W_K: Matrix; W_V: Matrix },
  allow: (i: number, j: number) => boolean = () => true,
): { weights: Rows; output: Rows } {
  const [Q, K, V] = [W_Q, W_K, W_V].map((W) => naiveLinear(rowsOf(X), rowsOf(W)));
  return naiveAttention(Q!, K!, V!, { scale: 1 / Math.sqrt(W_Q.cols), allow });
}

/** Everything that a self-test compares with, by name. */
export type Expected = Record<string, unknown>;

/** The expected numbers of each scene, in one record; to add a scene's, add a function to the list. */
const SCENES: readonly ((X: Matrix, seed: number, words: readonly string[]) => Expected)[] = [
  queryExpected,
  compareExpected,
  rootExpected,
  orderExpected,
  headsExpected,
  crossExpected,
  datesExpected,
  streamExpected,
  windowExpected,
  fewExpected,
  birdExpected,
  gridExpected,
  digitsExpected,
  learnExpected,
  costExpected,
  allExpected,
  copiesExpected,
];

export function expectedOf(lang: Language, seed: number = 9): Expected {
  const words = piecesOf({ text: TEXTS[lang], cut: "word" });
  const X = embed(words, 16, seed);
  return Object.assign({ T: words.length }, ...SCENES.map((scene) => scene(X, seed, words))) as Expected;
}

const short = (rows: Rows): number[] => rows.flat().map((x) => Math.round(x * 1e5) / 1e5);

/** The files of lib that scenes give, as they are copied. */
function copiesExpected(): Expected {
  const paths = new Set(PAGE.flatMap(({ sources }) => sources.map(({ path }) => path)));
  return { copies: Object.fromEntries([...paths].map((path) => [path, checksum(joined([path]))])) };
}

/** What the oracle makes of the translations that the page shows, on the page's own weights. */
function datesExpected(): Expected {
  const models = dateModels(pageData().get("dates-model")!);
  const { decoder, encoder, E_source, E_target, sourceVocabulary, targetVocabulary, go } = models.attending;
  const rows = (E: Matrix, vocabulary: readonly string[], symbols: readonly string[]): Rows =>
    symbols.map((symbol) => rowsOf(E)[vocabulary.indexOf(symbol)]!);
  const sides = ({ source, target }: Translation): [H: Rows, Y: Rows] => [
    naiveBidirectional(encoder.ahead, encoder.back, rows(E_source, sourceVocabulary, source)),
    rows(E_target, targetVocabulary, [go, ...target.slice(0, -1)]),
  ];
  const text = (logits: Rows): string =>
    logits.map((row) => targetVocabulary[row.indexOf(Math.max(...row))]).join("");
  const whole = (form: string): ReturnType<typeof naiveBahdanau> =>
    naiveBahdanau(decoder, ...sides(models.attending.translate(form)));
  const within = (form: string, D: number): ReturnType<typeof naiveBahdanau> => {
    const [H, Y] = sides(models.within(D).translate(form));
    return naiveBahdanau(decoder, H, Y, (i, j) => Math.abs(i - j) <= D);
  };
  const fixed = (form: string): string => {
    const [H, Y] = sides(models.fixed.translate(form));
    const half = H[0]!.length / 2;
    const c = [...H[H.length - 1]!.slice(0, half), ...H[0]!.slice(half)];
    let s = naiveStart(decoder, H);
    return text(
      Y.map((y) => {
        const step = naiveStep(decoder, y, c, s);
        s = step.s;
        return step.logits;
      }),
    );
  };
  const full = datesTranslator(
    readSafetensors(readFileSync(join(root, "scripts/data/dates-bahdanau.safetensors"))),
  );
  const turned = Array.from({ length: 10 }, (_, D) => text(within("27.06.2022", D).logits));
  return {
    "dates.written": Object.fromEntries(DATE_FORMS.map((form) => [form, full.translate(form).text])),
    "dates.oracle": Object.fromEntries(DATE_FORMS.map((form) => [form, text(whole(form).logits)])),
    "dates.fixed": Object.fromEntries(DATE_FORMS.map((form) => [form, fixed(form)])),
    "dates.map": short(whole(DATE_FORMS[0]).weights),
    "dates.month": short(whole("June 27, 2022").weights.slice(5, 7)),
    "dates.turned": turned,
    "dates.window": short(within("27.06.2022", 2).weights),
    "dates.densest": Math.max(...whole("27.06.2022").weights.flat()),
  };
}

/** Every mechanism of the atlas with the number of its checks, and maps that the oracle makes by itself. */
function allExpected(X: Matrix, seed: number, words: readonly string[]): Expected {
  const runs = atlasInPage(words, X, seed);
  const rows = rowsOf(X);
  const twice = rowsOf(embed(["aa", "bb", "aa", "cc"], 16, seed));
  return {
    "all.densest": Object.fromEntries(
      runs.map(({ id, maps }) => [
        id,
        maps.map(({ weights: { data } }) => Math.round(1e4 * data.reduce((a, w) => Math.max(a, w), 0)) / 1e4),
      ]),
    ),
    "all.checks": Object.fromEntries(runs.map(({ id, checks }) => [id, checks.length])),
    "all.maps": {
      "scaled-dot-product": short(naiveAttention(rows, rows, rows, { scale: 1 / 4 }).weights),
      "dot-product": short(naiveAttention(rows, rows, rows, { score: dot }).weights),
    },
    "all.twice": naiveAttention(twice, twice, twice, { scale: 1 / 4 }).weights[0]!,
  };
}
