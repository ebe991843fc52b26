/** A mechanism's spec, self-contained like the copy: it imports the copy and `node:` modules, and nothing else. */
import { existsSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { reached, readSource, root, textOf } from "./join.ts";

/** The files that stand beside a copy with `--with-spec`: its specs, and the golden data that they read. */
export function specFor(path: string, copy: string): Map<string, string | Uint8Array> {
  const files = new Map<string, string | Uint8Array>();
  for (const ending of [".spec.ts", ".golden.spec.ts"]) {
    const spec = path.replace(/^lib/, "spec").replace(/\.ts$/, ending);
    if (!existsSync(join(root, spec))) continue;
    const text = readFileSync(join(root, spec), "utf8");
    files.set(copy.replace(/\.[cm]?ts$/, ending), aloneWith(path, spec, text, copy));
    for (const [, folder, name] of text.matchAll(/golden\("([\w.-]+)", "([\w.-]+)"\)/g)) {
      files.set(`golden/${folder}/${name}.safetensors`, readFileSync(join(root, `spec/golden/${folder}/${name}.safetensors`)));
    }
  }
  if (files.size === 0) throw new Error(`${basename(path)} has no spec to copy.`);
  return files;
}

function aloneWith(path: string, spec: string, text: string, copy: string): string {
  const source = readSource(spec);
  const exported = new Set(readSource(path).declarations.filter((declaration) => declaration.exported).map((declaration) => declaration.name));
  const body = text.replace(/^import .*;\n/gm, "").trimStart();
  const own = new Set([...exported, ...source.declarations.map((declaration) => declaration.name)]);
  const helpers = reached([{ source, code: body }], own);
  const lines = new Set([source, ...helpers.map((helper) => helper.source)].flatMap((used) => used.platform));
  const all = [body, ...helpers.map(({ declaration }) => textOf(declaration, false))].join("\n\n");
  const used = [...exported].filter((name) => new RegExp(`\\b${name}\\b`).test(all));
  const types = used.filter((name) => readSource(path).declarations.some((declaration) => declaration.name === name && /interface|type/.test(declaration.kind)));
  const values = used.filter((name) => !types.includes(name));
  if (types.length > 0) lines.add(`import type { ${types.join(", ")} } from "./${copy}";`);
  if (values.length > 0) lines.add(`import { ${values.join(", ")} } from "./${copy}";`);
  return `${[...lines].join("\n")}\n\n${all.trimEnd()}\n`;
}
