import assert from "node:assert/strict";
import test from "node:test";
import { anchorProblems, sceneProblems, scenesOf } from "../../scripts/check/anchors.ts";
import { languageProblems, pairProblems } from "../../scripts/check/languages.ts";
import { readProject } from "../../scripts/check/project.ts";

const english = `# Title

The first of 1,000 words, with \`code\`.

## Part

| a | b |
| --- | --- |
| 16/17 | [link](other.md#part) |

\`\`\`ts
import { mix } from "../lib/kernels/mix.ts";
console.log("words", 2 + 2); // a comment
\`\`\`

\`\`\`text
words 42
\`\`\`
`;
const japanese = `# 題

1,000 語の最初です。\`code\` があります。

## 部分

| ア | イ |
| --- | --- |
| 16/17 | [リンク](other.ja.md#部分) |

\`\`\`ts
import { mix } from "../lib/kernels/mix.ts";
console.log("語", 2 + 2); // 注釈
\`\`\`

\`\`\`text
42 語
\`\`\`
`;

test("two pages that say the same have no complaints", () => {
  assert.deepEqual(pairProblems("a.md", english, japanese), []);
});

test("a change of one side alone is red, whichever side and whatever it is", () => {
  const changes: readonly (readonly [string, string])[] = [
    ["1,000", "1,001"],
    ["16/17", "1/17"],
    ["`code`", "`node`"],
    ["## ", "### "],
    ["2 + 2", "2 * 2"],
    ["mix.ts", "matmul.ts"],
    ["42", "43"],
    ["(other", "(another"],
    ["| 16/17 |", "| 16/17 | 3 |"],
    ["| --- | --- |\n", "| --- | --- |\n| 1 | 2 |\n"],
    ["\n\n## ", "\n\nOne.\n\nTwo.\n\n## "],
  ];
  for (const [from, to] of changes) {
    assert.notDeepEqual(pairProblems("a.md", english.replace(from, to), japanese), [], `English: ${to}`);
    assert.notDeepEqual(pairProblems("a.md", english, japanese.replace(from, to)), [], `Japanese: ${to}`);
  }
});

test("words for large numbers, fractions of one sign and the widths of digits are the same number", () => {
  const page = (words: string): string => `# T\n\n${words}\n`;
  assert.deepEqual(pairProblems("a.md", page("10 000 draws, ¼ each"), page("１ 万回、それぞれ 1/4")), []);
});

test("in all pages: a heading more, or another number, in the Japanese alone is red", () => {
  const { pages } = readProject();
  for (const { file, text } of pages.filter((page) => page.file.endsWith(".ja.md"))) {
    const other = pages.find((page) => page.file === file.replace(".ja.md", ".md"))!;
    for (const change of ["\n## 追加\n", "\n12345 個です。\n"]) {
      assert.notDeepEqual(languageProblems([other, { file, text: `${text}${change}` }]), [], `${file}: ${change}`);
    }
  }
});

test("a link to a heading that is not there is red", () => {
  const page = (text: string) => [{ file: "docs/a.md", text: `# A\n\n## W^O, and √d_k\n\n${text}\n` }];
  assert.deepEqual(anchorProblems(page("[x](#wo-and-d_k) [y](a.md#a) [z](b.ts#L1)")), []);
  assert.equal(anchorProblems(page("[x](#wo) [y](a.md#b)")).length, 2);
});

test("links into the page lead to a scene, in the language of the page that has them", () => {
  const scenes = scenesOf(readProject().scripts);
  assert.ok(scenes.size >= 16 && scenes.has("one-query"), [...scenes].join(" "));
  const problems = (file: string, link: string): string[] => sceneProblems([{ file, text: `[x](${link})` }], scenes);
  assert.deepEqual(problems("docs/a.md", "index.html#go=one-query"), []);
  assert.deepEqual(problems("docs/a.ja.md", "index.html#lang=ja&go=one-query"), []);
  assert.match(problems("docs/a.md", "index.html#go=one-quary").join(), /leads to no scene/);
  assert.match(problems("docs/a.ja.md", "index.html#go=one-query").join(), /opens another language/);
});
