import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test from "node:test";
import { pathToFileURL } from "node:url";
import { ScaledDotProductAttention } from "../../lib/attention/scaled-dot-product-attention.ts";
import { assertSameBits, normal } from "../support/values.ts";
import { CONFIGURATIONS } from "../../scripts/copy/configurations.ts";
import { compiler } from "../../scripts/copy/strip.ts";
import { copyOf, hashOf, inOrder, joined, libraryFiles, namesIn, reached } from "../../scripts/copy/join.ts";
import { libraryDeclarations } from "../../scripts/copy/names.ts";
import { root, textOf, type Source } from "../../scripts/copy/join.ts";
import { declarationsOf } from "../../scripts/check/declarations.ts";

const files = [...libraryFiles()];
const texts = new Map(files.map(([, path]) => [path, readFileSync(join(root, path), "utf8")]));
const owners = new Map(
  [...texts].flatMap(([path, text]) => declarationsOf(text).map(({ name }) => [name, path] as const)),
);

/** A file that stands only here. */
function source(text: string, path: string = "lib/here.ts"): Source {
  return { path, declarations: declarationsOf(text), imports: new Map(), platform: [] };
}

test("every file's copy: no import, each declaration once, as it stands in its file, with docstring", () => {
  for (const [name, path] of files) {
    const copy = copyOf([path]);
    assert.ok(!/^import\b|\bfrom "/m.test(copy), `${name}: an import is left in`);
    const declared = declarationsOf(copy);
    assert.equal(
      new Set(declared.map((part) => part.name)).size,
      declared.length,
      `${name}: a name stands twice`,
    );
    for (const part of declared) {
      const home = owners.get(part.name);
      assert.ok(home !== undefined, `${name}: ${part.name} is of no file`);
      const bare = part.body.replace(/^export /, "");
      const there = [`${part.doc}\nexport ${bare}`, `${part.doc}\n${bare}`, `\n${bare}`].some(
        (text) => `\n${texts.get(home)}`.includes(text) && (part.doc !== "" || text === `\n${bare}`),
      );
      assert.ok(there, `${name}: ${part.name} is not as in ${home}`);
    }
    const body = declared.map((part) => textOf(part, part.exported)).join("\n\n");
    assert.equal(
      copy,
      `${copy.split("\n").slice(0, 3).join("\n")}\n\n${body}\n`,
      `${name}: nothing stands between declarations`,
    );
  }
});

test("every file's copy exports the file's own exports and Matrix; its own declarations come first", () => {
  for (const [name, path] of files) {
    const declared = declarationsOf(copyOf([path]));
    const own = declarationsOf(texts.get(path)!);
    const expected = own.filter((part) => part.exported).map((part) => part.name);
    if (declared.some((part) => part.name === "Matrix") && !expected.includes("Matrix")) {
      expected.push("Matrix");
    }
    assert.deepEqual(
      declared.filter((part) => part.exported).map((part) => part.name),
      expected,
      name,
    );
    const first = declared.findIndex((part) => part.name === own[0]!.name);
    assert.deepEqual(
      declared.slice(first, first + own.length).map((part) => part.name),
      own.map((part) => part.name),
      name,
    );
    const loading = own.some((part) => part.kind === "const" || /^ {2}static [^(]* = /m.test(part.body));
    assert.ok(
      first === 0 || loading,
      `${name}: ${declared[0]!.name} stands before its own declarations without need`,
    );
  }
});

test("a copy holds what it reaches and no more", () => {
  const names = (place: string): string[] => declarationsOf(joined([place])).map((part) => part.name);
  const slice = names("lib/kernels/rows.ts#sliceRows");
  assert.deepEqual(slice.slice(0, 2), ["sliceRows", "Matrix"]);
  for (const absent of ["gatherRows", "randomGenerator", "fromFunction", "identity", "checkFinite"]) {
    assert.ok(!slice.includes(absent), absent);
  }
  for (const present of ["checkInteger", "checkMatrix", "kindOf"]) {
    assert.ok(slice.includes(present), present);
  }
  assert.ok(
    names("lib/layers/sinusoidal-positions.ts").includes("fromFunction"),
    "a helper of another file",
  );
  assert.ok(names("lib/layers/weights-listener.ts").length > 0, "a file of types");
});

test("every declaration's copy: it comes first, exported with Matrix alone, without what it needs not", () => {
  for (const [name, place] of libraryDeclarations()) {
    const declared = declarationsOf(copyOf([place]));
    const exported = declared.filter((part) => part.exported).map((part) => part.name);
    assert.deepEqual(exported.filter((other) => other !== "Matrix" || name === "Matrix"), [name]);
    const names = new Set(declared.map((part) => part.name));
    assert.equal(names.size, declared.length, `${name}: a name stands twice`);
    const [path] = place.split("#");
    const whole = declarationsOf(joined([path!])).map((part) => part.name);
    const extra = declared.filter((part) => !whole.includes(part.name)).map((part) => part.name);
    assert.deepEqual(extra, [], `${name}: its file's copy has all that its own has`);
    const part = declared.find((one) => one.name === name)!;
    const loads = part.kind === "const" || /^ {2}static [^(]* = |\bextends\b/m.test(part.body);
    assert.ok(
      declared[0] === part || loads,
      `${name}: ${declared[0]!.name} stands before it without need`,
    );
  }
});

test("every declaration's copy compiles under the strictest settings, with unused names refused", () => {
  const folder = mkdtempSync(join(tmpdir(), "attention-by-hand-"));
  try {
    const { options } = CONFIGURATIONS.find(({ id }) => id === "C4")!;
    [...libraryDeclarations().values()].forEach((place, n) =>
      writeFileSync(join(folder, `${n}.ts`), copyOf([place])),
    );
    const compilerOptions = { ...options, noEmit: true };
    writeFileSync(join(folder, "tsconfig.json"), JSON.stringify({ compilerOptions, include: ["*.ts"] }));
    const { status, stdout } = spawnSync(process.execPath, [compiler, "-p", folder], { encoding: "utf8" });
    assert.equal(status, 0, stdout.slice(0, 2000));
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test("several in one: those asked for first, in that order, and everything once", () => {
  const files = ["lib/kernels/mix.ts", "lib/kernels/activations.ts#geluTanh", "lib/matrix.ts"];
  const declared = declarationsOf(joined(files));
  const names = declared.map((part) => part.name);
  assert.equal(new Set(names).size, names.length);
  const own = declared.filter((part) => part.exported).map((part) => part.name);
  const exports = (path: string): string[] =>
    declarationsOf(texts.get(path)!).flatMap((part) => (part.exported ? [part.name] : []));
  assert.deepEqual(own, [...exports("lib/kernels/mix.ts"), "geluTanh", ...exports("lib/matrix.ts")]);
  const twice = declarationsOf(joined(["lib/kernels/mix.ts", "lib/kernels/mix.ts#mix"]));
  assert.deepEqual(twice, declarationsOf(joined(["lib/kernels/mix.ts"])));
});

test("the header: what it is, version and hash, licence, where its contract is explained", () => {
  const [first, second, third, empty, ...body] = copyOf(["lib/attention/multi-head-attention.ts"]).split(
    "\n",
  );
  assert.match(
    first!,
    /^\/\/ multi-head-attention · copied from attention-by-hand \d+\.\d+\.\d+ · sha256 [0-9a-f]{16}$/,
  );
  assert.ok(first!.endsWith(hashOf(body.join("\n"))), "it ends with the body's hash");
  assert.equal(second, "// SPDX-License-Identifier: MIT-0");
  const check = "Check this copy: npm run copy -- --check FILE";
  assert.equal(third, `// Contract: docs/multi-head.md of attention-by-hand. ${check}`);
  assert.equal(empty, "");
});

test("names are those that code mentions: no comments, strings, properties, but a template's values", () => {
  const code = 'const a = b.c + "d"; // e\n/* f */ g(`h ${i + `j`} k${{ o: `${p}` }}\\`q`, ...l); m?.n;';
  assert.deepEqual([...namesIn(code)].sort(), ["a", "b", "const", "g", "i", "l", "m", "p"]);
  const fields = "f({ a: b, c: d ? e : g }, (h: I, j?: K) => L); switch (m) { case N: }";
  assert.deepEqual(
    [...namesIn(fields)].sort(),
    ["I", "K", "L", "N", "b", "case", "d", "e", "f", "g", "m", "switch"],
  );
});

test("what runs while the file loads stands first, after what it needs; the rest follows", () => {
  const here = source(
    `const LATER = 1;
const BASE = 2;
const SUM = 1 + helper();
function helper(): number {
  return BASE;
}
function lazy(): number {
  return LATER;
}
`,
  );
  const parts = here.declarations.map((declaration) => ({ source: here, declaration }));
  const names = ({ before, after }: ReturnType<typeof inOrder>): string[][] =>
    [before, after].map((some) => some.map(({ declaration }) => declaration.name));
  assert.deepEqual(names(inOrder("SUM", parts)), [
    ["BASE", "SUM"],
    ["LATER", "helper", "lazy"],
  ]);
  assert.deepEqual(
    names(inOrder("lazy()", parts)),
    [
      ["LATER", "BASE"],
      ["SUM", "helper", "lazy"],
    ],
    "BASE for SUM",
  );
  const derived = source(
    "class Above extends Below {\n}\nclass Below {\n  static made = new Part();\n}\nclass Part {\n}\n",
  );
  assert.deepEqual(
    names(
      inOrder(
        "",
        derived.declarations.map((declaration) => ({ source: derived, declaration })),
      ),
    ),
    [["Part", "Below"], ["Above"]],
  );
});

test("two declarations of one name cannot be joined", () => {
  const here = source("function twice(): void {\n}\n");
  assert.throws(() => reached([{ source: here, code: "twice()" }], new Map([["twice", "lib/matrix.ts"]])), {
    message: "twice is declared in lib/matrix.ts and in lib/here.ts: one file cannot hold both",
  });
  assert.deepEqual(
    reached([{ source: here, code: "twice()" }], new Map([["twice", "lib/here.ts"]])),
    [],
  );
  const again = source("export type Random = () => number;\n");
  assert.deepEqual(
    reached([{ source: again, code: "Random" }], new Map([["Random", "lib/matrix.ts"]])),
    [],
    "the same declaration in another file is no other",
  );
});

test("a copy runs by itself and gives the same bits", async () => {
  const folder = mkdtempSync(join(tmpdir(), "attention-by-hand-"));
  try {
    const file = join(folder, "copy.mts");
    writeFileSync(file, copyOf(["lib/attention/scaled-dot-product-attention.ts"]));
    const copied = (await import(pathToFileURL(file).href)) as {
      ScaledDotProductAttention: typeof ScaledDotProductAttention;
    };
    const [Q, K, V] = [normal(5, 7, 1), normal(11, 7, 2), normal(11, 3, 3)];
    const options = { allow: (i: number, j: number) => i !== 2 && j % 3 > 0, bias: normal(5, 11, 4) };
    const [theirs, ours] = [
      new copied.ScaledDotProductAttention().forward(Q, K, V, options),
      new ScaledDotProductAttention().forward(Q, K, V, options),
    ];
    assertSameBits(theirs.output, ours.output);
    assertSameBits(theirs.weights, ours.weights);
    assert.notEqual(copied.ScaledDotProductAttention, ScaledDotProductAttention);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
