/** What the state gives to a view: words, vectors, phrases. Without a document, so that Node has it too. */
import type { Context, Scene } from "./scene.ts";
import type { Language, Phrase, Shared, State } from "./state.ts";
import type { Matrix } from "../../lib/matrix.ts";
import { clean, embed, wordsOf } from "../atlas/words.ts";
import { writeState } from "./state.ts";

/** So many words have a map that can be read; longer texts are cut, and the page says so. */
export const MOST_WORDS = 32;

/** Features of a word's vector. */
const WIDTH = 16;

export interface Given {
  readonly words: readonly string[];
  readonly all: number;
  readonly X: Matrix;
}

/** The words of the text and their vectors; of a text without words the one word "…". */
export function givenOf({ text, cut, seed }: Shared): Given {
  const letters =
    cut === "letter" ? Array.from(clean(text)).filter((letter) => letter.trim() !== "") : wordsOf(text);
  const all = letters.length === 0 ? ["…"] : letters;
  const words = all.slice(0, MOST_WORDS);
  return { words, all: all.length, X: embed(words, WIDTH, seed) };
}

/** A phrase in a language, its {places} filled. */
export function phraseIn(
  lang: Language,
  phrase: Phrase,
  places: Readonly<Record<string, string | number>> = {},
): string {
  return phrase[lang].replace(/\{(\w+)\}/g, (whole, name: string) =>
    name in places ? String(places[name]) : whole,
  );
}

/** What a context needs from whoever shows the page. */
export type Outside = Pick<Context, "save" | "shown" | "copy" | "data"> & {
  readonly change: (id: string, next: Readonly<Record<string, unknown>>) => void;
  readonly share: (next: Partial<Shared>) => void;
};

/** The context of a scene in a state. */
export function contextOf(
  id: string,
  state: State,
  given: Given,
  scenes: readonly Scene[],
  outside: Outside,
): Context {
  const { shared } = state;
  const { lang } = shared;
  return {
    id,
    lang,
    shared,
    words: given.words,
    X: given.X,
    say: (phrase, places) => phraseIn(lang, phrase, places),
    change: (next) => outside.change(id, next),
    share: outside.share,
    link: (next, other = {}) => {
      const settings = { ...state.scenes, [id]: { ...state.scenes[id], ...next } };
      return `${writeState({ shared: { ...shared, ...other }, scenes: settings }, scenes)}&go=${id}`;
    },
    save: outside.save,
    shown: outside.shown,
    copy: outside.copy,
    data: outside.data,
  };
}
