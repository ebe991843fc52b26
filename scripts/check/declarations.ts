/**
 * The declarations of a file and the members of a class, found by text: the form that the checks hold makes
 * that exact.
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

/** The first line of a top-level declaration. */
export const HEAD: RegExp =
  /^(export )?(?:(?:declare|abstract|async) )*(function\*?|class|interface|type|const|let) ([A-Za-z_$][\w$]*)/;

/** The first line of a method, or of a function in a field, two spaces deep. */
const METHOD = /^ {2}(?:(?:static|async|private|protected|override|get|set|readonly) )*([\w$]+)(?: = )?\(/;

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
        : /^[}\])]+(?: as [^;]+)?;?$/; // a value on the next line
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

/** A method, with the docstring above it. */
export interface Member {
  readonly name: string;
  readonly doc: string;
  readonly body: string;
  readonly line: number;
}

/** The methods of a class in the form of the house: two spaces deep, from a head to a closing brace. */
export function membersOf({ body, line }: Declaration): Member[] {
  const lines = body.split("\n");
  const found: Member[] = [];
  for (let n = 1; n < lines.length; n++) {
    const name = METHOD.exec(lines[n]!)?.[1];
    if (name === undefined) continue;
    const start = n;
    if (!/[{;].*[};]$/.test(lines[n]!)) while (n + 1 < lines.length && !/^ {2}\};?$/.test(lines[n]!)) n++;
    let first = start;
    if (lines[start - 1]!.trim().endsWith("*/")) {
      first = start - 1;
      while (!lines[first]!.trim().startsWith("/**")) first--;
    }
    found.push({
      name,
      doc: lines.slice(first, start).join("\n"),
      body: lines.slice(start, n + 1).join("\n"),
      line: line + start,
    });
  }
  return found;
}
