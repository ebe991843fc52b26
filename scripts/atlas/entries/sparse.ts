import { MultiHeadAttention } from "../../../lib/attention/multi-head-attention.ts";
import { SparseAttention } from "../../../lib/attention/sparse-attention.ts";
import { blindness, checkGlobals, dilationOption, globalsOption, graphCosts } from "../graph.ts";
import { graphDrawing, hasPair, layers, naiveHead, radiusOption, randomOption } from "../graph.ts";
import { entry, shape } from "../entry.ts";
import { equalsNaive, rowSums, same } from "../checks.ts";
import { globalTokens, randomKeys, slidingWindow } from "../../../lib/graph/patterns.ts";
import { naiveMatmul } from "../../../spec/oracle/naive.ts";
import { pronounsOn } from "../trained.ts";
import { randomGenerator } from "../../../lib/matrix.ts";
import { rowsOf } from "../../../spec/support/values.ts";
import { toDense } from "../../../lib/graph/maps.ts";
import { union } from "../../../lib/graph/algebra.ts";

export const sparse = entry({
  id: "sparse",
  name: { en: "Sparse attention along a graph", ja: "グラフに沿った疎な注意" },
  about: {
    en:
      "Each word sees only the words that a graph lists for it, and no other pair exists: here a window, " +
      "global words that see all and are seen by all, and a few words drawn at random. The letter in a " +
      "cell says why it is lit.",
    ja: "どの語も、グラフが挙げる語だけを見ます。ほかの対は計算しません。ここでは、窓、すべてを見てすべてから見られるグローバルな語、ランダムに引いた語を合わせます。マスの文字はそこが点いている理由です。",
  },
  document: "D-GLOBAL",
  file: "lib/attention/sparse-attention.ts",
  of: ["attendNeighbours"],
  options: { radius: radiusOption, globals: globalsOption, random: randomOption, dilation: dilationOption },
  run(context) {
    const { random, seed, options } = context;
    const { radius, globals, random: r, dilation } = options;
    const learned = pronounsOn(context);
    const { words } = learned?.read.text ?? context.text;
    const X = learned?.result.Z ?? context.text.X;
    const V = learned?.result.X[0] ?? X;
    const T = X.rows;
    checkGlobals(globals, T, { en: "words", ja: "語" });
    const seen = union(slidingWindow(T, radius, { dilation }), globalTokens(T, globals));
    const drawn = randomKeys(seen, r, randomGenerator(seed));
    const graph = union(seen, drawn);
    const mechanism = learned
      ? new SparseAttention(learned.model.look)
      : SparseAttention.random({ d_model: X.cols, heads: 1 }, random);
    const { output, weights } = mechanism.forward(X, X, V, graph);
    const maps = weights.map(toDense);

    // The pattern once more, as a rule for one pair; what was drawn is data.
    const isDrawn = hasPair(drawn);
    const sees = (i: number, j: number): boolean =>
      (Math.abs(i - j) % dilation === 0 && Math.abs(i - j) <= radius * dilation) ||
      globals.includes(i) ||
      globals.includes(j) ||
      isDrawn(i, j);
    const [head] = mechanism.heads;
    const naive = naiveHead(X, head!, sees, V);
    const plus = mechanism.b_O === undefined ? undefined : rowsOf(mechanism.b_O)[0]!;
    const product = naiveMatmul(naive.output, rowsOf(mechanism.W_O));
    const joined = { ...naive, output: product.map((row) => row.map((x, c) => x + (plus?.[c] ?? 0))) };
    const dense = new MultiHeadAttention(mechanism).forward(X, X, V, { allow: sees }).output;
    const ends = radius > 0 && dilation === 1 && r === 0;
    return {
      ...(learned && { trained: learned.trained, read: learned.read }),
      shapes: [
        shape("X", "T, d_model", X),
        shape("W^Q", "d_model, d_k", head!.W_Q),
        { name: "N", letters: "T, T", numbers: [T, T] },
        { name: "A", letters: "pairs", numbers: [graph.key.length] },
        shape("output", "T, d_model", output),
      ],
      maps: [
        graphDrawing(
          { en: "who sees whom, and why", ja: "だれがだれを見るか、その理由" },
          weights[0]!,
          words,
        ),
      ],
      checks: [
        rowSums(maps),
        equalsNaive(
          [
            { output, naive: joined },
            { weights: maps[0], naive },
          ],
          T,
        ),
        same(
          "dense",
          {
            en: "dense attention with allow(i, j) = j ∈ N(i) gives the same bits",
            ja: "allow(i, j) を j ∈ N(i) とした密な注意と最後のビットまで同じ",
          },
          output,
          dense,
        ),
        blindness([graph], X, (Y) => mechanism.forward(Y, Y, Y, graph).output),
        layers(graph, (most) =>
          globals.length > 0 ? most <= 2 : !ends || most === Math.ceil((T - 1) / radius),
        ),
      ],
      costs: [
        ...graphCosts([graph], X.cols, { formula: "4T·d_model²", value: 4 * T * X.cols ** 2 }),
        {
          label: { en: "keys of an inner query's window", ja: "内側のクエリの窓にあるキー" },
          formula: "2r + 1",
          value: 2 * radius + 1,
        },
      ],
      notes: [
        {
          en:
            "Here one head, without the biases b. A pattern of your own is three lines: " +
            "docs/global-and-sparse.md.",
          ja: "ここではヘッド一つ、バイアス b なしです。自分のパターンは三行で書けます：docs/global-and-sparse.ja.md",
        },
      ],
    };
  },
});
