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

/**
 * Whichever two tensors of one shape are exchanged in a checkpoint, it is not the same model any more: `matches`
 * says whether a checkpoint gives the published outputs.
 */
export function assertEverySwapShows(
  weights: ReadonlyMap<string, Tensor>,
  matches: (tensors: ReadonlyMap<string, Tensor>) => boolean,
): void {
  assert.ok(matches(weights), "the checkpoint as it is gives the published outputs");
  const names = [...weights.keys()];
  let swaps = 0;
  for (const [k, a] of names.entries()) {
    for (const b of names.slice(k + 1)) {
      const [A, B] = [weights.get(a)!, weights.get(b)!];
      if (A.shape.join() !== B.shape.join()) continue;
      swaps++;
      assert.ok(!matches(new Map(weights).set(a, B).set(b, A)), `${a} and ${b} exchanged must show`);
    }
  }
  assert.ok(swaps > 50, `${swaps} pairs were exchanged`);
}

/** Whether checks pass. */
export function passes(check: () => void): boolean {
  try {
    check();
    return true;
  } catch (error) {
    if ((error as Error).name !== "AssertionError") throw error;
    return false;
  }
}
