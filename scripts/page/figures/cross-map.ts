/** Cross-attention: as many rows as the query side has words, as many columns as the memory. */
import type { Language, Phrase } from "../state.ts";
import { axesIn } from "./figure.ts";
import { crossModel } from "../models/cross.ts";
import { embed } from "../../atlas/words.ts";
import { largest } from "../parts/map.ts";
import { mapPicture, pictureFile } from "../parts/figure.ts";
import { phraseIn } from "../context.ts";

const TITLE = {
  en: "4 queries, 7 keys (untrained)",
  ja: "クエリ 4 個、キー 7 個（未学習）",
} as const satisfies Phrase;

const SIDES = {
  en: { query: ["le", "chat", "noir", "dort"], memory: ["the", "black", "cat", "is", "fast", "asleep", "."] },
  ja: { query: ["黒猫", "が", "眠って", "いる"], memory: ["the", "black", "cat", "is", "fast", "asleep", "."] },
} as const;

export function crossMap(lang: Language): string {
  const { query, memory } = SIDES[lang];
  const { map } = crossModel(embed([...query], 16, 9), embed([...memory], 16, 9), { seed: 9, wrong: "right" });
  return pictureFile(
    mapPicture({
      title: phraseIn(lang, TITLE),
      rows: query,
      cols: memory,
      weights: map,
      most: largest(map),
      axes: axesIn(lang),
    }),
  );
}
