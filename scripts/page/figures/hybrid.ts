/** The hybrid of the study note: weights on slots of the window and on global tokens, and the map they make. */
import type { Language, Phrase } from "../state.ts";
import type { Mark } from "../mark.ts";
import type { Matrix } from "../../../lib/matrix.ts";
import { HybridSparseAttention } from "../../../lib/attention/hybrid-sparse-attention.ts";
import { concatColumns } from "../../../lib/kernels/columns.ts";
import { fromFunction, fromRows } from "../../../lib/matrix.ts";
import { globalTokens, slidingWindow } from "../../../lib/graph/patterns.ts";
import { kindOfBits } from "../scenes/big-bird.ts";
import { legend, line, sheet, smallMap, text } from "./drawing.ts";
import { phraseIn } from "../context.ts";
import { reasons } from "../../../lib/graph/maps.ts";
import { union } from "../../../lib/graph/algebra.ts";

const WORDS = {
  title: { en: "Hybrid: one softmax over window slots and global tokens", ja: "ハイブリッド：窓とグローバルに一つのソフトマックス" },
  slots: { en: "C2: w_local ‖ w_global", ja: "C2：w_local ‖ w_global" },
  map: { en: "D: full_attn", ja: "D：full_attn" },
  local: { en: "a slot of the window", ja: "窓のスロット" },
  global: { en: "a global token, or a global query's row", ja: "グローバルトークン、またはその行" },
  unseen: { en: "no weight here: counted elsewhere, or beyond the end", ja: "ここに重みはない：別の場所で数える、または端の外" },
  query: { en: "token {t}", ja: "トークン {t}" },
} as const satisfies Readonly<Record<string, Phrase>>;

export function hybrid(lang: Language): string {
  const [T, r] = [5, 1];
  const globals = [0, 4];
  const Q = fromFunction(T, 1, () => 1);
  const K = fromRows([[Math.log(2)], [0], [Math.log(3)], [0], [Math.log(4)]]);
  const V = fromRows([[10], [20], [30], [40], [50]]);
  const one = fromRows([[1]]);
  const attention = new HybridSparseAttention({ heads: [{ W_Q: one, W_K: one, W_V: one }], W_O: one, radius: r });
  const { weights } = attention.attend(Q, K, V, globals);
  const slots = concatColumns([weights.w_local, weights.w_global]);
  const full = attention.fullAttention(weights);
  const bits = reasons(union(slidingWindow(T, r), globalTokens(T, globals)));
  const rows = Array.from({ length: T }, (_, t) => phraseIn(lang, WORDS.query, { t }));
  const kind = (i: number, m: number): string => {
    const w = slots.data[i * slots.cols + m]!;
    return w === 0 ? "unseen" : m < 2 * r + 1 ? "local" : "global";
  };
  const mapKind = (i: number, j: number): string => {
    if (globals.includes(i) || globals.includes(j)) return "global";
    return kindOfBits(bits[i * T + j]!);
  };
  const [x, y, cell] = [96, 122, 44];
  const names = ["−1", "0", "+1", ...globals.map((g) => `g ${g}`)];
  const cols = Array.from({ length: T }, (_, j) => String(j));
  const split = x + 3 * cell + 3;
  const marks: Mark[] = [
    text(x, 76, phraseIn(lang, WORDS.slots), "part"),
    ...smallMap({ x, y, cell, weights: fromParts(slots, 3), most: 1, rows, cols: names.slice(0, 3), kind }),
    line([[split, y - 22], [split, y + T * cell]], "dash"),
    ...smallMap({
      x: split + 6,
      y,
      cell,
      weights: fromParts(slots, 2, 3),
      most: 1,
      cols: names.slice(3),
      kind: (i, g) => kind(i, g + 3),
    }),
    text(440, 76, phraseIn(lang, WORDS.map), "part"),
    ...smallMap({ x: 440, y, cell, weights: full, most: 1, rows: cols, cols, kind: mapKind }),
    ...legend(16, y + T * cell + 32, [
      ["local", phraseIn(lang, WORDS.local)],
      ["global", phraseIn(lang, WORDS.global)],
      ["unseen", phraseIn(lang, WORDS.unseen)],
    ]),
  ];
  return sheet(690, y + T * cell + 100, phraseIn(lang, WORDS.title), marks);
}

/** Some columns of a matrix. */
function fromParts(M: Matrix, count: number, from: number = 0): Matrix {
  return fromFunction(M.rows, count, (i, j) => M.data[i * M.cols + from + j]!);
}
