import assert from "node:assert/strict";
import { test } from "node:test";
import type { Context } from "../../scripts/page/scene.ts";
import type { Mark } from "../../scripts/page/mark.ts";
import { BUDGET, page, pageScript } from "../../scripts/page/build.ts";
import { SCENES } from "../../scripts/page/scenes.ts";
import { TEXTS, readState, writeState, type Language, type State } from "../../scripts/page/state.ts";
import { contextOf, givenOf } from "../../scripts/page/context.ts";
import { html, marksIn, markup, textIn } from "../../scripts/page/mark.ts";
import { outsideWith } from "./outside.ts";
import { pageProblems, scriptsOf } from "../../scripts/check/page.ts";
import { sceneFrame } from "../../scripts/page/frame.ts";

/** The context of a scene in Node. */
function contextIn(id: string, state: State): Context {
  return contextOf(id, state, givenOf(state.shared), SCENES, outsideWith());
}

/** The frame of a scene in a state. */
function framed(id: string, state: State): Mark {
  const scene = SCENES.find((one) => one.id === id)!;
  return html("section", {}, ...sceneFrame(scene, 1, state.scenes[id]!, contextIn(id, state)));
}

/** What no view may hold: numbers that are none, and a reader's text as an element. */
const BROKEN = /NaN|undefined|Infinity|<script|<img/;

/** The scene itself in a state, without its frame, as text. */
function bodyOf(id: string, state: State): string {
  const scene = SCENES.find((one) => one.id === id)!;
  const body = markup(html("div", {}, ...scene.view(state.scenes[id] as never, contextIn(id, state))));
  // a check of the atlas is on the word NaN itself
  return id === "all" ? body.replace(/<span>[^<]*NaN[^<]*<\/span>/g, "") : body;
}

const first = (lang: Language): State => readState("", lang, SCENES);

test("every scene draws in both languages, and neither leaves a place unfilled or a number undefined", () => {
  for (const { id } of SCENES) {
    for (const lang of ["en", "ja"] as const) {
      assert.doesNotMatch(bodyOf(id, first(lang)), /\{[a-z]+\}/, `${id} ${lang}`);
      assert.doesNotMatch(bodyOf(id, first(lang)), BROKEN, `${id} ${lang}`);
    }
  }
});

test("every control of every scene has a name, and ids are one each", () => {
  for (const { id } of SCENES) {
    const marks = marksIn(framed(id, first("en")));
    const ids = marks.map(({ attributes }) => attributes["id"]).filter((name) => name !== undefined);
    assert.equal(new Set(ids).size, ids.length, `${id}: ${ids.join(" ")}`);
    for (const mark of marks) {
      if (!/^(?:button|summary|a)$/.test(mark.tag) && mark.attributes["role"] !== "img") continue;
      const name = String(mark.attributes["aria-label"] ?? "") + textIn(mark);
      assert.notEqual(name.trim(), "", `${id}: ${markup(mark).slice(0, 100)}`);
    }
  }
});

test("what to try leads to settings that the fields accept, to the letter", () => {
  for (const { id, tries, fields } of SCENES) {
    assert.ok(tries.length >= 2, `${id} has ${tries.length} things to try`);
    for (const { settings } of tries) {
      for (const [name, value] of Object.entries(settings)) {
        const field = fields[name]!;
        assert.deepEqual(field.read(field.write(value)) ?? field.first, value, `${id}.${name}`);
      }
      const state = {
        ...first("en"),
        scenes: { ...first("en").scenes, [id]: { ...first("en").scenes[id], ...settings } },
      };
      assert.deepEqual(readState(writeState(state, SCENES), "ja", SCENES), state, id);
      assert.doesNotMatch(bodyOf(id, state), BROKEN, id);
    }
  }
});

test("a fragment that is hostile or broken gives the first state where it cannot be read", () => {
  const names = SCENES.flatMap(({ id, fields }) => Object.keys(fields).map((name) => `${id}.${name}`));
  for (const value of [
    "",
    "NaN",
    "-1",
    "1e9",
    "<script>",
    "%00",
    "9".repeat(400),
    "1.2.3.4.5",
    "__proto__",
    "\u202e",
    "1.99999",
  ]) {
    // What a reader writes is shown, the word NaN too.
    const written = ["cross.memory", "dates.text"];
    const given = value === "NaN" ? names.filter((name) => !written.includes(name)) : names;
    const settings = given.map((name) => `${name}=${encodeURIComponent(value)}`).join("&");
    const fragment = `#lang=${value}&seed=${value}&cut=${value}&${settings}`;
    const state = readState(fragment, "en", SCENES);
    assert.equal(state.shared.lang, "en", value);
    for (const { id } of SCENES) assert.doesNotMatch(bodyOf(id, state), BROKEN, `${id} ${value}`);
  }
  assert.equal(readState(`#text=${"x".repeat(5000)}`, "en", SCENES).shared.text.length, 2000);
});

test("texts of no word, one word, many words and brackets break no scene", () => {
  for (const text of ["…", "a", "word ".repeat(60), "word ".repeat(150), "<img src=x>&\"'", "猫"]) {
    for (const { id } of SCENES) {
      const state = { ...first("ja"), shared: { ...first("ja").shared, text } };
      assert.doesNotMatch(bodyOf(id, state), BROKEN, `${id}: ${text.slice(0, 9)}`);
    }
  }
});

test("the page is made the same twice, within its budget, and asks no network", () => {
  const made = page();
  assert.equal(page() === made, true, "two runs differ");
  assert.ok(Buffer.byteLength(made) <= BUDGET, `${Buffer.byteLength(made)} bytes`);
  assert.deepEqual(pageProblems(made, made), []);
  assert.equal(pageProblems("", made).length, 1);
  assert.match(made, /default-src 'none'; script-src 'sha256-/);
  assert.doesNotMatch(made.replace(/<script[^]*?<\/script>/g, ""), /https?:|src=|href=/);
  assert.ok(scriptsOf(made).includes("startPage(atlas);"), "no start");
  // the page's script is narrowed line by line: so no text of it may span lines
  const texts = [...pageScript().matchAll(/`(?:[^`\\]|\\.)*`/g)].map(([text]) => text);
  assert.deepEqual(texts.filter((text) => text.includes("\n")), []);
});

test("both languages have a sentence of their own", () => {
  assert.notEqual(TEXTS.en, TEXTS.ja);
});
