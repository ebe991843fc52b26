/** What each mechanism scores and multiplies at a length T, and where the sparse ones become cheaper. */
/** Features of a query, a key and a value. */
export const COST_WIDTH = 64;

/** The grid’s pairs as H² + W², where each of H·W cells has H + W keys. */
export type CostWrong = "right" | "squares";

export interface CostSettings {
  /** T is 2 to this power. */
  readonly power: number;
  readonly radius: number;
  readonly globals: number;
  readonly wrong?: CostWrong;
}

export const COST_NAMES = [
  "cat",
  "heads",
  "dot",
  "gradient",
  "hard",
  "bilinear",
  "additive",
  "joined",
  "self",
  "causal",
  "bird",
  "hybrid",
  "longformer",
  "window",
  "axial",
  "factorised",
  "parallel",
  "between",
  "inner",
  "cross",
  "structured",
  "phrases",
  "mapsImage",
  "mapsPatch",
  "token",
  "bahdanau",
  "luong",
] as const;
export type CostName = (typeof COST_NAMES)[number];

export interface CostRow {
  readonly name: CostName;
  readonly pairs: number;
  readonly multiplyAdds: number;
}

/** The pairs P and the multiply-adds of each, in the letters of `lettersOf`: sums whose terms stand apart. */
const COST_FORMULAS: Readonly<Record<CostName, readonly [pairs: string, multiplyAdds: string]>> = {
  cat: ["4·T²", "2·d·P"],
  heads: ["h·T²", "4·T·d² + 2·(d/h)·P"],
  dot: ["T²", "2·d·P"],
  gradient: ["T²", "5·d·P + P"],
  hard: ["T²", "T·d + d·P"],
  bilinear: ["T²", "T·d² + 2·d·P"],
  additive: ["T²", "2·T·d·n' + n'·P + d·P"],
  joined: ["T²", "2·d·n'·P + n'·P + d·P"],
  self: ["T²", "3·T·d² + 2·d·P"],
  causal: ["T·(T+1)/2", "4·T·d² + 2·d·P"],
  bird: ["2·b·T + 2·b²·(4+u) + (T/b−4)·b²·(5+u)", "4·T·d² + 2·d·P"],
  hybrid: ["T·(2·r+1) − r·(r+1) + 2·T·G − D", "4·T·d² + 2·d·P"],
  longformer: ["T·(2·r+1) − r·(r+1) + 2·T·G − D", "4·T·d² + 2·T·d² + G·d² + 2·d·P"],
  window: ["T·(2·r+1) − r·(r+1)", "4·T·d² + 2·d·P"],
  axial: ["T·(H+W)", "8·T·d² + 2·d·P"],
  factorised: ["T·(H+W)", "10·T·d² + 2·d·P"],
  parallel: ["T·(H+W)", "2·d·P"],
  between: ["d·(T/p²)²", "4·p²·T·d + 2·p²·P"],
  inner: ["T·p²", "4·T·d² + 2·d·P"],
  cross: ["n·T", "n·d² + 2·T·d² + 2·d·P"],
  structured: ["m·T", "T·d·n' + n'·P + d·P + m·P"],
  phrases: ["T·c", "4·T·d² + 2·d·P"],
  mapsImage: ["N·M·s² + 4·(N·M)²", "2·s·N·M·s² + 2·s²·4·(N·M)²"],
  mapsPatch: ["N·M·s² + 4·N·M²", "2·s·N·M·s² + 2·s²·4·N·M²"],
  token: ["T", "4·d² + 2·T·d² + 2·d·P"],
  bahdanau: ["T", "d·n' + n'·P + d·P"],
  luong: ["T", "2·d² + 2·d·P"],
};

/** A letter of the formulas. */
const COST_LETTER = /[a-zA-Z]'?/g;

/** The value of a formula: sums, differences, products, quotients, brackets and squares. */
function valueOf(formula: string, letters: Readonly<Record<string, number>>): number {
  const tokens = formula.match(/[a-zA-Z]'?|\d+|[^\s]/g)!;
  let at = 0;
  const factor = (): number => {
    const token = tokens[at++]!;
    let value = token === "(" ? sum() : (letters[token] ?? Number(token));
    if (token === "(") at++;
    for (; tokens[at] === "²"; at++) value *= value;
    return value;
  };
  const product = (): number => {
    let value = factor();
    while (tokens[at] === "·" || tokens[at] === "/") value *= tokens[at++] === "·" ? factor() : 1 / factor();
    return value;
  };
  const sum = (): number => {
    let value = product();
    while (tokens[at] === "+" || tokens[at] === "−") value += tokens[at++] === "+" ? product() : -product();
    return value;
  };
  return sum();
}

/** Pairs of a window of radius r over T places. */
export function pairsOfWindow(T: number, radius: number): number {
  const r = Math.min(radius, T - 1);
  return T * (2 * r + 1) - r * (r + 1);
}

/** The numbers that stand for letters: T is the area of the square grid where there is one. */
function lettersOf(T: number, { radius, globals }: Omit<CostSettings, "power">): Record<string, number> {
  const side = Math.sqrt(T);
  const r = Math.min(radius, T - 1);
  const G = Math.min(globals, T);
  let touching = 0;
  for (let g = 0; g < G; g++) touching += Math.min(g, r) + 1 + Math.min(T - 1 - g, r);
  return {
    T,
    d: COST_WIDTH,
    "n'": 64,
    h: 8,
    r,
    G,
    // the pairs among the globals, and those of the window that touch one
    D: G * G + 2 * touching - (G === 0 ? 0 : pairsOfWindow(G, r)),
    b: 64,
    u: 3,
    c: Math.min(T, 16),
    H: side,
    W: side,
    p: Math.min(8, side),
    n: 64,
    m: 8,
    N: T / 16,
    M: 4,
    s: 2,
  };
}

/** The formulas of a mechanism at a length: what is wrong on purpose, too short, or without globals has others. */
function formulasOf(name: CostName, T: number, wrong: CostWrong, globals: number): readonly [string, string] {
  const [pairs, multiplyAdds] = COST_FORMULAS[name];
  if (wrong === "squares" && pairs === COST_FORMULAS.axial[0]) return ["H² + W²", multiplyAdds];
  if (name === "bird" && T < 11 * 64) return [COST_FORMULAS.dot[0], multiplyAdds];
  return name === "longformer" && globals === 0 ? [pairs, COST_FORMULAS.window[1]] : [pairs, multiplyAdds];
}

const costsKnown = new Map<string, CostRow>();

/** The cost of one mechanism over T places. */
export function costOf(name: CostName, T: number, settings: Omit<CostSettings, "power">): CostRow {
  const { radius, globals, wrong = "right" } = settings;
  const key = [name, T, radius, globals, wrong].join();
  const known = costsKnown.get(key);
  if (known !== undefined) return known;
  const letters = lettersOf(T, settings);
  const [formula, multiplyAdds] = formulasOf(name, T, wrong, globals);
  const whole = formula === COST_FORMULAS.bird[0] ? 64 * Math.round(T / 64) : T; // in whole blocks
  const P = valueOf(formula, { ...letters, T: whole });
  const row = { name, pairs: P, multiplyAdds: valueOf(multiplyAdds, { ...letters, P }) };
  costsKnown.set(key, row);
  return row;
}

/** A term of a sum: its sign, its formula, the formula with its numbers put in, and its value. */
export interface CostTerm {
  readonly sign: "" | "+" | "−";
  readonly formula: string;
  readonly numbers: string;
  readonly value: number;
}

/** The sums of a row, term by term, and the letters that stand in them. */
export interface CostSums {
  readonly pairs: readonly CostTerm[];
  readonly multiplyAdds: readonly CostTerm[];
  readonly letters: readonly (readonly [letter: string, value: number])[];
}

/** The formulas of a row worked out. */
export function costSums(
  name: CostName,
  T: number,
  settings: Omit<CostSettings, "power">,
  write: (n: number) => string,
): CostSums {
  const { wrong = "right", globals } = settings;
  const formulas = formulasOf(name, T, wrong, globals);
  const letters: Record<string, number> = { ...lettersOf(T, settings), P: costOf(name, T, settings).pairs };
  const terms = (formula: string): CostTerm[] =>
    formula.split(/ (?=[+−] )/).map((term) => {
      const [, sign, own] = /^([+−]?) ?(.*)$/.exec(term)!;
      return {
        sign: sign as CostTerm["sign"],
        formula: own!,
        numbers: own!.replace(COST_LETTER, (letter) => write(letters[letter]!)),
        value: valueOf(own!, letters),
      };
    });
  const used = [...new Set(formulas.join().match(COST_LETTER)!)].filter((letter) => letter !== "P");
  return {
    pairs: terms(formulas[0]),
    multiplyAdds: terms(formulas[1]),
    letters: used.map((letter) => [letter, letters[letter]!] as const),
  };
}

/** All mechanisms, dearest first. */
export function costTable(settings: CostSettings, by: "pairs" | "multiplyAdds"): CostRow[] {
  const rows = COST_NAMES.map((name) => costOf(name, 2 ** settings.power, settings));
  return rows.sort((a, b) => b[by] - a[by] || COST_NAMES.indexOf(a.name) - COST_NAMES.indexOf(b.name));
}

/** The mechanisms whose places are those of a square grid. */
export const ON_GRIDS: readonly CostName[] = ["axial", "factorised", "parallel"];

/** The smallest T at which one takes fewer multiply-adds than another; a grid’s is a square. Undefined above 2²⁰. */
export function crossingOf(
  cheap: CostName,
  dear: CostName,
  settings: Omit<CostSettings, "power">,
): number | undefined {
  const power = ON_GRIDS.includes(cheap) ? 2 : 1;
  const less = (n: number): boolean =>
    costOf(cheap, n ** power, settings).multiplyAdds < costOf(dear, n ** power, settings).multiplyAdds;
  let high = 1;
  while (!less(high)) {
    high *= 2;
    if (high ** power > 2 ** 20) return undefined;
  }
  let low = Math.floor(high / 2);
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (less(middle)) high = middle;
    else low = middle;
  }
  return high ** power;
}
