/** A softmax that has decided no longer learns: its gradient against the score, and against d_k. */
import type { Language, Phrase } from "../state.ts";
import type { Mark } from "../mark.ts";
import { at, panelsFile, words } from "./panels.ts";
import { fromFunction, fromRows, gaussian, randomGenerator } from "../../../lib/matrix.ts";
import { phraseIn } from "../context.ts";
import { scaledDotProductGradient } from "../../../lib/gradients/scaled-dot-product-gradient.ts";
import { softmaxRows } from "../../../lib/kernels/softmax-rows.ts";
import { softmaxRowsGradient } from "../../../lib/gradients/softmax-rows-gradient.ts";
import { squaredNorm } from "../../../lib/kernels/entrywise.ts";
import { svg } from "../mark.ts";

const WORDS = {
  title: { en: "A softmax that has decided no longer learns", ja: "決めてしまったソフトマックスは学習しない" },
  weight: { en: "weight A", ja: "重み A" },
  slope: { en: "gradient A (1 − A)", ja: "勾配 A (1 − A)" },
  score: { en: "one score against two of 0", ja: "三つのうち一つのスコア（ほかは 0）" },
  length: { en: "length of dS, random queries and keys", ja: "dS の長さ（乱数のクエリとキー）" },
  scaled: { en: "with 1/√d_k", ja: "1/√d_k あり" },
  plain: { en: "without", ja: "なし" },
} as const satisfies Readonly<Record<string, Phrase>>;

const [WIDE, HIGH] = [286, 190];

type Point = readonly [number, number];

/** A line of a chart, and its name at a place. */
interface ChartLine {
  readonly look: string;
  readonly name: string;
  readonly at: Point;
  readonly points: readonly Point[];
}

/** Axes with ticks, and lines over them; x and y from 0 to 1. */
function chart(
  xs: readonly (readonly [number, string])[],
  ys: readonly (readonly [number, string])[],
  lines: readonly ChartLine[],
): Mark[] {
  const [px, py] = [(x: number): number => x * WIDE, (y: number): number => HIGH - y * HIGH];
  return [
    ...ys.flatMap(([y, name]) => [
      svg("path", { d: `M0 ${py(y).toFixed(1)}h${WIDE}`, class: "line", "stroke-opacity": y === 0 ? 1 : 0.25 }),
      words(-6, py(y) + 4, name, "soft end"),
    ]),
    ...xs.map(([x, name]) => words(px(x), HIGH + 18, name, "soft middle")),
    ...lines.flatMap(({ look, name, at: [x, y], points }) => [
      svg("polyline", {
        points: points.map(([a, b]) => `${px(a).toFixed(1)},${py(b).toFixed(1)}`).join(" "),
        class: `curve${look}`,
      }),
      words(px(x), py(y), name, `soft curve-name${look}`),
    ]),
  ];
}

export function saturation(lang: Language): string {
  const say = (phrase: Phrase): string => phraseIn(lang, phrase);
  const scores = Array.from({ length: 61 }, (_, n) => -10 + n / 3);
  const place = (s: number): number => (s + 10) / 20;
  const weights = scores.map((s) => [place(s), softmaxRows(fromRows([[s, 0, 0]])).data[0]!] as const);
  const slopes = scores.map((s) => {
    const dS = softmaxRowsGradient(fromRows([[s, 0, 0]]), fromRows([[1, 0, 0]]));
    return [place(s), dS.data[0]!] as const;
  });
  const widths = [4, 16, 64, 256, 1024];
  const lengths = (scaleOf: (d_k: number) => number) =>
    widths.map((d_k, n) => {
      const normal = gaussian(randomGenerator(1));
      const draw = (rows: number, cols: number) => fromFunction(rows, cols, normal);
      const [Q, K, V, dO] = [draw(16, d_k), draw(16, d_k), draw(16, 8), draw(16, 8)];
      const { dBias: dS } = scaledDotProductGradient({ Q, K, V, scale: scaleOf(d_k) }, dO);
      return [n / 4, Math.sqrt(squaredNorm(dS)) / 6] as const;
    });
  const ticks = (values: readonly number[], most: number) => values.map((y) => [y / most, String(y)] as const);
  const left = chart(
    [-10, -5, 0, 5, 10].map((s) => [place(s), String(s).replace("-", "−")] as const),
    ticks([0, 0.25, 0.5, 0.75, 1], 1),
    [
      { look: "", name: say(WORDS.weight), at: [0.7, 0.84], points: weights },
      { look: " two", name: say(WORDS.slope), at: [0.02, 0.3], points: slopes },
    ],
  );
  const right = chart(
    widths.map((d_k, n) => [n / 4, String(d_k)] as const),
    ticks([0, 2, 4, 6], 6),
    [
      { look: "", name: say(WORDS.scaled), at: [0.62, 0.68], points: lengths((d_k) => 1 / Math.sqrt(d_k)) },
      { look: " two", name: say(WORDS.plain), at: [0.42, 0.26], points: lengths(() => 1) },
    ],
  );
  return panelsFile(720, 316, say(WORDS.title), [
    words(46, 60, say(WORDS.score), "soft"),
    at(46, 74, ...left),
    words(404, 60, say(WORDS.length), "soft"),
    at(404, 74, ...right, words(WIDE / 2, HIGH + 36, "d_k", "soft middle")),
    words(46 + WIDE / 2, 74 + HIGH + 36, lang === "ja" ? "スコア" : "score", "soft middle"),
  ]);
}
