/** Runs the mechanisms that were chosen and shows them: one screen, one page, every page, or JSON. */
import { writeFileSync } from "node:fs";
import type { Entry, Phrase } from "./entry.ts";
import type { Reading, Report } from "./run.ts";
import type { Settings } from "./arguments.ts";
import type { Style } from "./style.ts";
import type { World } from "./main.ts";
import { BUNDLED, readText } from "./text.ts";
import { STRINGS, both, say } from "./strings.ts";
import { UsageError } from "./entry.ts";
import { chapter, introduction, page } from "./page.ts";
import { clean } from "./words.ts";
import { closing, verdict } from "./guide.ts";
import { FEATURED, front } from "./front.ts";
import { grouped } from "./style.ts";
import { jsonHead, jsonOf, jsonTail, readBy } from "./json.ts";
import { optionsOf, pairOf, read, report } from "./run.ts";

/** So many milliseconds may pass without a word on how far a run has come. */
const SILENCE = 2000;

/** The most weights of one mechanism, in memory and in JSON, where each takes a dozen characters. */
const MOST_WEIGHTS = { memory: 100_000_000, json: 9_000_000 };

export interface Shown {
  readonly settings: Settings;
  readonly style: Style;
  readonly chosen: readonly Entry[];
  readonly print: (lines: readonly string[]) => void;
}

/** Returns the exit status: 0 when every check passed, else 1. */
export async function show(world: World, { settings, style, chosen, print }: Shown): Promise<number> {
  const { seed, json, untrained } = settings;
  if (chosen.length === 1 && settings.whole === undefined) checkRead(chosen[0], settings);
  const { readings, given } = await textsOf(settings, style.lang, world.pipe);
  for (const entry of chosen) optionsOf(entry, settings.own); // a wrong option is told before the first page
  const single = settings.entry !== undefined || (chosen.length === 1 && settings.whole === undefined);
  const asked = given && settings.entry !== undefined;
  const [only] = chosen;
  if (asked && only?.input === "lines") {
    const wrong = only.refuse?.(readings.flatMap(({ raw }) => raw));
    if (wrong !== undefined) throw new UsageError(wrong);
  }
  for (const entry of chosen) checkSize(entry, readings, settings);

  const pages = json || single || settings.whole === "all";
  const reports: Report[] = [];
  const began = Date.now();
  let document = "";
  for (const entry of chosen) {
    if (!single && Date.now() - began > SILENCE) {
      world.progress?.(`${reports.length + 1}/${chosen.length} ${entry.id}`);
    }
    const told = report(entry, readings, seed, settings.own, { asked, given, untrained });
    if (settings.svg !== undefined) {
      const { svgOfMaps } = await import("../page/svg.ts");
      const maps = told.runs.flatMap(({ result }) => result.maps);
      write(settings.svg, svgOfMaps(entry.name, maps, style.lang));
      world.warn(say("svgWritten", style.lang, { file: settings.svg }));
    }
    if (json) {
      if (reports.length === 0) world.write(jsonHead(single ? readBy(told, readings) : readings, seed));
      if (reports.length > 0) world.write(",");
      for (const part of jsonOf(told, readings)) world.write(part);
    } else if (pages) {
      world.progress?.("");
      if (reports.length === 0) print([...introduction(style, readings, seed, chosen.length, told), ""]);
      if (!single && entry.document !== document) print([...chapter(style, entry.document), ""]);
      print([...page(style, told, numberOf(world, entry), single), ""]);
    }
    document = entry.document;
    reports.push(pages || entry.id !== FEATURED ? withoutMaps(told) : told);
    await world.pause?.();
  }
  world.progress?.("");
  const passed = reports.every(({ checks }) => checks.every(({ pass }) => pass));
  if (json) world.write(jsonTail(passed, reports));
  else if (single) print(verdict(style, reports).map((line) => `  ${line}`));
  else if (pages) print(closing(style, reports));
  else print(front(style, reports, readings));
  return passed ? 0 : 1;
}

/** Writes a file. Errors: UsageError, one line that says why it cannot be written. */
function write(file: string, text: string): void {
  try {
    writeFileSync(file, text);
  } catch (error) {
    const { code = String(error) } = error as NodeJS.ErrnoException;
    const known: Readonly<Record<string, string>> = { ENOENT: "there is no such folder", EISDIR: "it is a folder" };
    throw new UsageError(both("cannotWrite", { file: clean(file), why: known[code] ?? code }));
  }
}

/** Throws where a text was given to what reads none. */
function checkRead(entry: Entry | undefined, { sources }: Settings): void {
  if (entry?.input !== "picture" || sources.length === 0) return;
  const instead = "image" in (entry.options ?? {}) ? "; --image FILE" : "";
  const mechanism = entry.id === "weights" ? entry.name.en : entry.id;
  throw new UsageError(both("textUnread", { mechanism, name: `--${sources[0]!.kind}`, instead }));
}

/** Its number in the whole atlas; 1 for one that came with a file. */
function numberOf({ entries }: World, { id }: Entry): number {
  return Math.max(1, entries.findIndex((one) => one.id === id) + 1);
}

/** A report whose maps may go from memory. */
function withoutMaps(told: Report): Report {
  const runs = told.runs.map((one) => ({ ...one, result: { ...one.result, maps: [], tables: [] } }));
  return { ...told, runs };
}

/** Throws where a text is too long for the maps of an entry. */
function checkSize(entry: Entry, readings: readonly Reading[], { own, json }: Settings): void {
  if (entry.input === "picture" || entry.input === "lines") return;
  const { heads, temperature } = optionsOf(entry, own);
  const [query, memory] = entry.input === "pair" ? pairOf(readings) : [];
  const pairs = query
    ? query.words.length * memory!.words.length
    : readings.reduce((sum, { words }) => sum + words.length ** 2, 0);
  const maps = typeof heads === "number" ? heads : Array.isArray(temperature) ? temperature.length : 4;
  const most = json ? MOST_WEIGHTS.json : MOST_WEIGHTS.memory;
  if (pairs * maps <= most) return;
  const words = readings.reduce((longest, reading) => Math.max(longest, reading.words.length), 0);
  const fitting = Math.floor(Math.sqrt(most / maps / readings.length));
  const count = { words: grouped(words), cells: grouped(pairs * maps), most: grouped(most) };
  throw new UsageError(both("tooManyCells", { ...count, fitting }));
}

/** What was asked for, else what is piped in, else the bundled sentences; and whether it was given. */
async function textsOf(
  { sources, words: most }: Settings,
  lang: "en" | "ja",
  pipe: World["pipe"],
): Promise<{ readings: Reading[]; given: boolean }> {
  const texts: { name: Phrase; text: string }[] = [];
  for (const { kind, value } of sources) {
    const name = sources.length > 1 ? both("blocksOf", { number: texts.length + 1 }) : STRINGS.theText;
    const text = kind === "text" ? value : value === "-" ? ((await pipe(true)) ?? "") : readText(value);
    texts.push({ name, text });
  }
  let given = true;
  if (texts.length === 0) {
    const piped = await pipe(false);
    given = piped !== undefined;
    texts.push(piped === undefined ? BUNDLED[lang] : { name: STRINGS.theText, text: piped });
  }
  const readings = texts.map(({ name, text }) => {
    const reading = read(name, text, most);
    if (reading.words.length === 0) throw new UsageError(both("noWords", { name }));
    return reading;
  });
  return { readings, given };
}
