/**
 * Shapes cannot rot. Three comparisons of a docstring's legend with the code below it:
 *
 * - each letter in a `checkShapes` stands for the same matrix and side in the legend; the same for the sides
 *   that a `checkMatrix` takes from another matrix: B (K, m) with { rows: A.cols } says that A is (n, K);
 * - where a matrix of the legend is given to a function of lib, the letters that this function's own legend
 *   holds equal are equal here, and the shape in the comment behind a line is the one that comes out;
 * - every matrix that an exported function or method takes is checked there or handed to a function that does.
 *
 * Numbers and expressions are exempt: only letters are compared.
 */
import type { Check, Source } from "./project.ts";
import type { Legend, Sides } from "./legend.ts";
import type { Call } from "./text.ts";
import { callsOf, closing, codeOf, lineAt, partsOf } from "./text.ts";
import { declarationsOf, membersOf } from "./declarations.ts";
import { blockLegendOf, isLetter, legendOf, lettersIn } from "./legend.ts";

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
  /** The legend of a parameter that is a record of matrices, such as an `AttentionHead`. */
  readonly records: ReadonlyMap<number, Legend>;
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
        if (names[0]!.includes(" ")) {
          // words for a message, not a name: the letter must be one of the legend's all the same
          const known = [unit.own, unit.outer].flatMap((legend) => [...(legend?.shapes.values() ?? [])]).flat();
          if (!known.includes(letter)) complain(place, `the legend has no side ${letter}`);
        } else if (s === 0 || !/^"/.test(sides[0]!)) complain(place, `the legend gives no shape of ${names[0]}`);
      } else if (stated[s] !== letter) {
        complain(place, `${label} is checked as "${letter}" ${which}; the legend has ${stated[s]}`);
      }
    });
  }
}

function compareMatrix(unit: Unit, args: readonly string[], place: number, complain: Complain): void {
  const [, label, , expected] = args;
  const stated = namesOf(label!).map((name) => shapeIn(unit, name)).find((shape) => shape !== undefined);
  if (stated === undefined) return;
  const wanted: [number, string][] = expected!.startsWith("{")
    ? fieldsOf(expected!).map(({ label: side, value }) => [side === "rows" ? 0 : 1, value])
    : [[0, `${expected}.rows`], [1, `${expected}.cols`]];
  for (const [s, value] of wanted) {
    const other = sideOf(unit, value);
    if (other === undefined || other === stated[s]) continue;
    if (!isLetter(other) || !isLetter(stated[s]!)) continue;
    const which = s === 0 ? "rows" : "columns";
    complain(place, `${label} has ${stated[s]} ${which} in the legend, but ${value} is ${other} there`);
  }
}

/** The letter of "A.cols", of "this.W_Q.rows", or of a constant that was taken from one of them. */
function sideOf(unit: Unit, value: string): string | undefined {
  const match = /^(?:[\w$.]+\.)?([\w$]+)\.(rows|cols)$/.exec(value);
  if (match !== null) return shapeIn(unit, match[1]!)?.[match[2] === "rows" ? 0 : 1];
  const source = /^[\w$]+$/.test(value) ? aliasesOf(unit.body).get(value) : undefined;
  return source === undefined ? undefined : sideOf(unit, source);
}

/** Constants that are a side of a matrix: `const n = A.rows`, `const { rows: n, cols: d } = A`. */
function aliasesOf(body: string): Map<string, string> {
  const found = new Map<string, string>();
  for (const [, name, source] of body.matchAll(/\bconst ([\w$]+) = ([\w$.]+\.(?:rows|cols));/g)) {
    found.set(name!, source!);
  }
  for (const [, fields, matrix] of body.matchAll(/\bconst \{ ([^{}]*) \} = ([\w$.]+);/g)) {
    for (const [, side, name = side] of fields!.matchAll(/\b(rows|cols)(?:: ([\w$]+))?/g)) {
      found.set(name!, `${matrix}.${side}`);
    }
  }
  for (const [, names, values] of body.matchAll(/\bconst \[([^[\]]*)\] = \[([^[\]]*)\];/g)) {
    const sources = values!.split(",").map((value) => value.trim());
    names!.split(",").forEach((name, n) => {
      if (/^[\w$.]+\.(?:rows|cols)$/.test(sources[n] ?? "")) found.set(name.trim(), sources[n]!);
    });
  }
  return found;
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
  const declarations = sources.flatMap(({ text }) => declarationsOf(text));
  const records = new Map(
    declarations
      .filter(({ name, kind }) => kind === "interface" && name !== "Matrix")
      .map(({ name, doc }) => [name, legendOf(doc)]),
  );
  for (const { name, kind, doc, body } of declarations) {
    if (!kind.startsWith("function")) continue;
    const types = parameterTypesOf(body).map((type) => records.get(type));
    const ofRecords = types.flatMap((legend, p): [number, Legend][] =>
      legend === undefined || legend.shapes.size === 0 ? [] : [[p, legend]],
    );
    found.set(name, { parameters: parametersOf(body), records: new Map(ofRecords), legend: blockLegendOf(doc) });
  }
  return found;
}

/** The names of a function's parameters, in order; a record's are listed in its place as "{a, b}". */
function parametersOf(body: string): string[] {
  const code = codeOf(body);
  const open = code.indexOf("(");
  return partsOf(code, open + 1, closing(code, open)).map(([from, to]) => {
    const part = code.slice(from, to).trim();
    const nameOf = (text: string): string => text.trim().replace(/[?:=\s][\s\S]*$/, "");
    if (!part.startsWith("{")) return nameOf(part);
    const fields = partsOf(part, 1, closing(part, 0)).map(([a, b]) => nameOf(part.slice(a, b)));
    return `{${fields.join(",")}}`;
  });
}

/** The names of the types of a function's parameters. */
function parameterTypesOf(body: string): string[] {
  const code = codeOf(body);
  const open = code.indexOf("(");
  const type = /: (?:readonly )?([\w$]+)(?:\[\])?(?: \| undefined)?\s*(?:=.*)?$/;
  return partsOf(code, open + 1, closing(code, open)).map(
    ([from, to]) => type.exec(code.slice(from, to))?.[1] ?? "",
  );
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
      const call = calls.find((one) => one.place >= from && unit.body.slice(one.place, one.end) === text);
      return call && resultOf(call);
    };
    const lettersOf = ({ name, args, place }: Call): Map<string, string> => {
      const bound = new Map<string, string>();
      const bind = (theirs: Sides | undefined, ours: Sides | undefined): void => {
        theirs?.forEach((letter, s) => {
          const side = ours?.[s];
          if (side === undefined || !isLetter(letter)) return;
          const before = bound.get(letter);
          if (before === undefined) bound.set(letter, side);
          else if (before !== side && isLetter(before) && isLetter(side)) {
            complain(place, `${name} needs ${before} = ${side}, by its letter ${letter}`);
          }
        });
      };
      const { parameters, records, legend } = signatures.get(name)!;
      args.forEach((arg, a) => {
        const parameter = parameters[a] ?? "";
        const record = records.get(a);
        if (record !== undefined && !arg.startsWith("{")) {
          for (const [matrix, sides] of record.shapes) bind(sides, shapeIn(unit, matrix));
        } else if (arg.startsWith("{")) {
          for (const { label, value } of fieldsOf(arg)) bind(legend.shapes.get(label), shape(value, place));
        } else bind(legend.shapes.get(parameter), shape(arg, place));
      });
      return bound;
    };
    const substituted = (sides: Sides, bound: ReadonlyMap<string, string>): Sides | undefined => {
      if (sides.flatMap(lettersIn).some((letter) => !bound.has(letter))) return undefined;
      const here = (side: string): string => side.replace(/[A-Za-z]\w*'?/g, (letter) => bound.get(letter)!);
      return [here(sides[0]), here(sides[1])];
    };
    const resultOf = (call: Call): Sides | undefined => {
      const results = signatures.get(call.name)?.legend.results;
      if (results === undefined) return undefined;
      const bound = lettersOf(call);
      return results.length === 1 ? substituted(results[0]!.sides, bound) : undefined;
    };
    const line = /(?:const ([\w$]+) = |return )([\w$]+\()/g;
    const named = new Map<number, string>();
    for (const match of code.matchAll(line)) {
      if (match[1] !== undefined) named.set(match.index + match[0].length - match[2]!.length, match[1]);
    }
    const taken = new Map<number, [string, string][]>();
    for (const match of code.matchAll(/const \{ ([^{}]*) \} = ([\w$]+)\(/g)) {
      if (!signatures.has(match[2]!)) continue;
      const fields = [...match[1]!.matchAll(/([\w$]+)(?:: ([\w$]+))?/g)];
      const place = match.index + match[0].length - match[2]!.length - 1;
      taken.set(place, fields.map(([, field, own = field]) => [field!, own!]));
    }
    for (const call of [...calls].sort((a, b) => a.place - b.place)) {
      const result = resultOf(call);
      for (const [field, own] of taken.get(call.place) ?? []) {
        const { results } = signatures.get(call.name)!.legend;
        const made = results.find(({ names }) => names.includes(field) || names.includes(`${field}'`));
        const sides = made && substituted(made.sides, lettersOf(call));
        if (sides !== undefined) known.set(own, sides);
      }
      const name = named.get(call.place);
      if (name === undefined || unit.body[call.end] !== ";") continue;
      const stated = commentShape(unit.body.slice(call.end));
      if (stated !== undefined && result !== undefined && differ(stated, result)) {
        const says = `its comment says (${stated.join(", ")})`;
        complain(call.place, `${name} is (${result.join(", ")}), but ${says}`);
      }
      const sides = stated ?? result;
      if (sides !== undefined) known.set(name, sides);
    }
    compareResults(unit, code, (text, place) => shape(text, place), complain);
    return [...problems];
  });
}

/** The shape in the comment behind a statement: `; // (1) (n_q, n_k)`. */
function commentShape(rest: string): Sides | undefined {
  const [, rows, cols] = /^; \/\/ +(?:\(\w+\) +)?\(([^()\n]*), ([^()\n]*)\)/.exec(rest) ?? [];
  if (rows === undefined || cols === undefined) return undefined;
  return [rows.replace(/\s/g, ""), cols.replace(/\s/g, "")];
}

/** True if two shapes have different letters on one side. Sums and products are not compared. */
function differ(stated: Sides, found: readonly (string | undefined)[]): boolean {
  return stated.some((side, s) => {
    const other = found[s];
    return other !== undefined && isLetter(side) && isLetter(other) && side !== other;
  });
}

/** What is returned has the shape that the legend gives the result: a record of a matrix, a call, fields. */
function compareResults(
  unit: Unit,
  code: string,
  shape: (text: string, place: number) => Sides | undefined,
  complain: Complain,
): void {
  const { results } = unit.own.results.length > 0 || unit.outer === undefined ? unit.own : unit.outer;
  const method = unit.name.replace(/^.*\./, "");
  if (unit.outer !== undefined && unit.own.results.length === 0 && method !== "forward") return;
  const compare = (place: number, what: string, stated: Sides, found: readonly (string | undefined)[]): void => {
    if (!differ(stated, found)) return;
    const is = found.map((side) => side ?? "?").join(", ");
    complain(place, `${what} is (${is}); the legend says (${stated.join(", ")})`);
  };
  for (const match of code.matchAll(/^(?: {2}| {4})return /gm)) {
    const from = match.index + match[0].length;
    const end = endOf(code, from);
    const text = unit.body.slice(from, end).trim();
    const fields = fieldsOf(text);
    const values = new Map(fields.map(({ label, value }) => [label, value]));
    if (values.has("rows") && values.has("cols") && results.length === 1) {
      const found = ["rows", "cols"].map((side) => sideOf(unit, values.get(side)!));
      compare(from, "what is returned", results[0]!.sides, found);
    } else if (fields.length > 0) {
      for (const { names, sides } of results) {
        const value = names.map((name) => values.get(name)).find((one) => one !== undefined);
        const found = value === undefined ? undefined : shape(value, from);
        if (found !== undefined) compare(from, names[0]!, sides, found);
      }
    } else if (results.length === 1) {
      const found = shape(text, from);
      if (found !== undefined) compare(from, "what is returned", results[0]!.sides, found);
    }
  }
}

/** The place of the `;` that ends the statement at `from`. */
function endOf(code: string, from: number): number {
  let depth = 0;
  for (let place = from; place < code.length; place++) {
    if ("([{".includes(code[place]!)) depth++;
    else if (")]}".includes(code[place]!)) depth--;
    else if (code[place] === ";" && depth === 0) return place;
  }
  return code.length;
}

/** A block that gives one matrix two shapes, or a result a letter that occurs nowhere else. */
export function legendProblems({ file, text }: Source): string[] {
  return declarationsOf(text).flatMap((declaration) => {
    const docs = [declaration, ...(declaration.kind === "class" ? membersOf(declaration) : [])];
    return docs.flatMap(({ name, doc, body, line }) => {
      if (!/^\s*\* {5}/m.test(doc)) return [];
      const place = `${file}:${line} ${name}`;
      const { shapes, conflicts, results } = legendOf(doc);
      const words = [...lettersIn(doc), ...lettersIn(body.split("{")[0]!)];
      const late = new Set(results.flatMap(({ names }) => names));
      const given = [...shapes.keys()].some((matrix) => !late.has(matrix));
      const letters = (given ? results : []).flatMap(({ sides }) => sides.flatMap(lettersIn));
      const count = (letter: string): number => words.filter((word) => word === letter).length;
      const once = [...new Set(letters)].filter((letter) => count(letter) < 2);
      return [
        ...[...new Set(conflicts)].map((matrix) => `${place}: the legend gives ${matrix} two shapes`),
        ...once.map((letter) => `${place}: the letter ${letter} of the result stands nowhere else`),
      ];
    });
  });
}

/** Functions that look at every matrix they get, so that handing one over is as good as a check. */
const METHODS = /^(?:put\w*|features|forward|score|attend|context|maps|step|start|encode|reduce)$/;

/** Matrices that an exported function or method takes without a look. */
export function argumentProblems(sources: readonly Source[]): string[] {
  const units = sources.flatMap(unitsOf);
  const functions = new Map(units.filter(({ name }) => !name.includes(".")).map((unit) => [unit.name, unit]));
  const checked = new Map<string, boolean>();
  const looks = (unit: Unit, matrix: string, depth: number): boolean => {
    // a list is looked at in a loop, and `A.cols` is no look at A
    const list = new RegExp(`[(\\s{,]${matrix}\\??: (?:(?:readonly )?Matrix\\[\\]|readonly \\()`).test(unit.body);
    const key = `${unit.file} ${unit.name} ${matrix}`;
    const known = checked.get(key);
    if (known !== undefined) return known;
    checked.set(key, false); // a circle proves nothing
    const word = new RegExp(`(?<![\\w$.])(?:[\\w$]+\\.)*${matrix}${list ? "(?![\\w$])" : "(?![\\w$.])"}`);
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
        .filter((matrix) => shapeIn(unit, matrix) !== undefined && !looks(unit, matrix, 0))
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
  run: ({ lib }) => {
    const calls = lib.flatMap(({ text }) => callsOf(text)).filter(({ name }) => name === "checkShapes");
    return { problems: lib.flatMap(letterProblems), figures: [`${calls.length} calls of checkShapes`] };
  },
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
