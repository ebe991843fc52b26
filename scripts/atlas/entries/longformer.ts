import { LongformerAttention } from "../../../lib/attention/longformer-attention.ts";
import { SparseAttention } from "../../../lib/attention/sparse-attention.ts";
import { blindness, checkGlobals, dilationOption, globalsOption, graphCosts } from "../graph.ts";
import { graphDrawing, layers, naiveHead, radiusOption } from "../graph.ts";
import { choice, entry, shape } from "../entry.ts";
import { equalsNaive, rowSums, same } from "../checks.ts";
import { fuseHeads, randomHead, randomProjection } from "../../../lib/attention/heads.ts";
import { naiveMatmul } from "../../../spec/oracle/naive.ts";
import { rowsOf } from "../../../spec/support/values.ts";
import { toDense } from "../../../lib/graph/maps.ts";

export const longformer = entry({
  id: "longformer",
  name: { en: "Longformer's attention", ja: "Longformer の注意" },
  about: {
    en:
      "A window, and a few global words that see all and are seen by all. A global word asks through " +
      "projections of its own, so that gathering a whole text and reading its surroundings can be " +
      "learned apart.",
    ja: "窓と、すべてを見てすべてから見られる少数のグローバルな語です。グローバルな語は専用の射影で問いかけるので、文全体を集めることと周りを読むことを別々に学べます。",
  },
  document: "D-GLOBAL",
  file: "lib/attention/longformer-attention.ts",
  of: ["LongformerAttention"],
  options: {
    radius: radiusOption,
    globals: globalsOption,
    dilation: {
      ...dilationOption,
      fallback: 2,
      help: { en: "dilation δ of head 2; head 1 has 1", ja: "ヘッド 2 の膨張 δ。ヘッド 1 は 1" },
    },
    causal: choice({
      fallback: "no",
      among: ["no", "yes"],
      help: { en: "only the past is seen", ja: "過去だけを見る" },
    }),
  },
  run({ text: { X, words }, random, options: { radius, globals, dilation, causal } }) {
    const T = X.rows;
    checkGlobals(globals, T, { en: "words", ja: "語" });
    const d_model = X.cols;
    const fresh = () => randomHead({ d_query: d_model, d_k: d_model / 2 }, random);
    const heads = [
      { local: fresh(), global: fresh(), dilation: 1 },
      { local: fresh(), global: fresh(), dilation },
    ];
    const past = causal === "yes";
    const mechanism = new LongformerAttention({
      heads,
      W_O: randomProjection(d_model, d_model, random),
      radius,
      causal: past,
    });
    const { output, weights } = mechanism.forward(X, { globals });
    const graphs = weights.map(({ graph }) => graph);
    const maps = weights.map(toDense);

    // The definition: each query through its set, over what the rule lets it see.
    const each = heads.map(({ local, global, dilation: step }) => {
      const near = (i: number, j: number): boolean =>
        Math.abs(i - j) % step === 0 && Math.abs(i - j) <= radius * step;
      const sees = (i: number, j: number): boolean =>
        (near(i, j) || globals.includes(i) || globals.includes(j)) && (!past || j <= i);
      const [a, b] = [naiveHead(X, local, sees), naiveHead(X, global, sees)];
      const choose = (mine: number[][], theirs: number[][]): number[][] =>
        mine.map((row, s) => (globals.includes(a.queries[s]!) ? theirs[s]! : row));
      return {
        ...a,
        output: choose(a.output, b.output),
        weights: choose(a.weights, b.weights),
        largestScore: Math.max(a.largestScore, b.largestScore),
      };
    });
    const joined = {
      ...each[0]!,
      output: naiveMatmul(
        each[0]!.output.map((row, s) => [...row, ...each[1]!.output[s]!]),
        rowsOf(mechanism.W_O),
      ),
    };
    const coinciding = new LongformerAttention({
      ...mechanism,
      heads: heads.map((head) => ({ ...head, global: fuseHeads([head.local]) })),
    });
    const plain = new SparseAttention({ heads: heads.map(({ local }) => local), W_O: mechanism.W_O }).forward(
      X,
      X,
      X,
      graphs,
    );
    return {
      shapes: [
        shape("X", "T, d_model", X),
        shape("W^Q", "d_model, d_k", heads[0]!.local.W_Q),
        shape("W'^Q", "d_model, d_k", heads[0]!.global.W_Q),
        {
          name: "A",
          letters: "pairs of head 1, of head 2",
          numbers: weights.map(({ values }) => values.length),
        },
        shape("output", "T, d_model", output),
      ],
      maps: weights.map((A, m) =>
        graphDrawing(
          {
            en: `head ${m + 1}, dilation ${heads[m]!.dilation}`,
            ja: `ヘッド ${m + 1}、膨張 ${heads[m]!.dilation}`,
          },
          A,
          words,
        ),
      ),
      checks: [
        rowSums(maps),
        equalsNaive([{ output, naive: joined }, ...each.map((naive, m) => ({ weights: maps[m], naive }))], T),
        same(
          "sets",
          {
            en: "with equal projection sets it is sparse attention along the same graphs",
            ja: "二組の射影が同じなら、同じグラフに沿った疎な注意に等しい",
          },
          coinciding.forward(X, { globals }).output,
          plain.output,
          1e-6,
        ),
        blindness(graphs, X, (Y) => mechanism.forward(Y, { globals }).output),
        layers(
          graphs[0]!,
          (most) =>
            past || (globals.length > 0 ? most <= 2 : radius === 0 || most === Math.ceil((T - 1) / radius)),
        ),
      ],
      costs: [
        ...graphCosts(graphs, d_model / 2, {
          formula: globals.length === 0 ? "4T·d_model²" : "(6T + G)·d_model²",
          value: (globals.length === 0 ? 4 * T : 6 * T + globals.length) * d_model ** 2,
        }),
        {
          label: { en: "keys of an inner query's window", ja: "内側のクエリの窓にあるキー" },
          formula: "2r + 1",
          value: 2 * radius + 1,
        },
      ],
      notes: [
        {
          en: "Here two heads, without the biases b. The layers are head 1's.",
          ja: "ここではヘッド二つ、バイアス b なしです。層の数はヘッド 1 のものです。",
        },
      ],
    };
  },
});
