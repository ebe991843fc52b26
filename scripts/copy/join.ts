/**
 * One self-contained file out of `lib`: the declarations of some files, or some declarations alone, and after
 * them every declaration that these reach, joined by text.
 *
 * The house rules make this exact: imports are single lines of names, declarations start at column 0 and end
 * at a column-0 `}` or in a one-line `;`, and no two files declare the same name.
 */
import { createHash } from "node:crypto";
import { readFileSync, readdirSync } from "node:fs";
import { join, posix } from "node:path";
import { fileURLToPath } from "node:url";
import { declarationsOf, type Declaration } from "../check/declarations.ts";
import { substituted } from "./simd.ts";

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

/**
 * Every file of `lib` by its name: `self-attention` → `lib/attention/self-attention.ts`. The files of `lib/simd`
 * stand in the place of others and have their names: they come only if that folder is asked for.
 */
export function libraryFiles(folder: string = "lib"): Map<string, string> {
  return byName(filesBelow(folder).filter((path) => folder === "lib/simd" || !path.startsWith("lib/simd/")));
}

function filesBelow(folder: string): string[] {
  const entries = readdirSync(join(root, folder), { withFileTypes: true });
  return entries
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap((entry) => {
      const path = `${folder}/${entry.name}`;
      return entry.isDirectory() ? filesBelow(path) : [path];
    })
    .filter((path) => path.endsWith(".ts"));
}

/** Paths by the names of their files. No two files may share one, because a name says what to copy. */
export function byName(paths: readonly string[]): Map<string, string> {
  const files = new Map<string, string>();
  for (const path of paths) {
    const name = posix.basename(path, ".ts");
    const other = files.get(name);
    if (other !== undefined) throw new Error(`${other} and ${path} share a name, and each must have its own`);
    files.set(name, path);
  }
  return files;
}

const sources = new Map<string, Source>();

/** A file as copying sees it, with `simd` with its imports turned to `lib/simd`. Each is read once. */
export function readSource(path: string, simd: boolean = false): Source {
  const key = simd ? `${path} simd` : path;
  const known = sources.get(key);
  if (known !== undefined) return known;
  const plain = readFileSync(join(root, path), "utf8");
  const text = simd ? substituted(path, plain) : plain;
  const imports = new Map<string, string>();
  for (const [, names, from] of text.matchAll(/^import (?:type )?\{ (.+) \} from "(.+)";$/gm)) {
    if (!from!.startsWith(".")) continue;
    for (const name of names!.split(", ")) {
      imports.set(name.replace(/^type /, ""), posix.join(posix.dirname(path), from!));
    }
  }
  const platform = text.match(/^import .* from "node:.*";$/gm) ?? [];
  const source = { path, declarations: declarationsOf(text), imports, platform };
  sources.set(key, source);
  return source;
}

/** What `namesIn` tells apart: comments, strings, names that are no properties, the marks of templates. */
const TOKEN = new RegExp(
  [
    String.raw`\/\*[\s\S]*?\*\/|\/\/.*`,
    String.raw`"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'`,
    String.raw`(?<=\bcase )[A-Za-z_$][\w$]*`,
    String.raw`(?<![\w$]|(?<!\.\.)\.)[A-Za-z_$][\w$]*(?![\w$]|\??:)`,
    "[`{}]",
  ].join("|"),
  "g",
);

/**
 * The names that code mentions: no comments, no text of strings, no properties after a dot, no fields and
 * parameters before a colon. What stands in `${…}` counts.
 */
export function namesIn(code: string): Set<string> {
  const names = new Set<string>();
  const open: number[] = []; // for each `${` that is open, the braces open inside it
  const token = new RegExp(TOKEN);
  // of a template, up to its end or to the next `${`
  const text = /(?:\\[\s\S]|\$(?!\{)|[^\\`$])*(`|\$\{|$)/y;
  const template = (): void => {
    text.lastIndex = token.lastIndex;
    if (text.exec(code)?.[1] === "${") open.push(0);
    token.lastIndex = text.lastIndex;
  };
  for (let match = token.exec(code); match !== null; match = token.exec(code)) {
    const [found] = match;
    if (found === "`") template();
    else if (found === "{" && open.length > 0) open[open.length - 1]!++;
    else if (found === "}" && open.length > 0) {
      open[open.length - 1]! > 0 ? open[open.length - 1]!-- : (open.pop(), template());
    } else if (/^[\w$]/.test(found)) names.add(found);
  }
  return names;
}

/** A declaration and the file that it stands in. */
export interface Part {
  readonly source: Source;
  readonly declaration: Declaration;
}

/**
 * The declarations that some code reaches, in the order in which it reaches them, nearest first. `own` are
 * names that are there already, with the file that declares each; another declaration of such a name, unless
 * it is the same, cannot be joined to it.
 */
export function reached(
  start: readonly { readonly source: Source; readonly code: string }[],
  own: ReadonlyMap<string, string>,
  simd: boolean = false,
): Part[] {
  const found: Part[] = [];
  const seen = new Map(own);
  const queue = [...start];
  for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
    for (const name of namesIn(next.code)) {
      const from = next.source.imports.get(name);
      const local = from === undefined ? next.source : readSource(from, simd);
      const declaration = local.declarations.find((candidate) => candidate.name === name);
      if (declaration === undefined) continue;
      const first = seen.get(name);
      if (first !== undefined && first !== local.path && !sameDeclaration(first, declaration)) {
        throw new Error(`${name} is declared in ${first} and in ${local.path}: one file cannot hold both`);
      }
      if (first !== undefined) continue;
      seen.set(name, local.path);
      found.push({ source: local, declaration });
      queue.push({ source: local, code: declaration.body });
    }
  }
  return found;
}

/** Whether the file at `path` declares the same thing in the same words. */
function sameDeclaration(path: string, { name, body }: Declaration): boolean {
  return readSource(path).declarations.some((other) => other.name === name && other.body === body);
}

/**
 * What of a declaration is evaluated while its file loads: a constant's value, a class's base and static
 * fields. Functions and types wait.
 */
function atLoad({ kind, body }: Declaration): string {
  if (kind === "const" || kind === "let") return body.slice(body.indexOf("="));
  if (kind !== "class") return "";
  const base = /^(?:export )?(?:abstract )?class \w+(?:<[^{]*>)? (extends .*)/.exec(body)?.[1] ?? "";
  return [base, ...(body.match(/^ {2}static (?:readonly )?\w+(?:: [^=]+)? = .*/gm) ?? [])].join("\n");
}

/**
 * The parts in two: what has to stand before code that runs while the file loads, dependencies first, and
 * what may follow it.
 */
export function inOrder(code: string, parts: readonly Part[]): { before: Part[]; after: Part[] } {
  const byName = new Map(parts.map((part) => [part.declaration.name, part]));
  const before = new Set<Part>();
  const visited = new Set<Part>();
  const visit = (text: string): void => {
    for (const name of namesIn(text)) {
      const part = byName.get(name);
      // types are erased
      if (part === undefined || visited.has(part) || /interface|type/.test(part.declaration.kind)) continue;
      visited.add(part);
      visit(part.declaration.body);
      if (!/function/.test(part.declaration.kind)) before.add(part); // functions are hoisted
    }
  };
  visit(code);
  for (const part of parts) if (!before.has(part)) visit(atLoad(part.declaration));
  return { before: [...before], after: parts.filter((part) => !before.has(part)) };
}

/** A declaration with its docstring, exported or not. */
export function textOf(declaration: Declaration, exported: boolean): string {
  const body = exported ? declaration.body : declaration.body.replace(/^export /, "");
  return declaration.doc === "" ? body : `${declaration.doc}\n${body}`;
}

/** The declarations at a place: all of a file, or one. */
function declaredAt(place: string, simd: boolean): Part[] {
  const [path, name] = place.split("#");
  const source = readSource(path!, simd);
  return source.declarations
    .filter((declaration) => name === undefined || declaration.name === name)
    .map((declaration) => ({ source, declaration }));
}

/**
 * The body of the copy of some places, without a header: their own declarations first where the language
 * allows, all that they reach after them. A place is the path of a file, or `path#name` of a declaration.
 */
export function joined(places: readonly string[], simd: boolean = false): string {
  const all = places.flatMap((place) => declaredAt(place, simd));
  const own = all.filter(
    ({ declaration }, n) => all.findIndex((first) => first.declaration === declaration) === n,
  );
  const names = new Map(own.map(({ source, declaration }) => [declaration.name, source.path]));
  const rest = reached(
    own.map(({ source, declaration }) => ({ source, code: declaration.body })),
    names,
    simd,
  );
  const { before, after } = inOrder(own.map(({ declaration }) => atLoad(declaration)).join("\n"), rest);
  const parts = [
    ...before.map(({ declaration }) => textOf(declaration, false)),
    ...own.map(({ declaration }) => textOf(declaration, declaration.exported)),
    ...after.map(({ declaration }) => textOf(declaration, declaration.name === "Matrix")),
  ];
  return `${parts.join("\n\n")}\n`;
}

export const version: string = (
  JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as { version: string }
).version;

export function hashOf(body: string): string {
  return createHash("sha256").update(body).digest("hex").slice(0, 16);
}

/**
 * Where a file's contract is explained: the page that speaks of it most; what holds for all kernels stands on
 * the page of contracts.
 */
function pageOf(path: string): string {
  if (!/^lib\/(?:attention|layers|models|gradients|checkpoints)\//.test(path)) return "docs/contracts.md";
  const pages = readdirSync(join(root, "docs")).filter(
    (name) => name.endsWith(".md") && !name.endsWith(".ja.md") && name !== "copying.md",
  );
  const mentions = (page: string): number =>
    readFileSync(join(root, "docs", page), "utf8").split(`/${posix.basename(path)}`).length - 1;
  const [best] = pages.map((page) => ({ page, times: mentions(page) })).sort((a, b) => b.times - a.times);
  return best !== undefined && best.times > 0 ? `docs/${best.page}` : "docs/contracts.md";
}

/** The name of a place, as the header of its copy has it. */
export function nameOf(place: string): string {
  return place.split("#")[1] ?? posix.basename(place, ".ts");
}

/** The whole copy: three lines of header, an empty line, the body. */
export function copyOf(places: readonly string[], simd: boolean = false): string {
  const body = joined(places, simd);
  const names = [...places.map(nameOf), ...(simd ? ["--simd"] : [])].join(" ");
  const pages = [...new Set(places.map((place) => pageOf(place.split("#")[0]!)))].join(", ");
  return [
    `// ${names} · copied from attention-by-hand ${version} · sha256 ${hashOf(body)}`,
    "// SPDX-License-Identifier: MIT-0",
    `// Contract: ${pages} of attention-by-hand. Check this copy: npm run copy -- --check FILE`,
    "",
    body,
  ].join("\n");
}
