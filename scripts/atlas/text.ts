/** From bytes and arguments to words: reading, and lines, sentences and labels. */
import { closeSync, fstatSync, openSync, readSync } from "node:fs";
import type { Phrase, Text } from "./entry.ts";
import { PARTS, clean, embed, wordsOf } from "./words.ts";
import { UsageError } from "./entry.ts";
import { characters } from "./width.ts";

/** Features of a word's vector. */
export const FEATURES = 16;

/** At most so many bytes of a file or of standard input are read: some hundred thousand words. */
const MOST_BYTES = 1 << 20;

/**
 * Without any input: the same words in two orders, so that a mechanism blind to order cannot say who saw
 * whom.
 */
export const BUNDLED: readonly { readonly name: Phrase; readonly text: string }[] = [
  { name: { en: "English", ja: "英語" }, text: "The cat saw the bird, and the bird saw the cat." },
  { name: { en: "Japanese", ja: "日本語" }, text: "猫が鳥を見て、鳥が猫を見た。" },
];

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

/**
 * Standard input when something is piped or redirected into it, and undefined when it is a terminal,
 * /dev/null or closed.
 */
export function readPipe(): string | undefined {
  try {
    const stat = fstatSync(0);
    if (!stat.isFIFO() && !stat.isFile() && !stat.isSocket()) return undefined;
    const bytes = readBytes(0);
    return bytes.length === 0 ? undefined : decode(bytes, "standard input");
  } catch (error) {
    if (error instanceof UsageError) throw error;
    return undefined;
  }
}

function readBytes(handle: number): Uint8Array {
  const bytes = Buffer.alloc(MOST_BYTES);
  let length = 0;
  while (length < MOST_BYTES) {
    let read: number;
    try {
      read = readSync(handle, bytes, length, MOST_BYTES - length, null);
    } catch (error) {
      const code = (error as NodeJS.ErrnoException).code;
      if (code === "EOF") break;
      if (code !== "EAGAIN") throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 20); // a pipe that has nothing yet
      continue;
    }
    if (read === 0) break;
    length += read;
  }
  return bytes.subarray(0, length);
}

/** Bytes as UTF-8. A character cut at the end, where reading stopped, is left out. */
export function decode(bytes: Uint8Array, name: string): string {
  if (bytes.includes(0)) {
    throw new UsageError({
      en: `${name} holds zero bytes: not UTF-8 text but a binary file or UTF-16`,
      ja: `${name} にはゼロのバイトがあります。UTF-8 のテキストではなく、バイナリか UTF-16 です`,
    });
  }
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes, { stream: bytes.length >= MOST_BYTES });
  } catch {
    throw new UsageError({
      en: `${name} is not UTF-8 text; convert it first, for example: iconv -f SHIFT_JIS -t UTF-8`,
      ja: `${name} は UTF-8 のテキストではありません。先に変換してください。例: iconv -f SHIFT_JIS -t UTF-8`,
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
  let start = "";
  let count = 0;
  for (const part of clean(text).match(PARTS) ?? []) {
    start += part;
    count += wordsOf(part).length;
    if (count > words) break;
  }
  return start;
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
