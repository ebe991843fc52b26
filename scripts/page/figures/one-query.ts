/** The arithmetic of one query as a graph: the first example of docs/attention.md. */
import type { Language, Phrase } from "../state.ts";
import type { Mark } from "../mark.ts";
import type { Matrix } from "../../../lib/matrix.ts";
import { Attention, pairwise } from "../../../lib/attention/attention.ts";
import { arrow, line, rect, sheet, shown, text } from "./drawing.ts";
import { fromRows } from "../../../lib/matrix.ts";
import { phraseIn } from "../context.ts";

const WORDS = {
  title: { en: "One query: scores, weights, and the mean of the values", ja: "一つのクエリ：スコア、重み、バリューの平均" },
  query: { en: "query", ja: "クエリ" },
  keys: { en: "keys", ja: "キー" },
  scores: { en: "scores F(q, k_j)", ja: "スコア F(q, k_j)" },
  weights: { en: "weights, sum 1", ja: "重み、和は 1" },
  values: { en: "values", ja: "バリュー" },
  output: { en: "output", ja: "出力" },
} as const satisfies Readonly<Record<string, Phrase>>;

export function oneQuery(lang: Language): string {
  const say = (phrase: Phrase): string => phraseIn(lang, phrase);
  const nearness = (q: Matrix, k: Matrix): number => -Math.LN2 * Math.abs(q.data[0]! - k.data[0]!);
  const attention = new Attention({ score: pairwise(nearness) });
  const [q, K, V] = [fromRows([[0]]), fromRows([[0], [1], [-2]]), fromRows([[7], [14], [28]])];
  const S = attention.score(q, K);
  const { output, weights } = attention.forward(q, K, V);
  const row = (j: number): number => 112 + 66 * j;
  const box = (x: number, y: number, wide: number, words: string, kind: string): Mark[] => [
    rect(x, y - 17, wide, 34, "box"),
    text(x + wide / 2, y + 5, words, `mono mid ${kind}`),
  ];
  const marks: Mark[] = [
    text(56, 152, say(WORDS.query), "soft mid"),
    text(170, 76, say(WORDS.keys), "soft mid"),
    text(294, 76, say(WORDS.scores), "soft mid"),
    text(438, 76, say(WORDS.weights), "soft mid"),
    text(560, 76, say(WORDS.values), "soft mid"),
    text(664, 152, say(WORDS.output), "soft mid"),
    text(294, 292, "(1)", "soft mid"),
    text(438, 292, "(2) softmax", "soft mid"),
    text(612, 292, "(3) Σ_j A[j] v_j", "soft mid"),
    ...box(24, row(1), 64, `q = ${q.data[0]}`, "q"),
    ...box(628, row(1), 72, shown(output.data[0]!, 3), ""),
    line([[355, 92], [363, 92], [363, 264], [355, 264]]),
  ];
  for (let j = 0; j < K.rows; j++) {
    const [y, w] = [row(j), weights.data[j]!];
    marks.push(
      line([[88, row(1)], [138, y]], "q"),
      ...box(138, y, 64, shown(K.data[j]!, 0), "k"),
      ...arrow([202, y], [246, y]),
      ...box(246, y, 96, shown(S.data[j]!, 3), ""),
      ...arrow([366, y], [388, y]),
      rect(392, y - 17, 100, 34, "box"),
      rect(392, y - 17, 100 * w, 34, "bar soft"),
      text(442, y + 5, shown(w, 3), "mono mid"),
      text(510, y + 5, "×", "mid"),
      ...box(528, y, 64, shown(V.data[j]!, 0), "v"),
      ...arrow([592, y], [626, row(1) + 7 * (j - 1)]),
    );
  }
  return sheet(720, 310, say(WORDS.title), marks);
}
