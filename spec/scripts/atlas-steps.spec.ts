import assert from "node:assert/strict";
import test from "node:test";
import type { Rows } from "../oracle/naive.ts";
import { MultiHeadAttention } from "../../lib/attention/multi-head-attention.ts";
import { embed, hash } from "../../scripts/atlas/words.ts";
import { naiveMatmul, naiveSoftmax, naiveTranspose } from "../oracle/naive.ts";
import { play } from "../support/atlas-world.ts";
import { randomGenerator } from "../../lib/matrix.ts";
import { rowsOf } from "../support/values.ts";

const words = ["sun", "moon", "sun", "月"];

/**
 * The numbers printed under a title, line by line until a blank one: "  1 sun  0.12 -3.40" → [0.12, −3.4].
 */
function printed(out: string, title: string): { numbers: Rows; decimals: number } {
  const lines = out.split("\n");
  const start = lines.findIndex((line) => line.includes(title));
  assert.ok(start >= 0, `no "${title}" in the page`);
  const rows: string[][] = [];
  for (let l = start + 2; l < lines.length && lines[l]!.trim() !== ""; l++) {
    rows.push(lines[l]!.trim().split(/\s+/).slice(2));
  }
  return { numbers: rows.map((row) => row.map(Number)), decimals: rows[0]![0]!.split(".")[1]?.length ?? 0 };
}

function assertPrinted(out: string, title: string, expected: Rows): void {
  const { numbers, decimals } = printed(out, title);
  assert.deepEqual(
    [numbers.length, numbers[0]!.length],
    [expected.length, expected[0]!.length],
    title,
  );
  numbers.forEach((row, i) =>
    row.forEach((x, j) =>
      assert.ok(
        Math.abs(x - expected[i]![j]!) <= 0.5 * 10 ** -decimals + 1e-6,
        `${title} [${i}, ${j}]: printed ${x}, expected ${expected[i]![j]}`,
      ),
    ),
  );
}

test("multi-head large: the numbers printed for a head's four steps are those of the definition", async () => {
  for (const [seed, heads, head] of [
    [1, 4, 1],
    [9, 4, 3],
    [2, 8, 8],
    [3, 1, 1],
  ] as const) {
    const { status, out } = await play([
      "multi-head",
      "--text",
      words.join(" "),
      "--seed",
      `${seed}`,
      "--heads",
      `${heads}`,
      "--head",
      `${head}`,
      "--width",
      "200",
    ]);
    assert.equal(status, 0);
    const X = rowsOf(embed(words, 16, seed));
    const { W_Q, W_K, W_V } = MultiHeadAttention.random(
      { d_model: 16, heads },
      randomGenerator(hash(`${seed} multi-head`)),
    ).heads[head - 1]!;
    const [Q, K, V] = [W_Q, W_K, W_V].map((W) => naiveMatmul(X, rowsOf(W))) as [Rows, Rows, Rows];
    const S = naiveMatmul(Q, naiveTranspose(K));
    const scaled = S.map((row) => row.map((s) => s / Math.sqrt(16 / heads)));
    const A = scaled.map(naiveSoftmax);
    assertPrinted(out, "its queries", Q);
    assertPrinted(out, "its keys", K);
    assertPrinted(out, "its values", V);
    assertPrinted(out, "step 1: dot products", S);
    assertPrinted(out, `step 2: divide by √d_k = √${16 / heads}`, scaled);
    assertPrinted(out, "step 3: softmax of each row", A);
    assertPrinted(out, "step 4: mix the values", naiveMatmul(A, V));
  }
});

test("the percent table and the explanation of the densest cell follow from the weights and scores", async () => {
  const { out } = await play(["scaled-dot-product", "--text", words.join(" ")]);
  const X = rowsOf(embed(words, 16, 1));
  const S = naiveMatmul(X, naiveTranspose(X)).map((row) => row.map((s) => s / 4));
  const A = S.map(naiveSoftmax);
  const { numbers } = printed(out, "weights A, in percent");
  numbers.forEach((row, i) =>
    row.forEach((x, j) =>
      assert.equal(x, j === words.length ? 100 : Number((A[i]![j]! * 100).toFixed(0)), `[${i}, ${j}]`),
    ),
  );
  const flat = out.replace(/\s+/g, " ");
  const sentences = [
    /Query (\d+) "([^"]+)" gives (\S+) of its attention to key (\d+) "([^"]+)"\. /,
    /Their score s = (\S+) is .* mean is (\S+)\. .* = 1 \/ (\S+) = (\S+)\./,
  ];
  const told = new RegExp(sentences.map(({ source }) => source).join("")).exec(flat)!;
  const [i, j] = [Number(told[1]) - 1, Number(told[4]) - 1];
  assert.deepEqual([told[2], told[5]], [words[i], words[j]]);
  assert.equal(A[i]![j], Math.max(...A.flat()));
  const sum = S[i]!.reduce((total, s) => total + Math.exp(s - S[i]![j]!), 0);
  assert.deepEqual(
    [told[6], told[8], told[9]],
    [S[i]![j]!.toFixed(2), sum.toFixed(3), A[i]![j]!.toFixed(3)],
  );
  assert.equal(told[7], (S[i]!.reduce((a, b) => a + b) / words.length).toFixed(2));
});

test("equal words: the same row and column without positions, other ones with them", async () => {
  const [bare, placed] = JSON.parse(
    (await play(["parameter-free-self", "--json", "--text", words.join(" ")])).out,
  ).mechanisms[0].runs[0].maps as { weights: Rows }[];
  assert.deepEqual(bare!.weights[0], bare!.weights[2]);
  bare!.weights.forEach((row) => assert.equal(row[0], row[2]));
  assert.notDeepEqual(placed!.weights[0], placed!.weights[2]);
});
