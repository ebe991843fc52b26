/**
 * `npm run check` after the type checks: the house rules over the whole tree. Prints every place that breaks
 * one and exits 1.
 */
import { existsSync, readFileSync, readdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { README, table, withTable } from "./table.ts";
import { declarationsOf, equationProblems, formProblems, importProblems } from "./check/rules.ts";

const root = fileURLToPath(new URL("..", import.meta.url));
const read = (file: string): string => readFileSync(join(root, file), "utf8");

function filesBelow(folder: string, ending: string): string[] {
  return readdirSync(join(root, folder), { withFileTypes: true })
    .flatMap((entry) =>
      entry.isDirectory()
        ? filesBelow(`${folder}/${entry.name}`, ending)
        : entry.name.endsWith(ending)
          ? [`${folder}/${entry.name}`]
          : [],
    )
    .sort();
}

const problems: string[] = [];
const library = filesBelow("lib", ".ts");
const owners = new Map<string, string>();
let equations = 0;
for (const file of library) {
  const text = read(file);
  problems.push(...importProblems(file, text), ...formProblems(file, text), ...equationProblems(file, text));
  equations += [...text.matchAll(/^ \* .* {2,}\([A-Z]?\d+[a-z]?\)$/gm)].length;
  for (const { name } of declarationsOf(text)) {
    const owner = owners.get(name);
    if (owner !== undefined) {
      problems.push(
        `${file}: ${name} is declared in ${owner} too: names are unique across lib, so that files can be ` +
          `joined`,
      );
    }
    owners.set(name, file);
  }
}
const manifest = JSON.parse(read("package.json")) as { dependencies?: object; devDependencies: object };
if (manifest.dependencies !== undefined) {
  problems.push("package.json has dependencies: this project has none");
}
const tools = Object.keys(manifest.devDependencies).sort().join(", ");
if (tools !== "@types/node, tsx, typescript") {
  problems.push(`package.json must have the devDependencies @types/node, tsx, typescript; has ${tools}`);
}
if (read("package-lock.json").includes('"resolved"')) {
  problems.push("package-lock.json carries download addresses: remove its resolved fields");
}

const pages = ["README.md", "README.ja.md", ...filesBelow("docs", ".md")];
for (const page of pages) {
  const other = page.endsWith(".ja.md") ? page.replace(/\.ja\.md$/, ".md") : page.replace(/\.md$/, ".ja.md");
  if (!existsSync(join(root, other))) problems.push(`${page} has no counterpart ${other}`);
  for (const [, target] of read(page).matchAll(/\]\((?!https?:|#|mailto:)([^)#\s]+)(?:#[^)]*)?\)/g)) {
    if (!existsSync(join(root, dirname(page), target!))) {
      problems.push(`${page} links to ${target}, which does not exist`);
    }
  }
}

problems.push(...table("en").problems);
for (const language of ["en", "ja"] as const) {
  if (withTable(read(README[language]), language) !== read(README[language])) {
    problems.push(`${README[language]}: its table of mechanisms is out of date: npm run table`);
  }
}

for (const problem of problems) console.error(`✖ ${problem}`);
console.log(
  `${library.length} files of lib, ${owners.size} declarations, ${equations} numbered equations, ` +
    `${pages.length} pages: ${problems.length === 0 ? "all in order" : `${problems.length} problems`}`,
);
process.exitCode = problems.length === 0 ? 0 : 1;
