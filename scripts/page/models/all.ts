/** What the final view shows of each mechanism of the atlas. The records are made by scripts/atlas/in-page.ts. */
import type { Matrix } from "../../../lib/matrix.ts";
import type { Phrase } from "../state.ts";

/** A map of a run, as an entry of the atlas gives it. */
export interface RunMap {
  readonly title: Phrase;
  readonly weights: Matrix;
  readonly rows: readonly string[];
  readonly cols: readonly string[];
  /** Why a cell is lit, in one character; " " for a cell that is not. */
  readonly reason?: ((i: number, j: number) => string) | undefined;
  readonly legend?: readonly { readonly glyph: string; readonly meaning: Phrase }[] | undefined;
}

/** Something that must hold, and how far it was from it. */
export interface RunCheck {
  readonly id: string;
  readonly label: Phrase;
  readonly pass: boolean;
  readonly deviation?: number | undefined;
  readonly limit?: number | undefined;
}

/** A mechanism after its run. */
export interface PageRun {
  readonly id: string;
  readonly name: Phrase;
  readonly file: string;
  /** Whether it reads a picture or lines of its own, not the reader's words. */
  readonly own: boolean;
  readonly trained: boolean;
  readonly maps: readonly RunMap[];
  readonly checks: readonly RunCheck[];
}

/** Runs every mechanism over some words. */
export type Atlas = (words: readonly string[], X: Matrix, seed: number) => readonly PageRun[];

/** The checks of some runs that hold, and all of them. */
export function heldOf(runs: readonly PageRun[]): { held: number; all: number } {
  const checks = runs.flatMap((run) => run.checks);
  return { held: checks.filter(({ pass }) => pass).length, all: checks.length };
}

const KIND_OF_GLYPH: Readonly<Record<string, string>> = {
  " ": "unseen",
  "l": "local",
  "b": "local",
  "g": "global",
  "k": "global",
  "q": "global",
  "+": "both",
  "r": "random",
};

/** The page's kind of a cell by the atlas's glyph; signs of a gradient are no reasons. */
export function kindOfGlyph(map: RunMap): ((i: number, j: number) => string) | undefined {
  const { reason, legend = [] } = map;
  const reasons = legend.some(({ glyph }) => /[lbgkqr]/.test(glyph));
  return reason === undefined || !reasons ? undefined : (i, j) => KIND_OF_GLYPH[reason(i, j)] ?? "";
}
