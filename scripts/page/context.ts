/** What the state gives to a view: words, vectors, phrases. Without a document, so that Node has it too. */
import type { Context, Scene } from "./scene.ts";
import type { Language, Phrase, Shared, State } from "./state.ts";
import type { Matrix } from "../../lib/matrix.ts";
import { clean, embed, wordsOf } from "../atlas/words.ts";
import { isCJK } from "./parts/numbers.ts";
import { sliceRows } from "../../lib/kernels/rows.ts";
import { TEXTS, TEXT_JA, writeState } from "./state.ts";

/** A text is cut after so many words, and the page says so. */
export const MOST_WORDS = 256;

/** A scene that does not say otherwise draws so many of them. */
const MOST_IN_A_SCENE = 32;

/** Features of a word's vector. */
const WIDTH = 16;

export interface Given {
  /** What the text is cut into, before the reader joins any. */
  readonly pieces: readonly string[];
  readonly words: readonly string[];
  readonly all: number;
  readonly X: Matrix;
}

/** The pieces of a text: its words, or its letters. */
export function piecesOf({ text, cut }: Pick<Shared, "text" | "cut">): string[] {
  if (cut === "letter") return Array.from(clean(text)).filter((letter) => letter.trim() !== "");
  return text.trim() === TEXTS.ja ? [...TEXT_JA] : wordsOf(text);
}

/** Pieces joined at some seams; seam n stands behind piece n. */
export function joinedWords(pieces: readonly string[], joins: readonly number[]): string[] {
  const words: string[] = [];
  pieces.forEach((piece, n) => {
    if (n === 0 || !joins.includes(n - 1)) words.push(piece);
    else words.push(`${words.pop()!}${spaced(pieces[n - 1]!, piece) ? " " : ""}${piece}`);
  });
  return words;
}

/** The joined seams of a text that still stand between the same pieces after a change. */
export function joinsKept(before: Shared, after: Shared): readonly number[] {
  const unchanged = before.text === after.text && before.cut === after.cut;
  if (unchanged || before.joins.length === 0) return before.joins;
  const [was, is] = [piecesOf(before), piecesOf(after)];
  let same = 0;
  while (same < is.length && was[same] === is[same]) same++;
  return before.joins.filter((seam) => seam + 1 < same);
}

/** Whether a joined word keeps a space between two pieces: between words of letters, not within Japanese. */
function spaced(before: string, after: string): boolean {
  return before.length > 1 && after.length > 1 && !isCJK(before) && !isCJK(after);
}

/** The words of the text and their vectors; of a text without words the one word "…". */
export function givenOf(
  shared: Omit<Shared, "joins" | "pool"> & Partial<Pick<Shared, "joins">>,
): Given {
  const pieces = piecesOf(shared);
  const joined = joinedWords(pieces, shared.joins ?? []);
  const all = joined.length === 0 ? ["…"] : joined;
  const words = all.slice(0, MOST_WORDS);
  return { pieces, words, all: all.length, X: embed(words, WIDTH, shared.seed) };
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
export type Outside = Pick<Context, "save" | "shown" | "copy" | "data" | "atlas"> & {
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
  const most = scenes.find((scene) => scene.id === id)?.most ?? (id === "top" ? MOST_WORDS : MOST_IN_A_SCENE);
  const whole = most === 0 || given.words.length <= most;
  return {
    id,
    lang,
    shared,
    words: whole ? given.words : given.words.slice(0, most),
    X: whole ? given.X : sliceRows(given.X, 0, most),
    all: given.words.length,
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
    atlas: outside.atlas,
  };
}
