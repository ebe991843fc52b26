import assert from "node:assert/strict";
import { existsSync, readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import test from "node:test";
import { fileURLToPath } from "node:url";
import { BUGS } from "../scripts/exercise/bugs.ts";

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

/** A pitfall's entry: its number, its text, where it points, and its lines. */
interface Entry {
  readonly id: string;
  readonly text: string;
  /** A path from the root, and the title of a test, if one is named. */
  readonly links: readonly { readonly path: string; readonly title: string | undefined }[];
  readonly wrong: readonly string[];
  readonly right: readonly string[];
}

/** The entries of a page: "### W5 · …" to the next heading. */
function entriesOf(page: string): Entry[] {
  return [...page.matchAll(/^### ([WRE]\d+) · .*\n([\s\S]*?)(?=^##|(?![\s\S]))/gm)].map(([, id, text]) => {
    const lines = [...text!.matchAll(/^([-+]) (.*)$/gm)].filter(([, , line]) => !line!.startsWith("**"));
    const withSign = (sign: string): string[] => lines.filter((line) => line[1] === sign).map((line) => line[2]!);
    const links = text!.matchAll(/\]\(\.\.\/([^)\s"#]+)(?: "([^"]*)")?\)/g);
    return {
      id: id!,
      text: text!,
      links: [...links].map(([, path, title]) => ({ path: path!, title })),
      wrong: withSign("-"),
      right: withSign("+"),
    };
  });
}

/** The code of a line or of a file: without white space, and a line without its comment. */
const bare = (code: string): string => code.replace(/\s/g, "");
const codeIn = (line: string): string => bare(line.replace(/ \/\/ .*$/, ""));

/** The tests of spec/field-bugs by the number that their titles begin with. */
const museum = [...specs].filter(([path]) => path.startsWith("spec/field-bugs/"));
const numberOf = (title: string): string | undefined => /^([WRE]\d+):? /.exec(title)?.[1];

/** The numbers that a title speaks of: W anywhere, the others at its beginning. */
const spokenOf = (title: string): string[] => [...idsIn(title), numberOf(title) ?? "W0"].filter((id) => id !== "W0");

/** Entries whose lines are commands, in no file of ours. */
const COMMANDS: readonly string[] = ["W45", "W46", "W48"];

test("an entry is read with its links and its lines", () => {
  const lines = ["## a", "### W5 · b", 'c [d](../e.ts "f").', "```diff\n- g\n+ h // i\n```", "- **here**: j", "## k"];
  const text = `${lines.join("\n\n")}\n`;
  const [entry, ...others] = entriesOf(text);
  assert.deepEqual(others, []);
  assert.deepEqual({ ...entry, text: "" }, {
    id: "W5",
    text: "",
    links: [{ path: "e.ts", title: "f" }],
    wrong: ["g"],
    right: ["h // i"],
  });
});

for (const page of ["docs/pitfalls.md", "docs/pitfalls.ja.md"]) {
  const entries = entriesOf(read(page));

  test(`${page} has each of the 51 pitfalls once, then the later reports, then every kind of fault`, () => {
    const numbers = (letter: string): number[] =>
      entries.filter(({ id }) => id.startsWith(letter)).map(({ id }) => Number(id.slice(1)));
    const upTo = (n: number): number[] => Array.from({ length: n }, (_, i) => i + 1);
    assert.deepEqual(numbers("W").sort((a, b) => a - b), upTo(51));
    assert.deepEqual(numbers("R").sort(), upTo(6));
    assert.deepEqual(numbers("E"), upTo(18));
  });

  test(`${page} names every spec that has a test of a pitfall`, () => {
    for (const [path, titles] of specs) {
      for (const id of titles.flatMap(spokenOf)) {
        assert.ok(
          entries.some((entry) => entry.id === id && entry.links.some((link) => link.path === path)),
          `${id}: ${path}`,
        );
      }
    }
  });

  test(`${page} has a wrong and a right line for every test of spec/field-bugs, and says where not`, () => {
    const shown = new Set(museum.flatMap(([, titles]) => titles.map(numberOf)));
    for (const { id, text, wrong, right } of entries) {
      const found = BUGS.some((bug) => bug.id === id);
      const both = wrong.length > 0 && right.length > 0;
      assert.equal(both, shown.has(id) || found, `${id}: wrong ${wrong.length}, right ${right.length}`);
      assert.equal(both, !/^\*[^*]+\*$/m.test(text), `${id} says that there is no wrong line`);
      assert.equal(text.includes(`npm run exercise -- --bug ${id}\``), found, `${id}: find the bug`);
    }
  });

  test(`${page} quotes: each line stands in a file that its entry names, or is that file's bug`, () => {
    for (const { id, links, wrong, right } of entries.filter((entry) => !COMMANDS.includes(entry.id))) {
      const bug = BUGS.find((one) => one.id === id);
      const named = links.map(({ path }) => path).filter((path) => path.endsWith(".ts")).map(read);
      const lib = bug === undefined ? [] : [read(bug.path)];
      const buggy = bug === undefined ? [] : [read(bug.path).replace(bug.right, () => bug.wrong)];
      const stands = (line: string, texts: readonly string[]): boolean =>
        texts.some((text) => bare(text).includes(codeIn(line)));
      for (const line of wrong) assert.ok(stands(line, [...named, ...buggy]), `${id}: - ${line}`);
      for (const line of right) assert.ok(stands(line, [...named, ...lib]), `${id}: + ${line}`);
    }
  });

  test(`${page} points at files that exist, and at specs with a test of that number or of the title named`, () => {
    for (const { id, links } of entries) {
      for (const { path, title } of links) {
        assert.ok(existsSync(join(root, path)), `${id}: ${path}`);
        if (!path.startsWith("spec/")) continue;
        const titles = specs.get(path) ?? [];
        assert.ok(
          title === undefined ? titles.flatMap(spokenOf).includes(id) : titles.includes(title),
          `${id}: ${path} ${title ?? ""}`,
        );
      }
    }
  });

  test(`${page} has a test that walks all of a kind, or a page, for every fault at the edges`, () => {
    for (const { id, links, text } of entries.filter((entry) => entry.id.startsWith("E"))) {
      const walking = links.some(({ title }) => title !== undefined);
      assert.ok(walking || /\]\((?!\.\.)[\w-]+(?:\.ja)?\.md/.test(text), id);
    }
  });
}

test("both languages of the pitfalls have the same numbers in the same order, and the same lines", () => {
  const [english, japanese] = ["docs/pitfalls.md", "docs/pitfalls.ja.md"].map((page) => entriesOf(read(page)));
  const codes = ({ id, wrong, right }: Entry): unknown => [id, wrong.map(codeIn), right.map(codeIn)];
  assert.deepEqual(english!.map(codes), japanese!.map(codes));
});

test("what a scene of the page calls a mistake is an entry here, which names the same spec", () => {
  const entries = entriesOf(read("docs/pitfalls.md"));
  let count = 0;
  for (const file of readdirSync(join(root, "scripts/page/scenes"))) {
    const text = read(`scripts/page/scenes/${file}`);
    for (const [, id, path] of text.matchAll(/pitfall: "([WRE]\d+)",\s*spec: "([^"]+)"/g)) {
      const entry = entries.find((one) => one.id === id);
      assert.ok(entry?.links.some((link) => link.path === path), `${file}: ${id} · ${path}`);
      count++;
    }
  }
  assert.ok(count > 10, `${count} mistakes`);
});
