/**
 * Pictures as files, by the drawing code of the page: `npm start -- NAME --svg FILE` for a map of the atlas,
 * and docs/figures for READMEs and pages. Light and dark by the reader's system; text is text.
 */
import type { AttentionMap } from "../atlas/entry.ts";
import type { Language, Phrase } from "./state.ts";
import type { Mark } from "./mark.ts";
import * as list from "./figures.ts";
import { axesIn } from "./figures/figure.ts";
import { largest } from "./parts/map.ts";
import { mapPicture, picture, pictureFile } from "./parts/figure.ts";
import { phraseIn } from "./context.ts";
import { svg } from "./mark.ts";

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
    axes: axesIn(lang),
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

/** The figures of docs/figures by the names of their files. */
export function figures(): ReadonlyMap<string, string> {
  const files = new Map<string, string>();
  for (const [name, make] of Object.entries(list)) {
    const file = name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
    files.set(`${file}.svg`, make("en"));
    files.set(`${file}.ja.svg`, make("ja"));
  }
  return files;
}
