import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import test from "node:test";
import { figureProblems } from "../../scripts/check/page.ts";
import { figures } from "../../scripts/page/svg.ts";

const all = [...figures()];

test("every file of docs/figures has its maker, in both languages", () => {
  const made = all.map(([name]) => name).sort();
  const there = readdirSync(new URL("../../docs/figures", import.meta.url)).sort();
  assert.deepEqual(there, made);
  for (const name of made.filter((one) => !one.endsWith(".ja.svg"))) {
    assert.equal(made.includes(name.replace(".svg", ".ja.svg")), true, name);
  }
});

test("every maker under scripts/page/figures is listed", () => {
  const shared = ["drawing", "figure", "panels", "trained"];
  const makers = readdirSync(new URL("../../scripts/page/figures", import.meta.url))
    .map((file) => file.replace(/\.ts$/, ""))
    .filter((name) => !shared.includes(name))
    .map((name) => `${name}.svg`);
  const made = all.map(([name]) => name).filter((name) => !name.endsWith(".ja.svg"));
  assert.deepEqual(made.sort(), makers.sort());
});

test("figures are no wider than GitHub shows, have a title, and no place that is no number", () => {
  for (const [name, picture] of all) {
    assert.deepEqual(figureProblems(name, picture), [], name);
    assert.match(picture, /<title>[^<]{3,}<\/title>/, name);
    assert.doesNotMatch(picture, /="[^"]*(?:NaN|undefined|Infinity)/, name);
    assert.match(picture, /prefers-color-scheme: dark/, name);
  }
  assert.equal(figureProblems("wide.svg", '<svg width="721">').length, 1);
});

test("every text stands on the sheet, where no part of the picture is moved", () => {
  for (const [name, picture] of all) {
    if (picture.includes("<g transform")) continue;
    const [, width, height] = /<svg [^>]*width="(\d+)" height="(\d+)"/.exec(picture)!;
    for (const [, x, y] of picture.matchAll(/<text x="(-?[\d.]+)" y="(-?[\d.]+)"/g)) {
      const inside = Number(x) >= 0 && Number(x) <= Number(width) && Number(y) >= 0 && Number(y) <= Number(height);
      assert.equal(inside, true, `${name}: ${x}, ${y}`);
    }
  }
});
