/**
 * The contract of a scene. To add one:
 *
 *   1. `models/NAME.ts`: a pure function from settings to a plain record. It calls `lib`, and is tested in Node
 *      against spec/oracle by `spec/page/models-NAME.spec.ts`. No document, no marks, no words.
 *   2. `scenes/NAME.ts`: one constant made by `scene({ … })`, whose `view` turns settings into marks by the
 *      parts of `parts/`; and a constant `NAME_WORDS` with all that it says, `satisfies Words`, so that the
 *      compiler refuses a phrase that lacks a language.
 *   3. one line in `scenes.ts`, in reading order.
 *   4. `trial`, in the same file: the scene used by real events; numbers to compare with come from
 *      `spec/page/expected.ts`, where Node computes them from the oracle.
 *
 * The rules. `view` is pure: it is called at each change, and the page touches only what differs from what is
 * there, so focus stays and nothing is rebuilt. Keep the shape of the tree the same from call to call (null
 * children move their neighbours: prefer an empty element). Every control has a name; ids begin with the
 * scene's own. Page files keep the form of lib, since the same script joins them: declarations at column 0,
 * imports of one line, names that no other file of lib or of the page declares. Never name a browser here.
 * Equations and code are not written by a scene: `sources` names the declarations of lib, and the page shows
 * their docstrings' equations beside the lines that bear the same number. What a scene marks with `data-eq`
 * lights up with them.
 *
 * To look at it: `npm run page`, open docs/index.html, and `npm run page:check` (a few seconds a look). The
 * page is one generated file: commit it once, when all that a branch changes is in. Styles of a scene stand
 * in `style.css` under a heading of its own. Copy `scenes/window.ts` for a map with sliders, `scenes/digits.ts`
 * for a picture that is drawn upon; `spec` makes the button "copy as spec".
 */
import type { Atlas } from "./models/all.ts";
import type { Child, Photo } from "./mark.ts";
import type { Cell, Fields, Language, Phrase, Settings, Shared } from "./state.ts";
import type { Matrix } from "../../lib/matrix.ts";

/** All that a scene says. */
export type Words = Readonly<Record<string, Phrase>>;

/** A declaration of lib whose equations and lines a scene shows. */
export interface SourcePlace {
  readonly path: string;
  readonly name: string;
  /** The method to show; `forward` unless said. */
  readonly method?: string;
}

/** What the build found at a place. */
export interface Shown {
  readonly equations: readonly { readonly text: string; readonly number: string }[];
  readonly code: string;
}

/** A file that the reader takes along. */
export interface Taken {
  readonly name: string;
  readonly type: "text/plain" | "text/csv" | "image/svg+xml" | "image/png";
  /** The text; of a PNG the SVG that it is drawn from. */
  readonly text: string;
}

/** What a view may know and do besides its own settings. */
export interface Context<F extends Fields = Fields> {
  readonly id: string;
  readonly lang: Language;
  readonly shared: Shared;
  /** The words of the text, as many as the scene draws, and their vectors (T, 16). */
  readonly words: readonly string[];
  readonly X: Matrix;
  /** How many words the text has. */
  readonly all: number;
  /** A phrase in the reader's language, its {places} filled. */
  readonly say: (phrase: Phrase, places?: Readonly<Record<string, string | number>>) => string;
  readonly change: (next: Partial<Settings<F>>) => void;
  readonly share: (next: Partial<Shared>) => void;
  /** The address of this page with other settings: for "try this". */
  readonly link: (next: Partial<Settings<F>>, shared?: Partial<Shared>) => string;
  readonly save: (file: Taken) => void;
  readonly shown: (place: SourcePlace) => Shown;
  /** The file of lib at a path with all that it needs, as `npm run copy` prints it. */
  readonly copy: (place: SourcePlace) => string;
  /** Trained weights and samples by their name in the build. */
  readonly data: (name: string) => Uint8Array;
  /** Every mechanism of the atlas over some words. */
  readonly atlas: Atlas;
}

/** Fingers for the self-test: real events on the page. */
export interface Hands {
  readonly slide: (id: string, value: number | string) => void;
  readonly click: (selector: string) => void;
  /** Follows a link of the page; the page has then read its address. */
  readonly follow: (selector: string) => void;
  readonly press: (...keys: readonly string[]) => void;
  readonly focus: (selector: string) => void;
  readonly point: (selector: string, type: string, x: number, y: number) => void;
  /** Gives a picture as if a file had been read. */
  readonly give: (selector: string, photo: Photo) => void;
  readonly text: (selector: string) => string;
  readonly texts: (selector: string) => string[];
  readonly attribute: (selector: string, name: string) => string;
  readonly count: (selector: string) => number;
  readonly focused: () => string;
  /** The file that the page has given last. */
  readonly taken: () => Taken;
}

/** One claim of the self-test. */
export type Test = (name: string, body: () => void) => void;
export type Must = (holds: boolean, what: string) => void;

export interface Scene<F extends Fields = Fields> {
  readonly id: string;
  readonly title: Phrase;
  readonly lead: Phrase;
  readonly fields: F;
  readonly sources: readonly SourcePlace[];
  /** So many words of the text are drawn, 32 unless said; 0 if the scene draws none of them. */
  readonly most?: number;
  /** What each equation means in a few words, by its number. */
  readonly notes?: Readonly<Record<string, Phrase>>;
  /** What to try: a sentence, and the settings that it leads to. */
  readonly tries: readonly {
    readonly say: Phrase;
    readonly settings: Partial<Settings<F>>;
    readonly shared?: Partial<Shared>;
  }[];
  /** A question whose answer one has to find, and the answer. */
  readonly question: { readonly ask: Phrase; readonly answer: Phrase };
  view(settings: Settings<F>, context: Context<F>): readonly Child[];
  /** The present settings as a spec of node:test. */
  spec?(settings: Settings<F>, context: Context<F>): string;
  trial?(hands: Hands, test: Test, must: Must, expected: Readonly<Record<string, unknown>>): void;
}

/** Declares a scene, so that the types of its fields reach its view. */
export function scene<F extends Fields>(described: Scene<F>): Scene {
  return described as unknown as Scene;
}

/** The cell to show: the chosen one, as far as the map goes, or the densest. */
export function cellOf(chosen: Cell | undefined, map: Matrix): Cell {
  if (chosen !== undefined) return [Math.min(chosen[0], map.rows - 1), Math.min(chosen[1], map.cols - 1)];
  let at = 0;
  map.data.forEach((w, e) => {
    if (w > map.data[at]!) at = e;
  });
  return [Math.floor(at / map.cols), at % map.cols];
}
