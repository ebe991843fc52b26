/**
 * Before `npm pack`: compiles `lib` into `dist`, and writes what cannot stand in `lib`, where a file holds
 * nothing but declarations.
 *
 *     dist/index.js, index.d.ts   the package's entry: every mechanism, and the matrix record
 *     dist/simd/…                 the vector kernels; below, in lib/, all of lib with them in the place of the plain
 *                                 ones; and for each of its files NAME.js, which exports it
 *     dist/require/…              the declarations once more, for TypeScript files that are CommonJS
 *
 * Node requires these ES modules as they are. TypeScript's node16 resolution refuses that, unless it finds
 * the declarations in a package that is CommonJS itself: a folder with a package.json that says so.
 */
import { spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { tmpdir } from "node:os";
import { compiler } from "./copy/strip.ts";
import { given } from "./given.ts";
import { libraryFiles, root } from "./copy/join.ts";
import { substituted } from "./copy/simd.ts";

given({});

/**
 * Compiles the `lib` of a place into a folder. The compiler writes to standard error, because npm writes to
 * the other.
 */
function compile(place: string, folder: string, ...options: string[]): void {
  const args = [compiler, "-p", "tsconfig.json", "--noEmit", "false", "--rootDir", "lib", "--outDir", folder];
  const stdio = ["ignore", 2, 2] as const;
  const { status } = spawnSync(process.execPath, [...args, ...options], { cwd: place, stdio: [...stdio] });
  if (status !== 0) process.exit(1);
}

/**
 * All of lib with the vector kernels of `dist/simd`, which stand two folders higher than a file of
 * `dist/simd/lib`. Each NAME.js has the declarations of the plain file: they are the same.
 */
function compileSimd(): void {
  const tree = mkdtempSync(join(tmpdir(), "attention-by-hand-"));
  const files = libraryFiles();
  cpSync(join(root, "lib"), join(tree, "lib"), { recursive: true });
  cpSync(join(root, "tsconfig.json"), join(tree, "tsconfig.json"));
  for (const path of files.values()) {
    writeFileSync(join(tree, path), substituted(path, readFileSync(join(root, path), "utf8")));
  }
  compile(tree, join(dist, "simd/lib"), "--declaration", "false", "--isolatedDeclarations", "false");
  rmSync(tree, { recursive: true });
  rmSync(join(dist, "simd/lib/simd"), { recursive: true });
  const kernels = libraryFiles("lib/simd");
  for (const [name, path] of files) {
    const file = path.replace(/^lib\//, "").replace(/\.ts$/, ".js");
    const compiled = join(dist, "simd/lib", file);
    const text = readFileSync(compiled, "utf8");
    writeFileSync(compiled, text.replace(/ from "\.\.\/simd\//g, ' from "../../'));
    if (kernels.has(name)) continue;
    writeFileSync(join(dist, `simd/${name}.js`), `export * from "./lib/${file}";\n`);
    writeFileSync(join(dist, `simd/${name}.d.ts`), `export * from "../${file}";\n`);
    writeFileSync(join(dist, `require/simd/${name}.d.ts`), `export * from "../${file}";\n`);
  }
}

const entry = ["lib/matrix.ts", ...libraryFiles("lib/attention").values()]
  .map((path) => `export * from "${path.replace(/^lib/, ".").replace(/\.ts$/, ".js")}";\n`)
  .join("");
const dist = join(root, "dist");
rmSync(dist, { recursive: true, force: true });
compile(root, "dist");
writeFileSync(join(dist, "index.js"), entry);
writeFileSync(join(dist, "index.d.ts"), entry);
compile(root, "dist/require", "--emitDeclarationOnly");
writeFileSync(join(dist, "require/index.d.ts"), entry);
writeFileSync(join(dist, "require/package.json"), '{ "type": "commonjs" }\n');
compileSimd();
