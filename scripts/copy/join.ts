/**
 * One self-contained file out of `lib`: some files' declarations, and after them every declaration that these reach, joined by text.
 *
 * The house rules make this exact: imports are single lines of names, declarations start at column 0 and end at a column-0 `}` or in a
 * one-line `;`, and no two files declare the same name.
 */
import { createHash } from "node:crypto";
import { existsSync, readFileSync, readdirSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { type Declaration, declarationsOf } from "../check/rules.ts";

export const root: string = fileURLToPath(new URL("../..", import.meta.url));

/** A file of `lib` as copying sees it. */
export interface Source {
  readonly path: string;
  readonly declarations: readonly Declaration[];
  /** Imported name → path of the file that declares it. */
  readonly imports: ReadonlyMap<string, string>;
  /** Its imports of the platform, as they stand: only specs and scripts have any. */
  readonly platform: readonly string[];
}

/** Every file of `lib` by its name: `hybrid-sparse-attention` → `lib/attention/hybrid-sparse-attention.ts`. */
export function libraryFiles(folder: string = "lib"): Map<string, string> {
  const files = new Map<string, string>();
  for (const entry of readdirSync(join(root, folder), { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1))) {
    const path = `${folder}/${entry.name}`;
    if (entry.isDirectory()) for (const [name, file] of libraryFiles(path)) files.set(name, file);
    else files.set(basename(path, ".ts"), path);
  }
  return files;
}

export function readSource(path: string): Source {
  const text = readFileSync(join(root, path), "utf8");
  const imports = new Map<string, string>();
  for (const [, names, from] of text.matchAll(/^import (?:type )?\{ (.+) \} from "(.+)";$/gm)) {
    if (!from!.startsWith(".")) continue;
    for (const name of names!.split(", ")) imports.set(name.replace(/^type /, ""), join(dirname(path), from!));
  }
  return { path, declarations: declarationsOf(text), imports, platform: text.match(/^import .* from "node:.*";$/gm) ?? [] };
}

/** The names that code mentions: no comments, no text of strings, no properties after a dot. What stands in `${…}` counts. */
export function namesIn(code: string): Set<string> {
  const bare = code
    .replace(/\/\*[\s\S]*?\*\//g, " ")
    .replace(/"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'/g, '""')
    .replace(/\/\/.*$/gm, " ")
    .replace(/\.\.\./g, " ")
    .replace(/`(?:\\.|[^`\\])*`/g, (template) => [...template.matchAll(/\$\{((?:[^{}]|\{[^{}]*\})*)\}/g)].map((match) => `(${match[1]})`).join(" "));
  return new Set([...bare.matchAll(/(?<![\w$.])[A-Za-z_$][\w$]*/g)].map((match) => match[0]));
}

/** The declarations that some code reaches, in the order in which it reaches them, nearest first. */
export function reached(start: readonly { readonly source: Source; readonly code: string }[], own: ReadonlySet<string>): { source: Source; declaration: Declaration }[] {
  const found: { source: Source; declaration: Declaration }[] = [];
  const seen = new Set<string>(own);
  const sources = new Map<string, Source>();
  const queue = [...start];
  for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
    for (const name of namesIn(next.code)) {
      if (seen.has(name)) continue;
      const from = next.source.imports.get(name);
      const local = from === undefined ? next.source : (sources.get(from) ?? readSource(from));
      sources.set(local.path, local);
      const declaration = local.declarations.find((candidate) => candidate.name === name);
      if (declaration === undefined) continue;
      seen.add(name);
      found.push({ source: local, declaration });
      queue.push({ source: local, code: declaration.body });
    }
  }
  return found;
}

/** Whether it is evaluated while the file loads, so that it must stand before what uses it then. */
function isEager(declaration: Declaration): boolean {
  return declaration.kind === "const" || declaration.kind === "let";
}

/** A declaration with its docstring, exported or not. */
export function textOf(declaration: Declaration, exported: boolean): string {
  const body = exported ? declaration.body : declaration.body.replace(/^export /, "");
  return declaration.doc === "" ? body : `${declaration.doc}\n${body}`;
}

/** The body of the copy of some files, without a header: their own declarations first, all that they reach after them. */
export function joined(paths: readonly string[]): string {
  const sources = paths.map(readSource);
  const own = sources.flatMap((source) => source.declarations.map((declaration) => ({ source, declaration })));
  const names = new Set(own.map(({ declaration }) => declaration.name));
  const rest = reached(own.map(({ source, declaration }) => ({ source, code: declaration.body })), names);
  const constants = rest.filter(({ declaration }) => isEager(declaration)).reverse();
  const helpers = rest.filter(({ declaration }) => !isEager(declaration));
  const parts = [
    ...constants.map(({ declaration }) => textOf(declaration, false)),
    ...own.map(({ declaration }) => textOf(declaration, declaration.exported)),
    ...helpers.map(({ declaration }) => textOf(declaration, declaration.name === "Matrix")),
  ];
  return `${parts.join("\n\n")}\n`;
}

export const version: string = (JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as { version: string }).version;

export function hashOf(body: string): string {
  return createHash("sha256").update(body).digest("hex").slice(0, 16);
}

/** Where a file's contract is explained: its document's page, or the page of contracts. */
function pageOf(path: string): string {
  const page = readdirSync(join(root, "docs")).find((name) => name.endsWith(".md") && !name.endsWith(".ja.md") && name !== "copying.md" && readFileSync(join(root, "docs", name), "utf8").includes(basename(path)));
  return existsSync(join(root, "docs", page ?? "")) && page !== undefined ? `docs/${page}` : "docs/contracts.md";
}

/** The whole copy: three lines of header, an empty line, the body. */
export function copyOf(paths: readonly string[]): string {
  const body = joined(paths);
  const names = paths.map((path) => basename(path, ".ts")).join(" ");
  return [
    `// ${names} · copied from attention-by-hand ${version} · sha256 ${hashOf(body)}`,
    "// SPDX-License-Identifier: MIT-0",
    `// Contract: ${[...new Set(paths.map(pageOf))].join(", ")} of attention-by-hand. Check this copy: npm run copy -- --check FILE`,
    "",
    body,
  ].join("\n");
}
