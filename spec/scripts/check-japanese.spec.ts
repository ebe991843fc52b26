import assert from "node:assert/strict";
import test from "node:test";
import { japaneseProblems } from "../../scripts/check/japanese.ts";

const problems = (text: string): string[] => japaneseProblems({ file: "a.ja.md", text });

test("です and ます, nouns, tables, headings, bold leads, code and shapes are in style", () => {
  for (const text of [
    "重みの合計は 1 です。",
    "行列を掛けます（形は (n_q, d_k)）。次に足しましょう。",
    "値は一つずつ。",
    "| 行ごと | 合計は 1 になる。 |",
    "## 計算する。",
    "**注意を読む。** 表のとおりです。",
    "```ts\n// 計算する。\n```",
    "`a: 行 (列)` と書きます。",
  ]) {
    assert.deepEqual(problems(text), [], text);
  }
});

test("plain endings, half-width marks beside Japanese, and 変圧器 are found", () => {
  for (const [text, part] of [
    ["重みを計算する。", "does not end in です"],
    ["これは注意である。", "does not end in です"],
    ["これは注意だ。", "does not end in です"],
    ["次のとおりです: 一つ。", "half-width"],
    ["向きは (出力, 入力) です。", "half-width"],
    ["重み（大きさ) です。", "half-width"],
    ["変圧器です。", "変圧器"],
  ] as const) {
    const found = problems(`一行目です。\n${text}`);
    assert.equal(found.length, 1, `${text}: ${found.join(" | ")}`);
    assert.ok(found[0]!.startsWith("a.ja.md:2 ") && found[0]!.includes(part), found.join());
  }
});
