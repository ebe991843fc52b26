/** Four heads side by side: the same sentence, four sets of projections. */
import type { Language, Phrase } from "../state.ts";
import { headsModel } from "../models/multi-head.ts";
import { HEADS_WORDS } from "../scenes/multi-head.ts";
import { phraseIn } from "../context.ts";
import { axesIn, sentence } from "./figure.ts";
import { sheet, smallMap, text } from "./drawing.ts";
import { widthOfWord } from "../parts/numbers.ts";

const WORDS = {
  title: { en: "Four heads, untrained: four maps of one sentence", ja: "四つのヘッド（未学習）：一つの文の四つの注意マップ" },
} as const satisfies Readonly<Record<string, Phrase>>;

export function heads(lang: Language): string {
  const { words, X } = sentence(lang);
  const { weights } = headsModel(X, { heads: 4, seed: 9, wrong: "right" });
  const most = weights.reduce((top, { data }) => Math.max(top, ...data), 0);
  const label = 12 * Math.max(...words.map(widthOfWord)) + 10;
  const cell = 22;
  const [wide, high] = [label + words.length * cell + 24, label + words.length * cell + 44];
  const [query, key] = axesIn(lang);
  const marks = weights.flatMap((map, m) => {
    const [x, y] = [16 + label + (m % 2) * wide, 86 + label + Math.floor(m / 2) * high];
    return [
      text(x - label, y - label - 10, phraseIn(lang, HEADS_WORDS.head, { m: m + 1 }), "part"),
      ...smallMap({ x, y, cell, weights: map, most, rows: words, cols: words, turned: true }),
    ];
  });
  const place = 16 + label + 13 * widthOfWord(query);
  return sheet(2 * wide + 8, 66 + 2 * high, phraseIn(lang, WORDS.title), [
    text(16, 48, query, "soft axis-q"),
    text(place, 48, key, "soft axis-k"),
    ...marks,
  ]);
}
