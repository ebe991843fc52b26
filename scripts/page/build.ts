/**
 * docs/index.html out of its sources: the page's files and all that they reach of lib, joined as a copy is,
 * with the data that it shows. The same sources give the same bytes.
 */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Mutation } from "./mutations.ts";
import type { SourcePlace, Shown } from "./scene.ts";
import { declarationsOf, membersOf } from "../check/declarations.ts";
import { equationsIn } from "../atlas/equations.ts";
import { joined, root, version } from "../copy/join.ts";
import { nestedAtlas } from "./nested.ts";
import { packed, textOfBytes } from "./packed.ts";
import { readSafetensors, writeSafetensors } from "../../lib/checkpoints/safetensors.ts";
import { mutated } from "./mutations.ts";
import { SCENES } from "./scenes.ts";
import { withoutTypes } from "../copy/strip.ts";

/** At most so many bytes. */
export const BUDGET = 1_500_000;

const NUMBERED = /^(.*?) {2,}\(([A-Z]?\d+[a-z]?|[A-Z])\)$/;

function read(path: string): string {
  return readFileSync(join(root, path), "utf8");
}

/** A hash as a policy names it. */
function policyHash(text: string): string {
  return `'sha256-${createHash("sha256").update(text).digest("base64")}'`;
}

/**
 * The equations of a place with their numbers, and its code without its checks. Throws if an equation has no
 * line, or a line no equation.
 */
export function shownAtPlace({ path, name, method = "forward" }: SourcePlace): Shown {
  const declaration = declarationsOf(read(path)).find((one) => one.name === name);
  if (declaration === undefined) throw new Error(`${path} declares no ${name}`);
  const equations = equationsIn(declaration.doc).flatMap((line) => {
    const found = NUMBERED.exec(line.trim());
    return found === null ? [] : [{ text: found[1]!.trim(), number: found[2]! }];
  });
  const member =
    declaration.kind === "class" ? membersOf(declaration).find((one) => one.name === method) : undefined;
  const whole = declaration.kind === "class" ? declaration.body : undefined;
  const marked = (code: string): Set<string> => {
    const comments = [...code.matchAll(/\/\/ +((?:\(\w+\) *)+)/g)].map(([, numbers]) => numbers!);
    return new Set(comments.flatMap((numbers) => numbers.match(/\w+/g) ?? []));
  };
  let code = withoutChecks(member?.body ?? declaration.body);
  const missing = equations.filter(({ number }) => !marked(code).has(number));
  if (missing.length > 0 && whole !== undefined) {
    // an equation that another method computes: that method is shown as well
    const others = membersOf(declaration).filter(
      (one) => one !== member && missing.some(({ number }) => marked(one.body).has(number)),
    );
    code = [code, ...others.map(({ body }) => withoutChecks(body))].join("\n\n");
  }
  const still = equations.filter(({ number }) => !marked(code).has(number));
  if (equations.length === 0) throw new Error(`${path}: ${name} has no numbered equation`);
  if (still.length > 0) {
    throw new Error(`${path}: ${name} has no line for (${still.map(({ number }) => number).join("), (")})`);
  }
  return { equations, code };
}

/** The first line of a check. */
const CHECKING = /^\s*(?:const where = |(?:const \{[^}]*\} = |if \(.*\) |[\w.]+\.forEach\(.*)?check\w+\()/;

/** Code as the page shows it: without checks, indented from the left edge. */
function withoutChecks(body: string): string {
  const lines: string[] = [];
  let within: string | undefined;
  for (const line of body.split("\n")) {
    // a check ends in its own line, or in the first later one that is indented as it is and ends in ";" or
    // "}"
    if (within !== undefined) {
      const back = line.startsWith(within) && !/^\s/.test(line.slice(within.length));
      if (back && /[;}]$/.test(line)) within = undefined;
      continue;
    }
    if (!CHECKING.test(line)) lines.push(line);
    else if (!/;(?:\s*\/\/.*)?$/.test(line)) within = /^\s*/.exec(line)![0];
  }
  const indent = Math.min(...lines.filter((line) => line.trim() !== "").map((line) => line.search(/\S/)));
  return lines
    .flatMap((line) => broken(line.slice(indent)))
    .join("\n")
    .replace(/\n{2,}/g, "\n")
    .trim();
}

/** So many columns of code stand side by side on the page. */
const SHOWN_COLUMNS = 84;

/** A line too long for the page as several: broken after commas and semicolons, further ones set in by four. */
function broken(line: string): string[] {
  const [, code, comment] = /^(.*?)(\s*\/\/ .*)?$/.exec(line)!;
  if (code!.length <= SHOWN_COLUMNS) return [line];
  const inner = `${/^ */.exec(line)![0]}    `;
  const lines: string[] = [];
  let now = "";
  for (const piece of code!.split(/(?<=[,;] )/)) {
    if (now !== "" && (now + piece).trimEnd().length > SHOWN_COLUMNS) {
      lines.push(now.trimEnd());
      now = inner;
    }
    now += piece;
  }
  return [...lines, `${now}${comment ?? ""}`];
}

/** Trained weights in half precision: the page's own reader widens them again. */
function halved(path: string): Uint8Array {
  const { tensors, metadata } = readSafetensors(readFileSync(join(root, path)));
  const half = [...tensors].map(([name, tensor]) => [name, { ...tensor, dtype: "F16" as const }] as const);
  return writeSafetensors(new Map(half), metadata);
}

/** The data of the page by name. */
export function pageData(): ReadonlyMap<string, Uint8Array> {
  return new Map<string, Uint8Array>([
    ["digits-model", halved("scripts/data/digits-crossvit.safetensors")],
    ["dates-model", halved("scripts/data/dates-bahdanau.safetensors")],
    ["digits-samples", readFileSync(join(root, "scripts/data/digits-samples.safetensors"))],
  ]);
}

/**
 * What the page shows of lib, and every file that a reader can take along: declarations once, copies by
 * number.
 */
export function builtOf(places: readonly SourcePlace[]): string {
  const parts: string[] = [];
  const numbers = new Map<string, number>();
  const numberOf = (text: string): number => {
    const number = numbers.get(text) ?? parts.push(text) - 1;
    numbers.set(text, number);
    return number;
  };
  const copies: Record<string, { head: string; parts: number[] }> = {};
  const shown: Record<string, Shown> = {};
  for (const place of places) {
    shown[`${place.path}#${place.name}`] = shownAtPlace(place);
    const name = place.path.replace(/^.*\/|\.ts$/g, "");
    const head =
      `// ${name} · copied from the page of attention-by-hand ${version}\n// ` +
      `SPDX-License-Identifier: MIT-0\n`;
    copies[place.path] = {
      head,
      parts: joined([place.path])
        .trimEnd()
        .split(/\n\n(?=\S)/)
        .map(numberOf),
    };
  }
  return JSON.stringify({ shown, parts, copies }).replace(/</g, "\\u003c");
}

/**
 * The script of the page, without docstrings: the files that a reader takes along have them. The atlas stands
 * behind the page's declarations, in a scope of its own.
 */
export function pageScript(): string {
  const bare = (code: string): string =>
    code
      .replace(/^ *\/\*\*[^]*?\*\/\n/gm, "")
      .replace(/^export (?=\w)/gm, "")
      .replace(/^export \{\};?\n/gm, "");
  const [code, atlas] = withoutTypes([joined(["scripts/page/main.ts"]), nestedAtlas()]).map(bare);
  const within = `const atlas = (() => {\n${atlas}\nreturn atlasInPage;\n})();`;
  const script = `"use strict";\n(() => {\n${code}\n${within}\nstartPage(atlas);\n})();\n`;
  return script.replace(/<\/script/gi, "<\\/script");
}

/**
 * Code without its comments, blank lines and indentation: no text of the page goes over several lines, so none is
 * changed.
 */
function narrower(code: string): string {
  return code.replace(/^ *\/\/ .*\n|^\n|^ +|(?<=[;{,]) +\/\/ \([^`"'\n]*$/gm, "");
}

/** The whole page; with a mutation, broken on purpose. */
export function page(mutation?: Mutation): string {
  const changed = (text: string, place: Mutation["place"]): string =>
    mutation?.place === place ? mutated(text, mutation) : text;
  const script = narrower(changed(pageScript(), "script"));
  const style = changed(read("scripts/page/style.css"), "style");
  const policy = [
    "default-src 'none'",
    `script-src ${policyHash(script)}`,
    `style-src ${policyHash(style)}`,
    "img-src data: blob:",
    "base-uri 'none'",
    "form-action 'none'",
  ].join("; ");
  const block = ([id, bytes]: readonly [string, Uint8Array]): string =>
    `<script type="text/plain" id="${id}">${textOfBytes(bytes)}</script>`;
  const built = changed(builtOf(SCENES.flatMap(({ sources }) => sources)), "built");
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>attention-by-hand</title>
<style>${style}</style>
</head>
<body>
<noscript>This page computes everything it shows, so it needs JavaScript. 計算をその場で行うため、JavaScript が必要です。</noscript>
<script type="text/plain" id="built">${packed(built)}</script>
${[...pageData()].map(block).join("\n")}
<script>${script}</script>
</body>
</html>
`;
}
