/**
 * The atlas from its arguments to its exit status, with the world around it handed in, so that a spec can
 * play the world.
 */
import type { Entry, Phrase } from "./entry.ts";
import type { Reading, Report } from "./run.ts";
import { BUNDLED, readText } from "./text.ts";
import { STRINGS, both, say } from "./strings.ts";
import { UsageError } from "./entry.ts";
import { chapter, introduction, page } from "./page.ts";
import { checkpointEntry, weightsFile } from "./checkpoint-entry.ts";
import { closing, help, list, verdict } from "./guide.ts";
import { jsonHead, jsonOf, jsonTail } from "./json.ts";
import { languageOf, parse } from "./arguments.ts";
import { optionsOf, read, report } from "./run.ts";

export interface World {
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly entries: readonly Entry[];
  /** The terminal's width, or undefined when the output is not a terminal. */
  readonly columns: number | undefined;
  readonly write: (text: string) => void;
  readonly warn: (line: string) => void;
  /** What is piped into standard input, if anything is. */
  readonly pipe: () => string | undefined;
  /** Gives the world a moment between two mechanisms: to notice that the reader has gone, for example. */
  readonly pause?: (() => Promise<void>) | undefined;
}

/** Returns the exit status: 0 when every check passed, 1 when one failed, 2 on wrong usage. */
export async function atlas(world: World): Promise<number> {
  const lang = languageOf(world.args, world.env);
  try {
    return await run(world, lang);
  } catch (error) {
    if (error instanceof UsageError) {
      world.warn(`atlas: ${error.phrase[lang]}`);
      return 2;
    }
    if (error instanceof RangeError && /string length/i.test(error.message)) {
      world.warn(`atlas: ${say("tooLong", lang)}`);
      return 2;
    }
    throw error;
  }
}

async function run(
  { args, env, entries: all, columns, write, pipe, pause }: World,
  lang: "en" | "ja",
): Promise<number> {
  checkNpm(args, env);
  const weights = weightsFile(args);
  const entries = weights === undefined ? all : [checkpointEntry(weights)];
  const settings = parse(args, entries);
  const width = settings.width ?? (columns === undefined ? 80 : Math.min(Math.max(columns, 40), 200));
  const style = { lang, width, colour: settings.colour ?? wantsColour(env, columns !== undefined) };
  const print = (lines: readonly string[]): void => write(`${lines.join("\n")}\n`);
  if (settings.help) {
    return (print(help(style, settings.entry === undefined ? entries : [settings.entry])), 0);
  }
  if (settings.list) return (print(list(style, entries)), 0);

  const { readings, given } = textsOf(settings.sources, settings.words, pipe);
  const chosen = settings.entry === undefined ? entries : [settings.entry];
  for (const entry of chosen) optionsOf(entry, settings.own); // a wrong option is told before the first page
  const asked = given && settings.entry !== undefined;
  if (asked && settings.entry.input === "lines") {
    const wrong = settings.entry.refuse?.(readings.flatMap(({ raw }) => raw));
    if (wrong !== undefined) throw new UsageError(wrong);
  }
  const { seed, json } = settings;
  if (json) write(jsonHead(readings, seed));
  else {
    print([
      ...introduction(style, readings, seed, chosen.length, chosen.length === 1 ? chosen[0] : undefined),
      "",
    ]);
  }

  const reports: Report[] = [];
  let document = "";
  for (const entry of chosen) {
    const told = report(entry, readings, seed, settings.own, asked);
    if (json) write((reports.length === 0 ? "" : ",") + jsonOf(told));
    else {
      if (chosen.length > 1 && entry.document !== document) print([...chapter(style, entry.document), ""]);
      print([...page(style, told, entries.indexOf(entry) + 1, chosen.length === 1), ""]);
    }
    document = entry.document;
    reports.push({
      ...told,
      runs: told.runs.map((one) => ({ ...one, result: { ...one.result, maps: [], tables: [] } })),
    }); // the maps may go
    await pause?.();
  }
  const passed = reports.every(({ checks }) => checks.every(({ pass }) => pass));
  if (json) write(jsonTail(passed));
  else {
    print(chosen.length > 1 ? closing(style, reports) : verdict(style, reports).map((line) => `  ${line}`));
  }
  return passed ? 0 : 1;
}

/** NO_COLOR, then FORCE_COLOR, then whether somebody is watching a terminal that can. */
function wantsColour(env: Readonly<Record<string, string | undefined>>, terminal: boolean): boolean {
  if (env["NO_COLOR"]) return false;
  const force = env["FORCE_COLOR"];
  if (force !== undefined) return force !== "0" && force !== "false";
  return terminal && env["TERM"] !== "dumb";
}

/** What was asked for, else what is piped in, else the bundled sentences; and whether it was given. */
function textsOf(
  sources: readonly { readonly kind: "text" | "file"; readonly value: string }[],
  most: number,
  pipe: () => string | undefined,
): { readings: Reading[]; given: boolean } {
  const named = (s: number): Phrase =>
    sources.length > 1 ? both("blocksOf", { number: s + 1 }) : STRINGS.theText;
  const texts = sources.map(({ kind, value }, s) => ({
    name: named(s),
    text: kind === "text" ? value : value === "-" ? (pipe() ?? "") : readText(value),
  }));
  let given = true;
  if (texts.length === 0) {
    const piped = pipe();
    given = piped !== undefined;
    texts.push(...(piped === undefined ? BUNDLED : [{ name: STRINGS.theText, text: piped }]));
  }
  const readings = texts.map(({ name, text }) => {
    const reading = read(name, text, most);
    if (reading.words.length === 0) throw new UsageError(both("noWords", { name }));
    return reading;
  });
  return { readings, given };
}

/**
 * `npm start --lang ja` without the two dashes: npm keeps the option for itself, and says so only in passing.
 */
function checkNpm(args: readonly string[], env: Readonly<Record<string, string | undefined>>): void {
  if (env["npm_lifecycle_event"] !== "start") return;
  if (args[0] === "en" || args[0] === "ja") throw new UsageError(both("swallowed", { name: "lang" }));
  for (const name of ["text", "file", "lang", "seed", "words", "width", "list", "weights", "layer"]) {
    if (env[`npm_config_${name}`] !== undefined && !args.some((arg) => arg.startsWith(`--${name}`))) {
      throw new UsageError(both("swallowed", { name }));
    }
  }
}
