import assert from "node:assert/strict";
import test from "node:test";
import { excerptProblems } from "../../scripts/check/excerpts.ts";
import { readProject } from "../../scripts/check/project.ts";

const code = "function f() {\n  const a = 1; // (1)\n\n  const b = 2; // (2)\n  check();\n  return a + b; // (3)\n}\n";
const page = (...lines: string[]) => [
  { file: "docs/a.md", text: `# T\n\n\`\`\`ts lib/f.ts\n${lines.join("\n")}\n\`\`\`\n` },
];
const read = (file: string): string | undefined => (file === "lib/f.ts" ? code : undefined);
const problems = (...lines: string[]): string[] => excerptProblems(page(...lines), read);

test("lines of the file are an excerpt, whatever their indentation, with gaps where they are marked", () => {
  assert.deepEqual(problems("const a = 1; // (1)", "const b = 2; // (2)"), []);
  assert.deepEqual(problems("const b = 2; // (2)", "// …", "return a + b; // (3)"), []);
});

test("a changed line, another order, a gap that is not marked and an empty excerpt are red", () => {
  assert.match(problems("const a = 2; // (1)")[0]!, /docs\/a\.md:3 quotes lib\/f\.ts.*const a = 2/);
  assert.match(problems("const b = 2; // (2)", "const a = 1; // (1)")[0]!, /another place or order/);
  assert.match(problems("const b = 2; // (2)", "return a + b; // (3)")[0]!, /another place or order/);
  assert.match(problems("return a + b; // (3)", "// …", "const a = 1; // (1)")[0]!, /const a = 1/);
  assert.match(problems("")[0]!, /quotes nothing/);
});

test("an excerpt of a file that does not exist is red", () => {
  const text = "```ts lib/g.ts\nconst a = 1;\n```\n";
  assert.match(excerptProblems([{ file: "docs/a.md", text }], read)[0]!, /lib\/g\.ts, which does not exist/);
});

test("the excerpts of the pages are lines of their files", () => {
  const { pages, exists, read: content } = readProject();
  const problems = excerptProblems(pages, (file) => (exists(file) ? content(file) : undefined));
  assert.deepEqual(problems, []);
});
