import assert from "node:assert/strict";
import type { GoldenCase } from "./golden.ts";
import type { Tensor } from "../../lib/checkpoints/safetensors.ts";
import { readSafetensors, writeSafetensors } from "../../lib/checkpoints/safetensors.ts";

/** A golden case's parameters under their published names, without the "w." before them. */
export function publishedWeights(g: GoldenCase): Map<string, Tensor> {
  const names = Object.keys(JSON.parse(g.metadata["tensors"]!) as Record<string, unknown>).filter((name) =>
    name.startsWith("w."),
  );
  assert.ok(names.length > 0, "the case has weights");
  return new Map(names.map((name) => [name.slice(2), g.tensor(name)]));
}

/** Tensors through a file and back. */
export function throughFile(tensors: ReadonlyMap<string, Tensor>): Map<string, Tensor> {
  return readSafetensors(writeSafetensors(tensors)).tensors;
}

/** Two checkpoints hold the same names, shapes and bits, in any order. */
export function assertSameTensors(
  actual: ReadonlyMap<string, Tensor>,
  expected: ReadonlyMap<string, Tensor>,
): void {
  assert.deepEqual([...actual.keys()].sort(), [...expected.keys()].sort());
  for (const [name, tensor] of expected) assert.deepEqual(actual.get(name), tensor, name);
}
