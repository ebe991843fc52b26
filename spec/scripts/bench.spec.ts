import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import test from "node:test";
import { fileURLToPath } from "node:url";
import { assertClose, normal, rowsOf } from "../support/values.ts";
import { fromRows } from "../../lib/matrix.ts";
import { groups } from "../../scripts/bench/groups.ts";
import { largestDeviation } from "../../scripts/bench/bench.ts";
import { naiveAttention, naiveMatmul, naiveTranspose } from "../oracle/naive.ts";
import { textbookAttention, textbookMatmulTransposed } from "../../scripts/bench/textbook.ts";
import { textbookSoftmax } from "../../scripts/bench/textbook.ts";

test("the textbook forms are what they claim to be", () => {
  const [A, B, V] = [normal(5, 3, 1), normal(3, 7, 2), normal(7, 2, 3)];
  const K = fromRows(naiveTranspose(rowsOf(B)));
  assertClose(textbookMatmulTransposed(A, K), naiveMatmul(rowsOf(A), rowsOf(B)), 1e-6);
  const allow = (i: number, j: number): boolean => j <= i;
  for (const mask of [undefined, allow]) {
    const { output, weights } = naiveAttention(rowsOf(A), rowsOf(K), rowsOf(V), {
      scale: 1 / Math.sqrt(3),
      ...(mask && { allow: mask }),
    });
    const got = textbookAttention(A, K, V, mask);
    assertClose(got.output, output, 1e-6);
    assertClose(got.weights, weights, 1e-6);
  }
  assertClose(textbookSoftmax(fromRows([[0, Math.log(3)]])), [[0.25, 0.75]], 1e-6);
});

test("results that differ are seen: by a number, a NaN, an infinity, a shape, a missing matrix", () => {
  const A = fromRows([
    [1, -4],
    [2, 3],
  ]);
  assert.equal(largestDeviation([A], [A]), 0);
  assert.equal(
    largestDeviation(
      [
        fromRows([
          [1, -4],
          [2, 2],
        ]),
      ],
      [A],
    ),
    0.25,
  ); // 1 of the largest, 4
  assert.equal(
    largestDeviation(
      [
        fromRows([
          [NaN, -4],
          [2, 3],
        ]),
      ],
      [A],
    ),
    Infinity,
  );
  assert.equal(
    largestDeviation(
      [A],
      [
        fromRows([
          [NaN, -4],
          [2, 3],
        ]),
      ],
    ),
    Infinity,
  );
  assert.equal(
    largestDeviation(
      [A],
      [
        fromRows([
          [Infinity, -4],
          [2, 3],
        ]),
      ],
    ),
    Infinity,
  );
  assert.equal(largestDeviation([fromRows([[1, -4, 2, 3]])], [A]), Infinity);
  assert.equal(largestDeviation([A], [A, A]), Infinity);
});

test("an unknown group is status 2 and one line that names the groups", () => {
  const script = fileURLToPath(new URL("../../scripts/bench.ts", import.meta.url));
  const loader = process.features.typescript ? [] : ["--import", "tsx"];
  const { status, stdout, stderr } = spawnSync(process.execPath, [...loader, script, "matmull"], {
    encoding: "utf8",
  });
  assert.equal(status, 2);
  assert.equal(stdout, "");
  assert.equal(
    stderr,
    `bench: there is no group "matmull"; choose among ${groups.map(({ name }) => name).join(", ")}, or ` +
      `ask for --help\n`,
  );
});
