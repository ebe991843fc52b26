import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test from "node:test";
import { compiler } from "../../scripts/copy/strip.ts";
import { copy } from "../../scripts/copy.ts";
import { digest, recorded, type Trace } from "../../scripts/copy/record.ts";
import { libraryFiles, root } from "../../scripts/copy/join.ts";
import { specsOf } from "../../scripts/copy/spec.ts";

/** Runs specs by themselves. */
function runSpecs(folder: string): { status: number | null; stdout: string } {
  const loader = process.features.typescript ? [] : ["--import", "tsx"];
  const specs = readdirSync(folder)
    .filter((name) => /\.spec\.m?ts$/.test(name))
    .map((name) => join(folder, name));
  const { NODE_TEST_CONTEXT: _, ...env } = process.env; // else the inner run would report to this one
  return spawnSync(process.execPath, [...loader, "--test", "--test-reporter=tap", ...specs], {
    encoding: "utf8",
    cwd: root,
    env,
  });
}

test("a mechanism's specs are all those beside it that import it", () => {
  const files = readdirSync(join(root, "spec/attention"));
  const hybrid = files
    .filter((name) => name.startsWith("hybrid-sparse-attention.") && name.endsWith(".spec.ts"))
    .map((name) => `spec/attention/${name}`);
  assert.ok(hybrid.length > 2, `${hybrid.length} specs`);
  assert.deepEqual(specsOf("lib/attention/hybrid-sparse-attention.ts"), hybrid.sort());
  assert.deepEqual(specsOf("lib/kernels/mix.ts").includes("spec/graph/mix-at.spec.ts"), false);
});

test("--with-spec: the specs run where only the copy, node and the golden data are, on the copy", () => {
  const folder = mkdtempSync(join(tmpdir(), "attention-by-hand-"));
  try {
    writeFileSync(join(folder, "package.json"), '{ "type": "module" }');
    const written: string[] = [];
    for (const name of ["safetensors", "hard-attention", "layer-norm"]) {
      copy([name, folder, "--with-spec"], (text) => void written.push(...text.trim().split("\n")));
    }
    assert.ok(
      written.some((file) => file.endsWith(join("layer-norm.spec.ts"))),
      written.join(),
    );
    for (const name of readdirSync(folder).filter((file) => file.endsWith(".spec.ts"))) {
      const from = [...readFileSync(join(folder, name), "utf8").matchAll(/^import .* from "(.*)";$/gm)].map(
        (match) => match[1]!,
      );
      const own = `./${name.slice(0, name.indexOf("."))}.ts`;
      assert.ok(
        from.includes(own) && from.every((path) => path === own || path.startsWith("node:")),
        `${name} imports ${from.join(", ")}`,
      );
    }
    const { status, stdout } = runSpecs(folder);
    assert.ok(Number(/^# pass (\d+)$/m.exec(stdout)?.[1]) >= 20, stdout);
    assert.equal(status, 0, stdout);

    const file = join(folder, "layer-norm.ts");
    const text = readFileSync(file, "utf8");
    const broken = text.replace("Math.sqrt(", "Math.cbrt(");
    assert.notEqual(broken, text);
    writeFileSync(file, broken);
    assert.notEqual(runSpecs(folder).status, 0, "a wrong copy must fail its spec");
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test("--with-spec --ext mts: the specs end like the copy, so that a CommonJS package takes both", () => {
  const folder = mkdtempSync(join(tmpdir(), "attention-by-hand-"));
  try {
    writeFileSync(join(folder, "package.json"), '{ "type": "commonjs" }');
    copy(["pair-rows", folder, "--with-spec", "--ext", "mts"], () => undefined);
    assert.deepEqual(
      readdirSync(folder).sort(),
      ["package.json", "pair-rows.mts", "pair-rows.spec.mts"],
    );
    const { status, stdout } = runSpecs(folder);
    assert.deepEqual([status, Number(/^# pass (\d+)$/m.exec(stdout)?.[1]) > 0], [0, true], stdout);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test("every spec of every file can stand alone: it says how it is run, and imports its copy and node", () => {
  const folder = mkdtempSync(join(tmpdir(), "attention-by-hand-"));
  try {
    for (const [name, path] of libraryFiles()) {
      if (specsOf(path).length > 0) copy([name, folder, "--with-spec", "--force"], () => undefined);
    }
    const specs = readdirSync(folder).filter((name) => name.endsWith(".spec.ts"));
    assert.ok(specs.length > libraryFiles().size, `${specs.length} specs`);
    for (const name of specs) {
      const text = readFileSync(join(folder, name), "utf8");
      assert.match(
        text,
        /^\/\/ Copied with the file that it tests\. .*\n(?:\/\/ .*\n){3}import /,
        name,
      );
      const imports = [...text.matchAll(/^(?:import |\} from )(?:.* from )?"(.*)";$/gm)].map(([, path]) => path!);
      const copied = `./${name.split(".")[0]}.ts`;
      const outside = imports.filter((path) => !/^node:/.test(path) && path !== copied);
      assert.deepEqual(outside, [], name);
      assert.ok(
        !/["`](?:\.\.\/)+(?:golden|scripts|lib|spec)\//.test(text),
        `${name} reads what is not beside it`,
      );
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test("a strict project compiles a copied spec with node's types, as the spec's first lines say", () => {
  const folder = mkdtempSync(join(tmpdir(), "attention-by-hand-"));
  try {
    copy(["layer-norm", folder, "--with-spec"], () => undefined);
    const compilerOptions = {
      strict: true,
      target: "es2022",
      lib: ["es2023"],
      module: "nodenext",
      noEmit: true,
      allowImportingTsExtensions: true,
      types: ["node"],
      typeRoots: [join(root, "node_modules/@types")],
    };
    writeFileSync(join(folder, "package.json"), '{ "type": "module" }');
    writeFileSync(join(folder, "tsconfig.json"), JSON.stringify({ compilerOptions, include: ["*.ts"] }));
    const { status, stdout } = spawnSync(process.execPath, [compiler, "-p", folder], { encoding: "utf8" });
    assert.equal(status, 0, stdout);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test("--with-spec goes with whole files: a declaration has no spec of its own", () => {
  assert.throws(() => copy(["gelu-tanh", tmpdir(), "--with-spec"], () => undefined), {
    message: "--with-spec goes with a whole file: geluTanh is in activations.",
  });
});

test("a digest tells values apart by their bits", () => {
  const values: unknown[] = [
    0,
    -0,
    NaN,
    1,
    "1",
    null,
    undefined,
    [],
    [1],
    [1, 2],
    [[1], 2],
    { a: 1 },
    { b: 1 },
    new Map([[1, 2]]),
    Float32Array.of(1),
    Float32Array.of(-1),
    Float64Array.of(1),
    new Float32Array(0),
  ];
  values.push(
    Uint8Array.of(1),
    Uint8Array.of(129),
    Float32Array.of(1, 0),
    Float32Array.of(1, -0),
    Float32Array.of(1 + 2 ** -23, 0),
    "a",
    "b",
    true,
    false,
  );
  assert.equal(new Set(values.map(digest)).size, values.length);
  assert.equal(
    digest({ data: Float32Array.of(1, 2), rows: 1 }),
    digest({ data: Float32Array.of(0, 1, 2).subarray(1), rows: 1 }),
  );
});

test("a digest does not ask for a field that is computed when it is asked for", () => {
  let asked = 0;
  const lazy = {
    shape: [2],
    get data(): number {
      return ++asked;
    },
  };
  assert.equal(digest(lazy), digest(lazy));
  assert.notEqual(digest(lazy), digest({ shape: [2] }));
  const { same } = recorded({ same: (x: unknown) => x }, []) as { same<T>(x: T): T };
  same(lazy);
  assert.equal(asked, 0);
});

test("a recorder writes down what functions, methods and constructors give, and what they throw", () => {
  const traces = [0, 1].map((wrong) => {
    class Counter {
      static readonly start = 3;
      n: number;
      constructor(n: number) {
        if (n < 0) throw new RangeError("n must be ≥ 0");
        this.n = n;
      }
      static from(n: number): Counter {
        return new Counter(n);
      }
      next(): number {
        return ++this.n;
      }
    }
    const trace: Trace = [];
    const module = recorded(
      {
        Counter,
        add: (a: number, b: number) => a + b + wrong,
        later: (a: number) => () => a,
        same: (f: unknown) => f,
        SIX: 6,
      },
      trace,
    ) as never as {
      Counter: typeof Counter;
      add(a: number, b: number): number;
      later(a: number): () => number;
      same<T>(f: T): T;
    };
    assert.equal(new module.Counter(4).next(), 5);
    assert.ok(
      module.Counter.from(1) instanceof module.Counter && module.Counter.start === 3,
      "what is static is there too",
    );
    assert.equal(module.add(1, 2), 3 + wrong);
    assert.equal(module.later(7)(), 7);
    assert.equal(module.same(digest), digest);
    assert.throws(() => new module.Counter(-1), RangeError);
    return trace;
  });
  const names = [
    "SIX",
    "new Counter",
    "Counter.next",
    "Counter.from",
    "add",
    "later",
    "later(…)",
    "same",
    "new Counter",
  ];
  assert.deepEqual(
    traces[0]!
      .slice(0, names.length)
      .map((line) => line.replace(/ \w+$| throws.*/, ""))
      .sort(),
    names.sort(),
  );
  assert.equal(traces[0]!.at(-1), "new Counter throws RangeError: n must be ≥ 0");
  assert.deepEqual(
    traces[0]!.filter((line, e) => traces[1]![e] !== line).map((line) => line.split(" ")[0]),
    ["add"],
  );
});
