import assert from "node:assert/strict";
import { existsSync, readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import test from "node:test";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const read = (path: string): string => readFileSync(join(root, path), "utf8");
const idsIn = (text: string): string[] => text.match(/\bW\d+\b/g) ?? [];

/** One string literal: in double quotes, or between backticks. */
const LITERAL = /"(?:\\.|[^"\\])*"|`(?:\\.|[^`\\])*`/g;

/** The titles of a spec's tests, as they are written; a title of several strings joined by `+` is one title. */
function titlesOf(text: string): string[] {
  const literal = LITERAL.source;
  const titles = text.matchAll(new RegExp(`\\btest\\(\\s*((?:${literal})(?:\\s*\\+\\s*(?:${literal}))*)`, "g"));
  return [...titles].map(([, joined]) => joined!.match(LITERAL)!.map((part) => part.slice(1, -1)).join(""));
}

test("a title over several lines is found as one", () => {
  const text = 'test("a, " +\n  "b" + `c ${d}`, () => {});\ntest(\n  `e`, () => {});\ntest("f", g);\n';
  assert.deepEqual(titlesOf(text), ["a, bc ${d}", "e", "f"]);
});

/** Every spec, with the titles of its tests. */
const specs = new Map(
  (readdirSync(join(root, "spec"), { recursive: true }) as string[])
    .map((name) => `spec/${name.replace(/\\/g, "/")}`)
    .filter((path) => path.endsWith(".spec.ts"))
    .map((path) => [path, titlesOf(read(path))]),
);

/**
 * The rows of a page: a pitfall's number, and where it points: a path from the root, and the title of a test,
 * if one is named.
 */
function rowsOf(page: string): { id: string; links: { path: string; title: string | undefined }[] }[] {
  return [...read(page).matchAll(/^\| (W\d+) \|(.*)$/gm)].map(([, id, rest]) => ({
    id: id!,
    links: [...rest!.matchAll(/\]\(\.\.\/([^)\s"]+)(?: "([^"]*)")?\)/g)].map(([, path, title]) => ({
      path: path!,
      title,
    })),
  }));
}

for (const page of ["docs/pitfalls.md", "docs/pitfalls.ja.md"]) {
  const rows = rowsOf(page);

  test(`${page} has each of the 51 pitfalls once`, () => {
    const numbers = rows.map(({ id }) => Number(id.slice(1))).sort((a, b) => a - b);
    assert.deepEqual(
      numbers,
      Array.from({ length: 51 }, (_, n) => n + 1),
    );
  });

  test(`${page} names every spec that has a test of a pitfall`, () => {
    for (const [path, titles] of specs) {
      for (const id of titles.flatMap(idsIn)) {
        assert.ok(
          rows.some((row) => row.id === id && row.links.some((link) => link.path === path)),
          `${id}: ${path}`,
        );
      }
    }
  });

  test(`${page} has the wrong and the right line of every pitfall that spec/field-bugs shows`, () => {
    const lines = [...read(page).matchAll(/^\| \*\*(W\d+)\*\* \|(.*)$/gm)];
    const here = (path: string): boolean => path.startsWith("spec/field-bugs/") && !path.endsWith("copying.spec.ts");
    const shown = [...specs].filter(([path]) => here(path));
    for (const [path, titles] of shown) {
      for (const id of titles.flatMap(idsIn)) {
        const found = lines.find(([, own, rest]) => own === id && rest!.includes(`(../${path})`));
        assert.ok(found !== undefined, `${id}: ${path}`);
      }
    }
    assert.equal(lines.length, new Set(shown.flatMap(([, titles]) => titles.flatMap(idsIn))).size);
  });

  test(`${page} points at files that exist, and at specs with a test of that number or of the title named`, () => {
    for (const { id, links } of rows) {
      for (const { path, title } of links) {
        assert.ok(existsSync(join(root, path)), `${id}: ${path}`);
        if (!path.startsWith("spec/")) continue;
        const titles = specs.get(path) ?? [];
        assert.ok(
          title === undefined ? titles.flatMap(idsIn).includes(id) : titles.includes(title),
          `${id}: ${path} ${title ?? ""}`,
        );
      }
    }
  });
}
