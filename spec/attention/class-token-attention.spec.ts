import assert from "node:assert/strict";
import test from "node:test";
import type { Matrix } from "../../lib/matrix.ts";
import type { Rows } from "../oracle/naive.ts";
import type { TokenProjection, TokenReading } from "../../lib/attention/class-token-attention.ts";
import { ClassTokenAttention } from "../../lib/attention/class-token-attention.ts";
import { MultiHeadAttention } from "../../lib/attention/multi-head-attention.ts";
import { assertClose, assertRowSums, assertSameBits, at, normal, poison, rowsOf } from "../support/values.ts";
import { tolerance } from "../support/values.ts";
import { fromRows, identity, matrix } from "../../lib/matrix.ts";
import { naiveGelu, naiveLayerNorm } from "../oracle/naive-layers.ts";
import { naiveLinear } from "../oracle/naive.ts";
import { naiveMultiHead } from "../oracle/naive-grid.ts";
import { splitHeads } from "../../lib/attention/heads.ts";

function someProjection(d_in: number, d_out: number, seed: number, plain: boolean): TokenProjection {
  const norm = { gamma: normal(1, d_in, seed), beta: normal(1, d_in, seed + 1), eps: 1e-6 };
  return { norm: plain ? undefined : norm, W: normal(d_in, d_out, seed + 2), b: normal(1, d_out, seed + 3) };
}

function someReading(e: number, h: number, seed: number): TokenReading {
  const wide = {
    W_Q: normal(e, e, seed),
    W_K: normal(e, e, seed + 1),
    W_V: normal(e, e, seed + 2),
    b_Q: normal(1, e, seed + 3),
    b_K: normal(1, e, seed + 4),
    b_V: normal(1, e, seed + 5),
  };
  const attention = new MultiHeadAttention({
    heads: splitHeads(wide, h),
    W_O: normal(e, e, seed + 6),
    b_O: normal(1, e, seed + 7),
  });
  return { norm: { gamma: normal(1, e, seed + 8), beta: normal(1, e, seed + 9), eps: 1e-6 }, attention };
}

function someFusion(
  d: number,
  e: number,
  h: number,
  { plain = false, readings = 1 }: { plain?: boolean; readings?: number } = {},
): ClassTokenAttention {
  const all = Array.from({ length: readings }, (_, r) => someReading(e, h, 100 + 20 * r));
  return new ClassTokenAttention({
    f: someProjection(d, e, 10, plain),
    readings: all,
    g: someProjection(e, d, 20, plain),
  });
}

function naiveProjection({ norm, W, b }: TokenProjection, x: Rows): Rows {
  const bent =
    norm === undefined ? x : naiveGelu(naiveLayerNorm(x, norm.eps, rowsOf(norm.gamma!), rowsOf(norm.beta!)));
  return naiveLinear(bent, rowsOf(W), rowsOf(b!));
}

/** Eq. 5 to 7 by the oracle. */
function naiveFusion(
  { f, readings, g }: ClassTokenAttention,
  own: Matrix,
  other: Matrix,
): { output: Rows; weights: Rows[][]; largestScore: number } {
  let x = [...naiveProjection(f, [rowsOf(own)[0]!]), ...rowsOf(other).slice(1)];
  let largestScore = 0;
  const weights = readings.map(({ norm, attention }) => {
    const u = naiveLayerNorm(x, norm.eps, rowsOf(norm.gamma!), rowsOf(norm.beta!));
    const read = naiveMultiHead([u[0]!], u, u, attention);
    largestScore = Math.max(largestScore, read.largestScore);
    x = [x[0]!.map((value, c) => value + read.output[0]![c]!)];
    return read.weights;
  });
  return { output: [...naiveProjection(g, x), ...rowsOf(own).slice(1)], weights, largestScore };
}

test("equals the definition over widths, heads, numbers of patches, both kinds of projection and stacked " +
  "readings", () => {
  for (const [n, m, d, e, h] of [
    [0, 0, 2, 3, 1],
    [0, 1, 3, 2, 2],
    [1, 0, 4, 6, 3],
    [5, 11, 3, 4, 2],
    [13, 4, 8, 6, 2],
    [7, 9, 5, 5, 5],
  ] as const) {
    const [own, other] = [normal(1 + n, d, 1), normal(1 + m, e, 2)];
    for (const plain of [false, true]) {
      for (const readings of [1, 2]) {
        const fusion = someFusion(d, e, h, { plain, readings });
        const { output, weights } = fusion.forward(own, other);
        const expected = naiveFusion(fusion, own, other);
        const where = `n ${n}, m ${m}, d ${d}, e ${e}, h ${h}, plain ${plain}, readings ${readings}`;
        // four layers, a rounding each
        assertClose(output, expected.output, 4 * tolerance(expected.largestScore), where);
        weights.forEach((heads, r) =>
          heads.forEach((A, head) =>
            assertClose(A, expected.weights[r]![head]!, 4 * tolerance(expected.largestScore), `A, ${where}`),
          ),
        );
      }
    }
  }
});

test("patch rows come through bit by bit, whatever they hold; only the [CLS] row is new", () => {
  const fusion = someFusion(3, 4, 2);
  const own = poison(poison(normal(6, 3, 1), 2, NaN), 5, -0);
  const { output } = fusion.forward(own, normal(9, 4, 2));
  assertSameBits(
    { rows: 5, cols: 3, data: output.data.subarray(3) },
    { rows: 5, cols: 3, data: own.data.subarray(3) },
  );
  for (let c = 0; c < 3; c++) assert.notEqual(at(output, 0, c), at(own, 0, c));
});

test("blindness: neither the other branch's [CLS] nor the branch's own patches can reach the [CLS]", () => {
  const fusion = someFusion(3, 4, 2);
  const [own, other] = [normal(6, 3, 1), normal(9, 4, 2)];
  const clean = fusion.forward(own, other);
  const blind = fusion.forward(own, poison(other, 0, NaN));
  assertSameBits(blind.output, clean.output);
  let half = own;
  for (let i = 1; i < own.rows; i++) half = poison(half, i, Infinity);
  assertSameBits(
    {
      ...fusion.forward(half, other).output,
      rows: 1,
      data: fusion.forward(half, other).output.data.subarray(0, 3),
    },
    { rows: 1, cols: 3, data: clean.output.data.subarray(0, 3) },
  );
  for (const seen of [
    fusion.forward(poison(own, 0, NaN), other),
    fusion.forward(own, poison(other, 4, NaN)),
  ]) {
    assert.ok(Number.isNaN(at(seen.output, 0, 0)), "its own [CLS] and the other's patches reach it");
  }
});

test("one query, 1 + m keys: the first key is the branch's own projected [CLS]", () => {
  const fusion = someFusion(3, 4, 2);
  for (const m of [0, 1, 8]) {
    const [heads] = fusion.forward(normal(4, 3, 1), normal(1 + m, 4, 2)).weights;
    assert.equal(heads!.length, 2);
    for (const A of heads!) assert.deepEqual([A.rows, A.cols], [1, 1 + m]);
    for (const A of heads!) assertRowSums(A);
  }
  // Queries and keys that are the normed tokens themselves, and patches opposite to f(x_cls): the [CLS] finds
  // itself.
  const attention = new MultiHeadAttention({
    heads: [{ W_Q: identity(2), W_K: identity(2), W_V: identity(2) }],
    W_O: identity(2),
  });
  const self = new ClassTokenAttention({
    f: { W: identity(2) },
    readings: [{ norm: { eps: 1e-6 }, attention }],
    g: { W: identity(2) },
  });
  const [[A]] = self.forward(
    fromRows([[1, -1]]),
    fromRows([
      [9, 9],
      [-1, 1],
      [-2, 2],
      [-3, 3],
    ]),
  ).weights as [[Matrix]];
  assert.ok(at(A, 0, 0) > 0.8, `the weight of the own [CLS] is ${at(A, 0, 0)}`);
});

test("by hand: the [CLS] reads two patches", () => {
  // f doubles: x' = [2·(1, −1); (3, 1); (−5, 5)], which LN brings to (1, −1), (1, −1), (−1, 1). With queries
  // (ln 3)/√2 · (1, 0) and keys as they are, over √e = √2: scores (ln 3)/2 · (1, 1, −1), up to eps, so A ∝
  // (√3, √3, 1/√3) ∝ (3, 3, 1). Values are feature 0 and 0: MCA = (3 + 3 − 1) / 7 = 5/7. y = (2, −2) + (5/7,
  // 0), and g halves: (1 + 5/14, −1).
  const W_Q = fromRows([
    [Math.log(3) / Math.SQRT2, 0],
    [0, 0],
  ]);
  const scaled = fromRows([
    [1, 0],
    [0, 0],
  ]);
  const attention = new MultiHeadAttention({ heads: [{ W_Q, W_K: scaled, W_V: scaled }], W_O: identity(2) });
  const doubled = fromRows([
    [2, 0],
    [0, 2],
  ]);
  const halved = fromRows([
    [0.5, 0],
    [0, 0.5],
  ]);
  const fusion = new ClassTokenAttention({
    f: { W: doubled },
    readings: [{ norm: { eps: 1e-12 }, attention }],
    g: { W: halved },
  });
  const { output, weights } = fusion.forward(
    fromRows([
      [1, -1],
      [7, 8],
    ]),
    fromRows([
      [100, 100],
      [3, 1],
      [-5, 5],
    ]),
  );
  assertClose(weights[0]![0]!, [[3 / 7, 3 / 7, 1 / 7]], 1e-6);
  assertClose(
    output,
    [
      [1 + 5 / 14, -1],
      [7, 8],
    ],
    1e-6,
  );
});

test("a second, stacked reading sees one token: one key of weight 1, and its queries and keys change " +
  "nothing", () => {
  const fusion = someFusion(3, 4, 2, { readings: 2 });
  const [own, other] = [normal(6, 3, 1), normal(9, 4, 2)];
  const { output, weights } = fusion.forward(own, other);
  assert.deepEqual(
    weights.map((heads) => heads.map((A) => A.cols)),
    [
      [9, 9],
      [1, 1],
    ],
  );
  for (const A of weights[1]!) assert.equal(at(A, 0, 0), 1);
  const [first, second] = fusion.readings as [TokenReading, TokenReading];
  const heads = second.attention.heads.map((head) => ({
    ...head,
    W_Q: normal(4, 2, 91),
    W_K: normal(4, 2, 92),
  }));
  const others = {
    ...second,
    attention: new MultiHeadAttention({ heads, W_O: second.attention.W_O, b_O: second.attention.b_O }),
  };
  assertSameBits(
    new ClassTokenAttention({ f: fusion.f, readings: [first, others], g: fusion.g }).forward(own, other)
      .output,
    output,
  );
});

test("errors name the argument", () => {
  const { f, g, readings } = someFusion(3, 4, 2);
  const raises = (run: () => unknown, message: string): void =>
    assert.throws(run, { name: "RangeError", message });
  const fusion = new ClassTokenAttention({ f, g, readings });
  raises(
    () => fusion.forward(matrix(2, 4), matrix(2, 4)),
    "ClassTokenAttention.forward: own must be (any, 3); got (2, 4)",
  );
  raises(
    () => fusion.forward(matrix(2, 3), matrix(2, 3)),
    "ClassTokenAttention.forward: other must be (any, 4); got (2, 3)",
  );
  raises(
    () => fusion.forward(matrix(0, 3), matrix(2, 4)),
    "ClassTokenAttention.forward: own.rows must be an integer ≥ 1; got 0",
  );
  raises(
    () => fusion.forward(matrix(1, 3), matrix(0, 4)),
    "ClassTokenAttention.forward: other.rows must be an integer ≥ 1; got 0",
  );
  raises(
    () => new ClassTokenAttention({ f, g: f, readings }),
    "ClassTokenAttention: g.W must be (4, 3); got (3, 4)",
  );
  raises(
    () => new ClassTokenAttention({ f, g, readings: [] }),
    "ClassTokenAttention: readings.length must be an integer ≥ 1; got 0",
  );
  raises(
    () => new ClassTokenAttention({ f, g, readings: [someReading(6, 2, 1)] }),
    "ClassTokenAttention: readings[0].norm.gamma must be (1, 4); got (1, 6)",
  );
  const wrong = { norm: readings[0]!.norm, attention: someReading(6, 2, 1).attention };
  raises(
    () => new ClassTokenAttention({ f, g, readings: [wrong] }),
    "ClassTokenAttention: readings[0].attention.heads[0].W_Q must be (4, any); got (6, 3)",
  );
  raises(
    () => new ClassTokenAttention({ f: { ...f, b: matrix(1, 3) }, g, readings }),
    "ClassTokenAttention: f.b must be (1, 4); got (1, 3)",
  );
  raises(
    () => new ClassTokenAttention({ f: { ...f, norm: { eps: 0 } }, g, readings }),
    "ClassTokenAttention: f.norm.eps must be a finite number > 0; got 0",
  );
});
