/** CAT: which pixels and channels depend on one channel of one pixel, inside tiles and across them. */
import type { Language, Phrase } from "../state.ts";
import type { Mark } from "../mark.ts";
import type { Matrix } from "../../../lib/matrix.ts";
import { at, panelsFile, words } from "./panels.ts";
import { CrossPatchAttention } from "../../../lib/attention/cross-patch-attention.ts";
import { fromFunction, gaussian, randomGenerator } from "../../../lib/matrix.ts";
import { InnerPatchAttention } from "../../../lib/attention/inner-patch-attention.ts";
import { MultiHeadAttention } from "../../../lib/attention/multi-head-attention.ts";
import { phraseIn } from "../context.ts";
import { svg } from "../mark.ts";

const WORDS = {
  title: {
    en: "CAT: what one channel of one pixel reaches, inside and across",
    ja: "CAT：1 画素の 1 チャンネルが届く範囲",
  },
  inside: { en: "inside a tile (IPSA)", ja: "タイルの内側（IPSA）" },
  across: { en: "across tiles (CPSA)", ja: "タイルの間（CPSA）" },
  channel: { en: "channel {c}", ja: "チャンネル {c}" },
  note: {
    en: "Ring: channel 0 of that pixel is NaN. Filled: the outputs that are NaN then.",
    ja: "輪：その画素のチャンネル 0 が NaN。塗りつぶし：そのとき NaN になる出力。",
  },
} as const satisfies Readonly<Record<string, Phrase>>;

const [H, W, C, TILE] = [4, 8, 2, 2];
const MARKED = W + 2;
const CELL = 27;

function reach(output: Matrix, c: number): Mark[] {
  return Array.from({ length: H * W }, (_, pixel) => {
    const [i, j] = [Math.floor(pixel / W), pixel % W];
    const [x, y] = [j * CELL + 8 * Math.floor(j / TILE), i * CELL + 8 * Math.floor(i / TILE)];
    const reached = Number.isNaN(output.data[pixel * C + c]!);
    const ring =
      pixel === MARKED && c === 0
        ? [svg("circle", { cx: x + CELL / 2 - 1, cy: y + CELL / 2 - 1, r: 9, class: "ring" })]
        : [];
    const square = svg("rect", { x, y, width: CELL - 2, height: CELL - 2, rx: 3, class: reached ? "w" : "bed" });
    return svg("g", reached ? { "fill-opacity": 0.55 } : {}, square, ...ring);
  });
}

export function catTiles(lang: Language): string {
  const random = randomGenerator(1);
  const normal = gaussian(randomGenerator(2));
  const X = fromFunction(H * W, C, (pixel, c) => (pixel === MARKED && c === 0 ? NaN : normal()));
  const within = MultiHeadAttention.random({ d_model: C, heads: 1, bias: true }, random);
  const between = MultiHeadAttention.random({ d_model: TILE * TILE, heads: 1, bias: true }, random);
  const inside = new InnerPatchAttention({ p: TILE, attention: within }).forward(X, [H, W]).output;
  const across = new CrossPatchAttention({ p: TILE, attention: between }).forward(X, [H, W]).output;
  const rows = [
    [phraseIn(lang, WORDS.inside), inside],
    [phraseIn(lang, WORDS.across), across],
  ] as const;
  const marks = rows.flatMap(([name, output], r) => {
    const y = 84 + r * 178;
    return [
      words(16, y - 26, name),
      ...[0, 1].flatMap((c) => [
        words(16 + c * 288, y - 7, phraseIn(lang, WORDS.channel, { c }), "soft"),
        at(16 + c * 288, y, ...reach(output, c)),
      ]),
    ];
  });
  const note = words(16, 402, phraseIn(lang, WORDS.note), "soft");
  return panelsFile(620, 416, phraseIn(lang, WORDS.title), [...marks, note]);
}
