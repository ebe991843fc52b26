/** BigBird's map with its reasons. */
import type { Language, Phrase } from "../state.ts";
import { axesIn, sentence } from "./figure.ts";
import { BIRD_WORDS, kindOfBits } from "../scenes/big-bird.ts";
import { birdModel } from "../models/sparse.ts";
import { largest } from "../parts/map.ts";
import { mapPicture, pictureFile } from "../parts/figure.ts";
import { phraseIn } from "../context.ts";

export function bigBird(lang: Language): string {
  const { words, X } = sentence(lang);
  const { map, why } = birdModel(X, {
    radius: 1,
    random: 1,
    block: 1,
    globals: [0],
    seed: 9,
    wrong: "right",
  });
  const say = (phrase: Phrase): string => phraseIn(lang, phrase);
  const kinds = ["local", "global", "both", "random", "unseen"] as const;
  const meaning = {
    local: BIRD_WORDS.local,
    global: BIRD_WORDS.global,
    both: BIRD_WORDS.both,
    random: BIRD_WORDS.randomKey,
    unseen: BIRD_WORDS.unseen,
  };
  return pictureFile(
    mapPicture({
      title: "BigBird",
      rows: words,
      cols: words,
      weights: map,
      most: largest(map),
      kind: (i, j) => kindOfBits(why[i * words.length + j]!),
      axes: axesIn(lang),
      legend: kinds.map((kind) => [kind, say(meaning[kind])] as const),
    }),
  );
}
