/**
 * The legend of a docstring: which matrix has which shape, in letters.
 * "Q (n_q, d_k)   K (n_k, d_k)   →   output O (n_q, d_v)" gives Q, K and, as results, output and O.
 */
import { closing, partsOf } from "./text.ts";

/** A shape in letters, without white space: ["n_q", "d_k"]. */
export type Sides = readonly [rows: string, cols: string];

export interface Legend {
  /** Matrices by their names in code: W_i^Q and W^Q are W_Q, γ is gamma. */
  readonly shapes: ReadonlyMap<string, Sides>;
  /** The shapes after the arrow, in order. */
  readonly results: readonly { readonly names: readonly string[]; readonly sides: Sides }[];
  /** Names to which the docstring gives two shapes. */
  readonly conflicts: readonly string[];
}

const GREEK: Readonly<Record<string, string>> = { γ: "gamma", β: "beta", α: "alpha", φ: "phi" };

/** The name in code of a name in an equation. */
export function codeName(name: string): string {
  const plain = name.replace(/[`"]/g, "");
  const indexed = /^([A-Za-z]+'?)(?:_\w)?\^([A-Z])$/.exec(plain);
  return indexed === null ? (GREEK[plain] ?? plain) : `${indexed[1]}_${indexed[2]}`;
}

/** The legend of a docstring: its indented blocks, or all of it where there is no block with a shape. */
export function legendOf(doc: string): Legend {
  const block = blockLegendOf(doc);
  return block.shapes.size > 0 ? block : readShapes(linesOf(doc).join("\n"));
}

/** The legend of a docstring's indented blocks alone. */
export function blockLegendOf(doc: string): Legend {
  return readShapes(linesOf(doc).filter((line) => /^ {5}/.test(line)).join("\n"));
}

function linesOf(doc: string): string[] {
  return doc.split("\n").map((line) => line.replace(/^\s*(?:\/\*\*|\*\/|\*)/, ""));
}

/** Words before a shape that are no names. */
const SMALL_WORDS = /^(?:and|or|of|the|a|an|for|each|both|all|from|to|with|is|are|as|in|on|×)$/;

function readShapes(text: string): Legend {
  const shapes = new Map<string, Sides>();
  const late = new Map<string, Sides>();
  const results: { names: readonly string[]; sides: Sides }[] = [];
  const conflicts = new Set<string>();
  const qualified = new Set<string>();
  for (const { before, sides, isResult } of text.split("\n").flatMap(shapesIn)) {
    const words = before.split(/→|;|\)|: | {2,}|\. |shapes?,? /).pop()!;
    const names = words.split(/,|\s+/).filter((word) => /\p{L}/u.test(word) && !SMALL_WORDS.test(word)).map(codeName);
    if (isResult && names.length > 0) results.push({ names, sides });
    // "lateral Q, K (n, d)" are lateral.Q and lateral.K, beside another Q
    const qualifier = !isResult && names.length > 1 && /^[a-z]{3,}$/.test(names[0]!) ? names[0] : undefined;
    for (const name of names) {
      const known = shapes.get(name);
      if (qualifier !== undefined && name !== qualifier) {
        qualified.add(name);
        shapes.set(`${qualifier}.${name}`, sides);
      }
      if (isResult) late.set(name, sides);
      else if (known === undefined) shapes.set(name, sides);
      else if (known.join() !== sides.join()) conflicts.add(name);
    }
  }
  for (const name of conflicts) shapes.delete(name);
  for (const [name, sides] of late) if (!shapes.has(name) && !conflicts.has(name)) shapes.set(name, sides);
  const named = [...conflicts].filter((name) => !qualified.has(name) && !/^[a-z]{2,}$/.test(name));
  return { shapes, results, conflicts: named };
}

/** The pairs in brackets of a line, each with the text before it, back to the pair before. */
function shapesIn(line: string): { before: string; sides: Sides; isResult: boolean }[] {
  if (/ {2,}\((?:[A-Z]?\d+[a-z]?|[A-Z])\)$/.test(line)) return []; // an equation
  const found: { before: string; sides: Sides; isResult: boolean }[] = [];
  let from = 0;
  for (let open = line.indexOf("("); open >= 0; open = line.indexOf("(", open + 1)) {
    const end = closing(line, open);
    const parts = partsOf(line, open + 1, end).map(([a, b]) => line.slice(a, b).replace(/\s+/g, ""));
    const [rows, cols] = parts;
    if (rows === undefined || cols === undefined || parts.length > 2) continue;
    if (!/\S $/.test(line.slice(0, open))) continue;
    const arrow = line.lastIndexOf("→", open);
    const isResult = arrow >= 0 && !line.slice(arrow, open).includes(";");
    found.push({ before: line.slice(from, open), sides: [rows, cols], isResult });
    from = end + 1;
  }
  return found;
}

/** True for one letter of the legend, such as d_k or n', and false for 2u, h·d_v and 1. */
export function isLetter(side: string): boolean {
  return /^[A-Za-z]\w*'?$/.test(side);
}

/** The letters in a side: h·d_v has two. */
export function lettersIn(side: string): string[] {
  return side.match(/[A-Za-z]\w*'?/g) ?? [];
}
