/** Loads mechanisms by name: one file of `entries/` each. */
import type { Entry } from "./entry.ts";

/** The entry in a file: the export whose id is the file's name. */
export async function loadEntry(id: string): Promise<Entry> {
  const exports: object = (await import(new URL(`entries/${id}.ts`, import.meta.url).href)) as object;
  const found = Object.values(exports).find((value: Partial<Entry>) => value.id === id);
  if (found === undefined) throw new Error(`scripts/atlas/entries/${id}.ts exports no entry with id ${id}`);
  return found as Entry;
}
