/** The tree that the checks read, and what a check says about it. */
import { existsSync, readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

export const root: string = fileURLToPath(new URL("../..", import.meta.url));

/** A file and its text. */
export interface Source {
  readonly file: string;
  readonly text: string;
}

export interface Project {
  readonly lib: readonly Source[];
  readonly spec: readonly Source[];
  readonly scripts: readonly Source[];
  /** Every page in Markdown. */
  readonly pages: readonly Source[];
  readonly read: (path: string) => string;
  readonly exists: (path: string) => boolean;
}

/** What breaks a rule, and numbers to print whether it holds or not. */
export interface Findings {
  readonly problems: readonly string[];
  readonly figures?: readonly string[];
}

/** One rule of the house. */
export interface Check {
  readonly name: string;
  readonly run: (project: Project) => Findings;
}

/** The whole project as it stands on the disk. */
export function readProject(): Project {
  const read = (path: string): string => readFileSync(join(root, path), "utf8");
  const sources = (paths: readonly string[]): Source[] => paths.map((file) => ({ file, text: read(file) }));
  return {
    lib: sources(filesBelow("lib", ".ts")),
    spec: sources(filesBelow("spec", ".ts")),
    scripts: sources(filesBelow("scripts", ".ts")),
    pages: sources(["README.md", "README.ja.md", ...filesBelow("docs", ".md")]),
    read,
    exists: (path) => existsSync(join(root, path)),
  };
}

/** The paths of the files below a folder that end so, in alphabetical order. */
export function filesBelow(folder: string, ending: string): string[] {
  const entries = readdirSync(join(root, folder), { withFileTypes: true });
  const paths = entries.flatMap((entry) => {
    const path = `${folder}/${entry.name}`;
    if (entry.isDirectory()) return filesBelow(path, ending);
    return entry.name.endsWith(ending) ? [path] : [];
  });
  return paths.sort();
}
