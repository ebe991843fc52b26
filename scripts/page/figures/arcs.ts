/** The sentence with arcs, from the same run as the page's at first. */
import type { Language, Phrase } from "../state.ts";
import { arcsPicture } from "../parts/arcs.ts";
import { cellOf } from "../scene.ts";
import { headsModel, rowAt } from "../models/multi-head.ts";
import { percentOf, widthOfWord } from "../parts/numbers.ts";
import { phraseIn } from "../context.ts";
import { picture, pictureFile } from "../parts/figure.ts";
import { sentence } from "./figure.ts";
import { svg } from "../mark.ts";

const LABEL = {
  en:
    "Multi-head attention, untrained: “{q}” in head {m} of 4; the thicker, the more weight; the other " +
    "heads faint",
  ja:
    "マルチヘッド・アテンション（未学習）。「{q}」の注意、4 ヘッド中のヘッド {m}。太いほど重く、ほかのヘ" +
    "ッドは薄く",
} as const satisfies Phrase;

export function arcs(lang: Language): string {
  const { words, X } = sentence(lang);
  const { weights } = headsModel(X, { heads: 4, seed: 9, wrong: "right" });
  const [i, j] = cellOf(undefined, weights[0]!);
  const label = phraseIn(lang, LABEL, { q: words[i]!, m: 1 });
  const rows = weights.map((map) => rowAt(map, i));
  const drawn = arcsPicture({ words, rows, shown: 0, query: i, key: j, label });
  const width = Math.max(drawn.width, 12.5 * widthOfWord(label));
  const children = drawn.picture.children;
  const left = (width - drawn.width) / 2 + 16;
  const weight = svg(
    "text",
    { x: 16, y: drawn.height + 34, class: "soft" },
    `${words[i]} → ${words[j]}: ${percentOf(rows[0]![j]!)}`,
  );
  const told = svg("text", { x: 16, y: drawn.height + 54, class: "soft" }, label);
  return pictureFile(
    picture(width + 32, drawn.height + 68, label, [
      svg("g", { transform: `translate(${left.toFixed(1)} 10)` }, ...children),
      weight,
      told,
    ]),
  );
}
