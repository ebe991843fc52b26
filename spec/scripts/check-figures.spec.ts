import assert from "node:assert/strict";
import test from "node:test";
import { SHAPED, answerProblems, figureProblems, shapeProblems } from "../../scripts/check/figures.ts";
import { readProject } from "../../scripts/check/project.ts";

test("a figure in the other language, or without a text in its own, is red", () => {
  const page = (file: string, text: string) => figureProblems({ file, text });
  assert.deepEqual(page("docs/a.md", "![Four rows of weights](figures/a.svg)"), []);
  assert.deepEqual(page("docs/a.ja.md", "![四行の重みのマップです。[CLS] が先頭](figures/a.ja.svg)"), []);
  assert.match(page("docs/a.ja.md", "![四行の重みのマップです。先頭は](figures/a.svg)")[0]!, /other language/);
  assert.match(page("docs/a.md", "![](figures/a.svg)")[0]!, /needs a text/);
  assert.match(page("docs/a.ja.md", "![Four rows of weights](figures/a.ja.svg)")[0]!, /text in the other/);
});

test("an exercise without an answer is red, in either language", () => {
  const answers = "<details>\n\n1. b\n\n```ts\n1. c\n```\n\n</details>\n";
  const text = (asked: string): string => `## 練習\n\n1. a\n${asked}\n${answers}`;
  assert.deepEqual(answerProblems({ file: "docs/a.ja.md", text: text("") }), []);
  assert.deepEqual(answerProblems({ file: "docs/a.ja.md", text: text("2. d\n") }), [
    "docs/a.ja.md has 2 exercises and 1 answers",
  ]);
});

test("each part that is taken out of a page turns it red", () => {
  const { pages } = readProject();
  for (const name of SHAPED) {
    for (const file of [`docs/${name}.md`, `docs/${name}.ja.md`]) {
      const { text } = pages.find((page) => page.file === file)!;
      assert.deepEqual(shapeProblems({ file, text }), [], file);
      const without = [/!\[/g, /^```math$/gm, /^```ts lib.*$/gm, /^[45]\. /gm];
      for (const part of without) assert.equal(shapeProblems({ file, text: text.replace(part, "") }).length, 1);
    }
  }
});
