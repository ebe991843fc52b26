import type { Matrix } from "../../../lib/matrix.ts";
import type { Rows } from "../../../spec/oracle/naive.ts";
import type { TokenProjection } from "../../../lib/attention/class-token-attention.ts";
import { ClassTokenAttention } from "../../../lib/attention/class-token-attention.ts";
import { LayerNorm } from "../../../lib/layers/layer-norm.ts";
import { MULTIPLY_ADDS, PAIRS, entry, integer, shape } from "../entry.ts";
import { MultiHeadAttention } from "../../../lib/attention/multi-head-attention.ts";
import { backwards, equalsNaive, rowSums, same } from "../checks.ts";
import { concatRows, sliceRows } from "../../../lib/kernels/rows.ts";
import { fromFunction, matrix } from "../../../lib/matrix.ts";
import { naiveGelu, naiveLayerNorm } from "../../../spec/oracle/naive-layers.ts";
import { naiveLinear } from "../../../spec/oracle/naive.ts";
import { naiveMultiHead } from "../../../spec/oracle/naive-grid.ts";
import { randomProjection } from "../../../lib/attention/heads.ts";
import { rowsOf } from "../../../spec/support/values.ts";

/** Features of the branch that is read; the one that asks has the words' own. */
const E = 24;

export const classToken = entry({
  id: "class-token",
  name: { en: "Class-token attention", ja: "クラストークンによる融合" },
  about: {
    en:
      "CrossViT's way to let two branches talk: the [CLS] of one, taken to the other's width, is the " +
      "only query; the keys are the other's patches and itself. Here the words of one text stand for one " +
      "branch's patches, those of another for the other's.",
    ja:
      "CrossViT で二つのブランチが情報を交わす方法です。一方の [CLS] を他方の幅に射影し、それだけがクエリになります。キーは他方のパッチと自分自身です。" +
      "ここでは、一方のテキストの語と他方の語が、それぞれのブランチのパッチの代わりです。",
  },
  document: "D-CROSS",
  file: "lib/attention/class-token-attention.ts",
  of: ["ClassTokenAttention"],
  input: "pair",
  options: {
    heads: integer({
      fallback: 2,
      min: 1,
      max: E,
      help: { en: `number of heads; it must divide ${E}`, ja: `ヘッドの数。${E} の約数` },
    }),
  },
  conflict({ heads }) {
    if (E % heads === 0) return undefined;
    return {
      en: `--heads must divide ${E}; got ${heads}`,
      ja: `--heads は ${E} の約数を指定します（${heads} でした）`,
    };
  },
  run({ text, memory, random, embed, options: { heads } }) {
    const own = concatRows([embed(["[CLS] of the branch that asks"], text.X.cols), text.X]);
    const other = concatRows([embed(["[CLS] of the other branch"], E), embed(memory.words, E)]);
    const d = own.cols;
    const project = (d_in: number, d_out: number): TokenProjection => ({
      norm: LayerNorm.initial({ d_model: d_in, eps: 1e-6 }),
      W: randomProjection(d_in, d_out, random),
      b: matrix(1, d_out),
    });
    const reading = {
      norm: LayerNorm.initial({ d_model: E, eps: 1e-6 }),
      attention: MultiHeadAttention.random({ d_model: E, heads, bias: true }, random),
    };
    const mechanism = new ClassTokenAttention({ f: project(d, E), readings: [reading], g: project(E, d) });
    const {
      output,
      weights: [A = []],
    } = mechanism.forward(own, other);

    const projected = ({ W }: TokenProjection, x: Rows): Rows =>
      naiveLinear(naiveGelu(naiveLayerNorm(x, 1e-6)), rowsOf(W));
    const tokens = [...projected(mechanism.f, [rowsOf(own)[0]!]), ...rowsOf(other).slice(1)];
    const u = naiveLayerNorm(tokens, 1e-6);
    const read = naiveMultiHead([u[0]!], u, u, reading.attention);
    const cls = projected(mechanism.g, [tokens[0]!.map((x, c) => x + read.output[0]![c]!)]);
    // norms before and after: a few roundings more
    const naive = { output: cls, largestScore: 4 * read.largestScore, queries: [0] };

    const patches = (M: Matrix): Matrix => sliceRows(M, 1, M.rows);
    const first = (M: Matrix): Matrix => sliceRows(M, 0, 1);
    const blind = concatRows([fromFunction(1, E, () => NaN), patches(other)]);
    const turned = concatRows([first(other), backwards(patches(other))]);
    const N = other.rows;
    return {
      shapes: [
        shape("x^l", "N_l, d", own),
        shape("x^s", "N_s, e", other),
        shape("A", "1, N_s", A[0]!),
        shape("z^l", "N_l, d", output),
      ],
      maps: A.map((weights, m) => ({
        title: { en: `head ${m + 1}`, ja: `ヘッド ${m + 1}` },
        weights,
        rows: ["[CLS]"],
        cols: ["f([CLS])", ...memory.words],
      })),
      checks: [
        rowSums(A),
        equalsNaive(
          [
            { output: first(output), naive: { ...naive, weights: [] } },
            ...A.map((weights, m) => ({
              weights,
              naive: { ...naive, output: [], weights: read.weights[m]! },
            })),
          ],
          1,
        ),
        same(
          "patches",
          { en: "the branch's own patches come through unchanged", ja: "自分のブランチのパッチは変わらずに通る" },
          patches(output),
          patches(own),
        ),
        same(
          "others-cls",
          {
            en: "the other branch's [CLS] is never read, not even a NaN in it",
            ja: "他方の [CLS] は決して読まれない。NaN が入っていても",
          },
          mechanism.forward(own, blind).output,
          output,
        ),
        same(
          "order",
          { en: "the order of the other's patches does not matter", ja: "他方のパッチの並び順は影響しない" },
          mechanism.forward(own, turned).output,
          output,
          2e-6,
        ),
      ],
      costs: [
        { label: PAIRS, formula: "N_s", value: N },
        {
          label: MULTIPLY_ADDS,
          formula: "2·d·e + 2·e² + 2·N_s·e² + 2·N_s·e",
          value: 2 * d * E + 2 * E * E + 2 * N * E * E + 2 * N * E,
        },
      ],
      notes: [
        {
          en:
            "N counts a branch's patches and its [CLS]. One query, so the cost grows evenly with N_s, " +
            "however many patches the branch that asks has.",
          ja: "N はブランチのパッチ数に [CLS] を加えたものです。クエリが一つだけなので、計算量は N_s に比例し、問いかける側のパッチ数にはよりません。",
        },
        {
          en:
            "The projections of (1) in the released code's form; (2) is the plain linear one. Untrained, " +
            "and without biases.",
          ja: "射影 (1) は公開コードの形です。(2) は線形写像だけの形です。未学習で、バイアスは使いません。",
        },
      ],
    };
  },
});
