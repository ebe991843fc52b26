/** The patterns of sparse attention with their reasons: each from the class or the builder that computes it. */
import type { Language, Phrase } from "../state.ts";
import type { Mark } from "../mark.ts";
import type { Neighbours } from "../../../lib/graph/neighbours.ts";
import { BIRD_WORDS, kindOfBits } from "../scenes/big-bird.ts";
import { LongformerAttention } from "../../../lib/attention/longformer-attention.ts";
import { axesIn } from "./figure.ts";
import { bigBirdGraph } from "../../../lib/attention/big-bird-attention.ts";
import { counted, widthOfWord } from "../parts/numbers.ts";
import { fromFunction, randomGenerator } from "../../../lib/matrix.ts";
import { globalTokens, slidingWindow } from "../../../lib/graph/patterns.ts";
import { legend, sheet, smallMap, text } from "./drawing.ts";
import { phraseIn } from "../context.ts";
import { reasons } from "../../../lib/graph/maps.ts";
import { union } from "../../../lib/graph/algebra.ts";

const WORDS = {
  title: { en: "Who sees whom among 16 tokens, and why", ja: "16 個のトークンのうち、誰が誰を、なぜ見るのか" },
  window: { en: "window, r = 2", ja: "窓、r = 2" },
  dilated: { en: "window, r = 2, dilation 2", ja: "窓、r = 2、間隔 2" },
  globals: { en: "global tokens 0 and 9", ja: "グローバルトークン 0 と 9" },
  hybrid: { en: "hybrid: window ∪ globals", ja: "ハイブリッド：窓 ∪ グローバル" },
  longformer: { en: "Longformer, causal", ja: "Longformer（因果的）" },
  bigBird: { en: "BigBird: and random keys", ja: "BigBird：さらにランダム" },
  both: { en: "window and global, counted once", ja: "窓とグローバル（数えるのは一度）" },
  pairs: { en: "{pairs} of 256 pairs", ja: "256 ペアのうち {pairs}" },
} as const satisfies Readonly<Record<string, Phrase>>;

const T = 16;

export function sparsePatterns(lang: Language): string {
  const say = (phrase: Phrase): string => phraseIn(lang, phrase);
  const window = slidingWindow(T, 2);
  const widths = { d_model: 4, heads: 1, radius: 2 };
  const { heads, W_O } = LongformerAttention.random(widths, randomGenerator(1));
  const longformer = new LongformerAttention({ heads, W_O, radius: 2, causal: true });
  const graphs: readonly (readonly [Phrase, Neighbours])[] = [
    [WORDS.window, window],
    [WORDS.dilated, slidingWindow(T, 2, { dilation: 2 })],
    [WORDS.globals, globalTokens(T, [0, 9])],
    [WORDS.hybrid, union(window, globalTokens(T, [0, 9]))],
    [WORDS.longformer, longformer.graph(T, { globals: [0, 9] })],
    [WORDS.bigBird, bigBirdGraph(T, { block: 1, radius: 1, random: 2, globals: [0, 15] }, randomGenerator(3))],
  ];
  const all = fromFunction(T, T, () => 0.0004);
  const maps = graphs.flatMap(([name, graph], n): Mark[] => {
    const bits = reasons(graph);
    const [x, y] = [16 + 234 * (n % 3), 102 + 262 * Math.floor(n / 3)];
    const kind = (i: number, j: number): string => kindOfBits(bits[i * T + j]!);
    return [
      text(x, y - 26, say(name), "part"),
      text(x, y - 9, phraseIn(lang, WORDS.pairs, { pairs: counted(graph.key.length) }), "soft"),
      ...smallMap({ x, y, cell: 13, weights: all, kind }),
    ];
  });
  const [query, key] = axesIn(lang);
  return sheet(720, 680, say(WORDS.title), [
    text(16, 50, query, "soft axis-q"),
    text(26 + 13 * widthOfWord(query), 50, key, "soft axis-k"),
    ...maps,
    ...legend(16, 606, [
      ["local", say(BIRD_WORDS.local)],
      ["global", say(BIRD_WORDS.global)],
      ["both", say(WORDS.both)],
    ]),
    ...legend(366, 606, [
      ["random", say(BIRD_WORDS.randomKey)],
      ["unseen", say(BIRD_WORDS.unseen)],
    ]),
  ]);
}
