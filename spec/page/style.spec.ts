import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { figureStyle } from "../../scripts/page/parts/figure.ts";
import { mixed } from "../../scripts/page/parts/colours.ts";
import { root } from "../../scripts/copy/join.ts";

const style = readFileSync(join(root, "scripts/page/style.css"), "utf8");

type Colours = Readonly<Record<string, string>>;

/** The colours that a block of declarations names. */
function coloursIn(text: string): Record<string, string> {
  return Object.fromEntries([...text.matchAll(/--([\w-]+): (#[0-9a-f]{3,6})\b/g)].map(([, name, hex]) => [name, hex]));
}

/** The colours on paper, and at night, of a style sheet whose first dark block follows its light one. */
function themes(text: string): { light: Colours; dark: Colours } {
  const [before, after] = text.split(/@media (?:screen and )?\(prefers-color-scheme: dark\)/);
  const light = coloursIn(before!);
  return { light, dark: { ...light, ...coloursIn(after!.slice(0, after!.indexOf("}\n}"))) } };
}

/** Red, green and blue of #rrggbb, #rgb or rgb(r g b), from 0 to 255. */
function bytesOf(colour: string): number[] {
  const numbers = /^rgb\((\d+) (\d+) (\d+)\)$/.exec(colour);
  if (numbers !== null) return numbers.slice(1).map(Number);
  const hex = colour.length === 4 ? colour.replace(/[0-9a-f]/g, "$&$&") : colour;
  return [1, 3, 5].map((at) => Number.parseInt(hex.slice(at, at + 2), 16));
}

function luminance(colour: string): number {
  const [r, g, b] = bytesOf(colour).map((byte) => {
    const x = byte / 255;
    return x <= 0.04045 ? x / 12.92 : ((x + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r! + 0.7152 * g! + 0.0722 * b!;
}

function contrast(a: string, b: string): number {
  const [x, y] = [luminance(a), luminance(b)];
  return (Math.max(x, y) + 0.05) / (Math.min(x, y) + 0.05);
}

test("contrast: the formula gives 21 for black on white, 1 for a colour on itself, and the known 4.54", () => {
  assert.ok(Math.abs(contrast("#000", "#ffffff") - 21) < 1e-9, "black on white");
  assert.equal(contrast("#a3245f", "#a3245f"), 1);
  assert.ok(Math.abs(contrast("#767676", "#fff") - 4.54) < 0.01, `${contrast("#767676", "#fff")}`);
});

test("every colour of text stands out from every ground, 4.5 to 1, on paper and at night", () => {
  for (const [name, colours] of Object.entries(themes(style))) {
    for (const ground of ["paper", "panel", "bed"]) {
      for (const ink of ["ink", "soft", "q", "k", "v", "accent"]) {
        // on the beds of cells and of the last block stand ink, soft and links alone
        if (ground === "bed" && !["ink", "soft", "accent"].includes(ink)) continue;
        const ratio = contrast(colours[ink]!, colours[ground]!);
        assert.ok(ratio >= 4.5, `${name}: --${ink} on --${ground} has ${ratio.toFixed(2)}`);
      }
    }
    const chosen = contrast(colours["panel"]!, colours["global"]!);
    assert.ok(chosen >= 4.5, `${name}: a pressed word has ${chosen.toFixed(2)}`);
  }
});

test("a number in a cell is black or white, and stands out 4.5 to 1 at every depth of every hue", () => {
  for (const [name, colours] of Object.entries(themes(style))) {
    const block = name === "light" ? style : style.slice(style.indexOf("prefers-color-scheme: dark"));
    for (const hue of ["", "-local", "-global", "-random"]) {
      const flip = Number(new RegExp(`--flip${hue}: ([\\d.]+)`).exec(block)![1]);
      for (let depth = 0; depth <= 1; depth += 1 / 256) {
        const cell =
          hue === ""
            ? mixed(colours["bed"]!, colours["heat"]!, depth)
            : mixed(colours["panel"]!, colours[hue.slice(1)]!, 0.14 + 0.86 * depth);
        const ratio = contrast(depth < flip ? colours["under"]! : colours["over"]!, cell);
        assert.ok(ratio >= 4.5, `${name}: ${ratio.toFixed(2)} at ${depth.toFixed(3)} of --heat${hue}`);
      }
    }
  }
});

test("a figure that is taken along has the page's colours, light and dark", () => {
  const [own, taken] = [themes(style), themes(figureStyle())];
  for (const theme of ["light", "dark"] as const) {
    for (const [name, colour] of Object.entries(taken[theme])) {
      assert.equal(colour, own[theme][name], `${theme}: --${name}`);
    }
  }
});

test("colours between two are mixed in oklab, and the ends are the colours themselves", () => {
  assert.deepEqual(bytesOf(mixed("#f1ede3", "#2f2f8f", 0)), bytesOf("#f1ede3"));
  assert.deepEqual(bytesOf(mixed("#f1ede3", "#2f2f8f", 1)), bytesOf("#2f2f8f"));
  // CSS Color 4: black and white meet at oklab lightness 0.5, which is grey 99
  assert.deepEqual(bytesOf(mixed("#000000", "#ffffff", 0.5)), [99, 99, 99]);
});

test("the focus is never hidden, motion is asked for, and nothing is sized by the window alone", () => {
  assert.doesNotMatch(style, /outline: *(?:none|0)\b/);
  assert.match(style, /:focus-visible \{ outline: 3px/);
  const outside = style.replace(/@media \(prefers-reduced-motion: no-preference\)[^\n]*/g, "");
  assert.doesNotMatch(outside, /transition:|animation:|scroll-behavior:/);
  assert.match(style, /@media \(forced-colors: active\)/);
  assert.doesNotMatch(style, /user-scalable|maximum-scale/);
});
