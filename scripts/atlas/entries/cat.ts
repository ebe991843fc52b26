import type { AttentionMap } from "../entry.ts";
import type { Matrix } from "../../../lib/matrix.ts";
import { Cat } from "../../../lib/models/cat.ts";
import { CrossPatchAttention } from "../../../lib/attention/cross-patch-attention.ts";
import { IMAGENET, colourPlanes, greyPlane, normalise } from "../../images/picture.ts";
import { InnerPatchAttention } from "../../../lib/attention/inner-patch-attention.ts";
import { MULTIPLY_ADDS, PAIRS, entry, shape } from "../entry.ts";
import { catCounts, catStages, publishedCat } from "../../../lib/models/cat-counts.ts";
import { cutTiles } from "../../../lib/kernels/tiles.ts";
import { equalsNaive, rowSums } from "../checks.ts";
import { everyCell } from "../grid.ts";
import { imageOption, meansOf, partsOf } from "../image.ts";
import { meanOf } from "../../../lib/kernels/entrywise.ts";
import { naiveCross, naiveInner } from "../../../spec/oracle/naive-tiles.ts";
import { parameters } from "../../../lib/models/parameters.ts";
import { rowsOf } from "../../../spec/support/values.ts";
import { square } from "../../images/fit.ts";
import { unfoldPatches } from "../../../lib/kernels/unfold-patches.ts";

const CONFIG = {
  height: 48,
  width: 48,
  channels: 3,
  patch: 4,
  d_model: 8,
  depths: [1, 1, 1],
  heads: [2, 2, 4],
  tile: 3,
  ratio: 2,
  classes: 10,
};

export const cat = entry({
  id: "cat",
  name: { en: "CAT: attention inside patches and across them", ja: "CAT: パッチの内部と外部の注意" },
  about: {
    en:
      "Inside: the pixels of a tile see each other, over all channels (IPSA). Across: within one " +
      "channel, the tiles of the whole picture see each other (CPSA). Inside, across, inside; then the " +
      "map halves and the channels double, until one tile is the map. Here small and untrained: maps of " +
      "12, 6 and 3 pixels a side, tiles of 3 × 3.",
    ja:
      "内部：タイルの中の画素が、全チャンネルを使って互いを見ます(IPSA)。外部：チャンネルごとに、画像全体のタイルが互いを見ます(CPSA)。" +
      "内・外・内とくり返したら地図を半分に、チャンネルを倍にし、最後は 1 枚のタイルが地図全体になります。ここでは小さく未学習です(一辺 12・6・3 画素、タイルは 3 × 3)。",
  },
  document: "D-CROSS",
  file: "lib/models/cat.ts",
  of: ["Cat"],
  input: "picture",
  options: { image: imageOption },
  run({ random, options }) {
    const { picture } = options.image;
    const model = Cat.random(CONFIG, random);
    parameters(model).forEach((W) =>
      W.data.forEach((x, e) => (W.data[e] = x === 1 || W === model.embedding.W ? x : 25 * x)),
    ); // from N(0, 0.02²): maps of so small weights are uniform
    const image = normalise(square(colourPlanes(picture), CONFIG.height), IMAGENET);
    const every: Matrix[] = [];
    const heard = new Map<string, readonly Matrix[]>();
    const logits = model.forward(image, {
      onWeights: (name, heads) => (every.push(...heads), heard.set(name, heads)),
    });
    const shapes = catStages(CONFIG);
    const tiles = shapes.map(({ H, W, p }) => partsOf(H / p, W / p));
    const pixels = partsOf(CONFIG.tile, CONFIG.tile);
    const inside: AttentionMap = {
      title: {
        en: "inside: the pixels of tile 2,3, stage 1, mean of the heads",
        ja: "内部：1 段目のタイル 2,3 の画素、ヘッドの平均",
      },
      weights: meanOf(heard.get("stages[0].units[0].before.map[6]")!),
      rows: pixels,
      cols: pixels,
    };
    const across = (k: number): AttentionMap => ({
      title: {
        en: `across: the tiles of stage ${k + 1} in its first channel`,
        ja: `外部：${k + 1} 段目のタイル、最初のチャンネル`,
      },
      weights: heard.get(`stages[${k}].units[0].cross.map[0]`)![0]!,
      rows: tiles[k]!,
      cols: tiles[k]!,
    });

    const embedded = model.embeddingNorm.forward(model.embedding.forward(image));
    const { before, cross } = model.stages[0]!.units[0]!;
    const grid = [...model.grid];
    const inner = before.attention as InnerPatchAttention;
    const outer = cross.attention as CrossPatchAttention;
    const [ours, theirs] = [inner.forward(embedded, grid).output, outer.forward(embedded, grid).output];
    const naive = [
      naiveInner(rowsOf(embedded), grid, inner.p, inner.attention, rowsOf(inner.table!)).output,
      naiveCross(rowsOf(embedded), grid, outer.p, outer.attention).output,
    ];
    const last = Array.from(
      { length: shapes[2]!.C },
      (_, c) => heard.get(`stages[2].units[0].cross.map[${c}]`)![0]!,
    );
    const pairs = shapes.reduce(
      (sum, { H, W, C, p, heads, depth }) =>
        sum + depth * (2 * heads * H * W * p * p + C * ((H * W) / (p * p)) ** 2),
      0,
    );
    const { total } = catCounts(CONFIG);
    const published = (["T", "S", "B"] as const).map((size) => {
      const { total: all } = catCounts(publishedCat(size));
      return `${size} ${all.parameters.toLocaleString("en-US")}, ${(all.multiplyAdds / 1e9).toFixed(3)}`;
    });
    return {
      shapes: [
        { name: "image", letters: "C × H × W", numbers: [3, CONFIG.height, CONFIG.width] },
        shape("patches", "n_0, K", unfoldPatches(image, CONFIG.patch)),
        ...shapes.map(({ H, W, C }, k) => ({
          name: `X_${k}`,
          letters: `n_${k}, C_${k}`,
          numbers: [H * W, C],
        })),
        shape("logits", "1, classes", logits),
        { name: "tiles", letters: "t_0, t_1, t_2", numbers: tiles.map(({ length }) => length) },
        { name: "heads", letters: "h_0, h_1, h_2", numbers: CONFIG.heads },
        {
          name: "tile's side, hidden units a channel",
          letters: "p, r",
          numbers: [CONFIG.tile, CONFIG.ratio],
        },
      ],
      maps: [inside, across(0), across(1), across(2)],
      checks: [
        rowSums(every),
        equalsNaive(
          [
            { output: ours, naive: everyCell(naive[0]!, 40) },
            { output: theirs, naive: everyCell(naive[1]!, 40) },
          ],
          embedded.rows,
        ),
        {
          id: "one-key",
          label: {
            en: "last stage: one tile, so CPSA gives its only key weight 1, and is linear",
            ja: "最後の段はタイルが 1 枚なので、CPSA はただ一つのキーに重み 1 を与え、線形になる",
          },
          pass: last.every(({ data }) => data.length === 1 && data[0] === 1),
        },
      ],
      costs: [
        {
          label: PAIRS,
          formula: "2·p²·(h_0·n_0 + h_1·n_1 + h_2·n_2) + C_0·t_0² + C_1·t_1² + C_2·t_2²",
          value: pairs,
        },
        {
          label: MULTIPLY_ADDS,
          formula:
            "n_0·K·C_0 + (8 + 6·r)·(n_0·C_0² + n_1·C_1² + n_2·C_2²) + (8·p² + 2·t_0)·n_0·C_0 + (8·p² + " +
              "2·t_1)·n_1·C_1 + (8·p² + 2·t_2)·n_2·C_2 + 8·n_1·C_0² + 8·n_2·C_1² + C_2·classes",
          value: total.multiplyAdds,
        },
      ],
      tables: [
        {
          title: {
            en: "the picture in 12 × 12 pixels, as bright as the first map's patches",
            ja: "12 × 12 画素にした画像（最初の地図のパッチの明るさ）",
          },
          equation: "mean of each 4 × 4",
          rows: Array.from({ length: 12 }, (_, i) => `${i + 1}`),
          cols: Array.from({ length: 12 }, (_, j) => `${j + 1}`),
          values: meansOf(square([greyPlane(picture)], CONFIG.height)[0]!, CONFIG.patch),
          detail: true,
        },
      ],
      notes: [
        {
          en: `Published sizes, parameters and billions of multiply-adds: ${published.join("; ")}.`,
          ja: `公開されている大きさのパラメータ数と積和演算数（十億）：${published.join("、")}。`,
        },
        {
          en:
            "Linear weights, tables and positions are 25 times those of a fresh model, whose maps would " +
            "be uniform to the eye.",
          ja: "初期値のままでは地図が一様に見えるため、線形写像の重み・表・位置はその 25 倍にしています。",
        },
        {
          en:
            "Inside, the cost grows with the picture's area; across, with its square: here " +
            `${cutTiles(embedded, grid, 3).length} tiles see each other in stage 1, four times the area ` +
            "would make it four times as many tiles and sixteen times as many pairs.",
          ja:
            `内部の計算量は画像の面積に、外部は面積の 2 乗に比例します。ここの 1 段目では ${cutTiles(embedded, grid, 3).length} ` +
            "枚のタイルが互いを見ますが、面積が 4 倍ならタイルは 4 倍、対は 16 倍です。",
        },
        {
          en: "D-CROSS's formula CAT(Q, K, V) is another thing: see feature-map and parameter-free-cross.",
          ja: "文書の式 CAT(Q, K, V) はこれとは別のものです。feature-map と parameter-free-cross を見てください。",
        },
      ],
    };
  },
});
