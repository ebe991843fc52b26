import type { AxisInput } from "../../../lib/attention/parallel-factorized-attention.ts";
import type { Matrix } from "../../../lib/matrix.ts";
import { ParallelFactorizedAttention } from "../../../lib/attention/parallel-factorized-attention.ts";
import { composedSums, everyCell, gridCosts, gridDrawings, gridOption, layOut, reach } from "../grid.ts";
import { seenBy } from "../grid.ts";
import { entry, shape } from "../entry.ts";
import { equalsNaive, rowSums, same } from "../checks.ts";
import { fromRows } from "../../../lib/matrix.ts";
import { matmul } from "../../../lib/kernels/matmul.ts";
import { naiveAttention, naiveMatmul } from "../../../spec/oracle/naive.ts";
import { randomProjection } from "../../../lib/attention/heads.ts";
import { rowsOf } from "../../../spec/support/values.ts";

export const factorizedParallel = entry({
  id: "factorized-parallel",
  name: { en: "Factorised attention, both axes added", ja: "因子化注意（両軸の和）" },
  about: {
    en:
      "As the document says it: lateral queries meet lateral keys, longitudinal queries longitudinal " +
      "keys, independently of each other, and the results are added. A word sees its own line and the " +
      "words at its place in the other lines: a cross.",
    ja: "文書の説明そのままです。横方向のクエリは横方向のキーと、縦方向のクエリは縦方向のキーと独立に計算し、結果を足します。語が見るのは自分の行と、ほかの行の同じ位置の語、つまり十字だけです。",
  },
  document: "D-FACT",
  file: "lib/attention/parallel-factorized-attention.ts",
  of: ["ParallelFactorizedAttention"],
  options: { grid: gridOption },
  run({ text, random, embed, options }) {
    const layout = layOut(text, options.grid);
    const { N_R, N_L, words, exists } = layout;
    const X = embed(words, text.X.cols);
    const D = X.cols;
    const W = Array.from({ length: 4 }, () => randomProjection(D, D, random));
    const axis = (V: Matrix, W_Q: Matrix, W_K: Matrix): AxisInput => ({
      Q: matmul(X, W_Q),
      K: matmul(X, W_K),
      V,
    });
    const masks = {
      allowLateral: (i: number, k: number, _head: number, j: number): boolean => exists(i, j) && exists(k, j),
      allowLongitudinal: (j: number, k: number, _head: number, i: number): boolean =>
        exists(i, j) && exists(i, k),
    };
    const mechanism = new ParallelFactorizedAttention();
    const [lateral, longitudinal] = [axis(X, W[0]!, W[1]!), axis(X, W[2]!, W[3]!)];
    const { output, weights } = mechanism.forward({ lateral, longitudinal, N_R, N_L }, masks);
    const maps = mechanism.maps(weights);

    // Dense attention over all cells, everything off the column, or the row, forbidden.
    const has = (cell: number): boolean => exists(Math.floor(cell / N_L), cell % N_L);
    const dense = (
      { Q, K, V }: AxisInput,
      beside: (q: number, k: number) => boolean,
    ): ReturnType<typeof naiveAttention> =>
      naiveAttention(rowsOf(Q), rowsOf(K), rowsOf(V), {
        scale: 1 / Math.sqrt(D),
        allow: (q, k) => has(q) && has(k) && beside(q, k),
      });
    const lat = dense(lateral, (q, k) => q % N_L === k % N_L);
    const lon = dense(longitudinal, (q, k) => Math.floor(q / N_L) === Math.floor(k / N_L));
    const sum = lat.output.map((row, cell) => row.map((x, c) => x + lon.output[cell]![c]!));
    const forward = (V: Matrix): Matrix =>
      mechanism.forward({ lateral: { ...lateral, V }, longitudinal: { ...longitudinal, V }, N_R, N_L }, masks)
        .output;
    return {
      shapes: [
        shape("lateral Q, K", "N_R·N_L, D", lateral.Q),
        shape("longitudinal Q, K", "N_R·N_L, D", longitudinal.Q),
        shape("V", "N_R·N_L, D", X),
        shape("M", "N_R·N_L, N_R·N_L", maps.composed),
        shape("output", "N_R·N_L, D", output),
      ],
      maps: gridDrawings(maps, layout, {
        composed: { en: "composed: lateral + longitudinal", ja: "合成：横方向 + 縦方向" },
        columns: { en: "lateral, within each column", ja: "横方向（各列の中）" },
        rows: { en: "longitudinal, within each row", ja: "縦方向（各行の中）" },
      }),
      checks: [
        rowSums([maps.columns, maps.rows], (cell) => !has(cell)),
        composedSums(maps, layout, 2),
        equalsNaive(
          [{ output, naive: everyCell(sum, Math.max(lat.largestScore, lon.largestScore)) }],
          output.rows,
        ),
        same(
          "composed",
          { en: "the composed map applied to V is the output", ja: "V に合成した地図をかけると出力になる" },
          fromRows(naiveMatmul(rowsOf(maps.composed), rowsOf(X))),
          output,
          2e-6,
        ),
        reach(maps, layout, X, forward, false),
      ],
      costs: gridCosts(layout, { rows: "N_R", columns: "N_L" }, { formula: "", value: 0 }, D),
      tables: [seenBy(maps, layout)],
      notes: [
        ...layout.notes,
        {
          en:
            "Here the queries and keys of each axis are the words through random projections, and the " +
            "words themselves are the values of both.",
          ja: "ここでは各軸のクエリとキーは語のランダムな射影、バリューは両軸とも語そのものです。",
        },
      ],
    };
  },
});
