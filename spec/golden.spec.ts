import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import test from "node:test";
import { NOT_COMPARED, golden } from "./support/golden.ts";
import { asMatrix, readSafetensors, writeSafetensors } from "../lib/checkpoints/safetensors.ts";

const here = new URL("./", import.meta.url);

/** The paths below a folder of spec whose names end so, with forward slashes. */
function below(folder: string, ending: string): string[] {
  return readdirSync(new URL(folder, here), { withFileTypes: true })
    .flatMap((entry) =>
      entry.isDirectory()
        ? below(`${folder}${entry.name}/`, ending)
        : entry.name.endsWith(ending)
          ? [`${folder}${entry.name}`]
          : [],
    )
    .sort();
}

const cases = below("golden/", ".safetensors").map((path) =>
  path.slice("golden/".length, -".safetensors".length),
);

/**
 * The cases that a text compares with, comments left out: a call that is only talked about compares nothing.
 */
function named(text: string): string[] {
  const code = text.replace(/\/\*[\s\S]*?\*\//g, "").replace(/(^|\s)\/\/.*$/gm, "");
  return [...code.matchAll(/\bgolden\(\s*"([^"]+)",\s*"([^"]+)",?\s*\)/g)].map(
    ([, folder, name]) => `${folder}/${name}`,
  );
}

test("every golden case is compared with in some spec, or listed in NOT_COMPARED with its reason", () => {
  const used = new Set(
    below("", ".spec.ts")
      .filter((path) => path !== "golden.spec.ts")
      .flatMap((path) => named(readFileSync(new URL(path, here), "utf8"))),
  );
  assert.ok(cases.length > 0, "there are cases");
  assert.deepEqual(
    cases.filter((name) => !used.has(name) && !Object.hasOwn(NOT_COMPARED, name)),
    [],
    "cases that nothing compares with",
  );
  assert.deepEqual(
    [...used].filter((name) => !cases.includes(name)),
    [],
    "cases that specs name but that do not exist",
  );
});

test("every entry of NOT_COMPARED is about a case that exists, and says why", () => {
  for (const [key, reason] of Object.entries(NOT_COMPARED)) {
    assert.ok(cases.includes(key.split(": ")[0]!), `NOT_COMPARED names ${key}, which is no case`);
    assert.ok(
      reason.trim().split(/\s+/).length >= 6,
      `NOT_COMPARED[${JSON.stringify(key)}] must give a reason of at least six words; got ` +
        `${JSON.stringify(reason)}`,
    );
  }
});

test("the search for golden cases sees calls, also broken over lines, and no comments", () => {
  const calls = 'const { atol } = golden("a", "b");\ncheck(golden(\n  "c",\n  "d.7",\n));';
  assert.deepEqual(
    named(`${calls}\n// golden("e", "f")\n/* golden("g", "h") */ const s = "x//y"; golden("i", "j")`),
    ["a/b", "c/d.7", "i/j"],
  );
});

test("every golden file is read, and what is written of it is read as the same", () => {
  for (const name of cases) {
    const bytes = readFileSync(new URL(`golden/${name}.safetensors`, here));
    const file = readSafetensors(bytes);
    assert.deepEqual(readSafetensors(writeSafetensors(file.tensors, file.metadata)), file, name);
    assert.ok(
      file.tensors.size > 0 &&
        [...file.tensors.values()].every((tensor) => asMatrix(tensor).data.length === tensor.data.length),
      name,
    );
    const atol = Number(file.metadata["suggested_atol"]);
    assert.ok(
      atol >= 0 && atol <= 0.1,
      `${name}: suggested_atol is ${file.metadata["suggested_atol"]}`,
    );
  }
});

test("golden gives a case's numbers: slices of the last two axes, a vector as one row", () => {
  const { tensor, slice } = golden("multi-head-attention", "self");
  for (const [name] of readSafetensors(
    readFileSync(new URL("golden/multi-head-attention/self.safetensors", here)),
  ).tensors) {
    const { shape, data } = tensor(name);
    const [rows, cols] = shape.length === 1 ? [1, shape[0]!] : (shape.slice(-2) as [number, number]);
    const block = shape.slice(0, -2).map((n) => n - 1); // the last block of the tensor
    const M = slice(name, ...block);
    assert.deepEqual([M.rows, M.cols], [rows, cols], name);
    assert.deepEqual(M.data, data.slice(data.length - rows * cols), name);
  }
  assert.throws(() => tensor("in.nothing"), /has no tensor in\.nothing: it holds in\./);
  assert.throws(() => slice("in.query"), /needs 1 leading/);
  // and does not run on into element 1
  assert.throws(() => slice("out.attn", 0, 3), /out\.attn of shape 2,3,13,13 has no \[0,3\]/);
});
