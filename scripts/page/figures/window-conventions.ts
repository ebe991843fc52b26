/** What "window 4" means in each library: the keys of one query, from the graphs of docs/window-conventions.md. */
import type { Language, Phrase } from "../state.ts";
import type { Mark } from "../mark.ts";
import type { Neighbours } from "../../../lib/graph/neighbours.ts";
import { causal } from "../../../lib/kernels/mask-scores.ts";
import { expandBlocks, restrict } from "../../../lib/graph/algebra.ts";
import { fromFunction } from "../../../lib/matrix.ts";
import { keysWhere, slidingWindow } from "../../../lib/graph/patterns.ts";
import { line, sheet, smallMap, text } from "./drawing.ts";
import { phraseIn } from "../context.ts";

const WORDS = {
  title: { en: "“window 4”: which keys does a query see?", ja: "「窓 4」のとき、クエリはどのキーを見るのか" },
  keys: { en: "{n} keys", ja: "キー {n} 個" },
  query: { en: "query", ja: "クエリ" },
  place: { en: "distance of the key from the query", ja: "クエリから見たキーの位置" },
} as const satisfies Readonly<Record<string, Phrase>>;

const [n, w, L, R, window_len, at, reach] = [99, 4, 4, 1, 5, 49, 6];
const buckets = expandBlocks(slidingWindow(Math.ceil(n / w), 1), w, n);
const bounded = keysWhere(n, n, (i, j) => (L < 0 || j >= i - L) && (R < 0 || j <= i + R));

const ROWS: readonly (readonly [string, Neighbours])[] = [
  ["Longformer, paper: w", slidingWindow(n, w / 2)],
  ["allenai/longformer: attention_window", slidingWindow(n, w)],
  ["Hugging Face Longformer: attention_window", slidingWindow(n, w / 2)],
  ["BigBird, paper: w", slidingWindow(n, w / 2)],
  ["attention-gym: global_sliding_window", slidingWindow(n, w)],
  ["attention-gym: sliding_window", restrict(slidingWindow(n, w), causal())],
  ["openai/sparse_attention: local", restrict(slidingWindow(n, w - 1), causal())],
  ["lucidrains/local-attention: window_size", buckets],
  ["lucidrains/local-attention, causal", restrict(buckets, causal())],
  ["ONNX Attention: L = 4, R = 1", bounded],
  ["FlashAttention: (4, 1)", bounded],
  ["Hugging Face, Mistral: sliding_window", restrict(slidingWindow(n, w - 1), causal())],
  ["D-GLOBAL: window_len = 5", slidingWindow(n, (window_len - 1) / 2)],
];

export function windowConventions(lang: Language): string {
  const say = (phrase: Phrase): string => phraseIn(lang, phrase);
  const [x, y, cell] = [300, 92, 25];
  const offsets = Array.from({ length: 2 * reach + 1 }, (_, m) => m - reach);
  const named = offsets.map((m) => (m === 0 ? "0" : m < 0 ? `−${-m}` : `+${m}`));
  const own = x + (reach + 0.5) * cell - 1;
  const marks = ROWS.flatMap(([name, graph], row): Mark[] => {
    const keys = Array.from(graph.key.subarray(graph.start[at]!, graph.start[at + 1]!));
    const kind = (_: number, m: number): string => (keys.includes(at + m - reach) ? "local" : "unseen");
    const weights = fromFunction(1, offsets.length, () => 0.0004);
    const top = y + row * 27;
    return [
      text(x - 12, top + 17, name, "soft end"),
      ...smallMap({ x, y: top, cell, weights, kind }),
      text(x + offsets.length * cell + 10, top + 17, phraseIn(lang, WORDS.keys, { n: keys.length }), "soft"),
    ];
  });
  const bottom = y + ROWS.length * 27;
  return sheet(712, bottom + 34, say(WORDS.title), [
    text(own, 58, say(WORDS.query), "mid soft q"),
    ...named.map((name, m) => text(x + (m + 0.5) * cell - 1, 80, name, "small mid")),
    ...marks,
    line([[own - 13, y - 4], [own + 13, y - 4], [own + 13, bottom], [own - 13, bottom], [own - 13, y - 4]], "q"),
    text(own, bottom + 20, say(WORDS.place), "mid soft"),
  ]);
}
