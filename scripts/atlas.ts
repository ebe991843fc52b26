/**
 * `npm start`: an atlas of attention. Every mechanism of lib on real words: its equation, shapes, map, checks
 * and cost.
 *
 * It computes nothing itself and trains nothing: the maps come from lib, the words' vectors from a hash. `npm
 * start -- --help` lists the options. Node runs it through tsx, or from 22.18 on directly: `node
 * scripts/atlas.ts`.
 */
import { ENTRIES } from "./atlas/entries.ts";
import { atlas } from "./atlas/main.ts";
import { readPipe } from "./atlas/text.ts";

// `npm start | head` closes the pipe early. That is the reader's right, not an error.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code === "EPIPE") process.exit(0);
  throw error;
});

process.exitCode = await atlas({
  args: process.argv.slice(2),
  env: process.env,
  entries: ENTRIES,
  columns: process.stdout.isTTY ? process.stdout.columns : undefined,
  write: (text) => process.stdout.write(text),
  warn: (line) => console.error(line),
  pipe: readPipe,
  pause: () => new Promise((resolve) => setImmediate(resolve)),
});
