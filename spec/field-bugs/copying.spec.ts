import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test from "node:test";
import { pathToFileURL } from "node:url";
import { MultiHeadAttention } from "../../lib/attention/multi-head-attention.ts";
import { assertSameBits, normal } from "../support/values.ts";
import { compiler } from "../../scripts/copy/strip.ts";
import { copy } from "../../scripts/copy.ts";
import { copyOf, root } from "../../scripts/copy/join.ts";
import { randomGenerator } from "../../lib/matrix.ts";

/** Bugs found in the field around copied code: each as people have it, shown to fail, and ours beside it. */
// not below node_modules, where Node refuses to strip types;
const folder = mkdtempSync(join(tmpdir(), "attention-by-hand-"));
test.after(() => rmSync(folder, { recursive: true }));

const path = "lib/attention/multi-head-attention.ts";

/** What the compiler says of one file under these settings: the codes of its errors. */
function compiled(text: string, options: Record<string, unknown>): string[] {
  const place = mkdtempSync(join(folder, "c-"));
  const base = { target: "es2022", module: "esnext", moduleResolution: "bundler", types: [], noEmit: true };
  writeFileSync(join(place, "file.ts"), text);
  writeFileSync(
    join(place, "tsconfig.json"),
    JSON.stringify({ compilerOptions: { ...base, ...options }, files: ["file.ts"] }),
  );
  const { stdout } = spawnSync(process.execPath, [compiler, "-p", place], { encoding: "utf8" });
  return [...new Set(stdout.match(/TS\d+/g) ?? [])];
}

test("W45 one file taken out of a project as it stands does not load: neighbours are missing", async () => {
  mkdirSync(join(folder, "taken"));
  writeFileSync(join(folder, "taken", "multi-head-attention.mts"), readFileSync(join(root, path), "utf8"));
  const taken = join(folder, "taken", "multi-head-attention.mts");
  await assert.rejects(import(pathToFileURL(taken).href), { code: "ERR_MODULE_NOT_FOUND" });

  writeFileSync(join(folder, "copied.mts"), copyOf([path]));
  const module = (await import(pathToFileURL(join(folder, "copied.mts")).href)) as {
    MultiHeadAttention: typeof MultiHeadAttention;
  };
  const [X, widths] = [normal(7, 6, 1), { d_model: 6, heads: 3, bias: true }];
  const [theirs, ours] = [module.MultiHeadAttention, MultiHeadAttention].map((Class) =>
    Class.random(widths, randomGenerator(2)).forward(X, X, X),
  );
  assertSameBits(theirs!.output, ours!.output);
});

test("W46 a copy made by hand does not know where it came from, nor whether it was changed since", () => {
  const check = (text: string): [number, string] => {
    let said = "";
    writeFileSync(join(folder, "mine.ts"), text);
    return [copy(["--check", join(folder, "mine.ts")], (more) => void (said += more)), said];
  };
  const byHand = copyOf(["lib/kernels/softmax-rows.ts"]).split("\n").slice(4).join("\n");
  assert.throws(() => check(byHand), /does not begin with the header of a copy/);

  const copied = copyOf(["lib/kernels/softmax-rows.ts"]);
  const changed = copied.replace("- max);", "- 0);");
  assert.notEqual(changed, copied);
  assert.deepEqual([check(copied)[0], check(changed)[0]], [0, 1]);
  assert.match(check(changed)[1], /edited[\s\S]*softmaxRows differs/);
});

test("W47 code that compiles where it was written, and not where settings are stricter, or looser", () => {
  const written = `export class Sum {
  constructor(private readonly data: Float32Array, readonly weight?: number) {}
  at(i: number): number {
    return this.data[i];
  }
}
export const half = (data: Float32Array, weight: number | undefined) => new Sum(data, weight);
`;
  const looser = `export type Result = { ok: true; value: number } | { ok: false; reason: string };
export const told = (result: Result): string => (!result.ok ? result.reason : String(result.value));
`;
  const settings = {
    plain: { strict: true },
    stricter: {
      strict: true,
      noUncheckedIndexedAccess: true,
      erasableSyntaxOnly: true,
      isolatedDeclarations: true,
      declaration: true,
    },
    loose: { strict: false },
  };
  assert.deepEqual(compiled(written, settings.plain), []);
  assert.deepEqual(compiled(written, settings.stricter).sort(), ["TS1294", "TS2322", "TS9013"]);
  assert.deepEqual(
    [compiled(looser, settings.plain), compiled(looser, settings.loose)],
    [[], ["TS2339"]],
  );

  const ours = copyOf([path]);
  for (const [name, options] of Object.entries(settings)) assert.deepEqual(compiled(ours, options), [], name);
});

test("W48 a runner that looks for the specs itself finds none of ours, and says that all is well", () => {
  const place = mkdtempSync(join(folder, "none-"));
  writeFileSync(join(place, "a.spec.ts"), 'throw new Error("this spec fails");\n');
  const { NODE_TEST_CONTEXT: _, ...env } = process.env; // else the inner run would report to this one
  const found = spawnSync(process.execPath, ["--test"], { cwd: place, encoding: "utf8", env });
  assert.equal(found.status, 0, "buggy: nothing found, and no failure");
  assert.match(found.stdout, /tests 0/);

  const loader = process.features.typescript ? [] : ["--import", "tsx"];
  const ours = (...words: string[]): ReturnType<typeof spawnSync> =>
    spawnSync(process.execPath, [...loader, "scripts/test.ts", ...words], { cwd: root, encoding: "utf8", env });
  const none = ours("no-such-spec");
  assert.equal(none.status, 2, "ours: nothing found is a failure");
  assert.match(String(none.stderr), /^No spec has no-such-spec in its path/);
});
