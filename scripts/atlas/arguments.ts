/** The command line: what was asked for, or one helpful line about what is wrong with it. */
import { isAbsolute, join } from "node:path";
import { parseArgs } from "node:util";
import type { Listed, Phrase } from "./entry.ts";
import type { Language } from "./strings.ts";
import { STRINGS, both } from "./strings.ts";
import { UsageError } from "./entry.ts";
import { clean } from "./words.ts";

export interface Settings {
  /** One entry, large; undefined for all. */
  readonly entry: Listed | undefined;
  /** Every page ("all"), or the page in the browser ("page"), instead of one screen. */
  readonly whole: "all" | "page" | undefined;
  /** In the order given: what --text says, and the files of --file. */
  readonly sources: readonly { readonly kind: "text" | "file"; readonly value: string }[];
  readonly seed: number;
  readonly words: number;
  readonly width: number | undefined;
  readonly colour: boolean | undefined;
  readonly json: boolean;
  /** Where the maps of the one mechanism go as a picture. */
  readonly svg: string | undefined;
  readonly wideAmbiguous: boolean;
  readonly untrained: boolean;
  readonly list: boolean;
  readonly help: boolean;
  /** What was given for the entries' own options, still as text. */
  readonly own: Readonly<Record<string, string>>;
}

/**
 * The options of the atlas itself: what stands for the value, or "" for a switch, and the string that
 * explains it.
 */
export const GENERAL: Readonly<
  Record<
    string,
    {
      readonly value: string;
      readonly help: keyof typeof STRINGS;
      readonly fallback?: string;
      readonly path?: boolean;
    }
  >
> = {
  text: { value: '"…"', help: "helpText" },
  file: { value: "notes.txt", help: "helpFile", path: true },
  weights: { value: "FILE.safetensors", help: "helpWeights", path: true },
  words: { value: "N", help: "helpWords", fallback: "256" },
  seed: { value: "N", help: "helpSeed", fallback: "1" },
  lang: { value: "en|ja", help: "helpLang" },
  width: { value: "N", help: "helpWidth" },
  color: { value: "", help: "helpColour" },
  "no-color": { value: "", help: "helpColour" },
  "wide-ambiguous": { value: "", help: "helpWideAmbiguous" },
  untrained: { value: "", help: "helpUntrained" },
  json: { value: "", help: "helpJson" },
  svg: { value: "FILE.svg", help: "helpSvg", path: true },
  list: { value: "", help: "helpList" },
  help: { value: "", help: "helpHelp" },
};

/** The language asked for, before anything else is understood: errors are told in it. */
export function languageOf(
  args: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): Language {
  let asked: string | undefined;
  args.forEach((arg, a) => {
    if (arg === "--lang") asked = args[a + 1];
    if (arg.startsWith("--lang=")) asked = arg.slice("--lang=".length);
  });
  const locale = env["LC_ALL"] || env["LC_MESSAGES"] || env["LANG"] || "";
  if (asked === "en" || asked === "ja") return asked;
  return /^ja(?![a-z])/i.test(locale) ? "ja" : "en";
}

/** A path as the person meant it, who stands in the folder `here`; npm itself moves to the project's. */
export function pathFrom(here: string | undefined, path: string): string {
  const apart = here !== undefined && here !== "" && here !== process.cwd();
  return apart && path !== "-" && path !== "" && !isAbsolute(path) ? join(here, path) : path;
}

/** The file that --weights names, if it does: known before the other options are, since it brings some. */
export function weightsFile(args: readonly string[], here: string | undefined): string | undefined {
  let file: string | undefined;
  args.forEach((arg, a) => {
    if (arg === "--weights") file = args[a + 1];
    if (arg.startsWith("--weights=")) file = arg.slice("--weights=".length);
  });
  if (file === "") {
    throw new UsageError(rule("weights", { en: 'must name a file; got ""', ja: " ファイルを指定します（空でした）" }));
  }
  return file === undefined || /^-./.test(file) ? undefined : pathFrom(here, file);
}

/** `here`: the folder from which paths are meant; without it the process's own. */
export function parse(args: readonly string[], entries: readonly Listed[], here?: string): Settings {
  const owners = new Map<string, Listed[]>();
  for (const entry of entries) {
    for (const name of Object.keys(entry.options ?? {})) {
      owners.set(name, [...(owners.get(name) ?? []), entry]);
    }
  }
  const known = [...Object.keys(GENERAL), ...owners.keys()];
  const optionOf = (name: string): { readonly value: string; readonly path?: boolean | undefined } =>
    GENERAL[name] ?? owners.get(name)![0]!.options![name]!;
  const takesValue = (name: string): boolean => optionOf(name).value !== "";
  const declared = Object.fromEntries(
    known.map((name) => [name, { type: takesValue(name) ? ("string" as const) : ("boolean" as const) }]),
  );
  const { tokens } = parseArgs({
    args: [...args],
    options: { ...declared, help: { type: "boolean", short: "h" } },
    strict: false,
    allowPositionals: true,
    tokens: true,
  });

  const positionals: string[] = [];
  const sources: { kind: "text" | "file"; value: string }[] = [];
  const values: Record<string, string> = {};
  for (const token of tokens) {
    if (token.kind === "positional") positionals.push(token.value);
    if (token.kind !== "option") continue;
    const { name, inlineValue } = token;
    if (!known.includes(name)) {
      throw new UsageError(
        both("unknownOption", {
          name: clean(token.rawName),
          hint: hint(
            `--${name}`,
            known.map((option) => `--${option}`),
          ),
        }),
      );
    }
    const value =
      token.value !== undefined && optionOf(name).path === true ? pathFrom(here, token.value) : token.value;
    if (!takesValue(name)) {
      if (value !== undefined) {
        throw new UsageError(both("noValue", { name: `--${name}`, value: clean(value) }));
      }
      values[name] = "";
      continue;
    }
    const dashed = !inlineValue && value !== undefined && /^-./.test(value);
    if (value === undefined || dashed) {
      throw new UsageError(both("needsValue", { name: `--${name}`, value: placeholder(name, owners) }));
    }
    if (name === "text" || name === "file") sources.push({ kind: name, value });
    else values[name] = value;
  }
  if (positionals.length > 1) {
    throw new UsageError(both("oneMechanism", { names: clean(positionals.join(", ")) }));
  }
  if (sources.length > 2) throw new UsageError(both("twoTexts", { count: sources.length }));
  const [first] = positionals;
  const pages = first === "all" || first === "page" ? first : undefined;
  const entry = first === undefined || pages !== undefined ? undefined : find(first, entries);
  const isOne = entry !== undefined || (entries.length === 1 && pages === undefined);
  if (values["svg"] !== undefined && !isOne) throw new UsageError(both("svgOfOne"));
  const own: Record<string, string> = {};
  for (const [name, value] of Object.entries(values)) {
    const of = owners.get(name);
    if (of === undefined) continue;
    if (entry !== undefined && !of.includes(entry)) {
      throw new UsageError(
        both("optionElsewhere", {
          mechanism: entry.id,
          name: `--${name}`,
          names: of.map(({ id }) => id).join(", "),
        }),
      );
    }
    own[name] = value;
  }
  const lang = values["lang"];
  if (lang !== undefined && lang !== "en" && lang !== "ja") {
    throw new UsageError(
      rule("lang", {
        en: `must be en or ja; got "${clean(lang)}"`,
        ja: ` en か ja を指定します（「${clean(lang)}」でした）`,
      }),
    );
  }
  return {
    entry,
    whole: pages,
    sources,
    seed: whole("seed", values["seed"] ?? GENERAL["seed"]!.fallback!, 0, 4294967295),
    words: whole("words", values["words"] ?? GENERAL["words"]!.fallback!, 1, 5000),
    width: values["width"] === undefined ? undefined : whole("width", values["width"], 40, 1000),
    colour: "no-color" in values ? false : "color" in values ? true : undefined,
    json: "json" in values,
    svg: values["svg"],
    wideAmbiguous: "wide-ambiguous" in values,
    untrained: "untrained" in values,
    list: "list" in values,
    help: "help" in values,
    own,
  };
}

function placeholder(name: string, owners: ReadonlyMap<string, readonly Listed[]>): string {
  return GENERAL[name]?.value ?? owners.get(name)?.[0]?.options?.[name]?.value ?? "";
}

/** An option's rule, with its name before it. */
export function rule(name: string, phrase: Phrase): Phrase {
  return both("badOption", { name: `--${name}`, rule: phrase });
}

function whole(name: string, text: string, min: number, max: number): number {
  const n = Number(text);
  if (/^\d+$/.test(text) && n >= min && n <= max) return n;
  const got = clean(text);
  throw new UsageError(
    rule(name, {
      en: `must be an integer from ${min} to ${max}; got "${got}"`,
      ja: ` ${min} 以上 ${max} 以下の整数を指定します（「${got}」でした）`,
    }),
  );
}

/** What people call things that stand here under another name, and where they lead. */
const ELSEWHERE: ReadonlyMap<string, readonly [keyof typeof STRINGS, string]> = new Map(Object.entries({
  gpt: ["leadsCausal", "multi-head --causal"],
  gpt2: ["leadsCausal", "multi-head --causal"],
  causal: ["leadsCausal", "multi-head --causal"],
  masked: ["leadsCausal", "multi-head --causal"],
  decoder: ["leadsCausal", "multi-head --causal"],
  transformer: ["leadsBlocks", "multi-head"],
  encoder: ["leadsBlocks", "multi-head"],
  bert: ["leadsModel", "--weights model.safetensors"],
  vit: ["leadsModel", "--weights model.safetensors"],
  attn: ["leadsName", "attention"],
  mha: ["leadsName", "multi-head"],
  sdpa: ["leadsName", "scaled-dot-product"],
  self: ["leadsName", "self-attention"],
  cross: ["leadsName", "cross-attention"],
  flash: ["leadsFlash", "scaled-dot-product"],
  flashattention: ["leadsFlash", "scaled-dot-product"],
  gqa: ["leadsShared", "multi-head"],
  mqa: ["leadsShared", "multi-head"],
  rope: ["leadsRotary", "scaled-dot-product"],
  rotary: ["leadsRotary", "scaled-dot-product"],
} as const));

/** The entry of this name, or the only one that starts so. */
function find(name: string, entries: readonly Listed[]): Listed {
  const wanted = name.toLowerCase();
  const exact = entries.find(({ id }) => id === wanted);
  if (exact !== undefined) return exact;
  if (entries.length === 1 && entries[0]!.id === "weights") {
    throw new UsageError(both("weightsAlone", { name: clean(name) }));
  }
  const elsewhere = ELSEWHERE.get(wanted.replace(/[-_ ]?attention$/, ""));
  if (elsewhere !== undefined) {
    const [key, command] = elsewhere;
    throw new UsageError(both(key, { name: clean(name), command: `npm start -- ${command}` }));
  }
  const starting = wanted === "" ? [] : entries.filter(({ id }) => id.startsWith(wanted));
  if (starting.length === 1) return starting[0]!;
  if (starting.length > 1) {
    throw new UsageError(
      both("ambiguous", { name: clean(name), names: starting.map(({ id }) => id).join(", ") }),
    );
  }
  throw new UsageError(
    both("unknownMechanism", {
      name: clean(name),
      hint: /^[\w-]*$/.test(name)
        ? hint(
            wanted,
            entries.map(({ id }) => id),
          )
        : both("textGoes"),
    }),
  );
}

/** "did you mean …?" with the nearest name, unless nothing is near. */
function hint(name: string, names: readonly string[]): Phrase {
  const ranked = names
    .map((other) => ({ other, far: distance(name.slice(0, 60), other) }))
    .sort((a, b) => a.far - b.far);
  const best = ranked[0];
  if (best === undefined || best.far > Math.max(1, Math.floor(best.other.length / 3))) return both("seeHelp");
  return both("didYouMean", { name: best.other });
}

/** Edits that lead from a to b: insert, delete, replace, swap neighbours. */
export function distance(a: string, b: string): number {
  let before: number[] = [];
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1);
      next[j] = Math.min(row[j]! + 1, next[j - 1]! + 1, replaced);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) {
        next[j] = Math.min(next[j]!, before[j - 2]! + 1);
      }
    }
    before = row;
    row = next;
  }
  return row[b.length]!;
}
