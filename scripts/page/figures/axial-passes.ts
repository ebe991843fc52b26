/** Axial attention on a drawing: one pixel's weights in each pass and in both, and the maps of all pixels. */
import type { Language, Phrase } from "../state.ts";
import type { Mark } from "../mark.ts";
import type { Matrix } from "../../../lib/matrix.ts";
import { at, heat, panelsFile, words } from "./panels.ts";
import { DRAWINGS, GRID_SIDE, gridModel, inkOf, pictureOfRow } from "../models/rows-and-columns.ts";
import { largest } from "../parts/map.ts";
import { phraseIn } from "../context.ts";
import { svg } from "../mark.ts";

const WORDS = {
  title: {
    en: "Axial attention, columns then rows: each pass, and the map that both make",
    ja: "軸方向の注意（列、次に行）：それぞれのパスと、二つを合わせたマップ",
  },
  drawing: { en: "the drawing, one pixel", ja: "絵と、注目する画素" },
  columns: { en: "C: its column, first", ja: "C：最初に列" },
  rows: { en: "R: its row, second", ja: "R：次に行" },
  composed: { en: "R C: every pixel", ja: "R C：すべての画素" },
} as const satisfies Readonly<Record<string, Phrase>>;

/** What stands in the empty corner, line by line. */
const NOTES = {
  en: [
    "Above: the weights of",
    "the ringed pixel.",
    "Right: the maps of all",
    "{n} pixels, a row each;",
    "{a} pairs in each pass,",
    "{b} composed.",
    "Bare: exactly 0.",
  ],
  ja: [
    "上：輪の画素の重み。",
    "右：{n} 画素すべての",
    "マップ（1 画素が 1 行）。",
    "各パスは {a} 組、",
    "合わせると {b} 組。",
    "何もない所は正確に 0。",
  ],
} as const satisfies Readonly<Record<Language, readonly string[]>>;

const SIDE = 152;
const PIXEL = 2 * GRID_SIDE + 5;

function ring(cell: number): Mark {
  const [x, y] = [(PIXEL % GRID_SIDE) * cell, Math.floor(PIXEL / GRID_SIDE) * cell];
  return svg("rect", { x: x - 1, y: y - 1, width: cell + 1, height: cell + 1, rx: 3, class: "ring" });
}

export function axialPasses(lang: Language): string {
  const ink = DRAWINGS.cross;
  const settings = { ink, kind: "axial", combine: "columns then rows", wrong: "right", seed: 9 } as const;
  const { columns, rows, composed } = gridModel(settings);
  const lit = (map: Matrix): number => map.data.filter((w) => w > 0).length;
  const x = (n: number): number => 20 + n * (SIDE + 24);
  const small = SIDE / GRID_SIDE;
  const cells = GRID_SIDE * GRID_SIDE;
  const panel = (map: Matrix, n: number): Mark[] => {
    const row = pictureOfRow(map, PIXEL);
    return [
      at(x(n), 66, heat(row, small, largest(row)), ring(small)),
      at(x(n), 66 + SIDE + 18, heat(map, SIDE / cells, largest(map))),
    ];
  };
  const names = [WORDS.drawing, WORDS.columns, WORDS.rows, WORDS.composed];
  const counts = { n: cells, a: lit(columns), b: lit(composed) };
  return panelsFile(720, 406, phraseIn(lang, WORDS.title), [
    ...names.map((name, n) => words(x(n), 56, phraseIn(lang, name), "soft")),
    at(x(0), 66, heat(inkOf(ink), small, 1), ring(small)),
    ...panel(columns, 1),
    ...panel(rows, 2),
    ...panel(composed, 3),
    ...NOTES[lang].map((line, n) =>
      words(20, 256 + n * 20, phraseIn(lang, { en: line, ja: line }, counts), "soft"),
    ),
  ]);
}
