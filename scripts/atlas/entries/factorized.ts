import { FactorizedAttention } from "../../../lib/attention/factorized-attention.ts";
import { composedSums, everyCell, gridCosts, gridDrawings, gridOption, layOut, seenBy } from "../grid.ts";
import { entry, shape } from "../entry.ts";
import { equalsNaive, rowSums, same } from "../checks.ts";
import { fromRows } from "../../../lib/matrix.ts";
import { linear } from "../../../lib/kernels/linear.ts";
import { matmul } from "../../../lib/kernels/matmul.ts";
import { naiveAlong, naiveMultiHead } from "../../../spec/oracle/naive-grid.ts";
import { naiveLinear, naiveMatmul } from "../../../spec/oracle/naive.ts";
import { pairRows } from "../../../lib/kernels/pair-rows.ts";
import { rowsOf } from "../../../spec/support/values.ts";
import { sinusoidalPositions } from "../../../lib/layers/sinusoidal-positions.ts";

export const factorized = entry({
  id: "factorized",
  name: { en: "Factorised attention, one axis after the other", ja: "因子化注意（軸を順に）" },
  about: {
    en:
      "As PLUTO plans a drive: N_R lateral queries (here a line of the text each, the mean of its words) " +
      "and N_L longitudinal ones (here a place in the line) are fused into a grid. Each cell then " +
      "attends within its column, and after that within its row: two steps join any two cells.",
    ja:
      "運転を計画する PLUTO の方法です。横方向のクエリ N_R 個（ここでは本文の一行ずつ、語の平均）と縦方向のクエリ N_L 個（ここでは行の中の位置）を融合して格子にします。" +
      "どのマスもまず列の中、次に行の中に注意を向けるので、二歩でどこへでも届きます。",
  },
  document: "D-FACT",
  file: "lib/attention/factorized-attention.ts",
  of: ["FactorizedAttention"],
  options: { grid: gridOption },
  run({ text, random, embed, options }) {
    const layout = layOut(text, options.grid);
    const { N_R, N_L, words, exists } = layout;
    const X = rowsOf(embed(words, text.X.cols));
    const D = text.X.cols;
    const Q_lat = fromRows(
      Array.from({ length: N_R }, (_, i) => {
        const line = X.slice(i * N_L, (i + 1) * N_L).filter((_, j) => exists(i, j));
        return line[0]!.map((_, c) => line.reduce((sum, word) => sum + word[c]!, 0) / line.length);
      }),
    );
    const Q_lon = sinusoidalPositions(N_L, D);
    const mechanism = FactorizedAttention.random({ d_model: D, heads: 1 }, random);
    const { W_0, lateral, longitudinal } = mechanism;
    const allowLateral = (i: number, k: number, _head: number, j: number): boolean =>
      exists(i, j) && exists(k, j);
    const allowLongitudinal = (j: number, k: number, _head: number, i: number): boolean =>
      exists(i, j) && exists(i, k);
    const { output, weights } = mechanism.forward(Q_lat, Q_lon, {
      allowLateral,
      allowLongitudinal,
      positions: Q_lon,
    });
    const maps = mechanism.maps(weights);

    const fused = rowsOf(Q_lat).flatMap((lat) =>
      rowsOf(Q_lon).map((lon) => naiveLinear([[...lat, ...lon]], rowsOf(W_0))[0]!),
    );
    let largest = 0;
    const Y = naiveAlong([N_R, N_L], 0, (cells, j) => {
      const y = cells.map((cell) => fused[cell]!);
      const one = naiveMultiHead(y, y, y, lateral, (i, k) => allowLateral(i, k, 0, j));
      largest = Math.max(largest, one.largestScore);
      return one.output;
    });
    const expected = naiveAlong([N_R, N_L], 1, (cells, i) => {
      const y = cells.map((cell) => Y[cell]!);
      const placed = y.map((row, j) => row.map((x, c) => x + rowsOf(Q_lon)[j]![c]!));
      const one = naiveMultiHead(placed, placed, y, longitudinal, (j, k) => allowLongitudinal(j, k, 0, i));
      largest = Math.max(largest, one.largestScore);
      return one.output;
    });
    const through = [lateral, longitudinal]
      .map(({ heads: [head], W_O }) => matmul(head!.W_V, W_O))
      .reduce((A, B) => matmul(A, B));
    const composed = fromRows(
      naiveMatmul(
        naiveMatmul(rowsOf(maps.composed), rowsOf(linear(pairRows(Q_lat, Q_lon), W_0))),
        rowsOf(through),
      ),
    );
    const none = (cell: number): boolean => !exists(Math.floor(cell / N_L), cell % N_L);
    return {
      shapes: [
        shape("Q_lat", "N_R, D", Q_lat),
        shape("Q_lon", "N_L, D", Q_lon),
        shape("W_0", "2D, D", W_0),
        { name: "Q_0", letters: "N_R·N_L, D", numbers: [N_R * N_L, D] },
        shape("M", "N_R·N_L, N_R·N_L", maps.composed),
        shape("output", "N_R·N_L, D", output),
      ],
      maps: gridDrawings(maps, layout, {
        composed: { en: "composed: lateral, then longitudinal", ja: "合成：横方向、次に縦方向" },
        columns: { en: "lateral, within each column", ja: "横方向（各列の中）" },
        rows: { en: "longitudinal, within each row", ja: "縦方向（各行の中）" },
      }),
      checks: [
        rowSums([maps.columns, maps.rows], none),
        composedSums(maps, layout, 1),
        equalsNaive([{ output, naive: everyCell(expected, largest) }], output.rows),
        same(
          "composed",
          {
            en: "the composed map applied to the projected Q_0 is the output",
            ja: "射影した Q_0 に合成した地図をかけると出力になる",
          },
          composed,
          output,
          2e-6,
        ),
      ],
      costs: gridCosts(layout, { rows: "N_R", columns: "N_L" }, { formula: "10D²", value: 10 * D * D }, D),
      tables: [seenBy(maps, layout)],
      notes: [
        ...layout.notes,
        {
          en:
            "Here with one head, without biases, all lines valid, and P = Q_lon. A cell is named by its " +
            "word, but made of its line and its place.",
          ja: "ここではヘッド一つ、バイアスなし、無効な行なしで、P = Q_lon とします。マスの名前は語ですが、中身は行と位置から作ります。",
        },
      ],
    };
  },
});
