/**
 * Writes entries.json: what the command line has to know of every mechanism before one is loaded, in the
 * atlas's order. Made from the entries by `tsx scripts/atlas/listed.ts`; a spec compares.
 */
import { fileURLToPath } from "node:url";
import { writeFileSync } from "node:fs";
import type { Entry } from "./entry.ts";
import { ENTRIES } from "./entries.ts";

/** An entry without what it computes. */
function listed({ id, name, options = {} }: Entry): object {
  const kept = Object.entries(options).map(([option, { value, help, fallback, path }]) => {
    return [option, { value, help, fallback: String(fallback), ...(path === true && { path }) }];
  });
  return { id, name, ...(kept.length > 0 && { options: Object.fromEntries(kept) }) };
}

/** The file's content. */
export function listing(): string {
  return `${JSON.stringify(ENTRIES.map(listed), null, 2)}\n`;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  writeFileSync(new URL("entries.json", import.meta.url), listing());
}
