import { readFileSync } from "node:fs";
import type { Check, Drawing, Phrase, Result, Table } from "../entry.ts";
import type { CrossViTConfig } from "../../../lib/models/cross-vit-counts.ts";
import type { Matrix } from "../../../lib/matrix.ts";
import type { Shown } from "../image.ts";
import { CrossViT } from "../../../lib/models/cross-vit.ts";
import { IMAGENET, MNIST, colourPlanes, greyPlane, inkPlane, normalise, planes } from "../../images/picture.ts";
import { MULTIPLY_ADDS, PAIRS, choice, entry } from "../entry.ts";
import { asMatrix, readSafetensors } from "../../../lib/checkpoints/safetensors.ts";
import { concatRows } from "../../../lib/kernels/rows.ts";
import { crossViTCounts, crossViTPairs, patchesOf, stageDepth } from "../../../lib/models/cross-vit-counts.ts";
import { digitOf, square } from "../../images/fit.ts";
import { equalsNaive, rowSums } from "../checks.ts";
import { fromFunction, gaussian, matrix } from "../../../lib/matrix.ts";
import { imageOption, meansOf, partsOf } from "../image.ts";
import { meanOf } from "../../../lib/kernels/entrywise.ts";
import { naiveCrossViT } from "../../../spec/oracle/naive-cross-vit.ts";
import { parameterCount, parameters } from "../../../lib/models/parameters.ts";
import { percent } from "../map.ts";
import { readCrossViT } from "../../../lib/checkpoints/cross-vit-checkpoint.ts";
import { resizeBicubic } from "../../../lib/kernels/resize-bicubic.ts";
import { rowsOf } from "../../../spec/support/values.ts";
import { sliceColumns } from "../../../lib/kernels/columns.ts";
import { softmaxRows } from "../../../lib/kernels/softmax-rows.ts";
import { sunOverHills } from "../../images/sun.ts";

const DIGITS: CrossViTConfig = {
  channels: 1,
  classes: 10,
  stages: 1,
  branches: [
    { image: 28, patch: 4, d_model: 32, heads: 2, depth: 1, d_hidden: 64 },
    { image: 28, patch: 7, d_model: 64, heads: 4, depth: 2, d_hidden: 128 },
  ],
};

/**
 * The published models' views of an image, 20 × 20 patches of 12 pixels and 14 × 14 of 16, with one narrow
 * stage between.
 */
const VIEWS: CrossViTConfig = {
  channels: 3,
  classes: 10,
  stages: 1,
  branches: [
    { image: 240, patch: 12, d_model: 12, heads: 2, depth: 1, d_hidden: 12 },
    { image: 224, patch: 16, d_model: 24, heads: 2, depth: 1, d_hidden: 24 },
  ],
};

/** What one [CLS] gave to itself and to the patches of the other branch: heads averaged, (1, 1 + m). */
interface Look {
  readonly small: Matrix;
  readonly large: Matrix;
  readonly logits: Matrix;
}

function look(model: CrossViT, image: readonly Matrix[]): Look {
  const maps: Matrix[] = [];
  const logits = model.forward(image, {
    onWeights: (name, heads) => name.includes("fusions") && maps.push(meanOf(heads)),
  });
  return { small: maps[0]!, large: maps[1]!, logits };
}

/** The patches' share of a look, in their places. */
function laidOut(weights: Matrix): Matrix {
  const side = Math.sqrt(weights.cols - 1);
  return matrix(side, side, sliceColumns(weights, 1, weights.cols).data);
}

function titled(who: Phrase, weights: Matrix): Phrase {
  const most = Math.max(...weights.data.subarray(1));
  const self = weights.data[0]!;
  return {
    en: `${who.en}; densest ${percent(most)}, on itself ${percent(self)}`,
    ja: `${who.ja}。最大 ${percent(most)}、自分自身に ${percent(self)}`,
  };
}

const SMALL: Phrase = {
  en: "[CLS] of the small patches looks at the large",
  ja: "小パッチのブランチの [CLS] が見る大パッチ",
};
const LARGE: Phrase = {
  en: "[CLS] of the large patches looks at the small",
  ja: "大パッチのブランチの [CLS] が見る小パッチ",
};

/** Two pixel rows in one line, as a character is twice as high as wide. */
function halved(digit: Matrix): Matrix {
  return fromFunction(
    digit.rows / 2,
    digit.cols,
    (y, x) => (digit.data[2 * y * digit.cols + x]! + digit.data[(2 * y + 1) * digit.cols + x]!) / 2,
  );
}

function argmax(row: ArrayLike<number>): number {
  return Array.from(row).indexOf(Math.max(...Array.from(row)));
}

/** What every run tells: shapes, costs, and that the model equals the naive one on one image. */
function common(
  config: CrossViTConfig,
  model: CrossViT,
  looks: readonly Look[],
  names: readonly string[],
  image: readonly Matrix[],
): Pick<Result, "shapes" | "maps" | "costs"> & { checks: Check[] } {
  const [s, l] = config.branches;
  const [n, m] = [patchesOf(s), patchesOf(l)];
  const sized = (side: number): number[][][] =>
    image.map((plane) => rowsOf(plane.rows === side ? plane : resizeBicubic(plane, side, side)));
  const naive = naiveCrossViT(model, [sized(s.image), sized(l.image)]);
  const expected = {
    output: [naive.logits],
    weights: [],
    largestScore: 8 * naive.largestScore + 100,
    queries: [0],
  }; // some ten layers, a rounding each
  const counts = crossViTCounts(config);
  const pairs = crossViTPairs(config);
  const keys = (side: number): string[] => ["f([CLS])", ...partsOf(side, side)];
  return {
    shapes: [
      { name: "small patches", letters: "n_s, p_s", numbers: [n, config.channels * s.patch ** 2] },
      { name: "large patches", letters: "n_l, p_l", numbers: [m, config.channels * l.patch ** 2] },
      { name: "x^s", letters: "N_s, d", numbers: [1 + n, s.d_model] },
      { name: "x^l", letters: "N_l, e", numbers: [1 + m, l.d_model] },
      { name: "hidden", letters: "h_s, h_l", numbers: [s.d_hidden, l.d_hidden] },
      { name: "stages, blocks", letters: "K, M_s, M_l", numbers: [config.stages, stageDepth(s, 0), stageDepth(l, 0)] },
      { name: "logits", letters: "1, classes", numbers: [1, config.classes] },
    ],
    maps: [
      {
        title: { en: "the small branch's [CLS] over large patches", ja: "小パッチのブランチの [CLS] から大パッチへ" },
        weights: concatRows(looks.map(({ small }) => small)),
        rows: names,
        cols: keys(Math.sqrt(m)),
      },
      {
        title: { en: "the large branch's [CLS] over small patches", ja: "大パッチのブランチの [CLS] から小パッチへ" },
        weights: concatRows(looks.map(({ large }) => large)),
        rows: names,
        cols: keys(Math.sqrt(n)),
      },
    ],
    checks: [
      rowSums(looks.flatMap(({ small, large }) => [small, large])),
      equalsNaive([{ output: looks[0]!.logits, naive: expected }], 1),
    ],
    costs: [
      { label: PAIRS, formula: "K·(M_s·N_s² + M_l·N_l² + N_s + N_l)", value: pairs.encoders + pairs.fusion },
      {
        label: MULTIPLY_ADDS,
        formula:
          "n_s·p_s·d + n_l·p_l·e + K·M_s·(4·N_s·d² + 2·N_s²·d + 2·N_s·d·h_s) + K·M_l·(4·N_l·e² + " +
            "2·N_l²·e + 2·N_l·e·h_l) + K·(4·d·e + 2·e² + 2·N_l·e² + 2·N_l·e + 2·d² + 2·N_s·d² + 2·N_s·d) " +
            "+ (d + e)·classes",
        value: counts.total.multiplyAdds,
      },
      {
        label: { en: "of these the fusion", ja: "うち融合の分" },
        formula: "K·(4·d·e + 2·e² + 2·N_l·e² + 2·N_l·e + 2·d² + 2·N_s·d² + 2·N_s·d)",
        value: counts.fusion.multiplyAdds,
      },
    ],
  };
}

const NOTES: readonly Phrase[] = [
  {
    en:
      "N counts a branch's patches and its [CLS], p the numbers in a patch. The weights of the heads are " +
      "averaged. The share on itself is that of f([CLS]), the only key that is no patch.",
    ja: "N はブランチのパッチ数に [CLS] を加えた数、p は 1 パッチの数値の個数です。重みはヘッドの平均です。自分自身の分とは、ただ一つパッチでないキー f([CLS]) の重みです。",
  },
];

const trained = (name: string): ReturnType<typeof readSafetensors> =>
  readSafetensors(readFileSync(new URL(`../../data/${name}.safetensors`, import.meta.url)));

/** The bundled digits, or one of the reader's own. */
function digits(own: { digit: Matrix; ink: Phrase } | undefined): Result {
  const model = readCrossViT(trained("digits-crossvit").tensors, DIGITS);
  const samples = trained("digits-samples").tensors;
  const pixels = samples.get("images")!.data;
  const bundled = Array.from({ length: 20 }, (_, n) =>
    matrix(
      28,
      28,
      Float32Array.from(pixels.subarray(784 * n, 784 * (n + 1)), (grey) => grey / 255),
    ),
  );
  const all = bundled.map((digit) => look(model, normalise([digit], MNIST)));
  const expected = asMatrix(samples.get("logits_of_rounded_images")!);
  const largest = expected.data.reduce((most, x) => Math.max(most, Math.abs(x)), 0);
  const worst = Math.max(
    ...all.flatMap(({ logits }, n) =>
      Array.from(logits.data, (x, c) => Math.abs(x - expected.data[10 * n + c]!) / largest),
    ),
  );
  const labels = Array.from(samples.get("labels")!.data);
  const agree = all.filter(
    ({ logits }, n) => argmax(logits.data) === argmax(expected.data.subarray(10 * n, 10 * n + 10)),
  ).length;
  const right = all.filter(({ logits }, n) => argmax(logits.data) === labels[n]).length;

  const shown = own === undefined ? bundled : [own.digit];
  const looks = own === undefined ? all : [look(model, normalise([own.digit], MNIST))];
  const names = own === undefined ? labels.map(String) : ["?"];
  const chances = softmaxRows(concatRows(looks.map(({ logits }) => logits)));
  const drawings = shown.map((digit, n): Drawing[] => {
    const row = chances.data.subarray(10 * n, 10 * n + 10);
    const said = `${argmax(row)} (${percent(Math.max(...row))})`;
    const title =
      own === undefined
        ? { en: `a ${labels[n]}, read as ${said}`, ja: `${labels[n]} を ${said} と判定` }
        : { en: `${own.ink.en}, read as ${said}`, ja: `${own.ink.ja}、${said} と判定` };
    return [
      { title, values: halved(digit), kind: "light", wide: 1, high: 1 },
      {
        title: titled(SMALL, looks[n]!.small),
        values: laidOut(looks[n]!.small),
        kind: "weights",
        wide: 4,
        high: 2,
      },
      {
        title: titled(LARGE, looks[n]!.large),
        values: laidOut(looks[n]!.large),
        kind: "weights",
        wide: 2,
        high: 1,
      },
    ];
  });
  const table: Table = {
    title: { en: "how sure it is, in shares of 1", ja: "確信の度合い（合計 1）" },
    equation: "softmax(logits)",
    rows: names,
    cols: Array.from({ length: 10 }, (_, c) => String(c)),
    values: chances,
  };
  const parts = common(DIGITS, model, looks, names, normalise([shown[0]!], MNIST));
  return {
    ...parts,
    trained: {
      en: "trained on handwritten digits: scripts/data/digits-crossvit.safetensors",
      ja: "手書き数字で学習した重み：scripts/data/digits-crossvit.safetensors",
    },
    checks: [
      ...parts.checks,
      {
        id: "logits",
        label: {
          en: "logits of the twenty digits as PyTorch computed them",
          ja: "20 個の数字のロジットが PyTorch の計算と等しい",
        },
        pass: worst <= 1e-4,
        deviation: worst,
        limit: 1e-4,
      },
      {
        id: "predictions",
        label: { en: "all twenty predictions as PyTorch's", ja: "20 個の判定がすべて PyTorch と同じ" },
        pass: agree === 20,
        detail: { en: `${right} of 20 are what their label says`, ja: `正解は 20 個のうち ${right} 個` },
      },
    ],
    drawings,
    tables: [table],
    notes: [
      {
        en:
          "In the maps a row is the [CLS] of one digit, named by its label; the columns are the keys, " +
          "f([CLS]) first, then the patches of the other branch.",
        ja: "地図の行は数字一つの [CLS] で、正解の数字を名前にしています。列はキーで、先頭が f([CLS])、続いて他方のブランチのパッチです。",
      },
      {
        en:
          `Trained: a CrossViT of ${parameterCount(model)} parameters, 98.4% right on 1,500 held-out ` +
          "digits of MNIST, read by the parameter names of the published code. Sizes: patches of 4 and 7 " +
          "pixels of 28 × 28. Your own digit: --image FILE.",
        ja:
          `学習済みです。パラメータ ${parameterCount(model)} 個の CrossViT で、公開コードと同じ名前で読み込みます。取り分けた MNIST の数字 1,500 ` +
          "個で正解率 98.4%。28 × 28 画素を 4 画素と 7 画素のパッチに切ります。自分の数字は --image FILE で試せます。",
      },
      ...NOTES,
    ],
  };
}

/** A photograph in both branches' patches, and where untrained [CLS] look. */
function views({ picture }: Shown, random: () => number): Result {
  const model = CrossViT.random(VIEWS, random);
  const normal = gaussian(random);
  parameters(model).forEach((M) =>
    M.data.forEach((_, e) => M.rows > 1 && (M.data[e] = normal() / Math.sqrt(M.rows))),
  ); // the source's 0.02 would look everywhere alike
  // without them what is seen decides alone
  for (const { positions } of model.branches) positions.data.fill(0);
  const seen = square(colourPlanes(picture), 240);
  const image = normalise(seen, IMAGENET);
  const one = look(model, image);
  const grey = square([greyPlane(picture)], 240)[0]!;
  const [s, l] = VIEWS.branches;
  const patches = (side: number, patch: number): Drawing => {
    const n = side / patch;
    return {
      title: { en: `${n} × ${n} patches of ${patch} pixels`, ja: `${patch} 画素のパッチ ${n} × ${n}` },
      values: meansOf(side === 240 ? grey : resizeBicubic(grey, side, side), patch),
      kind: "light",
      wide: 2,
      high: 1,
    };
  };
  return {
    ...common(VIEWS, model, [one], ["[CLS]"], image),
    maps: [], // one row over hundreds of patches says less than the drawings
    drawings: [
      [
        patches(l.image, l.patch),
        { title: titled(SMALL, one.small), values: laidOut(one.small), kind: "weights", wide: 2, high: 1 },
      ],
      [
        patches(s.image, s.patch),
        { title: titled(LARGE, one.large), values: laidOut(one.large), kind: "weights", wide: 2, high: 1 },
      ],
    ],
    notes: [
      {
        en:
          "Untrained: both patch grids are the published models', 12 pixels of 240 × 240 and 16 of 224 × " +
          "224, resized for each branch; the weights are random, so where the [CLS] look shows the " +
          "mechanism, not what matters in the picture. It is cut to the square in its middle. --model " +
          "digits reads it as a digit.",
        ja:
          "未学習です。パッチの格子は公開モデルと同じで、240 × 240 の 12 画素ごとと、224 × 224 の 16 画素ごとです（ブランチごとに画像の大きさを変えます）。" +
          "重みは乱数なので、[CLS] の見る場所は仕組みを示すだけで、画像の要点ではありません。画像は中央の正方形を使います。--model digits とすると数字として読みます。",
      },
      ...NOTES,
    ],
  };
}

/**
 * Whether a picture has colour: some pixel whose channels differ by more than an eighth of the range, unless it
 * is drawn with one pen, blue or red, on one paper: then every pixel lies between the colours of the two.
 */
function coloured({ picture }: Shown): boolean {
  const [red, green, blue] = planes(picture);
  if (green === undefined || blue === undefined) return false;
  const of = (e: number): number[] => [red!.data[e]!, green.data[e]!, blue.data[e]!];
  const isGrey = (e: number): boolean => Math.max(...of(e)) - Math.min(...of(e)) <= 0.125;
  const step = Math.ceil(red!.data.length / 65536); // so many pixels tell
  const all = Array.from({ length: Math.ceil(red!.data.length / step) }, (_, s) => s * step);
  if (all.every(isGrey)) return false;
  const paper = of(0);
  const far = (e: number, from: number[]): number => Math.hypot(...of(e).map((x, c) => x - from[c]!));
  const pen = of(all.reduce((best, e) => (far(e, paper) > far(best, paper) ? e : best), 0));
  const way = pen.map((x, c) => x - paper[c]!);
  const length = Math.hypot(...way);
  return all.some((e) => {
    const along = of(e).reduce((sum, x, c) => sum + (x - paper[c]!) * way[c]!, 0) / (length * length);
    return far(e, paper.map((x, c) => x + Math.min(1, Math.max(0, along)) * way[c]!)) > 0.125;
  });
}

/**
 * Without --image: the twenty digits that are bundled. It stands for a picture only to say so in the help.
 */
const TWENTY: Shown = { picture: sunOverHills(), toString: () => "scripts/data/digits-samples.safetensors" };

const INK: Readonly<Record<"light" | "dark" | "none", Phrase>> = {
  light: { en: "light on dark", ja: "暗い地に明るい字" },
  dark: { en: "dark on light", ja: "明るい地に暗い字" },
  none: { en: "no ink at all", ja: "字がない" },
};

export const crossViT = entry({
  id: "cross-vit",
  name: { en: "CrossViT", ja: "CrossViT（二つのブランチをもつ画像モデル）" },
  about: {
    en:
      "An image in small patches and in large ones, each with a branch of its own. After a few blocks " +
      "the [CLS] of each branch reads the other's patches, and both classify together. Here it has " +
      "learned handwritten digits.",
    ja:
      "画像を小さなパッチと大きなパッチに切り、それぞれにブランチを設けます。ブロックをいくつか通ると、各ブランチの [CLS] が他方のパッチを読み、最後に二つの判定を平均します。" +
      "ここでは手書き数字を学習してあります。",
  },
  document: "D-CROSS",
  file: "lib/models/cross-vit.ts",
  of: ["CrossViT"],
  input: "picture",
  options: {
    image: {
      ...imageOption,
      help: {
        en: "your own digit, or any PNG, PPM or PGM picture",
        ja: "自分で書いた数字、または PNG・PPM・PGM の画像",
      },
      fallback: TWENTY,
    },
    model: choice({
      fallback: "auto",
      among: ["auto", "digits", "untrained"],
      help: {
        en:
          "the trained digits, or the published patch grids with random weights; auto: untrained for a " +
          "picture in colour",
        ja: "学習済みの数字か、公開モデルの格子で重みは乱数か。auto はカラー画像なら untrained",
      },
    }),
  },
  conflict({ image, model }) {
    if (image === TWENTY || model === "untrained" || (model === "auto" && coloured(image))) return undefined;
    if (digitOf(inkPlane(image.picture)).ink !== "none") return undefined;
    return {
      en: `there is no ink in "${image}", so there is nothing to read; --model untrained shows its patches`,
      ja: `「${image}」には字がないので、判定できません。--model untrained ならパッチを表示します`,
    };
  },
  run({ random, options: { image, model } }) {
    if (image === TWENTY && model !== "untrained") return digits(undefined);
    if (model === "untrained" || (model === "auto" && coloured(image))) return views(image, random);
    const { digit, ink } = digitOf(inkPlane(image.picture));
    return digits({ digit, ink: INK[ink] });
  },
});
