/** The fan of softmax: the weights of eight keys, largest to smallest, as keys get more features. */
import type { Language, Phrase } from "../state.ts";
import type { Mark } from "../mark.ts";
import { ScaledDotProductAttention } from "../../../lib/attention/scaled-dot-product-attention.ts";
import { dot, line, sheet, text, wrapped } from "./drawing.ts";
import { fromFunction, gaussian, matrix, randomGenerator } from "../../../lib/matrix.ts";
import { phraseIn } from "../context.ts";

const WORDS = {
  title: { en: "Weights of eight keys, with and without √d_k", ja: "八つのキーの重み：√d_k で割るとき、割らないとき" },
  scaled: { en: "q · k / √d_k", ja: "q · k / √d_k" },
  plain: { en: "q · k, not divided", ja: "q · k のまま" },
  largest: { en: "the largest weight", ja: "いちばん大きい重み" },
  others: { en: "the other seven", ja: "残りの七つ" },
  axis: { en: "d_k, the features of a key", ja: "d_k：キーの特徴の数" },
  note: {
    en:
      "Random queries and keys of variance 1; the eight weights of each query from largest to smallest, " +
      "averaged over 256 queries.",
    ja: "分散 1 の乱数のクエリとキー。クエリごとに八つの重みを大きい順に並べ、256 個のクエリで平均しました。",
  },
} as const satisfies Readonly<Record<string, Phrase>>;

const WIDTHS = [1, 4, 16, 64, 256, 1024] as const;
const [KEYS, QUERIES] = [8, 256];

/** The weights of each rank, averaged over the queries, at each width. */
function fan(scale: number | undefined): number[][] {
  return WIDTHS.map((d_k) => {
    const normal = gaussian(randomGenerator(d_k));
    const [Q, K] = [fromFunction(QUERIES, d_k, normal), fromFunction(KEYS, d_k, normal)];
    const { weights } = new ScaledDotProductAttention({ scale }).forward(Q, K, matrix(KEYS, 1));
    const sums = Array.from({ length: KEYS }, () => 0);
    for (let i = 0; i < QUERIES; i++) {
      const row = Array.from(weights.data.subarray(i * KEYS, (i + 1) * KEYS)).sort((a, b) => b - a);
      row.forEach((w, rank) => (sums[rank]! += w / QUERIES));
    }
    return sums;
  });
}

/** One panel: a line for each rank. */
function panel(x: number, name: string, weights: readonly (readonly number[])[], axis: string): Mark[] {
  const [y, wide, high] = [84, 270, 200];
  const place = (n: number, w: number): readonly [number, number] => [
    x + (n * wide) / (WIDTHS.length - 1),
    y + high * (1 - w),
  ];
  const marks: Mark[] = [text(x, y - 22, name, "part")];
  for (const w of [0, 0.5, 1]) {
    marks.push(line([place(0, w), place(WIDTHS.length - 1, w)], "axis"));
    marks.push(text(x - 8, place(0, w)[1] + 4, String(w), "soft end"));
  }
  WIDTHS.forEach((d_k, n) => marks.push(text(place(n, 0)[0], y + high + 20, String(d_k), "soft mid")));
  marks.push(text(x + wide / 2, y + high + 42, axis, "soft mid"));
  for (let rank = KEYS - 1; rank >= 0; rank--) {
    const points = weights.map((sorted, n) => place(n, sorted[rank]!));
    const kind = rank === 0 ? "q" : "k";
    marks.push(line(points, kind), ...points.map((point) => dot(...point, rank === 0 ? 3.5 : 2, kind)));
  }
  return marks;
}

export function rootD(lang: Language): string {
  const say = (phrase: Phrase): string => phraseIn(lang, phrase);
  return sheet(700, 386, say(WORDS.title), [
    ...panel(48, say(WORDS.scaled), fan(undefined), say(WORDS.axis)),
    ...panel(398, say(WORDS.plain), fan(1), say(WORDS.axis)),
    dot(64, 106, 3.5, "q"),
    text(76, 110, say(WORDS.largest), "soft"),
    dot(64, 128, 2, "k"),
    text(76, 132, say(WORDS.others), "soft"),
    ...wrapped(16, 352, say(WORDS.note), 54),
  ]);
}
