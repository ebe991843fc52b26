/** From bytes and arguments to words: reading, and lines, sentences and labels. */
import { closeSync, fstatSync, openSync, readSync } from "node:fs";
import type { Phrase, Text } from "./entry.ts";
import { PICTURE, clean, embed, segmentsOf, wordsOf } from "./words.ts";
import { UsageError } from "./entry.ts";
import { characters } from "./width.ts";

/** Features of a word's vector. */
export const FEATURES = 16;

/** At most so many bytes of a file or of standard input are read: some hundred thousand words. */
const MOST_BYTES = 1 << 20;

/** Without any input: a sentence of the grammar that scripts/data/pronouns.safetensors has learned. */
export const BUNDLED: Readonly<Record<"en" | "ja", { readonly name: Phrase; readonly text: string }>> = {
  en: { name: { en: "text", ja: "テキスト" }, text: "Mary thanked Anna because she had helped her." },
  ja: {
    name: { en: "text", ja: "テキスト" },
    text: "花子は優子を褒めた。彼女が勝ったからだ。",
  },
};

/** The text of a file. Errors: UsageError, one line for each way in which it can fail. */
export function readText(path: string): string {
  const name = JSON.stringify(clean(path));
  let handle: number;
  try {
    handle = openSync(path, "r");
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === "ENOENT") {
      throw new UsageError({ en: `there is no file ${name}`, ja: `${name} というファイルはありません` });
    }
    if (code === "EACCES") {
      throw new UsageError({
        en: `the file ${name} may not be read`,
        ja: `ファイル ${name} を読む権限がありません`,
      });
    }
    throw new UsageError({
      en: `the file ${name} cannot be opened (${code ?? "unknown error"})`,
      ja: `ファイル ${name} を開けません(${code ?? "原因不明"})`,
    });
  }
  try {
    if (fstatSync(handle).isDirectory()) {
      throw new UsageError({
        en: `${name} is a folder; --file wants a text file`,
        ja: `${name} はフォルダです。--file にはテキストファイルを指定します`,
      });
    }
    return decode(readBytes(handle), name);
  } finally {
    closeSync(handle);
  }
}

/** How long, in milliseconds, an open pipe may stay silent before the atlas goes on without it. */
const PATIENCE = 100;

/**
 * Standard input when something is piped or redirected into it, and undefined when it is a terminal,
 * /dev/null or closed. A pipe that is open but silent is waited for only if `wait`: a program that starts the
 * atlas may leave one open for ever.
 */
export async function readPipe(wait: boolean): Promise<string | undefined> {
  try {
    const stat = fstatSync(0);
    if (!stat.isFIFO() && !stat.isFile() && !stat.isSocket()) return undefined;
    const bytes = stat.isFile() ? readBytes(0) : await readStream(process.stdin, wait);
    return bytes.length === 0 ? undefined : decode(bytes, "standard input");
  } catch (error) {
    if (error instanceof UsageError) throw error;
    return undefined;
  }
}

/** The bytes of a stream up to its end; none if it stays silent and nobody waits for it. */
function readStream(stream: NodeJS.ReadStream, wait: boolean): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    const parts: Uint8Array[] = [];
    let length = 0;
    const finish = (): void => {
      clearTimeout(timer);
      stream.destroy();
      resolve(Buffer.concat(parts).subarray(0, MOST_BYTES));
    };
    const timer = setTimeout(() => !wait && finish(), PATIENCE);
    stream.on("data", (part: Uint8Array) => {
      clearTimeout(timer);
      parts.push(part);
      length += part.length;
      if (length >= MOST_BYTES) finish();
    });
    stream.on("end", finish);
    stream.on("error", reject);
  });
}

function readBytes(handle: number): Uint8Array {
  const bytes = Buffer.alloc(MOST_BYTES);
  let length = 0;
  while (length < MOST_BYTES) {
    let read: number;
    try {
      read = readSync(handle, bytes, length, MOST_BYTES - length, null);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "EOF") break;
      throw error;
    }
    if (read === 0) break;
    length += read;
  }
  return bytes.subarray(0, length);
}

/** What a file begins with that is no UTF-8 but says what it is; the longer marks first. */
const MARKS = [
  { bytes: [0xff, 0xfe, 0, 0], encoding: undefined, name: "UTF-32" },
  { bytes: [0, 0, 0xfe, 0xff], encoding: undefined, name: "UTF-32" },
  { bytes: [0xff, 0xfe], encoding: "utf-16le", name: "UTF-16" },
  { bytes: [0xfe, 0xff], encoding: "utf-16be", name: "UTF-16" },
] as const;

/**
 * Bytes as UTF-8, or as UTF-16 where they begin with its mark. A character cut at the end, where reading
 * stopped, is left out.
 */
export function decode(bytes: Uint8Array, name: string): string {
  const mark = MARKS.find((one) => one.bytes.every((byte, at) => bytes[at] === byte));
  const encoding = mark === undefined ? "utf-8" : mark.encoding;
  if (encoding === undefined) {
    throw new UsageError({
      en: `${name} is UTF-32; convert it first: iconv -f UTF-32 -t UTF-8`,
      ja: `${name} は UTF-32 です。先に変換してください：iconv -f UTF-32 -t UTF-8`,
    });
  }
  if (mark === undefined && bytes.includes(0)) {
    throw new UsageError({
      en: `${name} holds zero bytes: not UTF-8 text but a binary file or UTF-16`,
      ja: `${name} にはゼロのバイトがあります。UTF-8 のテキストではなく、バイナリか UTF-16 です`,
    });
  }
  try {
    return new TextDecoder(encoding, { fatal: true }).decode(bytes, { stream: bytes.length >= MOST_BYTES });
  } catch {
    if (mark !== undefined) {
      throw new UsageError({
        en: `${name} begins as ${mark.name} but is no sound ${mark.name} text`,
        ja: `${name} は ${mark.name} で始まりますが、正しい ${mark.name} のテキストではありません`,
      });
    }
    throw new UsageError({
      en: `${name} is not UTF-8 text; convert it first, for example: iconv -f SHIFT_JIS -t UTF-8`,
      ja: `${name} は UTF-8 のテキストではありません。先に変換してください。例：iconv -f SHIFT_JIS -t UTF-8`,
    });
  }
}

/**
 * The lines of a text as they stand, without what could harm a terminal and without blank ones, for a
 * mechanism that reads characters.
 */
export function rawLinesOf(text: string): string[] {
  return text
    .split(/\r\n?|\n/)
    .map((line) => clean(line).trim())
    .filter((line) => line !== "");
}

/** As much of a text as holds so many words, and a little more. */
export function beginning(text: string, words: number): string {
  const cleaned = clean(text);
  let count = 0;
  for (const { segment, isWord, end } of segmentsOf(cleaned)) {
    if ((isWord || PICTURE.test(segment)) && ++count > words) return cleaned.slice(0, end);
  }
  return cleaned;
}

/** The sentences of a text, each as its words; those without words are left out. */
export function sentencesOf(text: string): string[][] {
  const sentences = new Intl.Segmenter("en", { granularity: "sentence" });
  return [...sentences.segment(clean(text))]
    .map(({ segment }) => wordsOf(segment))
    .filter((words) => words.length > 0);
}

/**
 * The lines of a text, each as its words, for a mechanism that works on a grid: its sentences, or the clauses
 * between the commas of a single one.
 */
export function linesOf(text: string): string[][] {
  const sentences = sentencesOf(text);
  if (sentences.length > 1) return sentences;
  return clean(text)
    .split(/[,;:、，；：]/)
    .map(wordsOf)
    .filter((words) => words.length > 0);
}

/**
 * A word as a label whose width every terminal agrees on: an emoji of several characters is reduced to its
 * first, a flag to its letters.
 */
export function labelOf(word: string): string {
  return characters(word, 64)
    .map((character) => {
      const first = String.fromCodePoint(character.codePointAt(0)!);
      if (/^[\u{1F1E6}-\u{1F1FF}]/u.test(character)) {
        return character.replace(/[\u{1F1E6}-\u{1F1FF}]/gu, (letter) =>
          String.fromCharCode(letter.codePointAt(0)! - 0x1f1e6 + 65),
        );
      }
      return /\p{Extended_Pictographic}/u.test(first)
        ? first
        : character.replace(/[\p{Cf}\uFE00-\uFE0F\u20E3]/gu, "");
    })
    .join("");
}

export function textOf(name: Phrase, words: readonly string[], seed: number): Text {
  return { name, words, X: embed(words, FEATURES, seed) };
}
