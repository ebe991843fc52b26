import assert from "node:assert/strict";
import test from "node:test";
import { PLAIN_ONLY } from "../support/plain-only.ts";
import { SUBSTITUTES, substituted } from "../../scripts/copy/simd.ts";
import { copyOf, joined, root } from "../../scripts/copy/join.ts";
import { declarationsOf } from "../../scripts/check/declarations.ts";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { signatureOf, substituteProblems } from "../../scripts/check/simd.ts";
import { simdPlaceNamed } from "../../scripts/copy/names.ts";
import { swapped } from "../../scripts/swap.ts";

const read = (path: string): string => readFileSync(join(root, path), "utf8");

test("an import is turned by name: what has no substitute stays, types too, and lib/simd itself", () => {
  const text = [
    'import type { Matrix } from "../matrix.ts";',
    'import { gelu, relu } from "../kernels/activations.ts";',
    'import { matmul, matmulTransposed } from "../kernels/matmul.ts";',
    'import { mix } from "node:mix";',
    "export const f = gelu;",
  ].join("\n");
  assert.deepEqual(substituted("lib/layers/a.ts", text).split("\n"), [
    'import type { Matrix } from "../matrix.ts";',
    'import { relu } from "../kernels/activations.ts";',
    'import { gelu } from "../simd/gelu.ts";',
    'import { matmul, matmulTransposed } from "../simd/matmul.ts";',
    'import { mix } from "node:mix";',
    "export const f = gelu;",
  ]);
  assert.equal(substituted("lib/simd/a.ts", text), text);
});

test("every substitute is where the list says, with the signature of what it stands for", () => {
  const lib = [...new Set(SUBSTITUTES.values())];
  for (const file of lib) assert.ok(existsSync(join(root, file)), file);
  const plain = { file: "lib/kernels/a.ts", text: "export function a(x: number): void {\n}" };
  const only = new Map([["a", "lib/simd/a.ts"]]);
  const problems = (text: string): string[] => substituteProblems([plain, { file: "lib/simd/a.ts", text }], only);
  assert.deepEqual(problems("export function a(\n  x: number,\n): void {\n}"), []);
  assert.deepEqual(problems("export function a(x: string): void {\n}"), [
    "lib/simd/a.ts: a differs from lib/kernels/a.ts: export function a(x: string): void, not " +
      "export function a(x: number): void",
  ]);
  assert.deepEqual(problems("function a(x: number): void {\n}"), ["lib/simd/a.ts does not export a"]);
  assert.deepEqual(substituteProblems([plain, { file: "lib/simd/b.ts", text: plain.text }], new Map()), [
    "lib/simd/b.ts: a is declared in lib/kernels/a.ts too, and is not listed as its substitute",
  ]);
  assert.equal(signatureOf("export function a({\n  b,\n}: C): D {\n  return b;\n}"), "export function a({ b, }: C): D");
});

test("a copy with --simd holds each name once, the vector kernels, and no plain one that they stand for", () => {
  for (const name of ["multi-head-attention", "matmul", "encoder-block", "streaming-attention"]) {
    const body = joined([simdPlaceNamed(name)!], true);
    const names = declarationsOf(body).map((declaration) => declaration.name);
    assert.equal(new Set(names).size, names.length, `${name}: ${names.join(" ")}`);
    assert.ok(names.includes("panelProduct") && !names.includes("tiledProduct"), name);
  }
  assert.equal(simdPlaceNamed("matmul"), "lib/simd/matmul.ts");
  assert.equal(simdPlaceNamed("gelu"), "lib/simd/gelu.ts");
  assert.equal(simdPlaceNamed("softmaxPairs"), "lib/simd/softmax-at.ts#softmaxPairs");
  assert.equal(simdPlaceNamed("linear"), "lib/simd/linear.ts");
  assert.equal(simdPlaceNamed("transpose"), "lib/kernels/transpose.ts");
  const [header] = copyOf(["lib/kernels/transpose.ts"], true).split("\n");
  assert.match(header!, /^\/\/ transpose --simd · copied from attention-by-hand /);
});

test("in the second tree comparisons are near, and what is plain only is left out: each title is there", () => {
  const spec = swapped("spec/kernels/softmax-rows.spec.ts", read("spec/kernels/softmax-rows.spec.ts"));
  assert.match(spec, /^import \{ softmaxRows \} from "\.\.\/\.\.\/lib\/simd\/softmax-rows\.ts";$/m);
  assert.match(spec, /^import \{ .*assertSameBits.* \} from "\.\.\/support\/near\.ts";$/m);
  assert.match(spec, /^test\.skip\("rounded once/m);
  for (const path of Object.keys(PLAIN_ONLY.titles)) swapped(path, read(path));
  assert.throws(() => swapped("spec/kernels/matmul.spec.ts", ""), /has no test "by hand/);
});
