/**
 * Reading TypeScript as text. The house rules keep that easy: no syntax tree is needed to find a call, its
 * arguments, or the end of a statement.
 */

/** Comments, strings, regular expressions where a value may begin, and the beginning of a template. */
const TOKENS: readonly RegExp[] = [
  /\/\*[\s\S]*?\*\/|\/\/.*/,
  /"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'/,
  /(?<=(?:[(,=:[!&|?{};+]|=>|return)\s*)\/(?![*/])(?:\\.|\[(?:\\.|[^\]\\\n])*\]|[^/\\\n[])+\/[a-z]*/,
  /`/,
];

/**
 * The code alone, at the same places: comments, and the insides of strings, templates and regular
 * expressions, become spaces.
 */
export function codeOf(text: string): string {
  const blank = (part: string): string => part.replace(/[^\n]/g, " ");
  let code = "";
  let place = 0;
  const token = new RegExp(TOKENS.map(({ source }) => source).join("|"), "g");
  for (let match = token.exec(text); match !== null; match = token.exec(text)) {
    const [found] = match;
    const end = found === "`" ? templateEnd(text, match.index) : match.index + found.length;
    const quoted = !found.startsWith("//") && !found.startsWith("/*");
    const whole = text.slice(match.index, end);
    code += text.slice(place, match.index);
    code += quoted ? whole[0]! + blank(whole.slice(1, -1)) + whole[whole.length - 1]! : blank(whole);
    place = end;
    token.lastIndex = end;
  }
  return code + text.slice(place);
}

/** The place after the end of the template that begins at `start`, with whatever stands in its `${…}`. */
function templateEnd(text: string, start: number): number {
  for (let place = start + 1; place < text.length; place++) {
    if (text[place] === "\\") place++;
    else if (text[place] === "`") return place + 1;
    else if (text.startsWith("${", place)) {
      let depth = 1;
      for (place += 2; depth > 0 && place < text.length; place++) {
        if (text[place] === "`") place = templateEnd(text, place) - 1;
        else if (text[place] === "{") depth++;
        else if (text[place] === "}") depth--;
      }
      place--;
    }
  }
  return text.length;
}

/** The place of the bracket that closes the one at `open`, in code without strings and comments. */
export function closing(code: string, open: number): number {
  let depth = 0;
  for (let place = open; place < code.length; place++) {
    if ("([{".includes(code[place]!)) depth++;
    else if (")]}".includes(code[place]!) && --depth === 0) return place;
  }
  return code.length;
}

/** The places [start, end) of the parts between commas that stand in no brackets. */
export function partsOf(code: string, start: number, end: number): [number, number][] {
  const parts: [number, number][] = [];
  let depth = 0;
  let from = start;
  for (let place = start; place < end; place++) {
    const char = code[place]!;
    if ("([{".includes(char)) depth++;
    else if (")]}".includes(char)) depth--;
    else if (char === "," && depth === 0) {
      parts.push([from, place]);
      from = place + 1;
    }
  }
  if (code.slice(from, end).trim() !== "") parts.push([from, end]);
  return parts;
}

/** A call: the text before its bracket, its arguments as they are written, and where it stands. */
export interface Call {
  readonly name: string;
  readonly args: readonly string[];
  readonly place: number;
  readonly end: number;
}

/** Every call of a named function or method in a text, inner calls too, in the order of their names. */
export function callsOf(text: string, code: string = codeOf(text)): Call[] {
  return [...code.matchAll(/([\w$]+)(?:<[\w$<>[\], |]+>)?\(/g)].map((match) => {
    const open = match.index + match[0].length - 1;
    const end = closing(code, open);
    const args = partsOf(code, open + 1, end).map(([from, to]) => text.slice(from, to).trim());
    return { name: match[1]!, args, place: match.index, end: end + 1 };
  });
}

/** The number of the line at a place, from 1. */
export function lineAt(text: string, place: number): number {
  return text.slice(0, place).split("\n").length;
}

/** Characters, not bytes and not UTF-16 units: what an editor shows as columns, wide characters as one. */
export function widthOf(line: string): number {
  return Array.from(line.normalize("NFC")).length;
}
