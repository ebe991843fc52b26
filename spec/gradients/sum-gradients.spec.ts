import assert from "node:assert/strict";
import test from "node:test";
import { fromRows, matrix } from "../../lib/matrix.ts";
import { parameters } from "../../lib/models/parameters.ts";
import { rowsOf } from "../support/values.ts";
import { sumGradients } from "../../lib/gradients/sum-gradients.ts";

const record = (x: number, b: number | undefined) => ({
  heads: [
    { W: fromRows([[x, 2 * x]]), b: b === undefined ? undefined : fromRows([[b]]) },
    { W: fromRows([[1]]), b: undefined },
  ],
  W_O: fromRows([[x], [-x]]),
});

test("by hand: every matrix of the records, in records and arrays; inputs stay as they are", () => {
  const parts = [record(1, 7), record(10, 0), record(100, 1)];
  const sum = sumGradients(parts);
  assert.deepEqual([...parameters(sum).keys()], ["heads.0.W", "heads.0.b", "heads.1.W", "W_O"]);
  assert.deepEqual([...parameters(sum).values()].map(rowsOf), [[[111, 222]], [[8]], [[3]], [[111], [-111]]]);
  assert.ok(Array.isArray(sum.heads), "arrays stay arrays");
  assert.equal(sum.heads[1]!.b, undefined, "what is absent stays absent");
  assert.deepEqual(rowsOf(parts[0]!.W_O), [[1], [-1]]);
});

test("sums are taken in doubles and rounded once; errors say who, what and why", () => {
  const parts = [16777216, 1, 1].map((x) => ({ W: fromRows([[x]]) }));
  assert.deepEqual(rowsOf(sumGradients(parts).W), [[16777218]]);
  assert.throws(() => sumGradients([]), {
    message: "sumGradients: parts must hold at least 1 record; got 0",
  });
  assert.throws(() => sumGradients([{ W: matrix(1, 2) }, { W: matrix(2, 2) }]), {
    name: "RangeError",
    message: "sumOf: parts[1] must be (1, 2); got (2, 2)",
  });
  assert.throws(() => sumGradients([{ b: matrix(1, 2) }, { b: undefined }] as never), {
    message: "sumOf: parts[1] must be a Matrix { rows, cols, data }; got undefined",
  });
});
