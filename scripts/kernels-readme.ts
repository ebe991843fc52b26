/**
 * `npm run table` writes `lib/kernels/README.md` too: every kernel with its equation, from its docstring, and
 * the files that use it. `npm run check` fails when the page is not what this would write.
 */
import { given } from "./given.ts";
import type { Declaration } from "./check/declarations.ts";
import type { Source } from "./check/project.ts";
import { basename, join } from "node:path";
import { declarationsOf } from "./check/declarations.ts";
import { equationsIn } from "./atlas/equations.ts";
import { legendOf } from "./check/legend.ts";
import { readProject, root } from "./check/project.ts";
import { writeFileSync } from "node:fs";

export const PAGE = "lib/kernels/README.md";

/** How many users of a kernel are named. */
const NAMED = 4;

const HEAD = `# Kernels

<!-- Written by \`npm run table\`. -->

Loops over Float32Array, one equation each.
They check their arguments, allocate their result, never write what they are given, sum in doubles and round once.
\`textbook…\` is the definition of the kernel beside it, as a plain loop; the two agree to the bit.

| kernel | 日本語 | equation | used by |
| --- | --- | --- | --- |
`;

/** The page for the files of `lib`. */
export function kernelsPage(lib: readonly Source[]): string {
  const rows = lib
    .filter(({ file }) => file.startsWith("lib/kernels/"))
    .flatMap(({ file, text }) =>
      declarationsOf(text)
        .filter(({ kind, exported }) => exported && kind.startsWith("function"))
        .filter(({ name }) => !name.startsWith("check"))
        .map((declaration) => rowOf(file, declaration, usersOf(declaration.name, file, lib))),
    );
  return `${HEAD}${rows.join("\n")}\n`;
}

function rowOf(file: string, { name, doc }: Declaration, users: readonly string[]): string {
  const prose = doc.replace(/^\/\*\*|\*\/$/g, "").replace(/\n\s*\*/g, "\n");
  const japanese = /\(([^()]*[\u3040-\u30FF\u3400-\u9FFF][^()]*)\)/.exec(prose)?.[1] ?? "";
  const equation = equationOf(doc);
  const link = (user: string): string => `../${user.slice("lib/".length)}`.replace("../kernels/", "");
  const named = users.slice(0, NAMED).map((user) => `[${basename(user, ".ts")}](${link(user)})`);
  const more = users.length > NAMED ? [`${users.length - NAMED} more`] : [];
  const cells = [
    `[${name}](${basename(file)})`,
    japanese.replace(/\s+/g, " "),
    equation === "" ? "" : `\`${equation.replace(/`/g, "").replace(/\|/g, "\\|")}\``,
    [...named, ...more].join(", "),
  ];
  return `| ${cells.join(" | ")} |`;
}

/** Of the equations of a docstring, the one that gives the result; the first if none is written so. */
function equationOf(doc: string): string {
  const lines = equationsIn(doc).map((line) => line.replace(/ {2,}\(\w+\)$/, "").trim().replace(/\s+/g, " "));
  const names = legendOf(doc).results.flatMap((result) => result.names);
  const gives = (line: string): boolean => names.some((name) => /^(?:\[| =)/.test(line.replace(name, "")));
  return lines.find(gives) ?? lines[0] ?? "";
}

/** The files that import a name from a kernel's file, mechanisms first. */
function usersOf(name: string, file: string, lib: readonly Source[]): string[] {
  const imported = new RegExp(`^import \\{[^}]*\\b${name}\\b[^}]*\\} from "[^"]*/${basename(file)}";$`, "m");
  const floors = ["lib/attention/", "lib/layers/", "lib/models/"];
  const floor = (path: string): number => {
    const place = floors.findIndex((folder) => path.startsWith(folder));
    return place < 0 ? floors.length : place;
  };
  const users = lib.filter(({ text }) => imported.test(text)).map((source) => source.file);
  return users.sort((a, b) => floor(a) - floor(b) || (a < b ? -1 : 1));
}

if (process.argv[1] !== undefined && basename(process.argv[1]) === "kernels-readme.ts") {
  given({});
  writeFileSync(join(root, PAGE), kernelsPage(readProject().lib));
}
