/** `lib/simd`: its names, and the signatures of those that stand for others. */
import type { Check, Project } from "./project.ts";
import { SUBSTITUTES } from "../copy/simd.ts";
import { declarationsOf } from "./declarations.ts";

/** A function's signature on one line: all before its body, without the trailing commas of lists. */
export function signatureOf(body: string): string {
  const lines = body.split("\n");
  let open = 0; // brackets
  const end = lines.findIndex((line) => {
    for (const letter of line) open += letter === "(" ? 1 : letter === ")" ? -1 : 0;
    return open === 0 && line.endsWith("{");
  });
  const head = lines.slice(0, end + 1).map((line) => line.trim()).join(" ");
  return head.replace(/ \{$/, "").replace(/\( /g, "(").replace(/,? \)/g, ")");
}

/**
 * Where a substitute differs from the function that it stands for, where it is missing, and where `lib/simd`
 * exports or declares a name of `lib` that is not listed in `SUBSTITUTES`.
 */
export function substituteProblems(
  lib: Project["lib"],
  substitutes: ReadonlyMap<string, string> = SUBSTITUTES,
): string[] {
  const places = lib.flatMap(({ file, text }) =>
    declarationsOf(text).map(({ name, body, exported }) => ({ file, name, body, exported })),
  );
  const isSimd = (file: string): boolean => file.startsWith("lib/simd/");
  const plain = new Map(places.filter(({ file }) => !isSimd(file)).map((place) => [place.name, place]));
  const fast = new Map(places.filter(({ file }) => isSimd(file)).map((place) => [place.name, place]));
  const problems: string[] = [];
  for (const [name, file] of substitutes) {
    const [model, substitute] = [plain.get(name), fast.get(name)];
    if (model === undefined || !model.exported) problems.push(`no file of lib but ${file} exports ${name}`);
    else if (substitute?.file !== file || !substitute.exported) problems.push(`${file} does not export ${name}`);
    else if (signatureOf(model.body) !== signatureOf(substitute.body)) {
      const [wanted, got] = [signatureOf(model.body), signatureOf(substitute.body)];
      problems.push(`${file}: ${name} differs from ${model.file}: ${got}, not ${wanted}`);
    }
  }
  for (const { name, file } of fast.values()) {
    const model = plain.get(name);
    if (model === undefined || substitutes.has(name)) continue;
    problems.push(`${file}: ${name} is declared in ${model.file} too, and is not listed as its substitute`);
  }
  return problems;
}

export const simd: Check = {
  name: "names of lib/simd",
  run: ({ lib }) => ({
    problems: substituteProblems(lib),
    figures: [`${SUBSTITUTES.size} functions of kernels and graph have a substitute`],
  }),
};
