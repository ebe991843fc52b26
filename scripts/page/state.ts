/** What the reader has set, kept in the address's fragment: a view can be shared, also from file://. */
import type { Pool } from "./parts/pool.ts";
import { POOLS } from "./parts/pool.ts";

export type Language = "en" | "ja";

/** The same words in both languages. */
export interface Phrase {
  readonly en: string;
  readonly ja: string;
}

/** A setting: its value at first, and how it stands in the fragment. What cannot be read is undefined. */
export interface Field<T> {
  readonly first: T;
  readonly read: (text: string) => T | undefined;
  readonly write: (value: T) => string;
}

// any: a record of fields of different types
// eslint-disable-next-line
export type Fields = Readonly<Record<string, Field<any>>>;
export type Settings<F extends Fields> = { readonly [N in keyof F]: F[N]["first"] };
export type Values = Readonly<Record<string, unknown>>;

/** A query and a key. */
export type Cell = readonly [number, number];

/** An integer in [min, max]. */
export function whole(first: number, min: number, max: number): Field<number> {
  const read = (text: string): number | undefined => {
    const value = Number(text);
    return /^-?\d{1,6}$/.test(text) && value >= min && value <= max ? value : undefined;
  };
  return { first, read, write: String };
}

/** One of some words. */
export function oneOf<const T extends string>(first: T, among: readonly T[]): Field<T> {
  return { first, read: (text) => among.find((word) => word === text), write: (value) => value };
}

/** Yes or no. */
export function flag(first: boolean): Field<boolean> {
  const read = (text: string): boolean | undefined => (/^[01]$/.test(text) ? text === "1" : undefined);
  return { first, read, write: (value) => (value ? "1" : "0") };
}

/** Integers from 0 to 9999, at most `most` of them. */
export function listOf(first: readonly number[], most: number = 64): Field<readonly number[]> {
  const read = (text: string): readonly number[] | undefined => {
    if (text === "") return [];
    const parts = text.split(".");
    return parts.length <= most && parts.every((part) => /^\d{1,4}$/.test(part))
      ? parts.map(Number)
      : undefined;
  };
  return { first, read, write: (value) => value.join(".") };
}

/** A text of one's own, at most `most` characters. */
export function textField(first: string, most: number): Field<string> {
  return {
    first,
    read: (text) => (text.trim() === "" ? undefined : text.slice(0, most)),
    write: (value) => value,
  };
}

/** What the colours of a map are measured by. */
export type Scale = "row" | "map" | "heads";

/** The scale of a scene's map. */
export function scaleField(first: Scale = "map"): Field<Scale> {
  return oneOf<Scale>(first, ["row", "map", "heads"]);
}

/** A chosen cell. Undefined, as at first, is the densest one. */
export function cellField(): Field<Cell | undefined> {
  const read = (text: string): Cell | undefined => {
    const [i, j] = /^\d{1,4}\.\d{1,4}$/.test(text) ? text.split(".").map(Number) : [];
    return i === undefined || j === undefined ? undefined : [i, j];
  };
  return { first: undefined, read, write: (value) => value?.join(".") ?? "" };
}

/** What all scenes share. */
export interface Shared {
  readonly lang: Language;
  readonly text: string;
  readonly cut: "word" | "letter";
  readonly seed: number;
  /** Seams at which the reader has joined two pieces of the text; seam n stands behind piece n. */
  readonly joins: readonly number[];
  /** What a block of a map of many words shows. */
  readonly pool: Pool;
}

export interface State {
  readonly shared: Shared;
  /** The settings of each scene by its id. */
  readonly scenes: Readonly<Record<string, Values>>;
}

/** The Japanese sentence to begin with, cut by hand: browsers do not agree where its verb ends. */
export const TEXT_JA: readonly string[] = "春の|夜|に|小さな|猫|が|大きな|犬|を|追った".split("|");

export const TEXTS: Readonly<Record<Language, string>> = {
  en: "The old cat that the dog chased was never afraid",
  ja: TEXT_JA.join(""),
};

/** A text has at most so many characters. */
export const MOST_LETTERS = 2000;

const SHARED = {
  text: textField("", MOST_LETTERS),
  cut: oneOf("word", ["word", "letter"]),
  seed: whole(9, 0, 9999),
  joins: listOf([], 2000),
  pool: oneOf<Pool>("mean", POOLS),
};

/** The settings that fields have at first. */
export function firstOf<F extends Fields>(fields: F): Settings<F> {
  return Object.fromEntries(Object.entries(fields).map(([name, { first }]) => [name, first])) as Settings<F>;
}

/** The state that a fragment describes; what it leaves out, or says badly, is as at first. */
export function readState(
  fragment: string,
  preferred: Language,
  scenes: readonly { readonly id: string; readonly fields: Fields }[],
): State {
  const given = new URLSearchParams(fragment.replace(/^#/, ""));
  const asked = given.get("lang");
  const lang = asked === "en" || asked === "ja" ? asked : preferred;
  const taken = (fields: Fields, prefix: string): Values =>
    Object.fromEntries(
      Object.entries(fields).map(([name, field]) => {
        const text = given.get(prefix + name);
        return [name, (text === null ? undefined : field.read(text)) ?? field.first];
      }),
    );
  const shared = { ...(taken(SHARED, "") as unknown as Shared), lang };
  return {
    shared: { ...shared, text: shared.text === "" ? TEXTS[lang] : shared.text },
    scenes: Object.fromEntries(scenes.map(({ id, fields }) => [id, taken(fields, `${id}.`)])),
  };
}

/** The fragment of a state: only what differs from the first. */
export function writeState(
  { shared, scenes }: State,
  all: readonly { readonly id: string; readonly fields: Fields }[],
): string {
  const given = new URLSearchParams({ lang: shared.lang });
  const put = (fields: Fields, values: Values, prefix: string): void => {
    for (const [name, field] of Object.entries(fields)) {
      const text = field.write(values[name]);
      if (text !== field.write(field.first)) given.set(prefix + name, text);
    }
  };
  put(SHARED, { ...shared, text: shared.text === TEXTS[shared.lang] ? "" : shared.text }, "");
  for (const { id, fields } of all) put(fields, scenes[id]!, `${id}.`);
  return `#${given.toString()}`;
}
