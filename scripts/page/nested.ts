/**
 * The atlas within the page's script: declarations that its entries reach, in a scope of their own, so that they
 * may bear names that the page has too; what the page declares already they take from there.
 */
import type { Part } from "../copy/join.ts";
import { inOrder, reached, readSource, textOf } from "../copy/join.ts";

const ATLAS = "scripts/atlas/in-page.ts";

/** What stands in for declarations that need a disk or that no page comes to: where they are declared, and what. */
const STAND_INS: Readonly<Record<string, readonly [path: string, code: string]>> = {
  equationsOf: ["scripts/atlas/equations.ts", "const equationsOf = () => [];"],
  pronounsOn: ["scripts/atlas/trained.ts", "const pronounsOn = () => undefined;"],
  inductionOn: ["scripts/atlas/trained.ts", "const inductionOn = () => undefined;"],
  reverseOn: ["scripts/atlas/trained.ts", "const reverseOn = () => undefined;"],
  readPicture: ["scripts/images/read.ts", "const readPicture = () => undefined;"],
  coloured: ["scripts/atlas/entries/cross-vit.ts", "const coloured = () => false;"],
  views: ["scripts/atlas/entries/cross-vit.ts", "const views = () => undefined;"],
};

/** The block of the page that holds a file of scripts/data. */
const DATA: Readonly<Record<string, string>> = {
  "dates-bahdanau.safetensors": "dates-model",
  "digits-crossvit.safetensors": "digits-model",
  "digits-samples.safetensors": "digits-samples",
};

/** Properties of entries and of their runs that the page shows nowhere: each in lines of its own. */
const UNSEEN = /^( +)(?:about: \{|notes: \[|help: \{)\n[^]*?\n\1[}\]],\n/gm;

/** The declarations of a file and all that they reach, but for names that are there. */
function partsOf(path: string, there: ReadonlyMap<string, string>): Part[] {
  const source = readSource(path);
  const own = source.declarations.map((declaration) => ({ source, declaration }));
  const names = new Map([...there, ...own.map(({ declaration }) => [declaration.name, path] as const)]);
  return [...own, ...reached(own.map(({ declaration }) => ({ source, code: declaration.body })), names)];
}

/** The atlas as TypeScript: to stand behind the page's declarations, within a function. */
export function nestedAtlas(): string {
  const key = ({ source, declaration }: Part): string => `${source.path}#${declaration.name}`;
  const outside = new Set(partsOf("scripts/page/main.ts", new Map()).map(key));
  const there = new Map(Object.entries(STAND_INS).map(([name, [path]]) => [name, path]));
  const parts = partsOf(ATLAS, there).filter((part) => !outside.has(key(part)));
  const { before, after } = inOrder("", parts);
  const files = Object.entries(DATA).map(
    ([file, block]) => `if (String(place).endsWith("${file}")) return bytesOf("${block}");`,
  );
  return [
    `const readFileSync = (place) => { ${files.join(" ")} throw new Error(\`no \${place}\`); };`,
    ...Object.values(STAND_INS).map(([, code]) => code),
    ...[...before, ...after].map(({ declaration }) => textOf(declaration, false)),
  ]
    .join("\n\n")
    .replace(UNSEEN, "")
    .replace(/\bimport\.meta\.url\b/g, '"file:///scripts/atlas/entries/x.ts"');
}
