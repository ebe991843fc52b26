import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test from "node:test";
import { fileURLToPath, pathToFileURL } from "node:url";
import { format } from "node:util";
import { snippetsOf, standalone } from "../scripts/check/snippets.ts";

const root = fileURLToPath(new URL("..", import.meta.url));
const pages = [
  "README.md",
  "README.ja.md",
  ...readdirSync(join(root, "docs"))
    .filter((name) => name.endsWith(".md"))
    .map((name) => `docs/${name}`),
];
const folder = mkdtempSync(join(tmpdir(), "attention-by-hand-docs-"));
test.after(() => rmSync(folder, { recursive: true }));

/** Runs a program here and returns what it gave to console.log. */
async function printed(name: string, code: string): Promise<string> {
  const file = join(folder, `${name}.mts`);
  writeFileSync(file, code);
  const lines: string[] = [];
  const log = console.log;
  console.log = (...values: unknown[]) => void lines.push(format(...values));
  try {
    await import(pathToFileURL(file).href);
  } finally {
    console.log = log;
  }
  return lines.join("\n").trimEnd();
}

for (const page of pages) {
  test(`every program on ${page} prints what the page says`, async () => {
    const text = readFileSync(join(root, page), "utf8");
    for (const [n, snippet] of snippetsOf(page, text).entries()) {
      const output = await printed(`${page.replace(/\W/g, "-")}-${n}`, standalone(root, snippet));
      if (snippet.prints !== undefined) assert.equal(output, snippet.prints, `${page}:${snippet.line}`);
    }
  });
}

test("the reader of programs finds them, with what they print", () => {
  const text = "a\n\n```ts\nconst a = 1;\n```\n\n```text\n1\n```\n\n```ts\nconst b = 2;\n```\n";
  assert.deepEqual(snippetsOf("p.md", text), [
    { page: "p.md", line: 3, code: "const a = 1;\n", prints: "1" },
    { page: "p.md", line: 11, code: "const b = 2;\n", prints: undefined },
  ]);
});
