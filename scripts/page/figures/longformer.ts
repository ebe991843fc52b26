/** Longformer over a sentence: two heads of different dilation, a global word with projections of its own. */
import type { Language, Phrase } from "../state.ts";
import type { Mark } from "../mark.ts";
import { LongformerAttention } from "../../../lib/attention/longformer-attention.ts";
import { axesIn, sentence } from "./figure.ts";
import { legend, sheet, smallMap, text } from "./drawing.ts";
import { phraseIn } from "../context.ts";
import { randomGenerator } from "../../../lib/matrix.ts";
import { reasonNames } from "../../../lib/graph/neighbours.ts";
import { reasons, toDense } from "../../../lib/graph/maps.ts";
import { widthOfWord } from "../parts/numbers.ts";

const WORDS = {
  title: { en: "Longformer: two heads, one global word", ja: "Longformer：二つのヘッド、一つのグローバルな語" },
  head: { en: "head {m}, dilation {d}", ja: "ヘッド {m}、間隔 {d}" },
  local: { en: "window, first set of projections", ja: "窓、一つ目の射影" },
  global: { en: "a global word; its own row uses the second set", ja: "グローバルな語。その行は二つ目の射影" },
  unseen: { en: "not looked at", ja: "見ない" },
} as const satisfies Readonly<Record<string, Phrase>>;

export function longformer(lang: Language): string {
  const { words, X } = sentence(lang);
  const widths = { d_model: X.cols, heads: 2, radius: 1 };
  const { heads, W_O } = LongformerAttention.random(widths, randomGenerator(9));
  const other = LongformerAttention.random(widths, randomGenerator(4)).heads;
  const own = heads.map(({ local }, m) => ({ local, global: other[m]!.global, dilation: m + 1 }));
  const { weights } = new LongformerAttention({ heads: own, W_O, radius: 1 }).forward(X, { globals: [2] });
  const label = 12 * Math.max(...words.map(widthOfWord)) + 10;
  const [cell, y] = [22, 84 + label];
  const wide = label + words.length * cell + 24;
  const marks = weights.flatMap((along, m): Mark[] => {
    const bits = reasons(along.graph);
    const kind = (i: number, j: number): string => {
      const names = reasonNames(bits[i * words.length + j]!);
      return names.length === 0 ? "unseen" : names.some((name) => name === "global") ? "global" : "local";
    };
    const x = 16 + label + m * wide;
    return [
      text(x - label, 76, phraseIn(lang, WORDS.head, { m: m + 1, d: m + 1 }), "part"),
      ...smallMap({ x, y, cell, weights: toDense(along), most: 1, kind, rows: words, cols: words, turned: true }),
    ];
  });
  const below = y + words.length * cell + 34;
  const [query, key] = axesIn(lang);
  return sheet(2 * wide + 8, below + 66, phraseIn(lang, WORDS.title), [
    text(16, 50, query, "soft axis-q"),
    text(26 + 13 * widthOfWord(query), 50, key, "soft axis-k"),
    ...marks,
    ...legend(16, below, [
      ["local", phraseIn(lang, WORDS.local)],
      ["global", phraseIn(lang, WORDS.global)],
      ["unseen", phraseIn(lang, WORDS.unseen)],
    ]),
  ]);
}
