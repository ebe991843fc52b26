/** The first head of four. */
import type { Language } from "../state.ts";
import { axesIn, sentence } from "./figure.ts";
import { headsModel } from "../models/multi-head.ts";
import { HEADS_WORDS } from "../scenes/multi-head.ts";
import { largest } from "../parts/map.ts";
import { mapPicture, pictureFile } from "../parts/figure.ts";
import { phraseIn } from "../context.ts";

export function multiHead(lang: Language): string {
  const { words, X } = sentence(lang);
  const [map] = headsModel(X, { heads: 4, seed: 9, wrong: "right" }).weights;
  const title = `${phraseIn(lang, HEADS_WORDS.title)} · ${phraseIn(lang, HEADS_WORDS.head, { m: 1 })}`;
  return pictureFile(
    mapPicture({ title, rows: words, cols: words, weights: map!, most: largest(map!), axes: axesIn(lang) }),
  );
}
