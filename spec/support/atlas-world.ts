/** The atlas with a world played by a spec: no terminal, no process, nothing piped unless given. */
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { Entry } from "../../scripts/atlas/entry.ts";
import type { World } from "../../scripts/atlas/main.ts";
import { ENTRIES } from "../../scripts/atlas/entries.ts";
import { atlas } from "../../scripts/atlas/main.ts";

export interface Outcome {
  readonly status: number;
  readonly out: string;
  readonly err: string;
}

export async function play(
  args: readonly string[],
  world: Partial<Pick<World, "env" | "columns" | "pipe" | "load">> & { entries?: readonly Entry[] } = {},
): Promise<Outcome> {
  let out = "";
  let err = "";
  const status = await atlas({
    args,
    env: world.env ?? {},
    entries: world.entries ?? ENTRIES,
    load: world.load ?? ((ids) => Promise.resolve((world.entries ?? ENTRIES).filter(({ id }) => ids.includes(id)))),
    columns: world.columns,
    write: (text) => (out += text),
    warn: (line) => (err += `${line}\n`),
    pipe: world.pipe ?? ((): undefined => undefined),
  });
  return { status, out, err };
}

const loader = process.features.typescript ? [] : ["--import", "tsx"];
export const SCRIPT = [...loader, fileURLToPath(new URL("../../scripts/atlas.ts", import.meta.url))];

/** The script itself, in a process of its own. */
export function launch(
  args: readonly string[],
  { input, env = {}, cwd }: { input?: string | Uint8Array; env?: Record<string, string>; cwd?: string } = {},
): Outcome {
  const clear = { LC_ALL: "C", NO_COLOR: "", npm_lifecycle_event: "", INIT_CWD: "", ...env };
  const { status, stdout, stderr } = spawnSync(process.execPath, [...SCRIPT, ...args], {
    encoding: "utf8",
    maxBuffer: 1 << 28,
    ...(cwd !== undefined && { cwd }),
    env: { ...process.env, ...clear },
    ...(input === undefined ? { stdio: ["ignore", "pipe", "pipe"] } : { input }),
  });
  return { status: status ?? -1, out: stdout, err: stderr };
}

/** Columns that a terminal gives a line, told by script names instead of the atlas' own ranges. */
export function terminalColumns(line: string): number {
  let sum = 0;
  for (const c of line.replace(/\x1b\[[0-9;]*m/g, "")) {
    const none = /[\p{Mn}\p{Me}\p{Cf}]/u.test(c);
    const wide =
      /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}]|[、-〜ー・！-～￠-￦]/u.test(
        c,
      ) && !/[\uFF61-\uFF9F]/.test(c);
    const emoji = /\p{Emoji_Presentation}/u.test(c) && !/[\u{1F1E6}-\u{1F1FF}]/u.test(c);
    sum += none ? 0 : wide || emoji ? 2 : 1;
  }
  return sum;
}
