import assert from "node:assert/strict";
import { test } from "node:test";
import type { Taken } from "../../scripts/page/scene.ts";
import type { Touch } from "../../scripts/page/mark.ts";
import { SCENES } from "../../scripts/page/scenes.ts";
import { contextOf, givenOf } from "../../scripts/page/context.ts";
import { expectedOf } from "./expected.ts";
import { html, marksIn } from "../../scripts/page/mark.ts";
import { outsideWith } from "./outside.ts";
import { readState } from "../../scripts/page/state.ts";

const TOUCH: Touch = { value: "", key: "", x: 0, y: 0, down: false, stop: () => {} };

/** Every file that the figures of a scene give, in a state. */
function filesOf(id: string, fragment: string): Taken[] {
  const state = readState(fragment, "en", SCENES);
  const files: Taken[] = [];
  const outside = outsideWith({ save: (file) => files.push(file) });
  const context = contextOf(id, state, givenOf(state.shared), SCENES, outside);
  const scene = SCENES.find((one) => one.id === id)!;
  for (const { attributes } of marksIn(html("div", {}, ...scene.view(state.scenes[id] as never, context)))) {
    const { onclick } = attributes;
    if (attributes["data-take"] !== undefined && typeof onclick === "function") onclick(TOUCH);
  }
  return files;
}

/** Fails unless every element of a text is closed by its own name. */
function wellFormed(text: string, what: string): void {
  const open: string[] = [];
  for (const [, end, name, alone] of text.matchAll(/<(\/?)([a-zA-Z]+)[^<>]*?(\/?)>/g)) {
    if (end === "/") assert.equal(open.pop(), name, what);
    else if (alone !== "/") open.push(name!);
  }
  assert.deepEqual(open, [], what);
  assert.doesNotMatch(text.replace(/<\/?[a-zA-Z][^<>]*>/g, ""), /<|&(?!(?:amp|lt|gt|quot);)/, what);
}

/** The cells of a table of commas. */
function cells(text: string): string[][] {
  return text
    .trimEnd()
    .split("\n")
    .map((line) => (line.match(/"(?:[^"]|"")*"|[^,]+|(?<=,)(?=,|$)|^(?=,)/g) ?? []).map(String));
}

const LONG = "word ".repeat(3) + "aa bb cc dd ee ff gg hh ii jj ".repeat(4);

test("every scene gives its figures as SVG with text, as PNG from the same SVG, and as CSV", () => {
  for (const { id } of SCENES) {
    for (const fragment of ["lang=en", "lang=ja", `lang=en&text=${encodeURIComponent(LONG)}`]) {
      const files = filesOf(id, fragment);
      const of = (type: Taken["type"]): Taken[] => files.filter((file) => file.type === type);
      const [vector, pixels, tables] = [of("image/svg+xml"), of("image/png"), of("text/csv")];
      assert.ok(vector.length >= 1, `${id} gives no SVG`);
      assert.deepEqual([pixels.length, tables.length], [vector.length, vector.length], id);
      assert.equal(new Set(files.map(({ name }) => name)).size, files.length, `${id}: a name twice`);
      vector.forEach(({ name, text }, n) => {
        wellFormed(text, `${id} ${name}`);
        assert.match(text, /^<svg xmlns="http:\/\/www\.w3\.org\/2000\/svg"/, name);
        assert.match(text, /<title>[^<]+<\/title><style>/, name);
        assert.match(text, /<text[ >]/, `${name} has no text`);
        assert.match(text, /prefers-color-scheme: dark/, `${name} is light only`);
        assert.doesNotMatch(text, /NaN|undefined|Infinity|on\w+=|href|url\(/, name);
        assert.equal(pixels[n]!.text, text, `${name}: the PNG is drawn from something else`);
      });
      for (const { name, text } of tables) {
        const widths = new Set(cells(text).map((row) => row.length));
        assert.equal(widths.size, 1, `${name}: rows of ${[...widths].join(", ")} cells`);
        assert.ok(cells(text).length >= 2, `${name} is empty`);
        assert.doesNotMatch(text, /NaN|undefined|Infinity/, name);
      }
    }
  }
});

test("the CSV of the first head is the oracle's map, word by word", () => {
  const { text } = filesOf("multi-head", "lang=en").find(({ name }) => name === "multi-head.csv")!;
  const [head, ...rows] = cells(text);
  assert.deepEqual(
    head!.slice(1),
    "The old cat that the dog chased was never afraid".split(" ").map((word) => `"${word}"`),
  );
  const [wanted] = expectedOf("en")["multi-head.maps"] as [number[]];
  rows.flatMap((row) => row.slice(1).map(Number)).forEach((w, e) => {
    assert.ok(Math.abs(w - wanted[e]!) < 1e-4, `cell ${e}: ${w} for ${wanted[e]}`);
  });
});

test("the SVG of a map has a cell for each pair, its number, and the words as text", () => {
  const { text } = filesOf("window", "lang=en").find(({ name }) => name === "window.svg")!;
  const wanted = (expectedOf("en")["window.maps"] as { plain: number[] }).plain.filter((w) => w >= 0.0005);
  const numbers = [...text.matchAll(/class="number[^"]*">(\d+)</g)].map(([, n]) => Number(n));
  assert.deepEqual(numbers, wanted.map((w) => Math.round(100 * w)));
  for (const word of ["afraid", "chased"]) assert.equal(text.split(`>${word}<`).length, 3, word);
});

test("words that are markup or quotes stay words in every file", () => {
  const fragment = `cut=letter&text=${encodeURIComponent('<b>"&,x')}&joins=0.1`;
  for (const id of ["multi-head", "order", "few", "one-query"]) {
    for (const { name, type, text } of filesOf(id, fragment)) {
      if (type === "text/csv") assert.match(text, /"<b>"/, name);
      else {
        wellFormed(text, name);
        assert.doesNotMatch(text, /<b>/, name);
      }
    }
  }
});
