/** A window of radius 2. */
import type { Language, Phrase } from "../state.ts";
import { axesIn, sentence } from "./figure.ts";
import { largest } from "../parts/map.ts";
import { mapPicture, pictureFile } from "../parts/figure.ts";
import { phraseIn } from "../context.ts";
import { windowModel } from "../models/sparse.ts";
import { WINDOW_WORDS } from "../scenes/window.ts";

export function window(lang: Language): string {
  const { words, X } = sentence(lang);
  const { map, why } = windowModel(X, { radius: 2, dilation: 1, causal: false, seed: 9, wrong: "right" });
  const say = (phrase: Phrase): string => phraseIn(lang, phrase);
  return pictureFile(
    mapPicture({
      title: `${say(WINDOW_WORDS.this)} · r = 2`,
      rows: words,
      cols: words,
      weights: map,
      most: largest(map),
      kind: (i, j) => (why[i * words.length + j] === 0 ? "unseen" : "local"),
      axes: axesIn(lang),
      legend: [
        ["local", say(WINDOW_WORDS.inside)],
        ["unseen", say(WINDOW_WORDS.outside)],
      ],
    }),
  );
}
