/** How the atlas writes: ink, indents, sections, numbers in few characters. */
import type { Listed } from "./entry.ts";
import type { Language } from "./strings.ts";
import { columns, labelled, pad, wrap } from "./width.ts";

/** The interface's language, the columns to fill, and whether in colour. */
export interface Style {
  readonly lang: Language;
  readonly width: number;
  readonly colour: boolean;
}

/** A text in an ANSI style, if colour is wanted. */
export const paint = (style: Style, code: string, text: string): string =>
  style.colour && text !== "" ? `\x1b[${code}m${text}\x1b[0m` : text;

export const bold = (style: Style, text: string): string => paint(style, "1", text);

export const dim = (style: Style, text: string): string => paint(style, "2", text);

export const indented = (lines: readonly string[], by: number = 2): string[] =>
  lines.map((line) => (line === "" ? "" : " ".repeat(by) + line));

/** 1234567 → "1,234,567" */
export function grouped(n: number): string {
  return String(n).replace(/\B(?=(\d{3})+(?!\d))/g, ",");
}

/** A small number in few characters: 5.96e-8, 1e-6, 0.031, 0. */
export function short(x: number): string {
  if (x === 0 || Number.isNaN(x)) return String(x);
  const text = Math.abs(x) < 1e-3 ? x.toExponential(1) : String(Number(x.toPrecision(2)));
  return text.replace(/\.0e/, "e");
}

/** Its name; in Japanese the English one too, by which it is known elsewhere. */
export function nameOf(entry: Listed, lang: Language): string {
  const { en, ja } = entry.name;
  return lang === "ja" ? `${ja} / ${en}` : en;
}

/** Chunks in lines, broken only between chunks. */
export function flow(chunks: readonly string[], width: number, gap: string = "   "): string[] {
  const lines: string[] = [];
  for (const chunk of chunks) {
    const last = lines[lines.length - 1];
    if (last !== undefined && columns(last + gap + chunk) <= width) {
      lines[lines.length - 1] = last + gap + chunk;
    } else lines.push(...wrap(chunk, width));
  }
  return lines;
}

/** Columns for a section's name. */
const GUTTER = 9;

/** A section whose first line carries its name. */
export function section(style: Style, name: string, lines: readonly string[]): string[] {
  return lines.map((line, l) => (l === 0 ? bold(style, pad(name, GUTTER)) : " ".repeat(GUTTER)) + line);
}

/** Columns left for what a section says. */
export const room = (style: Style): number => style.width - 2 - GUTTER;

/** A title ruled to the full width. */
export function heading(style: Style, text: string): string[] {
  const [first = "", ...rest] = wrap(text, style.width - 6);
  const line = `== ${first} `;
  return [
    bold(style, line + "=".repeat(Math.max(0, style.width - columns(line)))),
    ...rest.map((more) => bold(style, `   ${more}`)),
  ];
}

/** Terms in one column and what they mean in another; below each other when that would be too narrow. */
export function definitions(style: Style, pairs: readonly (readonly [string, string])[]): string[] {
  const widest = Math.max(0, ...pairs.map(([term]) => columns(term)));
  const left = style.width - 2 - widest - 2;
  return pairs.flatMap(([term, meaning]) => {
    if (left >= 24) return labelled(`${bold(style, pad(term, widest))}  `, meaning, style.width - 2);
    return [
      ...wrap(term, style.width - 2).map((line) => bold(style, line)),
      ...indented(wrap(meaning, style.width - 6), 4),
    ];
  });
}
