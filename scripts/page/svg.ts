/**
 * Pictures as files, by the drawing code of the page: `npm start -- NAME --svg FILE` for a map of the atlas,
 * and docs/figures for READMEs and pages. Light and dark by the reader's system; text is text.
 */
import type { AttentionMap } from "../atlas/entry.ts";
import type { Language, Phrase } from "./state.ts";
import type { Mark } from "./mark.ts";
import { arcsPicture } from "./parts/arcs.ts";
import { birdModel, windowModel } from "./models/sparse.ts";
import { BIRD_WORDS, kindOfBits } from "./scenes/big-bird.ts";
import { givenOf, phraseIn } from "./context.ts";
import { headsModel, rowAt } from "./models/multi-head.ts";
import { HEADS_WORDS } from "./scenes/multi-head.ts";
import { largest } from "./parts/map.ts";
import { mapPicture, picture, pictureFile } from "./parts/figure.ts";
import { percentOf, widthOfWord } from "./parts/numbers.ts";
import { svg } from "./mark.ts";
import { TEXTS } from "./state.ts";
import { cellOf } from "./scene.ts";
import { WINDOW_WORDS } from "./scenes/window.ts";

const SVG_WORDS = {
  query: { en: "query ↓", ja: "クエリ ↓" },
  key: { en: "key →", ja: "キー →" },
  unseen: { en: "not looked at", ja: "見ない" },
  arcs: {
    en:
      "Multi-head attention, untrained: “{q}” in head {m} of 4; the thicker, the more weight; the other " +
      "heads faint",
    ja:
      "マルチヘッド・アテンション(未学習)。「{q}」の注意、4 ヘッド中のヘッド {m}。太いほど重く、ほかのヘ" +
      "ッドは薄く",
  },
} as const satisfies Readonly<Record<string, Phrase>>;

/** The kinds that a cell's glyph becomes, in the order of a map's legend: hue and shape. */
const GLYPH_KINDS = ["local", "global", "random", "both"] as const;

/** A map of the atlas as a picture. */
export function svgOfMap(map: AttentionMap, lang: Language): Mark {
  const { title, weights, rows, cols, reason, legend = [] } = map;
  const kindOf = (glyph: string): string => {
    const at = legend.findIndex((line) => line.glyph === glyph);
    return GLYPH_KINDS[at % GLYPH_KINDS.length] ?? "local";
  };
  const kind = (i: number, j: number): string => {
    const glyph = reason!(i, j);
    return glyph.trim() === "" ? "unseen" : kindOf(glyph);
  };
  const meanings = legend.map(({ glyph, meaning }) => [kindOf(glyph), phraseIn(lang, meaning)] as const);
  return mapPicture({
    title: phraseIn(lang, title),
    rows,
    cols,
    weights,
    most: largest(weights),
    axes: [phraseIn(lang, SVG_WORDS.query), phraseIn(lang, SVG_WORDS.key)],
    legend: meanings,
    ...(reason === undefined ? {} : { kind }),
  });
}

/** Pictures below one another as the text of one file. */
export function svgFile(title: string, pictures: readonly Mark[]): string {
  const sizes = pictures.map(
    ({ attributes }) => [Number(attributes["width"]), Number(attributes["height"])] as const,
  );
  const width = Math.max(...sizes.map(([w]) => w));
  let y = 0;
  const placed = pictures.map((one, n) => {
    const at = svg(
      "g",
      { transform: `translate(0 ${y})` },
      ...one.children.filter((child) => typeof child === "string" || child.tag !== "title"),
    );
    y += sizes[n]![1] + 12;
    return at;
  });
  return pictureFile(picture(width, y, title, placed));
}

/** The maps of one run as a file: `npm start -- NAME --svg FILE`. */
export function svgOfMaps(name: Phrase, maps: readonly AttentionMap[], lang: Language): string {
  return svgFile(
    phraseIn(lang, name),
    maps.map((map) => svgOfMap(map, lang)),
  );
}

/** The sentence with arcs, from the same run as the page's at first. */
function arcsFigure(lang: Language): string {
  const { words, X } = givenOf({ lang, text: TEXTS[lang], cut: "word", seed: 9 });
  const { weights } = headsModel(X, { heads: 4, seed: 9, wrong: "right" });
  const [i, j] = cellOf(undefined, weights[0]!);
  const label = phraseIn(lang, SVG_WORDS.arcs, { q: words[i]!, m: 1 });
  const rows = weights.map((map) => rowAt(map, i));
  const drawn = arcsPicture({ words, rows, shown: 0, query: i, key: j, label });
  const width = Math.max(drawn.width, 12.5 * widthOfWord(label));
  const children = drawn.picture.children;
  const left = (width - drawn.width) / 2 + 16;
  const weight = svg(
    "text",
    { x: 16, y: drawn.height + 34, class: "soft" },
    `${words[i]} → ${words[j]}: ${percentOf(rows[0]![j]!)}`,
  );
  const told = svg("text", { x: 16, y: drawn.height + 54, class: "soft" }, label);
  return pictureFile(
    picture(width + 32, drawn.height + 68, label, [
      svg("g", { transform: `translate(${left.toFixed(1)} 10)` }, ...children),
      weight,
      told,
    ]),
  );
}

/** BigBird's map with its reasons. */
function birdFigure(lang: Language): string {
  const { words, X } = givenOf({ lang, text: TEXTS[lang], cut: "word", seed: 9 });
  const { map, why } = birdModel(X, {
    radius: 1,
    random: 1,
    block: 1,
    globals: [0],
    seed: 9,
    wrong: "right",
  });
  const say = (phrase: Phrase): string => phraseIn(lang, phrase);
  const kinds = ["local", "global", "both", "random", "unseen"] as const;
  const meaning = {
    local: BIRD_WORDS.local,
    global: BIRD_WORDS.global,
    both: BIRD_WORDS.both,
    random: BIRD_WORDS.randomKey,
    unseen: BIRD_WORDS.unseen,
  };
  return pictureFile(
    mapPicture({
      title: "BigBird",
      rows: words,
      cols: words,
      weights: map,
      most: largest(map),
      kind: (i, j) => kindOfBits(why[i * words.length + j]!),
      axes: [say(SVG_WORDS.query), say(SVG_WORDS.key)],
      legend: kinds.map((kind) => [kind, say(meaning[kind])] as const),
    }),
  );
}

/** A window of radius 2. */
function windowFigure(lang: Language): string {
  const { words, X } = givenOf({ lang, text: TEXTS[lang], cut: "word", seed: 9 });
  const { map, why } = windowModel(X, { radius: 2, dilation: 1, causal: false, seed: 9, wrong: "right" });
  const say = (phrase: Phrase): string => phraseIn(lang, phrase);
  return pictureFile(
    mapPicture({
      title: `${say(WINDOW_WORDS.this)} · r = 2`,
      rows: words,
      cols: words,
      weights: map,
      most: largest(map),
      kind: (i, j) => (why[i * words.length + j] === 0 ? "unseen" : "local"),
      axes: [say(SVG_WORDS.query), say(SVG_WORDS.key)],
      legend: [
        ["local", say(WINDOW_WORDS.inside)],
        ["unseen", say(WINDOW_WORDS.outside)],
      ],
    }),
  );
}

/** The first head of four. */
function headsFigure(lang: Language): string {
  const { words, X } = givenOf({ lang, text: TEXTS[lang], cut: "word", seed: 9 });
  const [map] = headsModel(X, { heads: 4, seed: 9, wrong: "right" }).weights;
  const title = `${phraseIn(lang, HEADS_WORDS.title)} · ${phraseIn(lang, HEADS_WORDS.head, { m: 1 })}`;
  const axes = [phraseIn(lang, SVG_WORDS.query), phraseIn(lang, SVG_WORDS.key)] as const;
  return pictureFile(
    mapPicture({ title, rows: words, cols: words, weights: map!, most: largest(map!), axes }),
  );
}

/** The figures of docs/figures by the names of their files. */
export function figures(): ReadonlyMap<string, string> {
  const makers = {
    arcs: arcsFigure,
    "big-bird": birdFigure,
    window: windowFigure,
    "multi-head": headsFigure,
  };
  const files = new Map<string, string>();
  for (const [name, make] of Object.entries(makers)) {
    files.set(`${name}.svg`, make("en"));
    files.set(`${name}.ja.svg`, make("ja"));
  }
  return files;
}
