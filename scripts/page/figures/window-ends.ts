/** Windows at the ends of the text: cut, and filled with keys of zeros, which take weight. */
import type { HybridReading } from "../../../lib/attention/hybrid-sparse-attention.ts";
import type { Language, Phrase } from "../state.ts";
import type { Mark } from "../mark.ts";
import { HybridSparseAttention } from "../../../lib/attention/hybrid-sparse-attention.ts";
import { fromFunction, fromRows } from "../../../lib/matrix.ts";
import { legend, line, sheet, smallMap, text } from "./drawing.ts";
import { phraseIn } from "../context.ts";

const WORDS = {
  title: { en: "A window of radius 2 at the ends of six tokens", ja: "六つのトークンの両端での、半径 2 の窓" },
  cut: { en: "cut: no keys beyond the ends", ja: "切る：端の外にキーはない" },
  zero: { en: "zero: keys of zeros beyond the ends", ja: "ゼロ：端の外にゼロのキー" },
  inside: { en: "a key of the text", ja: "文の中のキー" },
  outside: { en: "a key that does not exist: it scores 0, and exp 0 = 1", ja: "存在しないキー：スコアは 0、exp 0 = 1" },
  unseen: { en: "not in the window", ja: "窓の外" },
} as const satisfies Readonly<Record<string, Phrase>>;

const [T, r] = [6, 2];

/** The weights of the window's slots, each at its place, from −r to T + r − 1. */
function panel(x: number, name: string, reading: HybridReading): Mark[] {
  const [y, cell] = [112, 31];
  const one = fromRows([[1]]);
  const head = { W_Q: one, W_K: one, W_V: one };
  const attention = new HybridSparseAttention({ heads: [head], W_O: one, radius: r, reading });
  const Q = fromFunction(T, 1, () => 1);
  const K = fromRows([[0.6], [0], [1.1], [-0.4], [0.7], [0.2]]);
  const { w_local } = attention.attend(Q, K, fromFunction(T, 1, () => 0)).weights;
  const slot = (t: number, place: number): number => {
    const m = place - t;
    return m < 0 || m > 2 * r ? 0 : w_local.data[t * w_local.cols + m]!;
  };
  const weights = fromFunction(T, T + 2 * r, slot);
  const kind = (t: number, place: number): string => {
    if (slot(t, place) === 0) return "unseen";
    return place < r || place >= T + r ? "global" : "local";
  };
  const nameOf = (place: number): string => (place < r ? `−${r - place}` : String(place - r));
  const side = (place: number): Mark => {
    const at = x + place * cell - 1;
    return line([[at, y - 20], [at, y + T * cell]], "dash");
  };
  const rows = Array.from({ length: T }, (_, t) => String(t));
  const cols = Array.from({ length: T + 2 * r }, (_, place) => nameOf(place));
  return [
    text(x, y - 36, name, "part"),
    ...smallMap({ x, y, cell, weights, most: 0.6, rows, cols, kind }),
    side(r),
    side(T + r),
  ];
}

export function windowEnds(lang: Language): string {
  const say = (phrase: Phrase): string => phraseIn(lang, phrase);
  return sheet(720, 400, say(WORDS.title), [
    text(16, 50, "K = 0.6, 0, 1.1, −0.4, 0.7, 0.2;  q = 1", "soft mono"),
    ...panel(38, say(WORDS.cut), { edges: "cut" }),
    ...panel(398, say(WORDS.zero), { edges: "zero" }),
    ...legend(38, 336, [
      ["local", say(WORDS.inside)],
      ["global", say(WORDS.outside)],
      ["unseen", say(WORDS.unseen)],
    ]),
  ]);
}
