/**
 * Shapes cannot rot. Three comparisons of a docstring's legend with the code below it:
 *
 * - each letter in a `checkShapes` stands for the same matrix and side in the legend; the same for the sides
 *   that a `checkMatrix` takes from another matrix: B (K, m) with { rows: A.cols } says that A is (n, K);
 * - where a matrix of the legend is given to a function of lib, the letters that this function's own legend
 *   holds equal are equal here, and the shape in the comment behind a line is the one that comes out;
 * - every matrix that an exported function or method takes is checked there, or handed to a function that does.
 *
 * Numbers and expressions are exempt: only letters are compared.
 */
import type { Check, Source } from "./project.ts";
import type { Legend, Sides } from "./legend.ts";
import type { Call } from "./text.ts";
import { callsOf, closing, codeOf, lineAt, partsOf } from "./text.ts";
import { declarationsOf, membersOf } from "./declarations.ts";
import { isLetter, legendOf, lettersIn } from "./legend.ts";

/** A function, or one method of a class, with the legends that hold in it: its own before its class's. */
export interface Unit {
  readonly file: string;
  readonly name: string;
  readonly line: number;
  readonly exported: boolean;
  readonly body: string;
  readonly own: Legend;
  readonly outer: Legend | undefined;
}

/** What a function says of its arguments: the names of its parameters and its legend. */
export interface Signature {
  readonly parameters: readonly string[];
  readonly legend: Legend;
}

/** Functions and methods of a file. */
export function unitsOf({ file, text }: Source): Unit[] {
  return declarationsOf(text).flatMap((declaration): Unit[] => {
    const { name, kind, doc, exported, body, line } = declaration;
    const legend = legendOf(doc);
    if (kind === "class") {
      return membersOf(declaration).map((member) => ({
        file,
        name: `${name}.${member.name}`,
        line: member.line,
        exported,
        body: member.body,
        own: legendOf(member.doc),
        outer: legend,
      }));
    }
    if (!/^function|^const/.test(kind)) return [];
    return [{ file, name, line, exported, body, own: legend, outer: undefined }];
  });
}

/** The shape that a unit's legend gives a name. */
function shapeIn({ own, outer }: Unit, name: string): Sides | undefined {
  return own.shapes.get(name) ?? outer?.shapes.get(name);
}

/** A label of a check as names to look for: "heads[0].W_Q" is heads.W_Q or W_Q, "b_O?" is b_O. */
function namesOf(label: string): string[] {
  const whole = label.replace(/^\[?[`"']?|[`"']?\]?$/g, "").replace(/\[[^\]]*\]|\?$/g, "");
  return [whole, whole.replace(/^.*\./, "")];
}

/** Letters of `checkShapes` and sides of `checkMatrix` that the legend does not bear out. */
export function letterProblems(source: Source): string[] {
  return unitsOf(source).flatMap((unit) => {
    const code = codeOf(unit.body);
    const problems: string[] = [];
    const complain = (place: number, what: string): void => {
      problems.push(`${unit.file}:${unit.line + lineAt(unit.body, place) - 1} ${unit.name}: ${what}`);
    };
    for (const { name, args, place } of callsOf(unit.body, code)) {
      if (name === "checkShapes" && args.length === 2) compareShapes(unit, args[1]!, place, complain);
      if (name === "checkMatrix" && args.length === 4) compareMatrix(unit, args, place, complain);
    }
    return problems;
  });
}

type Complain = (place: number, what: string) => void;

function compareShapes(unit: Unit, record: string, place: number, complain: Complain): void {
  for (const { label, value } of fieldsOf(record)) {
    const sides = listOf(value).slice(1);
    const names = namesOf(label);
    const stated = names.map((name) => shapeIn(unit, name)).find((shape) => shape !== undefined);
    sides.forEach((side, s) => {
      const letter = /^"(.*)"$/.exec(side)?.[1]?.replace(/\s+/g, "");
      const which = s === 0 ? "rows" : "columns";
      if (letter === undefined) {
        const other = stated && sideOf(unit, side);
        if (other !== undefined && isLetter(other) && isLetter(stated![s]!) && other !== stated![s]) {
          complain(place, `${label} has ${stated![s]} ${which} in the legend, but ${side} is ${other} there`);
        }
        return;
      }
      if (stated === undefined) {
        if (s === 0 || !/^"/.test(sides[0]!)) complain(place, `the legend gives no shape of ${names[0]}`);
      } else if (stated[s] !== letter) {
        complain(place, `${label} is checked as "${letter}" ${which}; the legend has ${stated[s]}`);
      }
    });
  }
}

function compareMatrix(unit: Unit, [, label, , expected]: readonly string[], place: number, complain: Complain): void {
  const stated = namesOf(label!).map((name) => shapeIn(unit, name)).find((shape) => shape !== undefined);
  if (stated === undefined) return;
  const wanted: [number, string][] = expected!.startsWith("{")
    ? fieldsOf(expected!).map(({ label: side, value }) => [side === "rows" ? 0 : 1, value])
    : [[0, `${expected}.rows`], [1, `${expected}.cols`]];
  for (const [s, value] of wanted) {
    const other = sideOf(unit, value);
    if (other === undefined || other === stated[s]) continue;
    if (!isLetter(other) || !isLetter(stated[s]!)) continue;
    complain(place, `${label} has ${stated[s]} ${s === 0 ? "rows" : "columns"} in the legend, but ${value} is ${other} there`);
  }
}

/** The letter of "A.cols" or "this.W_Q.rows" in the legend. */
function sideOf(unit: Unit, value: string): string | undefined {
  const match = /^(?:.*\.)?([\w$]+)\.(rows|cols)$/.exec(value);
  if (match === null || /[\s(+*/-]/.test(value)) return undefined;
  return shapeIn(unit, match[1]!)?.[match[2] === "rows" ? 0 : 1];
}

/** The fields of an object as it is written. A shorthand `Q` is its own value. */
function fieldsOf(record: string): { label: string; value: string }[] {
  if (!record.startsWith("{")) return [];
  const code = codeOf(record);
  return partsOf(code, 1, closing(code, 0)).flatMap(([from, to]) => {
    const part = record.slice(from, to).trim();
    const bare = codeOf(part);
    const colon = bare.search(/:/);
    if (part.startsWith("...")) return [];
    if (colon < 0) return [{ label: part, value: part }];
    return [{ label: part.slice(0, colon).trim(), value: part.slice(colon + 1).trim() }];
  });
}

/** The elements of a list as it is written. */
function listOf(list: string): string[] {
  if (!list.startsWith("[")) return [];
  const code = codeOf(list);
  return partsOf(code, 1, closing(code, 0)).map(([from, to]) => list.slice(from, to).trim());
}

/** The exported functions of lib by name, with what their legends say. */
export function signaturesOf(sources: readonly Source[]): Map<string, Signature> {
  const found = new Map<string, Signature>();
  for (const source of sources) {
    for (const { name, kind, doc, body } of declarationsOf(source.text)) {
      if (!kind.startsWith("function")) continue;
      found.set(name, { parameters: parametersOf(body), legend: legendOf(doc) });
    }
  }
  return found;
}

/** The names of a function's parameters, in order; a record's are listed in its place as "{a, b}". */
function parametersOf(body: string): string[] {
  const code = codeOf(body);
  const open = code.indexOf("(");
  return partsOf(code, open + 1, closing(code, open)).map(([from, to]) => {
    const part = code.slice(from, to).trim();
    if (!part.startsWith("{")) return part.replace(/[?:=\s][\s\S]*$/, "");
    return `{${partsOf(part, 1, closing(part, 0)).map(([a, b]) => part.slice(a, b).trim().replace(/[\s:=][\s\S]*$/, "")).join(",")}}`;
  });
}

/** Where the letters of a called function's legend do not fit the letters here. */
export function flowProblems(source: Source, signatures: ReadonlyMap<string, Signature>): string[] {
  return unitsOf(source).flatMap((unit) => {
    if (unit.own.shapes.size + (unit.outer?.shapes.size ?? 0) === 0) return [];
    const code = codeOf(unit.body);
    const problems = new Set<string>();
    const known = new Map<string, Sides>();
    const complain = (place: number, what: string): void => {
      problems.add(`${unit.file}:${unit.line + lineAt(unit.body, place) - 1} ${unit.name}: ${what}`);
    };
    const calls = callsOf(unit.body, code);
    const shape = (text: string, from: number): Sides | undefined => {
      const name = /^(?:this\.)?([\w$]+)$/.exec(text)?.[1];
      if (name !== undefined) return known.get(name) ?? shapeIn(unit, name);
      const call = /^[\w$]+\(/.test(text) && calls.find((one) => one.place >= from && unit.body.startsWith(text, one.place) && one.end - one.place === text.length);
      return call ? resultOf(call) : undefined;
    };
    const resultOf = ({ name, args, place }: Call): Sides | undefined => {
      const signature = signatures.get(name);
      if (signature === undefined) return undefined;
      const bound = new Map<string, string>();
      const given = args.flatMap((arg, a): [string, string][] => {
        const parameter = signature.parameters[a] ?? "";
        if (!parameter.startsWith("{")) return [[parameter, arg]];
        return fieldsOf(arg).map(({ label, value }) => [label, value]);
      });
      given.forEach(([parameter, arg]) => {
        const theirs = signature.legend.shapes.get(parameter);
        const ours = shape(arg, place);
        if (theirs === undefined || ours === undefined) return;
        theirs.forEach((letter, s) => {
          if (!isLetter(letter)) return;
          const before = bound.get(letter);
          if (before === undefined) bound.set(letter, ours[s]!);
          else if (before !== ours[s] && isLetter(before) && isLetter(ours[s]!)) {
            complain(place, `${name} needs ${before} = ${ours[s]}, by its letter ${letter}`);
          }
        });
      });
      const { results } = signature.legend;
      if (results.length !== 1) return undefined;
      const [rows, cols] = results[0]!.sides.map((side) => {
        const letters = lettersIn(side);
        if (letters.some((letter) => !bound.has(letter))) return undefined;
        return side.replace(/[A-Za-z]\w*'?/g, (letter) => bound.get(letter)!);
      });
      return rows === undefined || cols === undefined ? undefined : [rows, cols];
    };
    const line = /(?:const ([\w$]+) = |return )([\w$]+\()/g;
    const named = new Map<number, string>();
    for (const match of code.matchAll(line)) {
      if (match[1] !== undefined) named.set(match.index + match[0].length - match[2]!.length, match[1]);
    }
    for (const call of [...calls].sort((a, b) => a.place - b.place)) {
      const result = resultOf(call);
      const name = named.get(call.place);
      if (name === undefined || unit.body[call.end] !== ";") continue;
      const comment = /^; \/\/ +(?:\(\w+\) +)?\(([^()]*), ([^()]*)\)/.exec(unit.body.slice(call.end).split("\n")[0]!);
      const stated = comment && ([comment[1]!.replace(/\s/g, ""), comment[2]!.replace(/\s/g, "")] as const);
      if (stated && result && stated.some((side, s) => isLetter(side) && isLetter(result[s]!) && side !== result[s])) {
        complain(call.place, `${name} is (${result.join(", ")}), but its comment says (${stated.join(", ")})`);
      }
      if (stated ?? result) known.set(name, (stated ?? result)!);
    }
    return [...problems];
  });
}

/** A block that gives one matrix two shapes, or a result a letter that occurs nowhere else. */
export function legendProblems({ file, text }: Source): string[] {
  return declarationsOf(text).flatMap((declaration) => {
    const docs = [declaration, ...(declaration.kind === "class" ? membersOf(declaration) : [])];
    return docs.flatMap(({ name, doc, line }) => {
      if (!/^\s*\* {5}/m.test(doc)) return [];
      const place = `${file}:${line} ${name}`;
      const { conflicts, results } = legendOf(doc);
      const words = lettersIn(doc);
      const letters = results.flatMap(({ sides }) => sides.flatMap(lettersIn));
      const once = [...new Set(letters)].filter((letter) => words.filter((word) => word === letter).length < 2);
      return [
        ...[...new Set(conflicts)].map((matrix) => `${place}: the legend gives ${matrix} two shapes`),
        ...once.map((letter) => `${place}: the letter ${letter} of the result stands nowhere else in the docstring`),
      ];
    });
  });
}

/** Functions that look at every matrix they get, so that handing one over is as good as a check. */
const METHODS = /^(?:forward|score|attend|context|maps|step|start|encode)$/;

/** Matrices that an exported function or method takes without a look. */
export function argumentProblems(sources: readonly Source[]): string[] {
  const units = sources.flatMap(unitsOf);
  const functions = new Map(units.filter(({ name }) => !name.includes(".")).map((unit) => [unit.name, unit]));
  const checked = new Map<string, boolean>();
  const looks = (unit: Unit, matrix: string, depth: number): boolean => {
    const key = `${unit.file} ${unit.name} ${matrix}`;
    const known = checked.get(key);
    if (known !== undefined) return known;
    checked.set(key, false); // a circle proves nothing
    const word = new RegExp(`(?<![\\w$.])${matrix.replace(/\$/g, "\\$")}(?![\\w$])`);
    const body = unit.body.slice(unit.body.indexOf("("));
    const inside = body.slice(closing(codeOf(body), 0));
    const found = callsOf(inside).some(({ name, args }) => {
      if (!args.some((arg) => word.test(arg))) return false;
      if (/^check[A-Z]/.test(name) || METHODS.test(name) || /^[A-Z]/.test(name)) return true;
      const callee = functions.get(name);
      if (callee === undefined || depth > 8) return false;
      const parameters = parametersOf(callee.body);
      return args.some((arg, a) => {
        if (!word.test(arg)) return false;
        const parameter = parameters[a] ?? parameters[parameters.length - 1] ?? "";
        if (parameter.startsWith("{")) return true;
        return parameter === "" || looks(callee, parameter, depth + 1);
      });
    });
    checked.set(key, found);
    return found;
  };
  return units
    .filter(({ exported }) => exported)
    .flatMap((unit) =>
      matricesOf(unit.body)
        .filter((matrix) => !looks(unit, matrix, 0))
        .map((matrix) => `${unit.file}:${unit.line} ${unit.name} takes the matrix ${matrix} without a check`),
    );
}

/** The parameters of a function that are matrices or lists of them. */
function matricesOf(body: string): string[] {
  const code = codeOf(body);
  const open = code.indexOf("(");
  const parameters = code.slice(open + 1, closing(code, open));
  return [...parameters.matchAll(/([\w$]+)\??: (?:readonly )?Matrix\b/g)].map((match) => match[1]!);
}

export const letters: Check = {
  name: "letters of checkShapes and checkMatrix",
  run: ({ lib }) => ({
    problems: lib.flatMap(letterProblems),
    figures: [`${lib.reduce((sum, { text }) => sum + (text.match(/\bcheckShapes\(/g) ?? []).length, 0)} calls of checkShapes`],
  }),
};

export const flow: Check = {
  name: "letters along the calls",
  run: ({ lib }) => {
    const signatures = signaturesOf(lib);
    return { problems: lib.flatMap((source) => flowProblems(source, signatures)) };
  },
};

export const legends: Check = {
  name: "legends",
  run: ({ lib }) => ({ problems: lib.flatMap(legendProblems) }),
};

export const matrices: Check = {
  name: "every matrix is checked",
  run: ({ lib }) => ({ problems: argumentProblems(lib) }),
};
