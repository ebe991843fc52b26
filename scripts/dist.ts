/**
 * Before `npm pack`: compiles `lib` into `dist`, and writes what cannot stand in `lib`, where a file holds
 * nothing but declarations.
 *
 *     dist/index.js, index.d.ts   the package's entry: every mechanism, and the matrix record
 *     dist/require/…              the declarations once more, for TypeScript files that are CommonJS
 *
 * Node requires these ES modules as they are. TypeScript's node16 resolution refuses that, unless it finds
 * the declarations in a package that is CommonJS itself: a folder with a package.json that says so.
 */
import { spawnSync } from "node:child_process";
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { compiler } from "./copy/strip.ts";
import { libraryFiles, root } from "./copy/join.ts";

/** Compiles `lib` into a folder. The compiler writes to standard error, because npm writes to the other. */
function compile(folder: string, ...options: string[]): void {
  const args = [compiler, "-p", "tsconfig.json", "--noEmit", "false", "--rootDir", "lib", "--outDir", folder];
  const stdio = ["ignore", 2, 2] as const;
  const { status } = spawnSync(process.execPath, [...args, ...options], { cwd: root, stdio: [...stdio] });
  if (status !== 0) process.exit(1);
}

const entry = ["lib/matrix.ts", ...libraryFiles("lib/attention").values()]
  .map((path) => `export * from "${path.replace(/^lib/, ".").replace(/\.ts$/, ".js")}";\n`)
  .join("");
const dist = join(root, "dist");
rmSync(dist, { recursive: true, force: true });
compile("dist");
writeFileSync(join(dist, "index.js"), entry);
writeFileSync(join(dist, "index.d.ts"), entry);
compile("dist/require", "--emitDeclarationOnly");
writeFileSync(join(dist, "require/index.d.ts"), entry);
writeFileSync(join(dist, "require/package.json"), '{ "type": "commonjs" }\n');
