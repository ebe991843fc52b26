/**
 * What the figures of docs/figures share. A figure is a function of the language that gives the text of a file; it
 * is named as its file, and one line of `scripts/page/figures.ts` lists it.
 */
import type { Given } from "../context.ts";
import type { Language, Phrase } from "../state.ts";
import { givenOf, phraseIn } from "../context.ts";
import { TEXTS } from "../state.ts";

/** The figure NAME in one language, as the text of NAME.svg or NAME.ja.svg. */
export type Figure = (lang: Language) => string;

/** A figure is at most so wide, as GitHub shows it. */
export const WIDEST = 720;

const AXES = {
  query: { en: "query ↓", ja: "クエリ ↓" },
  key: { en: "key →", ja: "キー →" },
} as const satisfies Readonly<Record<string, Phrase>>;

/** The page's sentence as it is at first. */
export function sentence(lang: Language): Given {
  return givenOf({ lang, text: TEXTS[lang], cut: "word", seed: 9 });
}

/** The names of a map's axes. */
export function axesIn(lang: Language): readonly [string, string] {
  return [phraseIn(lang, AXES.query), phraseIn(lang, AXES.key)];
}
