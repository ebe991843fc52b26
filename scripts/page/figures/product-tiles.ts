/** One step of three matrix products: the numbers that it loads, and the sums that it holds. */
import type { Language, Phrase } from "../state.ts";
import type { Mark } from "../mark.ts";
import { at, panelsFile, words } from "./panels.ts";
import { phraseIn } from "../context.ts";
import { svg } from "../mark.ts";

const WORDS = {
  title: {
    en: "One step of C = A B: what is loaded, and which sums are held",
    ja: "C = A B の 1 ステップ：読み込む数と、保持する和",
  },
  loop: { en: "triple loop", ja: "三重ループ" },
  tile: { en: "tile of 3 × 3", ja: "3 × 3 のタイル" },
  lanes: { en: "tile of 4 × 8, four lanes", ja: "4 × 8 のタイル、4 レーン" },
  loads: { en: "loads: {l}, multiply-adds: {m}", ja: "読み込み {l} 回、積和 {m} 回" },
  instructions: {
    en: "loads: {l}, multiply-adds: {m}, in {v}",
    ja: "読み込み {l} 回、積和 {m} 回（命令 {v} 個）",
  },
  note: {
    en: "Filled: loaded in this step. Framed: sums that stay in registers while k runs on.",
    ja: "塗りつぶし：このステップで読み込む数。枠：k が進む間、レジスタに残る和。",
  },
} as const satisfies Readonly<Record<string, Phrase>>;

const [SIDE, DEPTH, CELL] = [12, 7, 10];

/** A matrix of cells of which a block is marked. */
function cells(rows: number, cols: number, block: readonly [number, number, number, number], look: string): Mark[] {
  const [top, left, high, wide] = block;
  const side = CELL - 1.5;
  let bed = "";
  const marked: Mark[] = [];
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < cols; j++) {
      const place = { x: j * CELL, y: i * CELL, width: side, height: side, rx: 1.5 };
      if (i >= top && i < top + high && j >= left && j < left + wide) {
        marked.push(svg("rect", { ...place, class: look }));
      } else bed += `M${place.x} ${place.y}h${side}v${side}h-${side}z`;
    }
  }
  return [svg("path", { d: bed, class: "bed" }), ...marked];
}

/** A step that takes so many rows of A and so many columns of B. */
function step(high: number, wide: number): Mark[] {
  const [i, j, k] = [4, 2, 3];
  const [x, y] = [DEPTH * CELL + 14, DEPTH * CELL + 14];
  return [
    at(0, y, ...cells(SIDE, DEPTH, [i, k, high, 1], "w")),
    at(x, 0, ...cells(DEPTH, SIDE, [k, j, 1, wide], "w")),
    at(x, y, ...cells(SIDE, SIDE, [i, j, high, wide], "box main")),
    words((DEPTH * CELL) / 2, y - 8, "A", "middle"),
    words(x - 12, (DEPTH * CELL) / 2 + 5, "B", "end"),
    words(x + SIDE * CELL + 6, y + (SIDE * CELL) / 2 + 5, "C"),
  ];
}

export function productTiles(lang: Language): string {
  const say = (phrase: Phrase, places = {}): string => phraseIn(lang, phrase, places);
  const lanes = 4;
  const panels = [
    { name: WORDS.loop, marks: step(1, 1), told: say(WORDS.loads, { l: 1 + 1, m: 1 }) },
    { name: WORDS.tile, marks: step(3, 3), told: say(WORDS.loads, { l: 3 + 3, m: 3 * 3 }) },
    {
      name: WORDS.lanes,
      marks: step(4, 8),
      told: say(WORDS.instructions, { l: 4 + 8 / lanes, m: 4 * 8, v: (4 * 8) / lanes }),
    },
  ];
  const below = 74 + (DEPTH + SIDE) * CELL + 14;
  return panelsFile(716, below + 64, say(WORDS.title), [
    ...panels.flatMap(({ name, marks, told }, n) => [
      words(20 + n * 236, 58, say(name)),
      at(20 + n * 236, 74, ...marks),
      words(20 + n * 236, below + 20, told, "soft"),
    ]),
    words(20, below + 48, say(WORDS.note), "soft"),
  ]);
}
