/** Numbers as the page prints them, and where keys lead. */
import type { Cell } from "../state.ts";

/** A share in percent, two digits: 4.2%, 42%. */
export function percentOf(share: number): string {
  return `${(100 * share).toFixed(share >= 0.0995 || share === 0 ? 0 : 1)}%`;
}

/** A number with a true minus. */
export function signed(x: number, digits: number = 2): string {
  return `${x < 0 ? "−" : ""}${Math.abs(x).toFixed(digits)}`;
}

/** A count with its thousands marked. */
export function counted(n: number): string {
  return String(n).replace(/\B(?=(\d{3})+$)/g, ",");
}

const CJK = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}]/u;

/** Whether a word is written in Japanese or Chinese letters. */
export function isCJK(word: string): boolean {
  return CJK.test(word);
}

/** About how wide a word is, in em: there is no ruler without a document. */
export function widthOfWord(word: string): number {
  let wide = 0;
  for (const letter of word) {
    if (letter > "\u2e7f") wide += 1;
    else if (/[iljtf.,'|I!]/.test(letter)) wide += 0.31;
    else if (/[mwMW]/.test(letter)) wide += 0.82;
    else wide += /[A-Z]/.test(letter) ? 0.68 : 0.51;
  }
  return wide;
}

/** The largest absolute value of some lists, at least a hair above 0. */
export function peakOf(...lists: readonly ArrayLike<number>[]): number {
  let most = 1e-9;
  for (const list of lists) for (let c = 0; c < list.length; c++) most = Math.max(most, Math.abs(list[c]!));
  return most;
}

/** Where a key leads from a cell, or undefined if it leads nowhere. */
export function stepTo(key: string, [i, j]: Cell, rows: number, cols: number): Cell | undefined {
  const moves: Readonly<Record<string, Cell>> = {
    ArrowUp: [i - 1, j],
    ArrowDown: [i + 1, j],
    ArrowLeft: [i, j - 1],
    ArrowRight: [i, j + 1],
    Home: [i, 0],
    End: [i, cols - 1],
    PageUp: [0, j],
    PageDown: [rows - 1, j],
  };
  const to = Object.keys(moves).includes(key) ? moves[key] : undefined;
  if (to === undefined) return undefined;
  return [Math.min(rows - 1, Math.max(0, to[0])), Math.min(cols - 1, Math.max(0, to[1]))];
}
