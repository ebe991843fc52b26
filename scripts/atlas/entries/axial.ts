import type { CombineAxes } from "../../../lib/attention/grid-maps.ts";
import type { Matrix } from "../../../lib/matrix.ts";
import type { Rows } from "../../../spec/oracle/naive.ts";
import { AxialAttention } from "../../../lib/attention/axial-attention.ts";
import { add } from "../../../lib/kernels/entrywise.ts";
import { choice, entry, shape } from "../entry.ts";
import { composedSums, everyCell, gridCosts, gridDrawings, gridOption, layOut, reach } from "../grid.ts";
import { seenBy } from "../grid.ts";
import { equalsNaive, rowSums, same } from "../checks.ts";
import { fromRows } from "../../../lib/matrix.ts";
import { matmul } from "../../../lib/kernels/matmul.ts";
import { naiveAlong, naiveMultiHead } from "../../../spec/oracle/naive-grid.ts";
import { naiveMatmul } from "../../../spec/oracle/naive.ts";
import { rowsOf } from "../../../spec/support/values.ts";

/** Words of the command line, one each, for the three combinations. */
const COMBINE: Readonly<Record<string, CombineAxes>> = {
  "columns-first": "columns then rows",
  "rows-first": "rows then columns",
  sum: "sum",
};

export const axial = entry({
  id: "axial",
  name: { en: "Axial attention", ja: "軸方向の注意" },
  about: {
    en:
      "On a grid every cell attends within its column and within its row, with weights of their own: one " +
      "after the other, or both on the same input and added. Images are its home; here the cells are " +
      "words, line by line.",
    ja: "格子の上で、どのマスも自分の列の中と行の中に、それぞれの重みで注意を向けます。順に行うか、同じ入力に行って足します。もとは画像のための方法です。ここではマスに語を一行ずつ並べます。",
  },
  document: "D-FACT",
  file: "lib/attention/axial-attention.ts",
  of: ["AxialAttention"],
  options: {
    grid: gridOption,
    combine: choice({
      fallback: "columns-first",
      among: Object.keys(COMBINE),
      help: { en: "one of (3), (4) and (5)", ja: "(3)、(4)、(5) のどれか" },
    }),
  },
  run({ text, random, embed, options }) {
    const layout = layOut(text, options.grid);
    const { N_R: H, N_L: W, words, exists } = layout;
    const X = embed(words, text.X.cols);
    const D = X.cols;
    const combine = COMBINE[options.combine]!;
    const mechanism = AxialAttention.random({ d_model: D, heads: 1, combine }, random);
    const masks = {
      allowInColumn: (h: number, k: number, _head: number, w: number): boolean =>
        exists(h, w) && exists(k, w),
      allowInRow: (w: number, k: number, _head: number, h: number): boolean => exists(h, w) && exists(h, k),
    };
    const size = { rows: H, columns: W };
    const { output, weights } = mechanism.forward(X, size, masks);
    const maps = mechanism.maps(weights, size);

    let largest = 0;
    const pass = (axis: 0 | 1, Y: Rows): Rows =>
      naiveAlong([H, W], axis, (cells, line) => {
        const y = cells.map((cell) => Y[cell]!);
        const [attention, allow] =
          axis === 0
            ? [mechanism.alongColumns, masks.allowInColumn]
            : [mechanism.alongRows, masks.allowInRow];
        const one = naiveMultiHead(y, y, y, attention, (t, u) => allow(t, u, 0, line));
        largest = Math.max(largest, one.largestScore);
        return one.output;
      });
    const [C, R] = [(Y: Rows): Rows => pass(0, Y), (Y: Rows): Rows => pass(1, Y)];
    const both = (): Rows =>
      C(rowsOf(X)).map((row, cell, _all, R_X = R(rowsOf(X))) => row.map((x, c) => x + R_X[cell]![c]!));
    const expected =
      combine === "sum" ? both() : combine === "columns then rows" ? R(C(rowsOf(X))) : C(R(rowsOf(X)));

    // With one head each, the output is a map times the projected input: of both passes in turn, or of each.
    const times = (A: Matrix, B: Matrix): Matrix => fromRows(naiveMatmul(rowsOf(A), rowsOf(B)));
    const [W_c, W_r] = [mechanism.alongColumns, mechanism.alongRows].map(({ heads: [head], W_O }) =>
      matmul(head!.W_V, W_O),
    ) as [Matrix, Matrix];
    const applied =
      combine === "sum"
        ? add(times(maps.columns, times(X, W_c)), times(maps.rows, times(X, W_r)))
        : times(maps.composed, times(times(X, W_c), W_r));
    const has = (cell: number): boolean => exists(Math.floor(cell / W), cell % W);
    return {
      shapes: [
        shape("X", "H·W, D", X),
        { name: "C", letters: "W, H, H", numbers: [W, H, H] },
        { name: "R", letters: "H, W, W", numbers: [H, W, W] },
        shape("M", "H·W, H·W", maps.composed),
        shape("output", "H·W, D", output),
      ],
      maps: gridDrawings(maps, layout, {
        composed:
          combine === "sum"
            ? { en: "composed: C + R", ja: "合成：C + R" }
            : {
                en: `composed: ${combine}`,
                ja: combine === "columns then rows" ? "合成: 列、次に行" : "合成: 行、次に列",
              },
        columns: { en: "C, within each column", ja: "C（各列の中）" },
        rows: { en: "R, within each row", ja: "R（各行の中）" },
      }),
      checks: [
        rowSums([maps.columns, maps.rows], (cell) => !has(cell)),
        composedSums(maps, layout, combine === "sum" ? 2 : 1),
        equalsNaive([{ output, naive: everyCell(expected, largest) }], output.rows),
        same(
          "composed",
          {
            en: "the maps applied to the projected input give the output",
            ja: "射影した入力に地図をかけると出力になる",
          },
          applied,
          output,
          2e-6,
        ),
        reach(maps, layout, X, (Y) => mechanism.forward(Y, size, masks).output, combine !== "sum"),
      ],
      costs: gridCosts(layout, { rows: "H", columns: "W" }, { formula: "8D²", value: 8 * D * D }, D),
      tables: [seenBy(maps, layout)],
      notes: [
        ...layout.notes,
        {
          en: "Here with one head for each axis, and without biases.",
          ja: "ここでは各軸にヘッド一つ、バイアスは使いません。",
        },
      ],
    };
  },
});
