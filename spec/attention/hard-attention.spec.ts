import assert from "node:assert/strict";
import test from "node:test";
import { Attention } from "../../lib/attention/attention.ts";
import { DotProductAttention } from "../../lib/attention/dot-product-attention.ts";
import { EDGES, refuses } from "../support/mechanism.ts";
import { HardAttention } from "../../lib/attention/hard-attention.ts";
import { argmaxRows } from "../../lib/kernels/argmax-rows.ts";
import { assertClose, assertSameBits, assertSameRows, normal, poison, rowsOf } from "../support/values.ts";
import { fromRows, matrix } from "../../lib/matrix.ts";
import { scoreFunctions } from "../support/score-functions.ts";

const dotScore = new DotProductAttention().score;

test("takes the value of the best key whole, for every score function, over the grid", () => {
  for (const { name, d_q, d_k, attention, f } of scoreFunctions()) {
    for (const [n_q, n_k, d_v] of EDGES) {
      const [Q, K, V] = [normal(n_q, d_q, 1), normal(n_k, d_k, 2), normal(n_k, d_v, 3)];
      for (const allow of [undefined, (i: number, j: number) => (i + j) % 3 !== 0, () => false]) {
        const { output, weights } = new HardAttention({ score: attention.score }).forward(Q, K, V, { allow });
        // The definition by sorting: the best allowed key in front. Random scores are far enough apart for
        // float32.
        const best = rowsOf(Q).map((q, i) => {
          const seen = rowsOf(K)
            .map((k, j) => ({ j, s: f(q, k) }))
            .filter(({ j }) => allow === undefined || allow(i, j));
          return seen.sort((a, b) => b.s - a.s)[0]?.j;
        });
        const values = rowsOf(V);
        const message = `${name} ${n_q} × ${n_k}`;
        assertSameBits(
          weights,
          matrix(
            n_q,
            n_k,
            best.flatMap((b) => values.map((_, j) => (j === b ? 1 : 0))),
          ),
          message,
        );
        assertSameBits(
          output,
          matrix(
            n_q,
            d_v,
            best.flatMap((b) => (b === undefined ? new Array<number>(d_v).fill(0) : values[b]!)),
          ),
          message,
        );
      }
    }
  }
});

test("by hand: ties go to the lowest index, also among what is left by a mask or a bias", () => {
  // q = 1: the scores are the keys themselves, 2 5 5 1 5.
  const hard = new HardAttention({ score: dotScore });
  const [q, K, V] = [
    fromRows([[1]]),
    fromRows([[2], [5], [5], [1], [5]]),
    fromRows([[10], [20], [30], [40], [50]]),
  ];
  assertSameBits(hard.forward(q, K, V).weights, fromRows([[0, 1, 0, 0, 0]]));
  assertSameBits(hard.forward(q, K, V, { allow: (_, j) => j !== 1 }).output, fromRows([[30]]));
  // 5 5 5 5 5
  assertSameBits(
    hard.forward(q, K, V, { bias: fromRows([[3, 0, 0, 4, 0]]) }).output,
    fromRows([[10]]),
  );
});

test("a row of equal scores, of any size and sign, takes key 0", () => {
  const hard = new HardAttention({ score: dotScore });
  for (const x of [0, -3, 1e30, -1e38]) {
    const { weights } = hard.forward(fromRows([[x], [x]]), fromRows([[1], [1], [1]]), matrix(3, 2));
    assertSameBits(
      weights,
      fromRows([
        [1, 0, 0],
        [1, 0, 0],
      ]),
    );
  }
});

test("is blind to what it may not see, and to every value but the chosen one", () => {
  const hard = new HardAttention({ score: dotScore });
  const [Q, K, V] = [normal(7, 5, 1), normal(11, 5, 2), normal(11, 3, 3)];
  const allow = (_: number, j: number): boolean => j !== 4;
  const clean = hard.forward(Q, K, V, { allow });
  assertSameBits(
    hard.forward(Q, poison(K, 4, NaN), poison(V, 4, NaN), { allow }).output,
    clean.output,
  );
  rowsOf(clean.weights).forEach((row, i) => {
    const others = row.flatMap((a, j) => (a === 0 ? [j] : []));
    const hidden = others.reduce((M, j) => poison(M, j, NaN), V);
    assertSameRows(hard.forward(Q, K, hidden, { allow }).output, clean.output, [i]);
  });
  const lost = hard.forward(poison(Q, 2, NaN), K, V);
  assert.ok(rowsOf(lost.output)[2]!.every(Number.isNaN), "no key is best for a NaN: the row says so");
  assertSameRows(lost.output, hard.forward(Q, K, V).output, [0, 1, 3, 4, 5, 6]);
});

test("is Attention with argmaxRows, and only the order of the scores counts", () => {
  const [Q, K, V] = [normal(7, 5, 1), normal(11, 5, 2), normal(11, 3, 3)];
  const hard = new HardAttention({ score: dotScore }).forward(Q, K, V);
  assertSameBits(
    new Attention({ score: dotScore, normalize: argmaxRows }).forward(Q, K, V).output,
    hard.output,
  );
  const cubed = new HardAttention({
    score: (A, B) => {
      const S = dotScore(A, B);
      return matrix(
        S.rows,
        S.cols,
        S.data.map((s) => s ** 3),
      );
    },
  });
  assertSameBits(cubed.forward(Q, K, V).output, hard.output);
});

test("one key: its value, whatever the score", () => {
  const V = normal(1, 4, 3);
  for (const { d_q, d_k, attention } of scoreFunctions()) {
    assertClose(
      new HardAttention({ score: attention.score }).forward(normal(1, d_q, 1), normal(1, d_k, 2), V).output,
      V,
      0,
    );
  }
});

test("errors say who, what and why", () => {
  const hard = new HardAttention({ score: dotScore });
  const [Q, K, V] = [matrix(2, 3), matrix(5, 3), matrix(5, 4)];
  refuses(
    "TypeError",
    () => new HardAttention({ score: "dot" as never }),
    "HardAttention: score must be a function (Q, K) => Matrix; got string",
  );
  refuses(
    "RangeError",
    () => hard.forward(Q, K, matrix(4, 4)),
    "HardAttention.forward: V must be (5, any); got (4, 4)",
  );
  refuses(
    "RangeError",
    () => hard.forward(Q, matrix(5, 2), V),
    "DotProductAttention.score: K must be (any, 3); got (5, 2)",
  );
  refuses(
    "TypeError",
    () => hard.forward(null as never, K, V),
    "HardAttention.forward: Q must be a Matrix { rows, cols, data }; got null",
  );
  const wrong = new HardAttention({ score: (A, B) => matrix(B.rows, A.rows) });
  refuses(
    "RangeError",
    () => wrong.forward(Q, K, V),
    "HardAttention.forward: score(Q, K) must be (2, 5); got (5, 2)",
  );
});
