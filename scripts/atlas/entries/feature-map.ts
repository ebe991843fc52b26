import type { Matrix } from "../../../lib/matrix.ts";
import type { Rows } from "../../../spec/oracle/naive.ts";
import { FeatureMapAttention, featureMapPairs } from "../../../lib/attention/feature-map-attention.ts";
import { MULTIPLY_ADDS, PAIRS, choice, entry, shape } from "../entry.ts";
import { equalsNaive, rowSums, same } from "../checks.ts";
import { everyCell } from "../grid.ts";
import { fromRows } from "../../../lib/matrix.ts";
import { greyPlane } from "../../images/picture.ts";
import { imageOption, partsOf } from "../image.ts";
import { naiveAttention } from "../../../spec/oracle/naive.ts";
import { rowsOf } from "../../../spec/support/values.ts";
import { square } from "../../images/fit.ts";

const PLANE_SIDE = 32;
const P = 16;
const s = 4;
const M = (P / s) ** 2;
const N = (PLANE_SIDE / P) ** 2;

const SA = (X: Rows): Rows => naiveAttention(X, X, X, { scale: 1 / Math.sqrt(X[0]!.length) }).output;

/** Mean 0 and deviation 3, unless all is of one brightness. */
function standard(plane: Matrix): Matrix {
  const mean = plane.data.reduce((sum, x) => sum + x, 0) / plane.data.length;
  const deviation =
    Math.sqrt(plane.data.reduce((sum, x) => sum + (x - mean) ** 2, 0) / plane.data.length) || 1;
  return { ...plane, data: plane.data.map((x) => (3 * (x - mean)) / deviation) };
}

/** Every map as a row, patch after patch, by coordinates. */
function mapsOf(image: Rows): { u: number; v: number; map: Rows }[] {
  return Array.from({ length: N * M }, (_, e) => {
    const [n, m] = [Math.floor(e / M), e % M];
    const [u, v] = [
      Math.floor(n / (PLANE_SIDE / P)) * P + Math.floor(m / (P / s)) * s,
      (n % (PLANE_SIDE / P)) * P + (m % (P / s)) * s,
    ];
    return { u, v, map: Array.from({ length: s }, (_row, y) => image[u + y]!.slice(v, v + s)) };
  });
}

export const featureMap = entry({
  id: "feature-map",
  name: { en: "D-CROSS's own CAT, map by map", ja: "文書の読みによる CAT" },
  about: {
    en:
      "What the document writes about CAT, taken at its word: a patch of 16 × 16 is 16 maps of 4 × 4 in " +
      "one channel; each map attends to itself, then the maps attend to each other, without a single " +
      "parameter. Neither CAT nor CrossViT computes this.",
    ja:
      "文書の CAT の説明を文字どおりに計算します。16 × 16 のパッチを 1 チャンネルの 4 × 4 の特徴マップ 16 枚に分け、各マップが自分自身に、次にマップどうしで注意を向けます。" +
      "パラメータは一つもありません。CAT も CrossViT もこれを計算しているわけではありません。",
  },
  document: "D-CROSS",
  file: "lib/attention/feature-map-attention.ts",
  of: ["FeatureMapAttention"],
  input: "picture",
  options: {
    image: imageOption,
    scope: choice({
      fallback: "patch" as const,
      among: ["patch", "image"] as const,
      help: {
        en: "maps see those of their patch, or of the whole picture",
        ja: "マップが見るのは同じパッチの中か、画像全体か",
      },
    }),
  },
  run({ options }) {
    const { scope } = options;
    const image = standard(square([greyPlane(options.image.picture)], PLANE_SIDE)[0]!);
    const { output, inner, between } = new FeatureMapAttention({ P, s, scope }).forward(image);
    const maps = mapsOf(rowsOf(image));
    const Z = maps.map(({ map }) => SA(map).flat());
    const groups = scope === "image" ? [Z] : Array.from({ length: N }, (_, n) => Z.slice(n * M, (n + 1) * M));
    const own = groups.map((rows) => naiveAttention(SA(rows), SA(rows), SA(rows), { scale: 1 / s }));
    const expected = rowsOf(image).map((row) => row.slice());
    own
      .flatMap((group) => group.output)
      .forEach((row, e) =>
        row.forEach((x, c) => (expected[maps[e]!.u + Math.floor(c / s)]![maps[e]!.v + (c % s)] = x)),
      );
    const each = partsOf(P / s, P / s);
    const patches = partsOf(PLANE_SIDE / P, PLANE_SIDE / P);
    const labels =
      scope === "patch" ? each : patches.flatMap((patch) => each.map((map) => `${patch}:${map}`));
    const rows = partsOf(s, 1).map((part) => part.slice(0, -2));
    const counts = featureMapPairs({ N, M, s, scope });
    const table = [
      [N, M],
      [2 * N, M],
      [N, 2 * M],
      [4 * N, M],
    ].map(([n, m]) => {
      const [patch, whole] = (["patch", "image"] as const).map((one) =>
        featureMapPairs({ N: n!, M: m!, s, scope: one }),
      );
      return [n!, m!, patch!.inner, patch!.between, whole!.between, n! * m!];
    });
    const macs =
      inner.length * 2 * s ** 3 + between.length * (6 + 2) * (scope === "patch" ? M : N * M) ** 2 * s * s;
    return {
      shapes: [
        shape("image", "H, W", image),
        { name: "patches, maps in each", letters: "N, M", numbers: [N, M] },
        { name: "F_nm", letters: "s, s", numbers: [s, s] },
        { name: "Z_n", letters: "M, s²", numbers: [M, s * s] },
        shape("output", "H, W", output),
      ],
      maps: [
        {
          title:
            scope === "patch"
              ? { en: "between the 16 maps of patch 1,2", ja: "パッチ 1,2 の 16 枚のマップどうし" }
              : { en: "between all maps of the picture", ja: "画像全体のマップどうし" },
          weights: between[scope === "patch" ? 1 : 0]!,
          rows: labels,
          cols: labels,
        },
        {
          title: { en: "inside one map: its four rows", ja: "一枚のマップの中：4 つの行" },
          weights: inner[M + 5]!,
          rows,
          cols: rows,
        },
      ],
      checks: [
        rowSums([...inner, ...between]),
        equalsNaive([{ output, naive: everyCell(expected, 16) }], PLANE_SIDE),
        same(
          "constant",
          { en: "a picture of one brightness stays as it is", ja: "一様な明るさの画像は変わらない" },
          new FeatureMapAttention({ P, s, scope }).forward({
            ...image,
            data: new Float32Array(PLANE_SIDE * PLANE_SIDE).fill(0.5),
          }).output,
          { ...image, data: new Float32Array(PLANE_SIDE * PLANE_SIDE).fill(0.5) },
          1e-6,
        ),
      ],
      costs: [
        {
          label: PAIRS,
          formula: scope === "patch" ? "N·M·s² + 4·N·M²" : "N·M·s² + 4·(N·M)²",
          value: counts.inner + counts.between,
        },
        {
          label: MULTIPLY_ADDS,
          formula: scope === "patch" ? "2·N·M·s³ + 8·N·M²·s²" : "2·N·M·s³ + 8·(N·M)²·s²",
          value: macs,
        },
      ],
      tables: [
        {
          title: {
            en: "pairs as the number of patches N and of maps M varies, and the document's N·M",
            ja: "パッチ数 N とマップ数 M を変えたときの対の数と、文書の N·M",
          },
          equation: "featureMapPairs({ N, M, s, scope })",
          rows: ["", "2·N", "2·M", "4·N"],
          cols: ["N", "M", "inside", "patch", "image", "N·M"],
          values: fromRows(table),
        },
      ],
      notes: [
        {
          en:
            "Brightness is brought to mean 0 and deviation 3: there are no weights that could do it, and " +
            "each attention smooths what the next one compares.",
          ja: "学習する重みがないので、明るさは平均 0、標準偏差 3 にしてあります。注意を重ねるたびに、次に比べる値がならされるためです。",
        },
        {
          en:
            "Within patches the pairs are linear in N because no patch ever sees another; over the " +
            "picture they are quadratic. Neither is the document's N·M.",
          ja: "パッチの中だけなら、パッチどうしが互いを見ないので対の数は N に比例します。画像全体なら N の 2 乗です。どちらも文書の N·M にはなりません。",
        },
      ],
    };
  },
});
