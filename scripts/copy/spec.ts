/** A file's specs, self-contained like its copy: each imports the copy and `node:` modules alone. */
import { existsSync, readFileSync, readdirSync } from "node:fs";
import { join, posix } from "node:path";
import { inOrder, namesIn, reached, readSource, root, textOf } from "./join.ts";

/** The specs of a file of `lib`: of `spec/…/name.spec.ts`, `name.golden.spec.ts` …, those that import it. */
export function specsOf(path: string): string[] {
  const folder = posix.dirname(path.replace(/^lib/, "spec"));
  const name = posix.basename(path, ".ts");
  return readdirSync(join(root, folder))
    .filter((file) => file.startsWith(`${name}.`) && file.endsWith(".spec.ts"))
    .map((file) => `${folder}/${file}`)
    .filter((spec) => [...readSource(spec).imports.values()].includes(path))
    .sort();
}

/** What `--with-spec` writes beside a copy: its specs under the copy's name, and the data that they read. */
export function specFor(
  path: string,
  copy: string,
  name: string = copy.replace(/\.[cm]?ts$/, ""),
): Map<string, string | Uint8Array> {
  const files = new Map<string, string | Uint8Array>();
  for (const spec of specsOf(path)) {
    const text = aloneWith(path, spec, copy);
    const beside = posix.basename(spec, ".ts").replace(posix.basename(path, ".ts"), name);
    files.set(`${beside}${posix.extname(copy)}`, text);
    for (const [, folder, file] of text.matchAll(/golden\("([\w.-]+)", "([\w.-]+)"\)/g)) {
      const data = `golden/${folder}/${file}.safetensors`;
      files.set(data, readFileSync(join(root, "spec", data)));
    }
    for (const [, file] of text.matchAll(/"(?:\.\/data\/)?([\w.-]+\.safetensors)"/g)) {
      if (existsSync(join(root, "scripts/data", file!))) {
        files.set(`data/${file}`, readFileSync(join(root, "scripts/data", file!)));
      }
    }
  }
  if (files.size === 0) throw new Error(`${path} has no spec to copy.`);
  return files;
}

/** What stands at the top of every spec that goes with a copy. */
const HOW = `\
// Copied with the file that it tests. It is for running, named at the end: node --test (Node 22.18 or newer),
// npx tsx --test, deno test --no-check --allow-read, or bun test. A strict project that compiles all its files
// leaves it out, "exclude": ["**/*.spec.ts", "**/*.spec.mts"], or gives it @types/node, "types": ["node"], "lib":
// ["ES2023"] and "allowImportingTsExtensions", and may still object to helpers that it brings along.
`;

/** One spec by itself: imports, what must stand before its code, its code, the helpers that it reaches. */
function aloneWith(path: string, spec: string, copy: string): string {
  const source = readSource(spec);
  const exported = readSource(path).declarations.filter((declaration) => declaration.exported);
  const body = readFileSync(join(root, spec), "utf8")
    .replace(/^import .*;\n/gm, "")
    .trim();
  const own = new Map([
    ...exported.map(({ name }) => [name, path] as const),
    ...source.declarations.map(({ name }) => [name, spec] as const),
  ]);
  const helpers = reached([{ source, code: body }], own);
  // a spec runs while it loads, so its constants and classes come first
  const { before, after } = inOrder(body, helpers);
  const plain = (parts: typeof helpers): string[] =>
    parts.map(({ declaration }) => textOf(declaration, false));
  const all = [...plain(before), body, ...plain(after)]
    .join("\n\n")
    .replace(/"(?:\.\.\/)+scripts\/data\//g, '"./data/')
    .replace(/(["`])(?:\.\.\/)+golden\//g, "$1./golden/");
  const sources = [source, ...helpers.map((helper) => helper.source)];
  const imports = new Set(sources.flatMap(({ platform }) => platform));
  const mentioned = namesIn(all);
  const used = exported.filter(({ name }) => mentioned.has(name));
  const types = used.filter(({ kind }) => kind === "interface" || kind === "type").map(({ name }) => name);
  const values = used.map(({ name }) => name).filter((name) => !types.includes(name));
  if (types.length > 0) imports.add(`import type { ${types.join(", ")} } from "./${copy}";`);
  if (values.length > 0) imports.add(`import { ${values.join(", ")} } from "./${copy}";`);
  return `${HOW}${[...imports].join("\n")}\n\n${all}\n`;
}
