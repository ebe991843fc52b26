/**
 * Faults that the self-test must find: `npm run page:check -- --mutations` breaks the page by each of them and
 * looks at it. Each names a place of the built page that stands there once.
 */

export interface Mutation {
  readonly name: string;
  /** Which part of the page is changed. */
  readonly place: "script" | "style" | "built";
  readonly find: string;
  readonly put: string;
  /** The language in which the fault shows; English unless said. */
  readonly lang?: "en" | "ja";
}

/** A text changed by a mutation. Throws unless it holds the place exactly once. */
export function mutated(text: string, { name, find, put }: Mutation): string {
  const parts = text.split(find);
  if (parts.length !== 2) throw new Error(`${name}: ${parts.length - 1} places hold ${JSON.stringify(find)}`);
  return parts.join(put);
}

export const MUTATIONS: readonly Mutation[] = [
  {
    name: "wrong index: a map shows its transpose",
    place: "script",
    find: "const w = weights.data[i * cols.length + j];\n    const on = ",
    put: "const w = weights.data[j * cols.length + i] ?? 0;\n    const on = ",
  },
  {
    name: "wrong scale: no cell gets the full colour",
    place: "script",
    find: '"--w": Math.min(1, Math.max(0, w / (full || 1))).toFixed(4)',
    put: '"--w": Math.min(1, Math.max(0, w / (2 * full || 1))).toFixed(4)',
  },
  {
    name: "wrong scale: by row is by map",
    place: "script",
    find: 'const most = scale === "row"\n',
    put: 'const most = scale === "heads and row"\n',
  },
  {
    name: "wrong language: English under Japanese",
    place: "script",
    find: "return phrase[lang].replace(",
    put: 'return phrase["en"].replace(',
    lang: "ja",
  },
  {
    name: "lost focus: arrows move the cell, and the focus stays behind",
    place: "script",
    find: `querySelector('[tabindex="0"]').focus();`,
    put: `querySelector('[tabindex="0"]');`,
  },
  {
    name: "dead slider",
    place: "script",
    find: "const oninput = ({ value: given }) => change(Number(given));",
    put: "const oninput = () => {};",
  },
  {
    name: "wrong legend: its end is not the densest cell",
    place: "script",
    find: "}, percentOf(full), alike / (full || 1), {",
    put: "}, percentOf(0.9 * full), alike / (full || 1), {",
  },
  {
    name: "wrong legend: the tick of all alike stands elsewhere",
    place: "script",
    find: "}, percentOf(full), alike / (full || 1), {",
    put: "}, percentOf(full), (2 * alike) / (full || 1), {",
  },
  {
    name: "wrong export: each line of the table is the first row",
    place: "script",
    find: "const row = weights.data.subarray(i * cols.length, (i + 1) * cols.length);\n    return [",
    put: "const row = weights.data.subarray(0, cols.length);\n    return [",
  },
  {
    name: "wrong export: the picture has no numbers",
    place: "script",
    find: "if (side > 20 && w >= 0.0005) {",
    put: "if (side > 200 && w >= 0.0005) {",
  },
  {
    name: "dead link: an equation lights no line of code",
    place: "script",
    find: "own.some((number) => numbers.includes(number))",
    put: "false",
  },
  {
    name: "dead link: an equation has no line of code",
    place: "built",
    find: '{"shown":{"lib/attention/dot-product-attention.ts#DotProductAttention":{"equations":[',
    put:
      '{"shown":{"lib/attention/dot-product-attention.ts#DotProductAttention":{"equations":' +
      '[{"text":"x = y","number":"9"},',
  },
  {
    name: "brackets as elements: new text is read as markup",
    place: "script",
    find: 'for (const child of mark.children)\n    element.append(typeof child === "string" ? child : made(child));',
    put:
      "for (const child of mark.children)\n" +
      '    typeof child === "string" && child.includes("<") ? element.insertAdjacentHTML("beforeend", child)' +
      ' : element.append(typeof child === "string" ? child : made(child));',
  },
  {
    name: "brackets as elements: changed text is read as markup",
    place: "script",
    find: "node.nodeValue = after;",
    put:
      "/^<\\w+>$/.test(after) ? node.replaceWith(document.createRange().createContextualFragment(after))" +
      " : (node.nodeValue = after);",
  },
  {
    name: "state not restored: the address is written and not read",
    place: "script",
    find: "(text === null ? undefined : field.read(text)) ?? field.first",
    put: "field.first",
  },
  {
    name: "state not kept: joined words are forgotten by the address",
    place: "script",
    find: "joins: listOf([], 2000),",
    put: 'joins: { ...listOf([], 2000), write: () => "" },',
  },
  {
    name: "a painted map lies on its side",
    place: "script",
    find: "const [x, y] = [(e % cols) * side, Math.floor(e / cols) * side];",
    put: "const [y, x] = [(e % cols) * side, Math.floor(e / cols) * side];",
  },
  {
    name: "a block shows its first cell in place of its mean",
    place: "script",
    find: 'return pool === "mean" ? sum / count : most;',
    put: 'return pool === "mean" ? map.data[r * high * map.cols + c * wide] : most;',
  },
  {
    name: "a number fades into its cell",
    place: "style",
    find: "(var(--flip) - var(--w)) * 9999",
    put: "(1 - var(--w)) * 9999",
  },
  {
    name: "a soft text is too faint",
    place: "style",
    find: "--paper: #faf8f3; --panel: #fffefb; --ink: #1d1e24; --soft: #5c5e68;",
    put: "--paper: #faf8f3; --panel: #fffefb; --ink: #1d1e24; --soft: #9c9ea8;",
  },
  {
    name: "two tab stops in a map",
    place: "script",
    find: "tabindex: on ? 0 : -1,\n      \"data-value\": `${i}.${j}`",
    put: "tabindex: on || i + j === 0 ? 0 : -1,\n      \"data-value\": `${i}.${j}`",
  },
  {
    name: "a keyboard trap: a map keeps the Tab key",
    place: "script",
    find: "const to = Object.keys(moves).includes(key) ? moves[key] : undefined;",
    put: 'const to = key === "Tab" ? [i, j] : Object.keys(moves).includes(key) ? moves[key] : undefined;',
  },
  {
    name: "swapped axes: a drag to the right moves the query up",
    place: "script",
    find: "change({ x: at(x), y: -at(y) || 0 });",
    put: "change({ x: -at(y) || 0, y: at(x) });",
  },
  {
    name: "stale label: the number behind a slider is not the one that counts",
    place: "script",
    find: 'html("output", { for: id }, shown)',
    put: 'html("output", { for: id }, String(min))',
  },
  {
    name: "wrong figure: the hull of the values lacks corners",
    place: "script",
    find: "return found.slice(0, -1);",
    put: "return found.slice(0, 1);",
  },
  {
    name: "wrong mask: a hidden key has its part before it is hidden",
    place: "script",
    find: 'const allow = wrong === "after" ? undefined : (_, j) => seen(j);',
    put: "const allow = undefined;",
  },
  {
    name: "upside down: the temperature multiplies",
    place: "script",
    find: "const calm = (S) => divideByTemperature(S, temperature);",
    put: "const calm = (S) => divideByTemperature(S, 1 / temperature);",
  },
  {
    name: "wrong choice: a small picture leads to another map",
    place: "script",
    find: "onclick: () => change({ score: f, normalize: n, cell }),",
    put: "onclick: () => change({ score: f, cell }),",
  },
  {
    name: "wrong divisor: by d in place of its root",
    place: "script",
    find: "root: 1 / Math.sqrt(d), width: 1 / d",
    put: "root: 1 / d, width: 1 / d",
  },
  {
    name: "wrong order: each word takes its old position along",
    place: "script",
    find: "attention.forward(placed(gatherRows(X, order)));",
    put: "attention.forward(gatherRows(placed(X), order));",
  },
  {
    name: "wrong index: a cell of the shuffled map chooses another",
    place: "script",
    find: 'change({ cell: name === "before" ? [a, b] : [order[a], order[b]] })',
    put: "change({ cell: [a, b] })",
  },
  {
    name: "wrong row: the arcs are those of the key",
    place: "script",
    find: "rows: weights.map((one) => rowAt(one, i)),\n      shown: m,",
    put: "rows: weights.map((one) => rowAt(one, j)),\n      shown: m,",
  },
  {
    name: "wrong head: the bars of what heads add are turned round",
    place: "script",
    find: '"--at": (parts[n][i] / (longest || 1)).toFixed(4)',
    put: '"--at": (parts[h - 1 - n][i] / (longest || 1)).toFixed(4)',
  },
  {
    name: "wrong arithmetic: the panel compares the query with another key",
    place: "script",
    find: "[rowAt(Q, i), rowAt(K, j), rowAt(V, j)]",
    put: "[rowAt(Q, i), rowAt(K, i), rowAt(V, j)]",
  },
  {
    name: "lost cell: a swap of two sentences does not turn the chosen one",
    place: "script",
    find: "(swap) => change({ swap, cell: [j, i] })",
    put: "(swap) => change({ swap, cell: [i, j] })",
  },
  {
    name: "dead slider: the window has no dilation",
    place: "script",
    find: "blockKeys(sizes) : slidingWindow(T, radius, { dilation });",
    put: "blockKeys(sizes) : slidingWindow(T, radius);",
  },
  {
    name: "wrong export: the curve's table is one short",
    place: "script",
    find: "...sizes.map((n) => [n, n * n, pairsOf(n)])",
    put: "...sizes.map((n) => [n, n * n, pairsOf(n - 1)])",
  },
  {
    name: "wrong export: a copied file lacks its first declaration",
    place: "script",
    find: "built.copies[path].parts.map((n) => built.parts[n])",
    put: "built.copies[path].parts.slice(1).map((n) => built.parts[n])",
  },
  {
    name: "stale language: what was said once stays",
    place: "script",
    find: "return phrase[lang].replace(",
    put: "return (phrase.once = phrase.once ?? phrase[lang]).replace(",
  },
  {
    name: "lost state: something to try sets other scenes back",
    place: "script",
    find: "link.href = contextOf(scene.id, state, given, SCENES, outside)",
    put: "void contextOf(scene.id, state, given, SCENES, outside)",
  },
  {
    name: "wrong answer: the fold names another weight",
    place: "script",
    find: "cat → old: from 46% to 6.9%.",
    put: "cat → old: from 46% to 9.6%.",
  },
  {
    name: "dead control: a choice that no event reaches",
    place: "script",
    find: 'onclick: () => change({ head: n, cell }),',
    put: "",
  },
  {
    name: "a row of the softmax sums to 1.02",
    place: "script",
    find: "out[start + j] = exps[j] * share;",
    put: "out[start + j] = 1.02 * exps[j] * share;",
  },
  {
    name: "BigBird: reasons of the transposed cell",
    place: "script",
    find: "kindOfBits(why[a * T + b])",
    put: "kindOfBits(why[b * T + a])",
  },
  {
    name: "BigBird: the dice change nothing",
    place: "script",
    find: "share({ seed: (shared.seed + 17) % 41 })",
    put: "share({ seed: shared.seed })",
  },
  {
    name: "BigBird: layers lead from the first word, whatever the query",
    place: "script",
    find: "model.hopsFrom(i)",
    put: "model.hopsFrom(0)",
  },
  {
    name: "BigBird: counted twice counts three times",
    place: "script",
    find: "? 2 * w : w",
    put: "? 3 * w : w",
  },
  {
    name: "dead button: one step on stays",
    place: "script",
    find: "to(value + 1)",
    put: "to(value)",
  },
  {
    name: "streaming: exponentials against the maximum of one block before",
    place: "script",
    find: "states[step].m.data[",
    put: "states[Math.max(1, step - 1)].m.data[",
  },
  {
    name: "streaming: the past is one block late",
    place: "script",
    find: "value(past[n])",
    put: "value(past[Math.max(0, n - 1)])",
  },
  {
    name: "a few see all: counted twice counts once",
    place: "script",
    find: "read({ edges, repeated, globalRows })",
    put: "read({ edges, globalRows })",
  },
  {
    name: "a few see all: the panel takes the window's projections for a global query",
    place: "script",
    find: "return primed;",
    put: "return plain;",
  },
  {
    name: "a training that stands still: each step shows the head before the first",
    place: "script",
    find: "const moment = training.moments[step];",
    put: "const moment = training.moments[0];",
  },
  {
    name: "a gradient by hand that forgets to divide by the root",
    place: "script",
    find: "const root = Math.sqrt(LEARN_WIDTH);",
    put: "const root = 1;",
  },
  {
    name: "a difference of losses over one step in place of two",
    place: "script",
    find: "slope: (high - low) / (2 * step)",
    put: "slope: (high - low) / step",
  },
  {
    name: "a wrong cost: a window whose words do not look at themselves",
    place: "script",
    find: 'window: ["T·(2·r+1) − r·(r+1)"',
    put: 'window: ["T·2·r − r·(r+1)"',
  },
  {
    name: "a sum with the wrong numbers put in",
    place: "script",
    find: "write(letters[letter]))",
    put: 'write(letters["T"]))',
  },
  {
    name: "a crossing one place too early",
    place: "script",
    find: "return high ** power;",
    put: "return low ** power;",
  },
  {
    name: "the last view shows the mechanism after the chosen one",
    place: "script",
    find: "onclick: () => change({ shown: n, map: 0, cell: undefined }),",
    put: "onclick: () => change({ shown: n + 1, map: 0, cell: undefined }),",
  },
  {
    name: "dates: arcs begin at the next character",
    place: "script",
    find: "const d = `M ${ys[i].toFixed(1)} 36",
    put: "const d = `M ${ys[i - 1].toFixed(1)} 36",
  },
  {
    name: "dates: Luong's window is one narrower",
    place: "script",
    find: "W_c, D: this.D });",
    put: "W_c, D: Math.max(0, this.D - 1) });",
  },
  {
    name: "dates: what attention wrote stands for the fixed vector",
    place: "script",
    find: 'written("dates-fixed", fixed.text',
    put: 'written("dates-fixed", attending.text',
  },
  {
    name: "dates: the scale of both maps is one map's",
    place: "script",
    find: "among: [attending.weights, within.weights]",
    put: "among: [weights]",
  },
  {
    name: "dates: the buttons of the forms are dead",
    place: "script",
    find: "onclick: () => change({ text, cell: undefined })",
    put: "onclick: () => {}",
  },
  {
    name: "digits: another patch is erased",
    place: "script",
    find: "[Math.floor(place / side) * patch, (place % side) * patch]",
    put: "[(place % side) * patch, Math.floor(place / side) * patch]",
  },
  {
    name: "digits: a head shows the next one's gaze",
    place: "script",
    find: "maps[headIn(maps) - 1])",
    put: "maps[headIn(maps) % maps.length])",
  },
  {
    name: "digits: the gaze at the whole digit is kept for the erased one",
    place: "script",
    find: "const digitKey = [...drawnKey, erase];",
    put: "const digitKey = [...drawnKey];",
  },
  {
    name: "digits: the pen goes down for up",
    place: "script",
    find: "ArrowUp: [0, -6],",
    put: "ArrowUp: [0, 6],",
  },
  {
    name: "digits: a pixel of CAT stands at its transpose in the tile",
    place: "script",
    find: "(i % p) * p + (j % p)",
    put: "(j % p) * p + (i % p)",
  },
  {
    name: "digits: CAT shows its first channel for all",
    place: "script",
    find: "cross[CAT_CHANNELS.indexOf(channel)]",
    put: "cross[0]",
  },
  {
    name: "grid: the pointer inks the transpose",
    place: "script",
    find: "Math.floor(y * side) * side + Math.floor(x * side)",
    put: "Math.floor(x * side) * side + Math.floor(y * side)",
  },
  {
    name: "grid: the maps are kept over another order of the passes",
    place: "script",
    find: "const gridKey = [ink, kind, combine, mistake, shared.seed];",
    put: "const gridKey = [ink, kind, mistake, shared.seed];",
  },
  {
    name: "grid: forgetting the transpose does not forget it",
    place: "script",
    find: "Q: Y, K: Y, V: Y, grid, axis: 1 }",
    put: "Q: Y, K: Y, V: Y, grid, axis: 0 }",
  },
  {
    name: "the language is set at each step",
    place: "script",
    find: "if (document.documentElement.lang !== lang)",
    put: "if (lang !== undefined)",
  },
];
