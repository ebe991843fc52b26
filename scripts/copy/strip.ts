/** TypeScript to JavaScript by the compiler itself: types go, comments stay. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { root } from "./join.ts";

export const compiler: string = join(root, "node_modules/typescript/bin/tsc");

/**
 * The texts without their types, in the order given; one run of the compiler for all. The compiler's four
 * columns become the house's two.
 */
export function withoutTypes(texts: readonly string[]): string[] {
  const folder = mkdtempSync(join(tmpdir(), "attention-by-hand-"));
  try {
    const compilerOptions = {
      target: "es2022",
      module: "esnext",
      types: [],
      noCheck: true,
      removeComments: false,
    };
    texts.forEach((text, n) => writeFileSync(join(folder, `${n}.ts`), text));
    writeFileSync(join(folder, "tsconfig.json"), JSON.stringify({ compilerOptions, include: ["*.ts"] }));
    const { status, stdout } = spawnSync(process.execPath, [compiler, "-p", folder], { encoding: "utf8" });
    if (status !== 0) throw new Error(`The compiler could not strip the types:\n${stdout}`);
    return texts.map((_, n) =>
      readFileSync(join(folder, `${n}.js`), "utf8")
        .replace(/^(?: {4})+(?! ?\*)/gm, (indent) => indent.slice(indent.length / 2))
        .replace(/^(\}|[^\s/*}].*;)\n(?=\S)/gm, "$1\n\n"),
    );
  } finally {
    rmSync(folder, { recursive: true });
  }
}
