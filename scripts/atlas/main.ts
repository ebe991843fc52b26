/**
 * The atlas from its arguments to its exit status, with the world around it handed in, so that a spec can
 * play the world. What only lists, helps or refuses loads no mechanism.
 */
import { existsSync } from "node:fs";
import type { Entry, Listed } from "./entry.ts";
import type { Style } from "./style.ts";
import { UsageError } from "./entry.ts";
import { both, say } from "./strings.ts";
import { countAmbiguous, leftToRight } from "./width.ts";
import { fileURLToPath } from "node:url";
import { help, list } from "./guide.ts";
import { languageOf, parse, weightsFile } from "./arguments.ts";
import { standing } from "../standing.ts";

export interface World {
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Every mechanism as the command line has to know it. */
  readonly entries: readonly Listed[];
  /** The mechanisms of these names. */
  readonly load: (ids: readonly string[]) => Promise<readonly Entry[]>;
  /** The terminal's width, or undefined when the output is not a terminal. */
  readonly columns: number | undefined;
  readonly write: (text: string) => void;
  readonly warn: (line: string) => void;
  /** What is piped into standard input, if anything is; `wait` for it if it was asked for. */
  readonly pipe: (wait: boolean) => string | undefined | Promise<string | undefined>;
  /** Gives the world a moment between two mechanisms: to notice that the reader has gone, for example. */
  readonly pause?: (() => Promise<void>) | undefined;
  /** Says how far a long run has come, and takes it back with "". */
  readonly progress?: ((line: string) => void) | undefined;
  /** Opens a file in the browser. */
  readonly open?: ((path: string) => void) | undefined;
}

/** The page for the browser. */
export const PAGE = "docs/index.html";

/** Returns the exit status: 0 when every check passed, 1 when one failed, 2 on wrong usage. */
export async function atlas(world: World): Promise<number> {
  const lang = languageOf(world.args, world.env);
  try {
    return await run(world, lang);
  } catch (error) {
    if (error instanceof UsageError) {
      world.warn(leftToRight(`atlas: ${error.phrase[lang]}`));
      return 2;
    }
    const beyond = /string length|array (?:buffer )?length|allocation/i;
    if (error instanceof RangeError && beyond.test(error.message)) {
      world.warn(`atlas: ${say("tooLong", lang)}`);
      return 2;
    }
    throw error;
  }
}

async function run(world: World, lang: "en" | "ja"): Promise<number> {
  const { args, env, columns, write } = world;
  checkNpm(args, env);
  const here = standing(env);
  const weights = weightsFile(args, here);
  const own: Entry[] = [];
  if (weights !== undefined) {
    own.push((await import("./checkpoint-entry.ts")).checkpointEntry(weights, args));
  }
  const entries = weights === undefined ? world.entries : own;
  const settings = parse(args, entries, here);
  const width = settings.width ?? (columns === undefined ? 80 : Math.min(Math.max(columns, 40), 200));
  const style: Style = { lang, width, colour: settings.colour ?? wantsColour(env, columns !== undefined) };
  countAmbiguous(settings.wideAmbiguous);
  const print = (lines: readonly string[]): void => write(`${lines.map(leftToRight).join("\n")}\n`);
  if (settings.help) {
    return (print(help(style, settings.entry === undefined ? entries : [settings.entry])), 0);
  }
  if (settings.list) return (print(list(style, entries)), 0);
  if (settings.whole === "page") {
    const page = fileURLToPath(new URL(`../../${PAGE}`, import.meta.url));
    if (!existsSync(page)) throw new UsageError(both("noPage", { page: PAGE }));
    print([say("pageIs", lang, { page })]);
    return (world.open?.(page), 0);
  }
  const ids = settings.entry === undefined ? entries.map(({ id }) => id) : [settings.entry.id];
  const chosen = weights === undefined ? await world.load(ids) : own;
  const { show } = await import("./show.ts");
  return show(world, { settings, style, chosen, print });
}

/** NO_COLOR, then FORCE_COLOR, then whether somebody is watching a terminal that can. */
function wantsColour(env: Readonly<Record<string, string | undefined>>, terminal: boolean): boolean {
  if (env["NO_COLOR"]) return false;
  const force = env["FORCE_COLOR"];
  if (force !== undefined) return force !== "0" && force !== "false";
  return terminal && env["TERM"] !== "dumb";
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
