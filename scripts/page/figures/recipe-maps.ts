/** What some recipes do to a map where all scores are equal: ALiBi, and a window with sinks. */
import type { Language, Phrase } from "../state.ts";
import type { Mark } from "../mark.ts";
import type { GraphWeights } from "../../../lib/graph/neighbours.ts";
import { attendNeighbours } from "../../../lib/attention/sparse-attention.ts";
import { axesIn } from "./figure.ts";
import { causal } from "../../../lib/kernels/mask-scores.ts";
import { causalKeys, globalKeys, slidingWindow } from "../../../lib/graph/patterns.ts";
import { kindOfBits } from "../scenes/big-bird.ts";
import { legend, sheet, smallMap, text } from "./drawing.ts";
import { matrix } from "../../../lib/matrix.ts";
import { phraseIn } from "../context.ts";
import { reasons, toDense } from "../../../lib/graph/maps.ts";
import { restrict, union } from "../../../lib/graph/algebra.ts";
import { widthOfWord } from "../parts/numbers.ts";

const WORDS = {
  title: { en: "ALiBi at two slopes, and sinks: all scores equal", ja: "ALiBi の二つの傾きと、シンク：スコアがすべて等しいとき" },
  steep: { en: "ALiBi, slope 1/2", ja: "ALiBi、傾き 1/2" },
  gentle: { en: "ALiBi, slope 1/16", ja: "ALiBi、傾き 1/16" },
  sinks: { en: "window with two sinks", ja: "シンク二つの窓" },
  weight: { en: "weight: the stronger, the more; each row sums to 1", ja: "重み。濃いほど大きく、各行の和は 1" },
  local: { en: "window", ja: "窓" },
  global: { en: "sink: a first token that all later ones see", ja: "シンク：後ろのすべてから見える、最初のトークン" },
  both: { en: "window and sink, counted once", ja: "窓とシンク（数えるのは一度）" },
  unseen: { en: "not looked at", ja: "見ない" },
} as const satisfies Readonly<Record<string, Phrase>>;

const T = 9;

export function recipeMaps(lang: Language): string {
  const say = (phrase: Phrase): string => phraseIn(lang, phrase);
  const even = matrix(T, 1);
  const slope = (m: number): number => 2 ** ((-8 * (m + 1)) / 8);
  const alibi = (m: number): GraphWeights =>
    attendNeighbours(even, even, even, causalKeys(T, T), { bias: (i, j) => slope(m) * (j - i) }).weights;
  const sinks = restrict(union(slidingWindow(T, 2), globalKeys(T, T, [0, 1])), causal());
  const past = attendNeighbours(even, even, even, sinks).weights;
  const bits = reasons(sinks);
  const maps: readonly (readonly [Phrase, GraphWeights, boolean])[] = [
    [WORDS.steep, alibi(0), false],
    [WORDS.gentle, alibi(3), false],
    [WORDS.sinks, past, true],
  ];
  const marks = maps.flatMap(([name, weights, reasoned], n): Mark[] => {
    const x = 30 + 234 * n;
    const map = toDense(weights);
    const kind = (i: number, j: number): string => {
      if (map.data[i * T + j] === 0) return "unseen";
      return reasoned ? kindOfBits(bits[i * T + j]!) : "";
    };
    const numbers = Array.from({ length: T }, (_, i) => String(i));
    return [
      text(x, 80, say(name), "part"),
      ...smallMap({ x, y: 108, cell: 22, weights: map, most: 1, kind, rows: numbers, cols: numbers }),
    ];
  });
  const [query, key] = axesIn(lang);
  return sheet(720, 416, say(WORDS.title), [
    text(16, 50, query, "soft axis-q"),
    text(26 + 13 * widthOfWord(query), 50, key, "soft axis-k"),
    ...marks,
    ...legend(30, 340, [
      ["", say(WORDS.weight)],
      ["local", say(WORDS.local)],
      ["global", say(WORDS.global)],
    ]),
    ...legend(420, 340, [["both", say(WORDS.both)], ["unseen", say(WORDS.unseen)]]),
  ]);
}
