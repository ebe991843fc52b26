/** Where queries, keys and values come from: three maps of docs/attention.md. */
import type { Language, Phrase } from "../state.ts";
import type { Mark } from "../mark.ts";
import type { Matrix } from "../../../lib/matrix.ts";
import { CrossAttention } from "../../../lib/attention/cross-attention.ts";
import { SelfAttention } from "../../../lib/attention/self-attention.ts";
import { TargetTargetAttention } from "../../../lib/attention/target-target-attention.ts";
import { fromRows, identity } from "../../../lib/matrix.ts";
import { phraseIn } from "../context.ts";
import { sheet, smallMap, text } from "./drawing.ts";

const WORDS = {
  title: { en: "Where queries and keys come from", ja: "クエリとキーの出どころ" },
  cross: { en: "source-target", ja: "ソースターゲット注意" },
  self: { en: "self", ja: "自己注意" },
  target: { en: "target-target", ja: "ターゲット・ターゲット注意" },
  fromTarget: { en: "queries: target", ja: "クエリ：ターゲット" },
  fromSource: { en: "keys, values: source", ja: "キーとバリュー：ソース" },
  both: { en: "keys, values: the same rows", ja: "キーとバリュー：同じ行" },
  rows: { en: "queries: all rows", ja: "クエリ：すべての行" },
  past: { en: "keys: earlier rows only", ja: "キー：前の行だけ" },
  unseen: { en: "may not be seen", ja: "見てはいけない" },
} as const satisfies Readonly<Record<string, Phrase>>;

export function sources(lang: Language): string {
  const say = (phrase: Phrase): string => phraseIn(lang, phrase);
  const head = { W_Q: identity(2), W_K: identity(2), W_V: identity(2) };
  const source = fromRows([[1, 0], [0, 1], [1, 1]]);
  const target = fromRows([[2, 0], [0, 2]]);
  const past = (i: number, j: number): string => (j < i ? "" : "unseen");
  const maps: readonly (readonly [Phrase, Phrase, Phrase, Matrix, ((i: number, j: number) => string)?])[] = [
    [WORDS.cross, WORDS.fromTarget, WORDS.fromSource, new CrossAttention(head).forward(target, source).weights],
    [WORDS.self, WORDS.rows, WORDS.both, new SelfAttention(head).forward(source).weights],
    [WORDS.target, WORDS.rows, WORDS.past, new TargetTargetAttention(head).forward(source).weights, past],
  ];
  const marks = maps.flatMap(([name, queries, keys, weights, kind], n): Mark[] => {
    const x = 24 + 234 * n;
    const rows = Array.from({ length: weights.rows }, (_, i) => `q_${i}`);
    const cols = Array.from({ length: weights.cols }, (_, j) => `k_${j}`);
    const place = { x: x + 30, y: 150, cell: 44 };
    return [
      text(x, 66, say(name), "part"),
      text(x, 90, say(queries), "soft q"),
      text(x, 110, say(keys), "soft k"),
      ...smallMap({ ...place, weights, most: 1, rows, cols, ...(kind === undefined ? {} : { kind }) }),
    ];
  });
  return sheet(720, 300, say(WORDS.title), marks);
}
