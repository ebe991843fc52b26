import assert from "node:assert/strict";
import test from "node:test";
import { readFileSync } from "node:fs";
import { termProblems, termsOf } from "../../scripts/check/terms.ts";

const glossary = termsOf(readFileSync("docs/glossary.md", "utf8"));
const page = (body: string): string => `# Title\n\n${body}\n`;

test("the glossary's words: both columns of every table, endings such as 注意 and 的 left open", () => {
  const find = (english: string): readonly string[] | undefined =>
    glossary.find((term) => term.english.includes(english))?.japanese;
  assert.deepEqual(find("query"), ["クエリ"]);
  assert.deepEqual(find("factorised"), ["因子化"]);
  assert.deepEqual(find("value"), ["バリュー", "値"]);
  assert.ok(glossary.length > 60, `${glossary.length} terms`);
});

test("a term that a section has three times is there in Japanese; another word for it is found", () => {
  const english = page("A query, two queries and the last query.");
  assert.deepEqual(termProblems("a.md", english, page("クエリが三つです。"), glossary), []);
  assert.deepEqual(termProblems("a.md", page("A query."), page("一つです。"), glossary), [], "once is no matter");
  assert.match(termProblems("a.md", english, page("問いが三つです。"), glossary).join(), /has query 3 times/);
  assert.match(termProblems("a.md", page("One."), page("残差結合です。"), glossary).join(), /a.ja.md:3 has 残差結合/);
  assert.deepEqual(termProblems("a.md", page("`query query query`"), page("一つです。"), glossary), [], "code");
});
