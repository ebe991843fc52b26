/**
 * What one mechanism tells the atlas. A new mechanism is one file in `entries/` that calls `entry({ … })`.
 * Its equations are those of the docstring of the code.
 *
 * An entry computes; it never prints. Everything a person reads is a `Phrase`, in both languages; everything
 * else is letters and numbers.
 */
import type { Matrix, Random } from "../../lib/matrix.ts";
import { equationsOf } from "./equations.ts";

/** The same words in both languages of the interface. */
export interface Phrase {
  readonly en: string;
  readonly ja: string;
}

/** Some words with a vector for each: X (n, features), rows in the order of the words. */
export interface Text {
  readonly name: Phrase;
  readonly words: readonly string[];
  readonly X: Matrix;
  /**
   * The same words by line, for a grid: its sentences, or the clauses of a single one. Not given for a pair
   * of texts.
   */
  readonly lines?: readonly (readonly string[])[] | undefined;
  /** The text as it stands, unless it is half of a pair. */
  readonly raw?: string | undefined;
}

/** What a mechanism gets to work on. */
export interface Context<V = Readonly<Record<string, unknown>>> {
  /** Its words ask: the queries. */
  readonly text: Text;
  /** Its words are asked: the keys and values. The same text again, unless the entry's input is "pair". */
  readonly memory: Text;
  /** For the parameters: started afresh for every text, so that one model reads them all. */
  readonly random: Random;
  readonly seed: number;
  /** The values of the entry's own command-line options. */
  readonly options: V;
  /** Whether the text is somebody's own, not the bundled one. */
  readonly given: boolean;
  /** Whether random weights were asked for also where trained ones would fit. */
  readonly untrained: boolean;
  /** Untrained vectors of another width: (words, features). */
  readonly embed: (words: readonly string[], features: number) => Matrix;
}

/** A shape in letters and in numbers: { name: "Q", letters: "n_q, d_k", numbers: [11, 16] }. */
export interface Shape {
  readonly name: string;
  readonly letters: string;
  readonly numbers: readonly number[];
}

/** Weights to draw: one row per query and one column per key, with the words that name them. */
export interface AttentionMap {
  readonly title: Phrase;
  readonly weights: Matrix;
  readonly rows: readonly string[];
  readonly cols: readonly string[];
  /**
   * The scores whose softmax by rows the weights are, hidden cells −∞: lets the page explain its densest
   * cell.
   */
  readonly scores?: Matrix | undefined;
  /** Reason a cell is lit: one ASCII character for each, " " for none. It takes the cell's second column. */
  readonly reason?: ((i: number, j: number) => string) | undefined;
  /** The row worth looking at first. */
  readonly row?: number | undefined;
  readonly legend?: readonly { readonly glyph: string; readonly meaning: Phrase }[] | undefined;
}

/**
 * A picture in characters, or attention over one: each cell `wide` columns and `high` lines. Light is from 0
 * to 1; weights end at their largest.
 */
export interface Drawing {
  readonly title: Phrase;
  readonly values: Matrix;
  readonly kind: "light" | "weights";
  readonly wide: number;
  readonly high: number;
}

/**
 * Something that must hold. The atlas ends with exit status 1 when one does not. Checks of one `id` on
 * several texts are shown together.
 */
export interface Check {
  readonly id: string;
  readonly label: Phrase;
  readonly pass: boolean;
  /** The largest deviation found, and how large it may be. */
  readonly deviation?: number | undefined;
  readonly limit?: number | undefined;
  readonly detail?: Phrase | undefined;
}

/** A count with the formula that gives it, in the docstring's letters. */
export interface Cost {
  readonly label: Phrase;
  readonly formula: string;
  readonly value: number;
}

/** Numbers printed as numbers, for a step that a reader can redo by hand. */
export interface Table {
  readonly title: Phrase;
  readonly equation: string;
  readonly rows: readonly string[];
  readonly cols: readonly string[];
  readonly values: Matrix;
  /** Printed only when the mechanism is shown large. */
  readonly detail?: boolean | undefined;
}

export interface Result {
  /** Which weights these are, when they have learned something. */
  readonly trained?: Phrase | undefined;
  /** What was read, when it was not the words of the context: as a trained vocabulary cuts them. */
  readonly read?: { readonly text: Text; readonly memory: Text } | undefined;
  readonly shapes: readonly Shape[];
  readonly maps: readonly AttentionMap[];
  readonly checks: readonly Check[];
  readonly costs: readonly Cost[];
  readonly tables?: readonly Table[] | undefined;
  readonly notes?: readonly Phrase[] | undefined;
  /** Drawings side by side, and such groups below each other; the overview shows the first two groups. */
  readonly drawings?: readonly (readonly Drawing[])[] | undefined;
  /** What a trained model says to what it was given, as it was given. */
  readonly answers?: readonly { readonly given: string; readonly answer: string }[] | undefined;
}

/** A command-line option of one mechanism: `--heads N`. `parse` throws a UsageError that says the rule. */
export interface Option<T = unknown> {
  readonly value: string;
  readonly help: Phrase;
  readonly fallback: T;
  readonly parse: (text: string) => T;
  /** Whether its value is the path of a file, meant from where the person stands. */
  readonly path?: boolean | undefined;
}

/** A switch: `--causal`. */
export function flag(help: Phrase): Option<boolean> {
  return { value: "", help, fallback: false, parse: () => true };
}

/** What the command line has to know of an entry before it is loaded: entries.json lists it for all. */
export interface Listed {
  readonly id: string;
  readonly name: Phrase;
  readonly options?: Readonly<Record<string, Omit<Option, "parse">>> | undefined;
}

export type Options = Readonly<Record<string, Option>>;
export type Values<O extends Options> = { readonly [N in keyof O]: O[N]["fallback"] };

/** Everything about a mechanism but its equations. */
export interface Described<O extends Options = Options> {
  /** Its name on the command line, and its file in entries/. */
  readonly id: string;
  readonly name: Phrase;
  /** What it does, in a sentence or two for someone who has never met it. */
  readonly about: Phrase;
  readonly document: "D-ATT" | "D-MHA" | "D-CROSS" | "D-GLOBAL" | "D-FACT";
  /** The file of lib that computes it. */
  readonly file: string;
  /** The declarations in it whose docstrings hold the equations. */
  readonly of?: readonly string[] | undefined;
  /**
   * "text" (default): run once on every text. "pair": run once, the queries from one text and the memory from
   * another. "picture": run once, on no text. "lines": run once on every text, its `words` the lines as they
   * stand; on the entry's own `sample` unless it was asked for by name.
   */
  readonly input?: "text" | "pair" | "picture" | "lines" | undefined;
  readonly sample?: readonly string[] | undefined;
  /** What is wrong with these lines, said before anything is printed. */
  refuse?(lines: readonly string[]): Phrase | undefined;
  readonly options?: O | undefined;
  /** What there is to choose from, one line each, printed above its page: the layers of a checkpoint. */
  readonly listing?: readonly Phrase[] | undefined;
  /** Where its words' vectors and parameters come from, when not from hashes and chance. */
  readonly vectors?: Phrase | undefined;
  /** What is wrong with values that are right one by one, said before anything is printed. */
  conflict?(values: Values<O>): Phrase | undefined;
  run(context: Context<Values<O>>): Result;
}

export interface Entry<O extends Options = Options> extends Described<O> {
  /** Its equations, each ending in its number if it has one. */
  readonly equation: readonly string[];
}

/**
 * Declares an entry, so that the types of its options reach `run`. Its equations are read from the docstrings
 * of `of`, unless they are given.
 */
export function entry<O extends Options>(
  described: Described<O> & { readonly equation?: readonly string[] | undefined },
): Entry {
  const { file, of = [], equation = equationsOf(file, of) } = described;
  return { ...described, equation };
}

/** Wrong use of the command line: one helpful line, exit status 2. */
export class UsageError extends Error {
  readonly phrase: Phrase;

  constructor(phrase: Phrase) {
    super(phrase.en);
    this.phrase = phrase;
  }
}

/** An option that takes an integer in [min, max]. */
export function integer({
  fallback,
  min,
  max,
  help,
}: {
  fallback: number;
  min: number;
  max: number;
  help: Phrase;
}): Option<number> {
  const parse = (text: string): number => {
    const n = Number(text);
    if (/^-?\d+$/.test(text.trim()) && n >= min && n <= max) return n;
    throw new UsageError({
      en: `must be an integer from ${min} to ${max}; got "${text}"`,
      ja: `${min} 以上 ${max} 以下の整数が必要です("${text}" でした)`,
    });
  };
  return { value: "N", help, fallback, parse };
}

/** An option that takes one of some words. */
export function choice<const T extends string>({
  fallback,
  among,
  help,
}: {
  fallback: T;
  among: readonly T[];
  help: Phrase;
}): Option<T> {
  const parse = (text: string): T => {
    const found = among.find((word) => word === text);
    if (found !== undefined) return found;
    throw new UsageError({
      en: `must be one of ${among.join(", ")}; got "${text}"`,
      ja: `${among.join("、")} のどれかが必要です("${text}" でした)`,
    });
  };
  return { value: among.join("|"), help, fallback, parse };
}

/** An option that takes positive numbers separated by commas. */
export function positives({
  fallback,
  help,
}: {
  fallback: readonly number[];
  help: Phrase;
}): Option<readonly number[]> {
  const parse = (text: string): readonly number[] => {
    const numbers = text.split(",").map((part) => (part.trim() === "" ? NaN : Number(part)));
    if (numbers.length <= 8 && numbers.every((x) => Number.isFinite(x) && x > 0)) return numbers;
    throw new UsageError({
      en: `must be up to 8 numbers > 0 separated by commas; got "${text}"`,
      ja: `0 より大きい数をコンマ区切りで 8 個まで書きます("${text}" でした)`,
    });
  };
  return { value: "X,Y,…", help, fallback, parse };
}

/** The two counts that every mechanism gives. */
export const PAIRS: Phrase = { en: "pairs scored", ja: "スコアを計算する対" };
export const MULTIPLY_ADDS: Phrase = { en: "multiply-adds", ja: "積和演算" };

/** A matrix's shape, its letters beside its numbers. */
export function shape(name: string, letters: string, M: Matrix): Shape {
  return { name, letters, numbers: [M.rows, M.cols] };
}
