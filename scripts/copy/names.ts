/**
 * The names under which things can be copied. Two kinds of things can: a file of `lib`, whose place is its
 * path, and an exported declaration, whose place is `path#name`.
 */
import { basename, join, resolve } from "node:path";
import { existsSync, readFileSync } from "node:fs";
import { SUBSTITUTES } from "./simd.ts";
import { libraryFiles, nameOf, readSource, root } from "./join.ts";

/** `geluTanh` → `gelu-tanh`, `BigBirdAttention` → `big-bird-attention`, `CrossViT` → `cross-vit`. */
export function kebab(name: string): string {
  return name
    .replace("ViT", "Vit")
    .replace(/([a-z\d])([A-Z])/g, "$1-$2")
    .replace(/([A-Z])([A-Z][a-z])/g, "$1-$2")
    .replace(/_/g, "-")
    .toLowerCase();
}

/** Every exported declaration of `lib` by its name: `geluTanh` → `lib/kernels/activations.ts#geluTanh`. */
export function libraryDeclarations(): Map<string, string> {
  const files = [...libraryFiles().values()];
  return new Map(
    files.flatMap((path) =>
      readSource(path)
        .declarations.filter(({ exported }) => exported)
        .map(({ name }) => [name, `${path}#${name}`] as const),
    ),
  );
}

/** Every declaration by its name in kebab case. Of a value and a type with one such name, it is the value. */
function inKebabCase(): Map<string, string> {
  const isType = (place: string): boolean => {
    const [path, name] = place.split("#");
    const found = readSource(path!).declarations.find((declaration) => declaration.name === name);
    return found?.kind === "interface" || found?.kind === "type";
  };
  const all = [...libraryDeclarations()];
  const types = all.filter(([, place]) => isType(place));
  const values = all.filter(([, place]) => !isType(place));
  return new Map([...types, ...values].map(([name, place]) => [kebab(name), place])); // the last one stays
}

/**
 * The place that a name means: a file's name first, then a declaration's, as it is written or in kebab case,
 * then a mechanism's of the atlas. A name with a slash is a path of `lib`, from here or from the project's
 * folder.
 */
export function placeNamed(name: string): string | undefined {
  const bare = basename(name, ".ts");
  const file = libraryFiles().get(bare);
  if (/[/\\]/.test(name)) {
    const paths = [name, `${name}.ts`].flatMap((path) => [resolve(path), resolve(root, path)]);
    return file !== undefined && paths.includes(join(root, file)) ? file : undefined;
  }
  return file ?? libraryDeclarations().get(bare) ?? inKebabCase().get(kebab(bare)) ?? placeInAtlas(bare);
}

/** The file behind a mechanism of the atlas: `multi-head` is `lib/attention/multi-head-attention.ts`. */
function placeInAtlas(id: string): string | undefined {
  const entry = join(root, "scripts/atlas/entries", `${id}.ts`);
  if (!/^[a-z-]+$/.test(id) || !existsSync(entry)) return undefined;
  return /^  file: "(lib\/[^"]+)",$/m.exec(readFileSync(entry, "utf8"))?.[1];
}

/** The place that a name means with `--simd`: of `lib/simd` if there is one, else as without. */
export function simdPlaceNamed(name: string): string | undefined {
  const place = libraryFiles("lib/simd").get(basename(name, ".ts")) ?? placeNamed(name);
  const declaration = place?.split("#")[1];
  const instead = declaration === undefined ? undefined : SUBSTITUTES.get(declaration);
  return instead === undefined ? place : `${instead}#${declaration}`;
}

/** What a copy's file is called, without its ending. */
export function fileNameOf(place: string): string {
  return kebab(nameOf(place));
}

/** Names of version 0.1.0, in kebab case, that mean nothing any more, with those that came in their place. */
export const RENAMED: ReadonlyMap<string, string> = new Map([
  ["allow-ahead", "longitudinalMask"],
  ["allow-beside", "lateralMask"],
  ["blend", "interpolate"],
  ["graph-watch", "WeightsListener"],
  ["grid-lines", "grid"],
  ["hadamard", "multiply"],
  ["keep", "restrict"],
  ["keep-rows", "maskRows"],
  ["luong-look", "LuongStepAttention"],
  ["product", "matmul"],
  ["real-tokens", "withoutPadding"],
  ["sharpen-rows", "divideByTemperature"],
  ["to-map", "toDense"],
  ["turn-axes", "channelsFirst"],
  ["watch", "WeightsListener"],
  ["watch-within", "withPrefix"],
  ["why", "REASON"],
  ["why-names", "reasonNames"],
]);

/**
 * The name nearest to a wrong one, case and dashes aside: of the first group of names in which some hold its
 * letters, else of all, by edit distance.
 */
export function nearest(wrong: string, ...groups: readonly (readonly string[])[]): string {
  const letters = (name: string): string => name.replace(/\W|_/g, "").toLowerCase();
  const holds = (name: string): boolean => wrong !== "" && letters(name).includes(letters(wrong));
  const holding = groups.map((names) => names.filter(holds)).find((names) => names.length > 0);
  const far = (name: string): number => distance(kebab(wrong), kebab(name));
  return [...(holding ?? groups.flat())].sort((a, b) => far(a) - far(b))[0]!;
}

/** How many letters must be put in, taken out or changed to make one word of another. */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1];
      next.push(Math.min(next[j - 1]! + 1, row[j]! + 1, row[j - 1]! + (same ? 0 : 1)));
    }
    row = next;
  }
  return row[b.length]!;
}
