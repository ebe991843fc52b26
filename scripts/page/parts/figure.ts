/** A figure to take along: the same picture as SVG, PNG and CSV. */
import type { Child, Mark } from "../mark.ts";
import type { Context, Words } from "../scene.ts";
import type { Matrix } from "../../../lib/matrix.ts";
import { html, markup, svg } from "../mark.ts";
import { TABLE_WORDS, blockOf, densestIn, pooled } from "./pool.ts";
import { isCJK, widthOfWord } from "./numbers.ts";

const FIGURE_WORDS = {
  take: { en: "Take this figure along", ja: "この図を保存" },
} as const satisfies Words;

/** What a map needs to be a picture of its own. */
export interface MapPicture {
  readonly title: string;
  readonly rows: readonly string[];
  readonly cols: readonly string[];
  readonly weights: Matrix;
  readonly most: number;
  /** The weight that gets the full colour in each row, where each has its own. */
  readonly mostOfRows?: readonly number[];
  /** The kind of a cell: "" for plain weights, or the name of its reason. */
  readonly kind?: (i: number, j: number) => string;
  readonly axes: readonly [string, string];
  /** Lines below the map: what a kind means. */
  readonly legend?: readonly (readonly [string, string])[];
}

/** The colours of a picture, light and dark by the reader's system. */
export function figureStyle(): string {
  return [
    "svg {",

    "  --paper: #faf8f3; --ink: #1d1e24; --soft: #5c5e68; --bed: #f1ede3; --heat: #2f2f8f; --q: " +
      "#a3245f; --k: #0b6e7f;",
    "  --local: #2166ac; --global: #c2500a; --random: #14795a; background: var(--paper);",
    "}",
    'text { font: 14px system-ui, "Noto Sans", "Hiragino Sans", "Noto Sans CJK JP", sans-serif; fill: ' +
      "var(--ink); }",
    ".title { font-size: 16px; font-weight: 600; }",
    ".soft { fill: var(--soft); font-size: 12px; }",
    ".axis-q { fill: var(--q); }",
    ".axis-k { fill: var(--k); }",
    ".paper { fill: var(--paper); }",
    ".bed { fill: var(--bed); }",
    ".w { fill: var(--heat); }",
    ".local { fill: var(--local); }",
    ".global { fill: var(--global); }",
    ".random { fill: var(--random); }",
    ".dot { fill: var(--soft); }",
    ".number { font: 11px ui-monospace, Menlo, Consolas, monospace; text-anchor: middle; fill: #000; }",
    ".number.full { fill: #fff; }",
    ".end { text-anchor: end; }",
    ".plate { fill: #000; }",
    ".ink .w { fill: #fff; }",
    ".gaze { fill: #ffb53a; stroke: #ffd58a; stroke-width: 0.18; }",
    ".peak { font: 600 1.7px ui-monospace, Menlo, Consolas, monospace; text-anchor: middle; fill: #2a1600; }",
    ".peak { paint-order: stroke; stroke: #ffd58a; stroke-width: 0.5; }",
    ".arc { fill: none; stroke: var(--heat); stroke-linecap: round; opacity: 0.62; }",
    ".arc.faint { opacity: 0.08; }",
    ".arc.on { opacity: 1; }",
    '.word { font: 21px "Iowan Old Style", Palatino, "Noto Serif", "Hiragino Mincho ProN", "Noto Serif ' +
      'CJK JP", serif; }',
    ".word { text-anchor: middle; }",
    ".word.q { fill: var(--q); font-weight: 700; }",
    ".word.k:not(.q) { fill: var(--k); font-weight: 700; }",
    "@media (prefers-color-scheme: dark) {",
    "  svg {",

    "    --paper: #14151b; --ink: #ece9e1; --soft: #a4a6b2; --bed: #24262f; --heat: #ffd58a; --q: " +
      "#f48fb8; --k: #6ccfdd;",
    "    --local: #7db8f0; --global: #f7a35c; --random: #63d0a5;",
    "  }",
    "  .number { fill: #fff; }",
    "  .number.full { fill: #fff; }",
    "  .number.half { fill: #000; }",
    "}",
  ].join("\n");
}

/**
 * From which share of the full colour on a number must turn, on paper and at night, to stand out 4.5 to 1.
 */
const TURNS: Readonly<Record<string, readonly [number, number]>> = {
  "": [0.66, 0.47],
  local: [0.86, 0.56],
  global: [0.98, 0.54],
  random: [0.91, 0.52],
  both: [0.98, 0.56],
};

const CELL = 38;

/** A map as a picture: text is text, reasons differ by shape. Of many words it has smaller cells, and blocks. */
export function mapPicture(look: MapPicture): Mark {
  const { title, most, mostOfRows, axes, legend = [] } = look;
  const sides = [blockOf(look.rows.length), blockOf(look.cols.length)] as const;
  const weights = pooled(look.weights, sides, "largest");
  const rows = look.rows.filter((_, i) => i % sides[0] === 0);
  const cols = look.cols.filter((_, j) => j % sides[1] === 0);
  const kind = (r: number, c: number): string =>
    look.kind?.(...densestIn(look.weights, sides, [r, c])) ?? "";
  const [cell, letter] = Math.max(rows.length, cols.length) > TABLE_WORDS ? [12, 10] : [CELL, 14];
  const left = 24 + letter * Math.max(...rows.map(widthOfWord));
  const top = 62 + letter * Math.max(...cols.map(widthOfWord));
  const marks: Mark[] = [];
  const small = letter === 14 ? "" : " fine";
  rows.forEach((word, i) => {
    const y = top + i * cell + ((cell + letter) / 2 - 2);
    marks.push(svg("text", { x: left - 8, y, class: `end${small}` }, word));
  });
  cols.forEach((word, j) => {
    const [x, y] = [left + j * cell + cell / 2 - 5, top - 8];
    const turned = isCJK(word)
      ? { x: letter === 14 ? x : x + 4, y: y - letter * word.length + 2, "writing-mode": "vertical-rl" }
      : { transform: `translate(${x + 9} ${y}) rotate(-90)` };
    marks.push(svg("text", { ...turned, ...(small === "" ? {} : { class: "fine" }) }, word));
  });
  for (let i = 0; i < rows.length; i++) {
    for (let j = 0; j < cols.length; j++) {
      const own = mostOfRows?.slice(i * sides[0], (i + 1) * sides[0]);
      const full = own === undefined ? most : Math.max(...own);
      const w = weights.data[i * cols.length + j]!;
      const side = cell - (small === "" ? 2 : 1);
      marks.push(...pictureCell(w, full, kind(i, j), left + j * cell, top + i * cell, side));
    }
  }
  const below = top + rows.length * cell + 26;
  legend.forEach(([name, meaning], n) => {
    marks.push(
      ...pictureCell(most, most, name, left, below + n * 26 - 18, 16),
      svg("text", { x: left + 26, y: below + n * 26 - 5, class: "soft" }, meaning),
    );
  });
  marks.push(
    svg("text", { x: 16, y: 28, class: "title" }, title),
    svg("text", { x: 16, y: 48, class: "soft axis-q" }, axes[0]),
    svg("text", { x: 26 + 13 * widthOfWord(axes[0]), y: 48, class: "soft axis-k" }, axes[1]),
  );
  const width = Math.max(
    left + cols.length * cell + 16,
    32 + 17 * widthOfWord(title),
    ...legend.map(([, meaning]) => left + 42 + 13 * widthOfWord(meaning)),
  );
  return picture(width, below + legend.length * 26, title, marks);
}

/** A cell of a map: its hue and shape say the kind, its strength the weight, in hundredths where it is wide enough. */
export function pictureCell(
  w: number,
  most: number,
  kind: string,
  x: number,
  y: number,
  side: number = CELL - 2,
): Mark[] {
  const at = Math.min(1, w / (most || 1));
  if (kind === "unseen") return [svg("circle", { cx: x + side / 2, cy: y + side / 2, r: 1.5, class: "dot" })];
  const opacity = (kind === "" ? at : 0.14 + 0.86 * at).toFixed(3);
  const box = { x, y, width: side, height: side, rx: 4, "fill-opacity": opacity };
  const middle = side / 2;
  const shapes: Mark[] = [];
  if (kind === "") {
    shapes.push(
      svg("rect", { ...box, class: "bed", "fill-opacity": 1 }),
      svg("rect", { ...box, class: "w" }),
    );
  } else if (kind === "passed") {
    shapes.push(svg("rect", { ...box, class: "bed", "fill-opacity": 1 }));
  } else if (kind === "random") {
    shapes.push(
      svg("circle", { cx: x + middle, cy: y + middle, r: middle, class: "random", "fill-opacity": opacity }),
    );
  } else if (kind === "both") {
    shapes.push(
      svg("path", { d: `M${x} ${y}h${side}L${x} ${y + side}z`, class: "local", "fill-opacity": opacity }),
      svg("path", { d: `M${x + side} ${y}v${side}h${-side}z`, class: "global", "fill-opacity": opacity }),
    );
  } else shapes.push(svg("rect", { ...box, class: kind }));
  if (side > 20 && w >= 0.0005) {
    const [paper, night] = TURNS[kind] ?? TURNS[""]!;
    const name = `number${at > paper ? " full" : ""}${at > night ? " half" : ""}`;
    shapes.push(svg("text", { x: x + middle, y: y + middle + 4, class: name }, String(Math.round(100 * w))));
  }
  return shapes;
}

/** Marks as a whole picture on paper, with its title for those who do not see it. */
export function picture(width: number, height: number, title: string, marks: readonly Child[]): Mark {
  const size = {
    width: Math.ceil(width),
    height: Math.ceil(height),
    viewBox: `0 0 ${Math.ceil(width)} ${Math.ceil(height)}`,
  };
  const paper = svg("rect", { width: "100%", height: "100%", class: "paper" });
  return svg(
    "svg",
    { xmlns: "http://www.w3.org/2000/svg", ...size, role: "img" },
    svg("title", {}, title),
    paper,
    ...marks,
  );
}

/** A picture as the text of a file. */
export function pictureFile(mark: Mark): string {
  const text = markup(mark);
  const more = FURTHER_STYLES.filter(([name]) => text.includes(name)).map(([, rule]) => rule);
  return `${text.replace("</title>", `</title><style>${[figureStyle(), ...more].join("\n")}</style>`)}\n`;
}

/** Rules that few pictures need, each with the mark by which such a picture is known. */
const FURTHER_STYLES: readonly (readonly [string, string])[] = [
  ['fine"', ".fine { font-size: 10px; }"],
  [
    'class="drawn ',
    [
      "svg { --panel: #fffefb; --line: #e2ddd0; --v: #8a5a00; }",
      "@media (prefers-color-scheme: dark) { svg { --panel: #1b1d25; --line: #30333f; --v: #e6bd5f; } }",
      ".drawn { overflow: visible; }",
    ].join("\n"),
  ],
  [
    'class="drawn plane"',
    [
      ".cross { stroke: var(--line); stroke-width: 0.02; }",
      ".plane .ray { stroke-linecap: round; opacity: 0.55; }",
      ".plane .ray.q { stroke: var(--q); opacity: 1; }",
      ".plane .ray.k { stroke: var(--k); }",
      ".plane .ray.v { stroke: var(--v); }",
      ".plane .q { fill: var(--q); }",
      ".plane .k { fill: var(--k); }",
      ".plane .v { fill: var(--v); }",
      ".plane .o { fill: var(--ink); }",
      ".plane .gone { opacity: 0.25; }",
      '.plane .label { font: 0.26px "Noto Serif", "Hiragino Mincho ProN", "Noto Serif CJK JP", serif; }',
      ".plane .label.q, .plane .label.o { font-weight: 700; font-size: 0.34px; }",
      ".hull { fill: var(--v); fill-opacity: 0.12; stroke: var(--v); stroke-width: 0.02; }",
      ".hull { stroke-dasharray: 0.1 0.08; }",
    ].join("\n"),
  ],
  ['class="drawn upright"', ".upright .h { fill: var(--heat); }\n.upright .on { fill: var(--k); }"],
  [
    'class="drawn seen"',
    [
      ".inked circle { fill: none; stroke: var(--v); stroke-width: 0.07; }",
      ".chosen { fill: none; stroke: var(--q); stroke-width: 0.12; }",
    ].join("\n"),
  ],
  ['class="drawn gazes"', ".own-tile, .own-pixel { fill: none; stroke: #6ccfdd; stroke-width: 0.3; }"],
  [
    'class="drawn calming"',
    [
      ".calming line { stroke: var(--soft); opacity: 0.35; stroke-width: 1.2; }",
      ".calming circle { fill: var(--soft); opacity: 0.55; }",
      ".calming .on line { stroke: var(--heat); opacity: 1; stroke-width: 2.4; }",
      ".calming .on circle { fill: var(--heat); opacity: 1; }",
      ".calming .axis { stroke-dasharray: 2 3; }",
    ].join("\n"),
  ],
  [
    'class="drawn curves"',
    [
      ".curves polyline { fill: none; stroke-width: 2.5; }",
      ".curves .dense { stroke: var(--soft); stroke-dasharray: 5 4; }",
      ".curves .sparse { stroke: var(--ink); }",
      ".curves .now { fill: var(--paper); stroke: var(--ink); stroke-width: 2.5; }",
      ".curves .axis { stroke: var(--line); }",
      ".curves text { font-size: 12px; fill: var(--soft); }",
    ].join("\n"),
  ],
  [
    'class="drawn plot"',
    [
      ".plot polyline { fill: none; stroke: var(--soft); stroke-width: 2; stroke-dasharray: 5 4; }",
      ".plot polyline.one { stroke: var(--heat); stroke-width: 3; stroke-dasharray: none; }",
      ".plot polyline.three { stroke-dasharray: 1.5 3; }",
      ".plot .axis { stroke: var(--line); }",
      ".plot .here { stroke: var(--q); stroke-width: 1.5; }",
      ".plot .none { stroke: none; }",
      ".plot text { font-size: 12px; fill: var(--soft); }",
    ].join("\n"),
  ],
];

/** A drawing of the page, told apart by its class, with the name that stands above it. */
export interface Drawing {
  readonly kind: "plane" | "upright" | "seen" | "calming" | "curves" | "plot" | "thumb" | "arcs" | "gazes";
  readonly name: string;
  readonly mark: Mark;
}

/** Drawings of the page in rows as one picture, each `wide` pixels wide; `high` where it has no shape of its own. */
export function drawnPicture(
  title: string,
  rows: readonly (readonly Drawing[])[],
  wide: number,
  high?: number,
): Mark {
  const marks: Mark[] = [svg("text", { x: 16, y: 28, class: "title" }, title)];
  let y = 44;
  let right = 32 + 17 * widthOfWord(title);
  for (const row of rows) {
    let tallest = 0;
    row.forEach(({ kind, name, mark }, n) => {
      const [, , w, h] = String(mark.attributes["viewBox"]).split(" ").map(Number);
      const tall = high ?? (wide * h!) / w!;
      const x = 16 + n * (wide + 24);
      const view = {
        x,
        y: y + 18,
        width: wide,
        height: tall.toFixed(1),
        viewBox: String(mark.attributes["viewBox"]),
        preserveAspectRatio: String(mark.attributes["preserveAspectRatio"] ?? "xMidYMid"),
        class: `drawn ${kind}`,
      };
      marks.push(svg("text", { x, y: y + 12, class: "soft" }, name), svg("svg", view, ...mark.children));
      tallest = Math.max(tallest, tall);
      right = Math.max(right, x + wide + 16);
    });
    y += tallest + 40;
  }
  return picture(right, y, title, marks);
}

/** Rows of a table, the first its heads; words quoted. */
export function tableOf(rows: readonly (readonly (string | number)[])[]): string {
  const cell = (value: string | number): string =>
    typeof value === "number" ? String(value) : `"${value.replace(/"/g, '""')}"`;
  return `${rows.map((row) => row.map(cell).join(",")).join("\n")}\n`;
}

/** A matrix as rows of a table, its words quoted. */
export function csvOf({ rows, cols, weights }: Pick<MapPicture, "rows" | "cols" | "weights">): string {
  const quoted = (word: string): string => `"${word.replace(/"/g, '""')}"`;
  const line = (word: string, i: number): string => {
    const row = weights.data.subarray(i * cols.length, (i + 1) * cols.length);
    return [quoted(word), ...Array.from(row, String)].join(",");
  };
  return `${[["", ...cols.map(quoted)].join(","), ...rows.map(line)].join("\n")}\n`;
}

/** Buttons below a figure. */
export function takeAlong(
  context: Pick<Context, "say" | "save">,
  name: string,
  look: () => { picture: Mark; csv?: string },
): Mark {
  const { say, save } = context;
  const button = (kind: string, onclick: () => void): Mark =>
    html("button", { type: "button", class: "plain", "data-take": kind, onclick }, kind);
  return html(
    "p",
    { class: "takes", role: "group", "aria-label": say(FIGURE_WORDS.take) },
    html("span", {}, say(FIGURE_WORDS.take)),
    button("SVG", () =>
      save({ name: `${name}.svg`, type: "image/svg+xml", text: pictureFile(look().picture) }),
    ),
    button("PNG", () => save({ name: `${name}.png`, type: "image/png", text: pictureFile(look().picture) })),
    button("CSV", () => save({ name: `${name}.csv`, type: "text/csv", text: look().csv ?? "" })),
  );
}
