/** Dense attention over a grid beside its two factors, added and in turn: which pairs have a weight. */
import type { Language, Phrase } from "../state.ts";
import type { Mark } from "../mark.ts";
import type { Matrix } from "../../../lib/matrix.ts";
import { at, heat, panelsFile, words } from "./panels.ts";
import { AxialAttention } from "../../../lib/attention/axial-attention.ts";
import { fromFunction, gaussian, randomGenerator } from "../../../lib/matrix.ts";
import { largest } from "../parts/map.ts";
import { MultiHeadAttention } from "../../../lib/attention/multi-head-attention.ts";
import { phraseIn } from "../context.ts";

const WORDS = {
  title: {
    en: "A grid of 3 lines of 5 cells: dense attention, and attention along its axes",
    ja: "3 行 5 列の格子：密な注意と、軸に沿った注意",
  },
  dense: { en: "dense", ja: "密" },
  sum: { en: "both axes, added", ja: "二つの軸の和" },
  turn: { en: "columns, then rows", ja: "列、次に行" },
  pairs: { en: "{n} pairs", ja: "{n} 組" },
  computed: { en: "{a} + {b} pairs computed", ja: "計算するのは {a} + {b} 組" },
  note: {
    en: "Rows are queries, columns are keys, each a cell of the grid; random weights. Bare: exactly 0.",
    ja: "行はクエリ、列はキーで、どちらも格子のマス。重みは乱数。何もない所は正確に 0。",
  },
} as const satisfies Readonly<Record<string, Phrase>>;

const SIZE = { rows: 3, columns: 5 };
const CELL = 14;

export function factorizedDense(lang: Language): string {
  const n = SIZE.rows * SIZE.columns;
  const X = fromFunction(n, 8, gaussian(randomGenerator(1)));
  const dense = MultiHeadAttention.random({ d_model: 8, heads: 1 }, randomGenerator(2)).forward(X, X, X).weights[0]!;
  const maps = (combine: "sum" | "columns then rows") => {
    const attention = AxialAttention.random({ d_model: 8, heads: 1, combine }, randomGenerator(2));
    return attention.maps(attention.forward(X, SIZE).weights, SIZE);
  };
  const [added, inTurn] = [maps("sum"), maps("columns then rows")];
  const lit = (map: Matrix): number => map.data.filter((w) => w > 0).length;
  const computed = phraseIn(lang, WORDS.computed, { a: lit(added.columns), b: lit(added.rows) });
  const panel = (p: number, name: Phrase, map: Matrix, told: string): Mark =>
    at(
      16 + p * (n * CELL + 28),
      64,
      words(0, -8, phraseIn(lang, name)),
      heat(map, CELL, largest(map)),
      words(0, n * CELL + 20, told, "soft"),
    );
  return panelsFile(720, 64 + n * CELL + 56, phraseIn(lang, WORDS.title), [
    panel(0, WORDS.dense, dense, phraseIn(lang, WORDS.pairs, { n: lit(dense) })),
    panel(1, WORDS.sum, added.composed, computed),
    panel(2, WORDS.turn, inTurn.composed, computed),
    words(16, 64 + n * CELL + 44, phraseIn(lang, WORDS.note), "soft"),
  ]);
}
