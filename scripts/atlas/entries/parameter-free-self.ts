import type { Check } from "../entry.ts";
import type { Matrix } from "../../../lib/matrix.ts";
import { MULTIPLY_ADDS, PAIRS, entry, shape } from "../entry.ts";
import { ParameterFreeSelfAttention } from "../../../lib/attention/parameter-free-attention.ts";
import { add, scale } from "../../../lib/kernels/entrywise.ts";
import { equalsNaive, naive, repeats, rowSums } from "../checks.ts";
import { matmulTransposed } from "../../../lib/kernels/matmul.ts";
import { rowsOf } from "../../../spec/support/values.ts";
import { sinusoidalPositions } from "../../../lib/layers/sinusoidal-positions.ts";

export const parameterFreeSelf = entry({
  id: "parameter-free-self",
  name: { en: "Parameter-free self-attention, SA(X)", ja: "パラメータなし自己注意 SA(X)" },
  about: {
    en:
      "No projections at all: every word becomes a mixture of the words that resemble it. Two places " +
      "with the same word get the same row, until positions are added.",
    ja: "射影がまったくありません。各語は、自分に似た語を混ぜたものになります。同じ語は、位置を足すまではどこにあっても同じ行になります。",
  },
  document: "D-CROSS",
  file: "lib/attention/parameter-free-attention.ts",
  of: ["ParameterFreeSelfAttention"],
  run({ text }) {
    const { X, words } = text;
    const mechanism = new ParameterFreeSelfAttention();
    const placed = add(X, sinusoidalPositions(X.rows, X.cols));
    const [bare, told] = [mechanism.forward(X), mechanism.forward(placed)];
    const scores = (M: Matrix): Matrix => scale(matmulTransposed(M, M), 1 / Math.sqrt(M.cols));
    const expect = (M: Matrix) => naive(rowsOf(M), rowsOf(M), rowsOf(M), { scale: 1 / Math.sqrt(M.cols) });
    return {
      shapes: [
        shape("X", "n, d_x", X),
        shape("A", "n, n", bare.weights),
        shape("SA(X)", "n, d_x", bare.output),
      ],
      maps: [
        {
          title: { en: "words alone", ja: "語だけ" },
          weights: bare.weights,
          rows: words,
          cols: words,
          scores: scores(X),
        },
        {
          title: { en: "words + sinusoidal positions", ja: "語 + 正弦波の位置" },
          weights: told.weights,
          rows: words,
          cols: words,
          scores: scores(placed),
        },
      ],
      checks: [
        rowSums([bare.weights, told.weights]),
        equalsNaive(
          [
            { ...bare, naive: expect(X) },
            { ...told, naive: expect(placed) },
          ],
          X.rows,
        ),
        ...indistinguishable(words, bare.output, told.output),
      ],
      costs: [
        { label: PAIRS, formula: "n²", value: X.rows ** 2 },
        { label: MULTIPLY_ADDS, formula: "2·n²·d_x", value: 2 * X.rows ** 2 * X.cols },
      ],
    };
  },
});

/**
 * Equal words have equal outputs without positions, and different ones with them. A memory of one word
 * answers everyone alike.
 */
export function indistinguishable(
  words: readonly string[],
  bare: Matrix,
  placed: Matrix,
  keys: number = words.length,
): Check[] {
  const pairs = repeats(words);
  const apart = (M: Matrix): number[] =>
    pairs.map(([i, j]) => {
      let most = 0;
      for (let c = 0; c < M.cols; c++) {
        most = Math.max(most, Math.abs(M.data[i * M.cols + c]! - M.data[j * M.cols + c]!));
      }
      return most;
    });
  const none = { en: "no word occurs twice here", ja: "ここには同じ語がない" };
  const deviation = apart(bare).reduce((a, b) => Math.max(a, b), 0);
  const least = apart(placed).reduce((a, b) => Math.min(a, b), Infinity);
  const [count, far] = [pairs.length, least.toPrecision(2)];
  return [
    {
      id: "equal",
      label: {
        en: "without positions equal words cannot be told apart",
        ja: "位置がなければ同じ語は区別できない",
      },
      pass: deviation <= 1e-6,
      ...(count === 0
        ? { detail: none }
        : {
            deviation,
            limit: 1e-6,
            detail: { en: `${count} repeated words`, ja: `くり返される語 ${count} 個` },
          }),
    },
    {
      id: "placed",
      label: { en: "with positions they can", ja: "位置を足せば区別できる" },
      pass: keys === 1 || least > 1e-6,
      detail:
        count === 0
          ? none
          : keys === 1
            ? { en: "but not by a memory of one word", ja: "ただしメモリが一語なら誰にも同じ答え" }
            : { en: `at least ${far} apart`, ja: `少なくとも ${far} 離れる` },
    },
  ];
}
