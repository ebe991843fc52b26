import type { AttentionMap } from "../entry.ts";
import type { Matrix } from "../../../lib/matrix.ts";
import { EncoderDecoder } from "../../../lib/models/encoder-decoder.ts";
import { IMAGENET, colourPlanes, normalise } from "../../images/picture.ts";
import { MULTIPLY_ADDS, PAIRS, choice, entry, shape } from "../entry.ts";
import { causal } from "../../../lib/kernels/mask-scores.ts";
import { documentEncoderDecoder, encoderDecoderCounts } from "../../../lib/models/encoder-decoder-counts.ts";
import { equalsNaive, rowSums } from "../checks.ts";
import { everyCell } from "../grid.ts";
import { fromRows } from "../../../lib/matrix.ts";
import { imageOption, partsOf } from "../image.ts";
import { meanOf } from "../../../lib/kernels/entrywise.ts";
import { naiveEncoderDecoder } from "../../../spec/oracle/naive-encoder-decoder.ts";
import { square } from "../../images/fit.ts";
import { unfoldPatches } from "../../../lib/kernels/unfold-patches.ts";

const IMAGE_SIDE = 48;
const SIZES = {
  height: IMAGE_SIDE,
  width: IMAGE_SIDE,
  channels: 3,
  patch: 16,
  d_model: 24,
  heads: 2,
  d_hidden: 48,
  encoderBlocks: 2,
  decoderBlocks: 2,
  order: "pre",
  activation: "gelu",
  classes: 10,
} as const;

export const encoderDecoder = entry({
  id: "encoder-decoder",
  name: { en: "Encoder-decoder of D-CROSS", ja: "文書のエンコーダ・デコーダ" },
  about: {
    en:
      "A picture is cut into patches of 16 × 16. The encoder lets them see each other; the decoder, with " +
      "a [CLS] in front, lets them see each other and the encoder's memory. What the [CLS] has gathered " +
      "in the end is classified. Here small and untrained: 2 + 2 blocks, 24 features.",
    ja:
      "画像を 16 × 16 のパッチに分けます。エンコーダではパッチが互いを見ます。デコーダでは先頭に [CLS] を置き、互いとエンコーダのメモリを見ます。最後に [CLS] " +
      "が集めたものを分類します。ここでは小さく未学習です(2 + 2 ブロック、特徴 24 個)。",
  },
  document: "D-CROSS",
  file: "lib/models/encoder-decoder.ts",
  of: ["EncoderDecoder"],
  input: "picture",
  options: {
    image: imageOption,
    reading: choice({
      fallback: "standard" as const,
      among: ["standard", "literal"] as const,
      help: {
        en: "encoder blocks as in a Transformer, or with cross-attention too, as the document says",
        ja: "エンコーダのブロックを Transformer のとおりにするか、文書どおりクロスアテンションも入れるか",
      },
    }),
  },
  run({ random, options }) {
    const { reading } = options;
    const model = EncoderDecoder.random({ ...SIZES, reading }, random);
    const image = normalise(square(colourPlanes(options.image.picture), IMAGE_SIDE), IMAGENET);
    const heard = new Map<string, Matrix>();
    const every: Matrix[] = [];
    const logits = model.forward(image, {
      onWeights: (name, heads) => (every.push(...heads), heard.set(name, meanOf(heads))),
    });
    const first: Matrix[] = [];
    const masked = model.forward(image, {
      allow: causal(),
      onWeights: (name, heads) => (/decoder\[\d\]\.self/.test(name) ? first.push(...heads) : undefined),
    });

    const across = IMAGE_SIDE / SIZES.patch;
    const patches = partsOf(across, across);
    const decoded = ["[CLS]", ...patches];
    const map = (
      name: string,
      rows: readonly string[],
      cols: readonly string[],
      en: string,
      ja: string,
    ): AttentionMap => ({
      title: { en: `${en}, mean of the heads`, ja: `${ja}、ヘッドの平均` },
      weights: heard.get(name)!,
      rows,
      cols,
    });
    const alone = first.every((A) => A.data.subarray(0, A.cols).every((w, j) => w === (j === 0 ? 1 : 0)));
    const n = patches.length;
    const h = SIZES.heads;
    const crossed = reading === "literal" ? 2 : 1;
    const pairs =
      SIZES.encoderBlocks * h * crossed * n * n + SIZES.decoderBlocks * h * ((n + 1) ** 2 + (n + 1) * n);
    const { total } = encoderDecoderCounts({ ...SIZES, reading });
    const full = (["standard", "literal"] as const).map((one) =>
      encoderDecoderCounts(documentEncoderDecoder(one)),
    );
    const [standard, literal] = full.map(({ blocks }) => blocks.parameters.toLocaleString("en-US"));
    return {
      shapes: [
        { name: "image", letters: "C × H × W", numbers: [3, IMAGE_SIDE, IMAGE_SIDE] },
        shape("patches", "n, K", unfoldPatches(image, SIZES.patch)),
        shape("P", "n, D", model.positions),
        { name: "X_l", letters: "m, D", numbers: [n + 1, SIZES.d_model] },
        {
          name: "heads, blocks, hidden units",
          letters: "h, L, F",
          numbers: [h, SIZES.decoderBlocks, SIZES.d_hidden],
        },
        shape("W_head", "D, classes", model.W_head),
        shape("logits", "1, classes", logits),
      ],
      maps: [
        map(
          "encoder.blocks[1].self",
          patches,
          patches,
          "encoder, last block: the patches among themselves",
          "エンコーダの最後のブロック: パッチどうし",
        ),
        map(
          "decoder[1].self",
          decoded,
          decoded,
          "decoder, last block: [CLS] and patches among themselves",
          "デコーダの最後のブロック: [CLS] とパッチどうし",
        ),
        map(
          "decoder[1].cross",
          decoded,
          patches,
          "decoder, last block: cross-attention to the memory",
          "デコーダの最後のブロック: メモリへのクロスアテンション",
        ),
      ],
      checks: [
        rowSums(every),
        equalsNaive(
          [
            { output: logits, naive: everyCell(naiveEncoderDecoder(model, image), 40) },
            {
              output: masked,
              naive: everyCell(
                naiveEncoderDecoder(model, image, (i, j) => j <= i),
                40,
              ),
            },
          ],
          1,
        ),
        {
          id: "causal",
          label: {
            en: "causal: being first, the [CLS] would see only itself in the decoder's self-attention",
            ja: "因果マスクをかけると、先頭の [CLS] はデコーダの自己注意で自分しか見えない",
          },
          pass: alone,
        },
      ],
      costs: [
        { label: PAIRS, formula: `h·L·(${crossed === 2 ? "2·" : ""}n² + m² + m·n)`, value: pairs },
        {
          label: MULTIPLY_ADDS,
          formula:
            `n·K·D + L·(${crossed === 2 ? "8·n·D² + 4·n²·D" : "4·n·D² + 2·n²·D"} + 2·n·D·F) + L·(6·m·D² ` +
            "+ 2·n·D² + 2·m²·D + 2·m·n·D + 2·m·D·F) + D·classes",
          value: total.multiplyAdds,
        },
      ],
      tables: [
        {
          title: {
            en:
              "D-CROSS's sizes, 12 + 12 blocks, D = 768: millions of parameters in the encoder's blocks, " +
              "the decoder's, both, and all of it",
            ja: "文書の寸法（12 + 12 ブロック、D = 768）のパラメータ数（百万）：エンコーダのブロック、デコーダのブロック、その和、全体",
          },
          equation: "encoderDecoderCounts(documentEncoderDecoder(reading))",
          rows: ["standard", "literal"],
          cols: ["enc", "dec", "both", "all"],
          values: fromRows(
            full.map((one) =>
              [one.encoder, one.decoder, one.blocks, one.total].map(({ parameters }) => parameters / 1e6),
            ),
          ),
        },
      ],
      notes: [
        {
          en:
            `Blocks of the full size: ${standard} parameters in the standard reading, ${literal} in the ` +
            "literal one.",
          ja: `文書の寸法のブロックのパラメータは、標準の読みで ${standard} 個、文字どおりの読みで ${literal} 個です。`,
        },
        {
          en:
            "The document does not say what the decoder starts from, what memory its encoder would have, " +
            "where norms stand, or how many heads there are: see the docstring for the reading taken " +
            "here.",
          ja: "デコーダの入力、エンコーダのメモリ、正規化の位置、ヘッドの数は文書に書かれていません。ここでの読みはコードの説明にあります。",
        },
      ],
    };
  },
});
