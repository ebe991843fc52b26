/** Runs a mechanism on the texts and gathers what it tells. */
import type { Check, Context, Cost, Entry, Phrase, Result, Text } from "./entry.ts";
import { STRINGS, both } from "./strings.ts";
import { UsageError } from "./entry.ts";
import { beginning, linesOf, rawLinesOf, sentencesOf, textOf } from "./text.ts";
import { clean, embed, hash, wordsOf } from "./words.ts";
import { randomGenerator } from "../../lib/matrix.ts";
import { rule } from "./arguments.ts";

/** A text as it was read: the words used, and how many there were. */
export interface Reading {
  readonly name: Phrase;
  readonly words: readonly string[];
  readonly total: number;
  readonly sentences: readonly (readonly string[])[];
  readonly lines: readonly (readonly string[])[];
  /** The lines as they stand. */
  readonly raw: readonly string[];
  /** As much of the text as holds the words used. */
  readonly start: string;
}

/** A mechanism on one text, or on a pair. */
export interface Run {
  readonly name: Phrase;
  readonly text: Text;
  readonly memory: Text;
  readonly result: Result;
  /** Whether these are words of the entry's own, not those of the texts. */
  readonly own: boolean;
}

export interface Report {
  readonly entry: Entry;
  readonly runs: readonly Run[];
  /** Of all runs: the checks of one id together, the worst in front. */
  readonly checks: readonly Check[];
}

export function read(name: Phrase, text: string, most: number): Reading {
  const all = wordsOf(text);
  const words = all.slice(0, most);
  const start = beginning(text, words.length);
  return {
    name,
    words,
    total: all.length,
    sentences: firstOf(sentencesOf(start), words.length),
    lines: firstOf(linesOf(start), words.length),
    raw: rawLinesOf(text),
    start: start.trim(),
  };
}

/** The first so many words of some lines, the last line cut. */
function firstOf(lines: readonly string[][], words: number): string[][] {
  const first: string[][] = [];
  let left = words;
  for (const line of lines) {
    if (left <= 0) break;
    first.push(line.slice(0, left));
    left -= line.length;
  }
  return first;
}

/** Who asks and who is asked: two texts as they are; one text by its sentences, else by its halves. */
export function pairOf(
  readings: readonly Reading[],
): [{ name: Phrase; words: readonly string[] }, { name: Phrase; words: readonly string[] }] {
  const [first, second] = readings;
  if (first === undefined) throw new Error("pairOf: no text");
  if (second !== undefined) return [first, second];
  const [sentence, ...others] = first.sentences;
  if (sentence !== undefined && others.length > 0) {
    return [
      { name: STRINGS.firstSentence, words: sentence },
      { name: STRINGS.otherSentences, words: others.flat() },
    ];
  }
  if (first.words.length === 1) return [first, first];
  const half = Math.ceil(first.words.length / 2);
  return [
    { name: STRINGS.firstHalf, words: first.words.slice(0, half) },
    { name: STRINGS.secondHalf, words: first.words.slice(half) },
  ];
}

/** The values of an entry's options from the command line. Errors: UsageError with the option's name. */
export function optionsOf(entry: Entry, own: Readonly<Record<string, string>>): Record<string, unknown> {
  const values: Record<string, unknown> = {};
  for (const [name, option] of Object.entries(entry.options ?? {})) {
    const given = own[name];
    try {
      values[name] = given === undefined ? option.fallback : option.parse(clean(given));
    } catch (error) {
      if (error instanceof UsageError) {
        throw new UsageError(rule(name, { en: error.phrase.en, ja: ` ${error.phrase.ja}` }));
      }
      throw error;
    }
  }
  const conflict = entry.conflict?.(values);
  if (conflict !== undefined) throw new UsageError(conflict);
  return values;
}

/**
 * `asked`: whether the readings were meant for this very entry, so that one which reads only certain lines
 * may read them; `given`: whether they are anybody's own; `untrained`: no trained weights where random ones
 * do.
 */
export function report(
  entry: Entry,
  readings: readonly Reading[],
  seed: number,
  own: Readonly<Record<string, string>>,
  { asked = false, given = true, untrained = false }: Reader = {},
): Report {
  const options = optionsOf(entry, own);
  const contextOf = (text: Text, memory: Text): Context => ({
    text,
    memory,
    seed,
    options,
    given,
    untrained,
    random: randomGenerator(hash(`${seed} ${entry.id}`)),
    embed: (words, features) => embed(words, features, seed),
  });
  const runs: Run[] = [];
  const add = (name: Phrase, text: Text, memory: Text): void => {
    const result = attempt(entry, contextOf(text, memory));
    const own = result.read !== undefined;
    const meant = result.read === undefined ? name : result.read.text.name;
    runs.push({ name: meant, text: result.read?.text ?? text, memory: result.read?.memory ?? memory, result, own });
  };
  if (entry.input === "picture") {
    const none = textOf(STRINGS.thePicture, [], seed);
    add(none.name, none, none);
  } else if (entry.input === "lines") {
    for (const { name, raw } of asked ? readings : [{ name: STRINGS.theText, raw: entry.sample ?? [] }]) {
      const lines = textOf(name, raw, seed);
      add(name, lines, lines);
    }
  } else if (entry.input === "pair") {
    const [query, memory] = pairOf(readings).map(({ name, words }) => textOf(name, words, seed)) as [
      Text,
      Text,
    ];
    add(both("pairOf", { query: query.name, memory: memory.name }), query, memory);
  } else {
    for (const { name, words, lines, start } of readings) {
      const text = { ...textOf(name, words, seed), lines, raw: start };
      add(name, text, text);
    }
  }
  return { entry, runs, checks: merge(runs.map(({ result }) => result.checks)) };
}

/** What the mechanism says, or a failed check that says why it could not. */
function attempt(entry: Entry, context: Context): Result {
  try {
    const result = entry.run(context);
    for (const { weights, rows, cols } of result.maps) {
      if (weights.rows !== rows.length || weights.cols !== cols.length) {
        throw new Error(
          `a map of ${weights.rows} × ${weights.cols} has ${rows.length} row and ${cols.length} column ` +
            "labels",
        );
      }
    }
    return result;
  } catch (error) {
    if (error instanceof UsageError) throw error;
    const message = error instanceof Error ? error.message : String(error);
    return {
      shapes: [],
      maps: [],
      costs: [],
      checks: [{ id: "runs", label: STRINGS.runs, pass: false, detail: both("couldNotRun", { message }) }],
    };
  }
}

/**
 * Checks of one id become one: passed if all did, with the largest deviation; what they say in detail stands
 * side by side.
 */
function merge(lists: readonly (readonly Check[])[]): Check[] {
  const merged = new Map<string, Check>();
  for (const check of lists.flat()) {
    const before = merged.get(check.id);
    if (before === undefined) {
      merged.set(check.id, check);
      continue;
    }
    const worst = before.pass && (!check.pass || shareOf(check) > shareOf(before)) ? check : before;
    const details =
      before.detail !== undefined && check.detail !== undefined
        ? { detail: together(before.detail, check.detail) }
        : {};
    merged.set(check.id, { ...worst, ...details });
  }
  return [...merged.values()];
}

/** Who reads, and how. */
export interface Reader {
  readonly asked?: boolean | undefined;
  readonly given?: boolean | undefined;
  readonly untrained?: boolean | undefined;
}

/** How much of what is allowed a check's deviation takes up. */
function shareOf({ deviation = 0, limit }: Check): number {
  return deviation / (limit || 1);
}

function together(a: Phrase, b: Phrase): Phrase {
  return { en: beside(a.en, b.en), ja: beside(a.ja, b.ja) };
}

/** Two values side by side, or one when they are equal. */
export function beside(a: string, b: string): string {
  return a === b ? a : `${a} | ${b}`;
}

/** The costs of all runs, line by line: one formula, a value for each run. */
export function costsOf(runs: readonly Run[]): { cost: Cost; values: number[] }[] {
  const first = runs[0]?.result.costs ?? [];
  return first.map((cost, c) => ({ cost, values: runs.map(({ result }) => result.costs[c]?.value ?? NaN) }));
}
