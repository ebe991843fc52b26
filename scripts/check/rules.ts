/**
 * The house rules that keep the code readable and copyable, as functions from text to complaints. They read
 * text, not syntax trees: the rules themselves keep that easy. `scripts/check.ts` runs them over the tree.
 */

/**
 * A top-level declaration of a file: its name, the docstring above it, and its text from the first line to
 * the column-0 end.
 */
export interface Declaration {
  readonly name: string;
  readonly kind: string;
  readonly exported: boolean;
  readonly doc: string;
  readonly body: string;
  readonly line: number;
}

const HEAD =
  /^(export )?(?:declare )?(?:abstract )?(?:async )?(function\*?|class|interface|type|const|let) ([A-Za-z_$][\w$]*)/;

/**
 * The declarations of a file that keeps the form: each starts at column 0 and ends at a column-0 `}` or in a
 * one-line `;`.
 */
export function declarationsOf(text: string): Declaration[] {
  const lines = text.split("\n");
  const found: Declaration[] = [];
  for (let n = 0; n < lines.length; n++) {
    const head = HEAD.exec(lines[n]!);
    if (head === null) continue;
    const start = n;
    const oneLine = /;\s*(\/\/.*)?$/.test(lines[n]!) || /[{].*[}]$/.test(lines[n]!);
    const end =
      /^(?:const|let|type)$/.test(head[2]!) && !/[{[(]$/.test(lines[n]!)
        ? /;\s*(?:\/\/.*)?$/
        : /^[}\])]+(?: as const)?;?$/; // a value on the next line
    if (!oneLine) while (n + 1 < lines.length && !end.test(lines[n]!)) n++;
    let first = start;
    if (lines[start - 1]?.trim().endsWith("*/")) {
      first = start - 1;
      while (first > 0 && !lines[first]!.startsWith("/**")) first--;
    }
    found.push({
      name: head[3]!,
      kind: head[2]!,
      exported: head[1] !== undefined,
      doc: lines.slice(first, start).join("\n"),
      body: lines.slice(start, n + 1).join("\n"),
      line: start + 1,
    });
  }
  return found;
}

/**
 * Equation numbers in a declaration's docstring and at the ends of its lines must be the same set, in both
 * directions.
 */
export function equationProblems(file: string, text: string): string[] {
  const problems: string[] = [];
  for (const { name, doc, body, line } of declarationsOf(text)) {
    const stated = new Set(
      [...doc.matchAll(/ {2,}\(([A-Z]?\d+[a-z]?|[A-Z])\)$/gm)].map((match) => match[1]!),
    );
    const computed = new Set(
      [...body.matchAll(/\/\/ +\(([A-Z]?\d+[a-z]?|[A-Z])\)(?=\s|$)/gm)].map((match) => match[1]!),
    );
    for (const number of stated) {
      if (!computed.has(number)) {
        problems.push(
          `${file}:${line} ${name}: equation (${number}) stands in the docstring, but no line ends in // ` +
            `(${number})`,
        );
      }
    }
    for (const number of computed) {
      if (!stated.has(number)) {
        problems.push(
          `${file}:${line} ${name}: a line ends in // (${number}), but the docstring has no equation ` +
            `(${number})`,
        );
      }
    }
  }
  return problems;
}

/** What may import what: a file imports from its own floor or a lower one. */
const FLOORS: Record<string, number> = {
  matrix: 0,
  graph: 1,
  kernels: 1,
  attention: 2,
  layers: 3,
  models: 4,
  checkpoints: 5,
};

/** Imports of a `lib` file: one line each, named, relative, with `.ts`, never upwards. */
export function importProblems(file: string, text: string): string[] {
  const problems: string[] = [];
  const floor = (path: string): number => FLOORS[path.split("/")[1]!.replace(/\.ts$/, "")] ?? Infinity;
  text.split("\n").forEach((line, n) => {
    if (!/^\s*import\b|^export .* from /.test(line)) return;
    const match = /^import (?:type )?\{ [\w$, ]+ \} from "(\.{1,2}\/[\w./-]+\.ts)";$/.exec(line);
    if (match === null || / as /.test(line)) {
      problems.push(
        `${file}:${n + 1} an import is one line of names from a relative path with .ts: ${line.trim()}`,
      );
      return;
    }
    const target = new URL(match[1]!, `file:///${file}`).pathname.slice(1);
    if (floor(target) > floor(file)) {
      problems.push(`${file}:${n + 1} imports ${target}, which is on a higher floor`);
    }
  });
  return problems;
}

/** The form that lets a file be copied by text into any project. */
export function formProblems(file: string, text: string): string[] {
  const problems: string[] = [];
  const lines = text.split("\n");
  const declared = declarationsOf(text);
  const code = text
    .replace(/\/\*[\s\S]*?\*\//g, (comment) => comment.replace(/[^\n]/g, " "))
    .replace(/\/\/.*$/gm, "");
  const codeLines = code.split("\n");
  const forbid = (pattern: RegExp, why: string): void => {
    codeLines.forEach((line, n) => {
      if (pattern.test(line)) problems.push(`${file}:${n + 1} ${why}: ${line.trim()}`);
    });
  };
  forbid(/^export default|^export \*|^export \{/, "exports are declarations of their own");
  forbid(
    /^\s*(?:export )?(?:const )?enum |^\s*(?:export )?namespace |^\s*constructor\((?:.*[(,] *)?(?:private|public|protected|readonly) /,
    "only erasable syntax",
  );
  forbid(/: any\b|\bas any\b|<any>/, "no any");
  forbid(
    /\b(?:Math\.random|Date\.|process\.|console\.|performance\.|TextDecoder|TextEncoder|BigInt|globalThis|setTimeout|require\()/,
    "lib knows no platform",
  );
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
    if (
      body
        .split("\n")
        .slice(1)
        .some((inner) => HEAD.test(inner))
    ) {
      problems.push(`${file}:${line} ${name} does not end in a column-0 } or in a one-line ;`);
    }
    if (exported && doc === "") problems.push(`${file}:${line} ${name} is exported without a docstring`);
    if (kind === "let") problems.push(`${file}:${line} ${name}: lib has no global state`);
  }
  lines.forEach((line, n) => {
    if (line.length > 170) problems.push(`${file}:${n + 1} is ${line.length} columns wide`);
    if (/\s$/.test(line)) problems.push(`${file}:${n + 1} ends in white space`);
  });
  return problems;
}
