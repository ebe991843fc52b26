/**
 * `npm start`: an atlas of attention. Every mechanism of lib on real words: its equation, shapes, map, checks
 * and cost.
 *
 * It computes nothing itself and trains nothing: the maps come from lib, the words' vectors from a hash or
 * from weights that were trained before. `npm start -- --help` lists the options. Node runs it through tsx,
 * or from 22.18 on directly: `node scripts/atlas.ts`.
 */
import { readFileSync } from "node:fs";
import { spawn } from "node:child_process";
import type { Listed } from "./atlas/entry.ts";
import { atlas } from "./atlas/main.ts";
import { loadEntry } from "./atlas/load.ts";
import { readPipe } from "./atlas/text.ts";

// `npm start | head` closes the pipe early. That is the reader's right, not an error.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code === "EPIPE") process.exit(0);
  console.error(`atlas: the output cannot be written: ${error.code ?? error.message}`); // a full disk
  process.exit(2);
});

/** The system's own way to open a file. */
function open(path: string): void {
  const { platform } = process;
  const command = platform === "darwin" ? "open" : platform === "win32" ? "explorer" : "xdg-open";
  const child = spawn(command, [path], { detached: true, stdio: "ignore" });
  child.on("error", () => {}); // its address is printed anyway
  child.unref();
}

process.exitCode = await atlas({
  args: process.argv.slice(2),
  env: process.env,
  entries: JSON.parse(readFileSync(new URL("atlas/entries.json", import.meta.url), "utf8")) as Listed[],
  load: (ids) => Promise.all(ids.map(loadEntry)),
  columns: process.stdout.isTTY ? process.stdout.columns : undefined,
  write: (text) => process.stdout.write(text),
  warn: (line) => console.error(line),
  pipe: readPipe,
  pause: () => new Promise((resolve) => setImmediate(resolve)),
  progress: process.stderr.isTTY ? (line) => process.stderr.write(`\r\x1b[K${line}`) : undefined,
  open,
});
