import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test from "node:test";
import type { Training } from "../../scripts/train/loop.ts";
import { TASKS } from "../../scripts/train/tasks.ts";
import { advance, begin } from "../../scripts/train/loop.ts";
import { parameters } from "../../lib/models/parameters.ts";
import { randomGenerator } from "../../lib/matrix.ts";
import { loadModel, resume, store } from "../../scripts/train/store.ts";

/** A digest of all weights, bit by bit, in the order of their names. */
function bitsOf({ model }: Pick<Training, "model">): string {
  const hash = createHash("sha256");
  parameters(model).forEach((M, name) => {
    hash.update(name);
    hash.update(new Uint8Array(M.data.buffer, M.data.byteOffset, M.data.byteLength));
  });
  return hash.digest("hex").slice(0, 16);
}

const dataOf = (name: string): string =>
  new URL(`../../scripts/data/${name}.safetensors`, import.meta.url).pathname;

/** The weights after 200 of 200 steps from seed 7: the same on every engine. */
const AFTER_200: Record<string, string> = {
  reverse: "0b42f4cb7f6ac388",
  induction: "5884ef5b45f2fe86",
  pronouns: "b3e4d40323c0ee81",
};

for (const task of TASKS) {
  test(`${task.name}: 200 steps from a seed give these bits, also when stopped half-way and taken up ` +
    `again`, () => {
    const whole = begin(task, 7, 200);
    const folder = mkdtempSync(join(tmpdir(), "attention-by-hand-"));
    const file = join(folder, "half.safetensors");
    const losses: number[] = [];
    while (whole.step < 200) {
      losses.push(advance(whole).loss);
      if (whole.step === 100) store(file, whole, { running: true });
    }
    assert.equal(bitsOf(whole), AFTER_200[task.name]);
    const second = resume(task, file);
    rmSync(folder, { recursive: true });
    while (second.step < 200) advance(second);
    assert.equal(bitsOf(second), bitsOf(whole));
    assert.ok(losses[199]! < losses[0]!, `it learns: ${losses[0]} → ${losses[199]}`);
  });

  test(`${task.name}: the committed weights do what they learnt, on fresh data`, () => {
    assert.ok(statSync(dataOf(task.name)).size <= 150000, "at most 150 kB");
    const model = loadModel(task, readFileSync(dataOf(task.name)));
    const figures = task.measure(model, randomGenerator(20261129), 300);
    const [right, ...others] = figures.map(({ value }) => value);
    const least = { reverse: [1, 0.99], induction: [0.99, 0.8, 0.9], pronouns: [0.98, 0.98, 0.7] }[
      task.name
    ]!;
    [right!, ...others].forEach((value, f) => assert.ok(value >= least[f]!, `${figures[f]!.name}: ${value}`));
  });
}

test("a file of another task, or of finished weights, is not taken up", () => {
  const [reverse, induction] = TASKS;
  assert.throws(() => resume(induction!, dataOf("reverse")), /is a training of reverse/);
  assert.throws(() => resume(reverse!, dataOf("reverse")), /holds finished weights/);
});
