/** The form that lets a file be copied by text into any project. */
import type { Check, Source } from "./project.ts";
import { HEAD, declarationsOf } from "./declarations.ts";
import { codeOf } from "./text.ts";

/** The places of a `lib` file that break the form. */
export function formProblems(file: string, text: string): string[] {
  const problems: string[] = [];
  const lines = text.split("\n");
  const declared = declarationsOf(text);
  const codeLines = codeOf(text).split("\n").map((line) => line.trimEnd());
  const forbid = (pattern: RegExp, why: string): void => {
    codeLines.forEach((line, n) => {
      if (pattern.test(line)) problems.push(`${file}:${n + 1} ${why}: ${line.trim()}`);
    });
  };
  forbid(/^export default|^export \*|^export \{/, "exports are declarations of their own");
  forbid(
    /^\s*(?:export )?(?:const )?enum |^\s*(?:export )?namespace /,
    "only erasable syntax",
  );
  forbid(/^\s*constructor\((?:.*[(,] *)?(?:private|public|protected|readonly) /, "only erasable syntax");
  forbid(/: any\b|\bas any\b|<any>/, "no any");
  forbid(
    /\b(?:Math\.random|Date\.|process\.|console\.|performance\.|globalThis|setTimeout|require\()/,
    "lib knows no platform",
  );
  forbid(/\b(?:TextDecoder|TextEncoder|BigInt)\b/, "lib knows no platform");
  forbid(
    /\.includes\(|\.padStart\(|\.padEnd\(|Object\.entries\(|Object\.values\(|\.flat\(|\.flatMap\(|\*\*/,
    "lib keeps to ES2015",
  );
  if (/@ts-(?:ignore|nocheck|expect-error)/.test(text)) problems.push(`${file} silences the compiler`);
  if (!/^lib\/(?:kernels|graph|checkpoints|simd)\/|^lib\/matrix\.ts$/.test(file)) {
    forbid(/\]!|\.data\[/, "array indexing stays in kernels");
  }
  codeLines.forEach((line, n) => {
    if (line !== "" && /^[^\s}\])]/.test(line) && !HEAD.test(line) && !line.startsWith("import ")) {
      problems.push(`${file}:${n + 1} only declarations stand at column 0: ${line.trim()}`);
    }
  });
  for (const { name, kind, exported, doc, body, line } of declared) {
    const inner = body.split("\n").slice(1);
    if (inner.some((one) => HEAD.test(one))) {
      problems.push(`${file}:${line} ${name} does not end in a column-0 } or in a one-line ;`);
    }
    if (exported && doc === "") problems.push(`${file}:${line} ${name} is exported without a docstring`);
    if (kind === "let") problems.push(`${file}:${line} ${name}: lib has no global state`);
  }
  lines.forEach((line, n) => {
    if (/\s$/.test(line)) problems.push(`${file}:${n + 1} ends in white space`);
  });
  return problems;
}

/**
 * A name that two files declare: joined into one file they would clash. The files of `lib/simd` stand in the place
 * of others: their names are compared among themselves here, and with the others in simd.ts.
 */
export function nameProblems(files: readonly Source[]): string[] {
  const owners = new Map<string, string>();
  const scope = (file: string): string => (file.startsWith("lib/simd/") ? "simd " : "");
  return files.flatMap(({ file, text }) =>
    declarationsOf(text).flatMap(({ name }) => {
      const owner = owners.get(scope(file) + name);
      owners.set(scope(file) + name, file);
      if (owner === undefined) return [];
      return [`${file}: ${name} is declared in ${owner} too; files can be joined where names are unique`];
    }),
  );
}

export const form: Check = {
  name: "form",
  run: ({ lib }) => {
    const declarations = lib.flatMap(({ text }) => declarationsOf(text));
    return {
      problems: [...lib.flatMap(({ file, text }) => formProblems(file, text)), ...nameProblems(lib)],
      figures: [`${lib.length} files of lib, ${declarations.length} declarations`],
    };
  },
};
