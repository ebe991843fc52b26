/**
 * Every mechanism of the atlas: what the files of `entries/` export. They come document by document; within
 * one in the order of the READMEs' table, and after it what the table does not list (normalisers, models).
 */
import type { Entry } from "./entry.ts";
import { DOCUMENTS } from "./strings.ts";
import { ROWS } from "../table.ts";
import { basename } from "node:path";
import { loadEntry } from "./load.ts";
import { placeOf } from "./equations.ts";
import { readdirSync } from "node:fs";

const FOLDER = new URL("entries/", import.meta.url);

export const ENTRIES: readonly Entry[] = inOrder(
  await Promise.all(readdirSync(FOLDER).map((file) => loadEntry(basename(file, ".ts")))),
);

/** Document, row of the table, place in the file, id. */
function inOrder(entries: readonly Entry[]): Entry[] {
  const rows = Object.keys(ROWS);
  const documents = Object.keys(DOCUMENTS);
  const keyOf = ({ document, file, of = [] }: Entry): number[] => {
    const row = file.startsWith("lib/attention/") ? rows.indexOf(basename(file, ".ts")) : rows.length;
    return [documents.indexOf(document), row, of[0] === undefined ? 0 : placeOf(file, of[0])];
  };
  const keyed = entries.map((entry) => ({ entry, key: keyOf(entry) }));
  keyed.sort((a, b) => {
    const differing = a.key.findIndex((part, p) => part !== b.key[p]);
    if (differing < 0) return compare(a.entry.file + a.entry.id, b.entry.file + b.entry.id);
    return a.key[differing]! - b.key[differing]!;
  });
  return keyed.map(({ entry }) => entry);
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
