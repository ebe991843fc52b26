/** The first attention of docs/reading-order.md as arrows: one query, three keys, and what it brings back. */
import type { Language, Phrase } from "../state.ts";
import type { Mark } from "../mark.ts";
import { ScaledDotProductAttention } from "../../../lib/attention/scaled-dot-product-attention.ts";
import { arrow, dot, line, rect, sheet, shown, text } from "./drawing.ts";
import { fromRows } from "../../../lib/matrix.ts";
import { phraseIn } from "../context.ts";

const WORDS = {
  title: { en: "One query and three keys, as arrows", ja: "一つのクエリと三つのキーを矢印で" },
  along: { en: "the same direction: a high score", ja: "同じ向き：高いスコア" },
  across: { en: "a right angle: score 0", ja: "直角：スコア 0" },
  against: { en: "opposite: a negative score", ja: "逆向き：負のスコア" },
  score: { en: "score", ja: "スコア" },
  weight: { en: "weight", ja: "重み" },
  value: { en: "value", ja: "バリュー" },
  output: { en: "output: {o}", ja: "出力：{o}" },
} as const satisfies Readonly<Record<string, Phrase>>;

export function firstQuery(lang: Language): string {
  const say = (phrase: Phrase): string => phraseIn(lang, phrase);
  const [q, K, V] = [fromRows([[2, 0]]), fromRows([[1, 0], [0, 1], [-1, 0]]), fromRows([[10], [20], [30]])];
  const attention = new ScaledDotProductAttention();
  const S = attention.score(q, K);
  const { output, weights } = attention.forward(q, K, V);
  const zero = [150, 190] as const;
  const unit = 62;
  const tip = (x: number, y: number): readonly [number, number] => [zero[0] + unit * x, zero[1] - unit * y];
  const marks: Mark[] = [
    line([[40, zero[1]], [292, zero[1]]], "axis"),
    line([[zero[0], 80], [zero[0], 262]], "axis"),
    ...arrow(zero, tip(q.data[0]!, q.data[1]!), "q"),
    text(tip(2, 0)[0] - 4, zero[1] - 12, "q", "part q"),
  ];
  const lift = [[-14, 24], [10, 4], [0, -12]] as const;
  for (let j = 0; j < K.rows; j++) {
    const end = tip(K.data[2 * j]!, K.data[2 * j + 1]!);
    const from = j === 0 ? ([zero[0], zero[1] + 4] as const) : zero;
    const to = j === 0 ? ([end[0], end[1] + 4] as const) : end;
    marks.push(...arrow(from, to, "k"), text(to[0] + lift[j]![0], to[1] + lift[j]![1], `k_${j}`, "part k"));
  }
  marks.push(dot(...zero, 3, "k"));
  marks.push(
    text(388, 86, say(WORDS.score), "soft mid"),
    text(500, 86, say(WORDS.weight), "soft mid"),
    text(622, 86, say(WORDS.value), "soft mid"),
  );
  const told = [WORDS.along, WORDS.across, WORDS.against];
  for (let j = 0; j < K.rows; j++) {
    const y = 116 + 50 * j;
    marks.push(
      text(330, y + 5, `k_${j}`, "part k"),
      text(388, y + 5, shown(S.data[j]!, 3), "mono mid"),
      rect(440, y - 13, 120, 26, "box"),
      rect(440, y - 13, 120 * weights.data[j]!, 26, "bar soft"),
      text(500, y + 5, shown(weights.data[j]!, 3), "mono mid"),
      text(580, y + 5, "×", "mid"),
      text(622, y + 5, shown(V.data[j]!, 0), "mono mid v"),
      text(330, y + 24, say(told[j]!), "soft small"),
    );
  }
  marks.push(line([[330, 256], [660, 256]], "axis"));
  marks.push(text(660, 280, phraseIn(lang, WORDS.output, { o: shown(output.data[0]!, 2) }), "part end"));
  return sheet(690, 300, say(WORDS.title), marks);
}
