import assert from "node:assert/strict";
import test from "node:test";
import type { AttentionHead } from "../../lib/attention/heads.ts";
import type { Matrix } from "../../lib/matrix.ts";
import { assertSameBits, at, normal, rowsOf } from "../support/values.ts";
import { checkHead, checkHeads, checkOutput, checkSources, fuseHeads } from "../../lib/attention/heads.ts";
import { fromFunction, fromRows, matrix, randomGenerator } from "../../lib/matrix.ts";
import { linear } from "../../lib/kernels/linear.ts";
import { project, projectSelf, randomHead, randomProjection } from "../../lib/attention/heads.ts";
import { splitHeads, splitStacked } from "../../lib/attention/heads.ts";

const names = ["W_Q", "W_K", "W_V", "b_Q", "b_K", "b_V"] as const;

/** h heads of d_query 5, d_key 7, d_value 4, d_k 3, d_v 2, all different. */
function someHeads(h: number, bias: boolean): AttentionHead[] {
  return Array.from({ length: h }, (_, m) => ({
    W_Q: normal(5, 3, 10 * m + 1),
    W_K: normal(7, 3, 10 * m + 2),
    W_V: normal(4, 2, 10 * m + 3),
    ...(bias && {
      b_Q: normal(1, 3, 10 * m + 4),
      b_K: normal(1, 3, 10 * m + 5),
      b_V: normal(1, 2, 10 * m + 6),
    }),
  }));
}

/** Some matrices of equally many rows side by side, by their definition. */
function stacked(parts: readonly Matrix[]): Matrix {
  const { rows, cols } = parts[0]!;
  const entry = (i: number, c: number): number => at(parts[Math.floor(c / cols)]!, i, c % cols);
  return fromFunction(rows, cols * parts.length, entry);
}

function assertSameHead(actual: AttentionHead, expected: AttentionHead, message: string): void {
  for (const name of names) {
    assert.equal(
      actual[name] === undefined,
      expected[name] === undefined,
      `${message}: ${name} present`,
    );
    if (expected[name] !== undefined) assertSameBits(actual[name]!, expected[name], `${message}: ${name}`);
  }
}

test("fuse and split undo each other to the bit", () => {
  for (const h of [1, 2, 3, 7]) {
    for (const bias of [false, true]) {
      const heads = someHeads(h, bias);
      const fused = fuseHeads(heads);
      const shapes = [fused.W_Q, fused.W_K, fused.W_V].map((M) => [M.rows, M.cols]);
      assert.deepEqual(shapes, [
        [5, 3 * h],
        [7, 3 * h],
        [4, 2 * h],
      ]);
      splitHeads(fused, h).forEach((head, m) => assertSameHead(head, heads[m]!, `head ${m} of ${h}`));
      assertSameHead(fuseHeads(splitHeads(fused, h)), fused, `${h} heads fused again`);
    }
  }
});

test("head m owns the columns m·d_k … (m+1)·d_k − 1 and m·d_v … (m+1)·d_v − 1", () => {
  const column = (rows: number, cols: number): Matrix => fromFunction(rows, cols, (_, c) => c);
  const heads = splitHeads(
    {
      W_Q: column(2, 6),
      W_K: column(3, 6),
      W_V: column(4, 9),
      b_Q: column(1, 6),
      b_K: column(1, 6),
      b_V: column(1, 9),
    },
    3,
  );
  assert.deepEqual(
    heads.map(({ W_Q }) => rowsOf(W_Q)[1]),
    [
      [0, 1],
      [2, 3],
      [4, 5],
    ],
  );
  assert.deepEqual(
    heads.map(({ W_K }) => rowsOf(W_K)[2]),
    [
      [0, 1],
      [2, 3],
      [4, 5],
    ],
  );
  assert.deepEqual(
    heads.map(({ W_V }) => rowsOf(W_V)[3]),
    [
      [0, 1, 2],
      [3, 4, 5],
      [6, 7, 8],
    ],
  );
  assert.deepEqual(
    heads.map(({ b_Q }) => rowsOf(b_Q!)),
    [[[0, 1]], [[2, 3]], [[4, 5]]],
  );
  assert.deepEqual(
    heads.map(({ b_K }) => rowsOf(b_K!)),
    [[[0, 1]], [[2, 3]], [[4, 5]]],
  );
  assert.deepEqual(
    heads.map(({ b_V }) => rowsOf(b_V!)),
    [[[0, 1, 2]], [[3, 4, 5]], [[6, 7, 8]]],
  );
});

test("splitting copies: writing into a head leaves the fused matrices alone", () => {
  const fused = fuseHeads(someHeads(2, false));
  const before = at(fused.W_Q, 0, 0);
  splitHeads(fused, 2)[0]!.W_Q.data.fill(99);
  assert.equal(at(fused.W_Q, 0, 0), before);
});

test("a bias may be given for some of the projections", () => {
  const [head] = splitHeads({ ...fuseHeads(someHeads(2, false)), b_V: normal(1, 4, 9) }, 2);
  assert.deepEqual(
    names.map((name) => head![name] !== undefined),
    [true, true, true, false, false, true],
  );
});

test("fresh projections: within Glorot's bound, filling it, repeatable; biases are zero or absent", () => {
  const [d_in, d_out] = [40, 56];
  const bound = Math.sqrt(6 / (d_in + d_out)); // 0.25
  const W = randomProjection(d_in, d_out, randomGenerator(1));
  assert.deepEqual([W.rows, W.cols], [d_in, d_out]);
  const [low, high] = [Math.min(...W.data), Math.max(...W.data)];
  assert.ok(
    low >= -bound && low < -0.99 * bound && high <= bound && high > 0.99 * bound,
    `${low} … ${high}`,
  );
  const variance = W.data.reduce((sum, w) => sum + w * w, 0) / W.data.length;
  assert.ok(
    Math.abs(variance / (2 / (d_in + d_out)) - 1) < 0.05,
    `variance ${variance}, Glorot's 2 / (d_in + d_out) = ${2 / (d_in + d_out)}`,
  );
  assertSameBits(randomProjection(d_in, d_out, randomGenerator(1)), W);

  const plain = randomHead({ d_query: 5, d_k: 3 }, randomGenerator(2));
  assert.deepEqual(
    [plain.W_Q, plain.W_K, plain.W_V].map((M) => [M.rows, M.cols]),
    [
      [5, 3],
      [5, 3],
      [5, 3],
    ],
  );
  assert.equal(plain.b_Q ?? plain.b_K ?? plain.b_V, undefined);
  assert.notDeepEqual(plain.W_Q, plain.W_K);
  const wide = randomHead(
    { d_query: 5, d_key: 7, d_value: 4, d_k: 3, d_v: 2, bias: true },
    randomGenerator(2),
  );
  assert.deepEqual(
    [wide.W_Q, wide.W_K, wide.W_V].map((M) => [M.rows, M.cols]),
    [
      [5, 3],
      [7, 3],
      [4, 2],
    ],
  );
  assertSameBits(wide.b_Q!, matrix(1, 3));
  assertSameBits(wide.b_K!, matrix(1, 3));
  assertSameBits(wide.b_V!, matrix(1, 2));
});

test("project: each source through its own matrix, with a bias where there is one, to the bit", () => {
  const [Q, K, V] = [normal(2, 5, 41), normal(6, 7, 42), normal(6, 4, 43)];
  for (const bias of [false, true]) {
    const [head] = someHeads(1, bias);
    const projected = project("f", head!, { Q, K, V });
    assertSameBits(projected.Q, linear(Q, head!.W_Q, head!.b_Q), `Q, bias ${bias}`);
    assertSameBits(projected.K, linear(K, head!.W_K, head!.b_K), `K, bias ${bias}`);
    assertSameBits(projected.V, linear(V, head!.W_V, head!.b_V), `V, bias ${bias}`);
  }
  const [plain] = someHeads(1, false);
  const b_K = normal(1, 3, 44);
  const some = project("f", { ...plain!, b_K }, { Q, K, V });
  assertSameBits(some.Q, linear(Q, plain!.W_Q), "no b_Q");
  assertSameBits(some.K, linear(K, plain!.W_K, b_K), "b_K alone");
  assert.deepEqual(checkSources("f", plain!, { Q, K, V }), { n_q: 2, n_k: 6 });
});

test("project by hand: Q' = Q W_Q + b_Q and so on", () => {
  const head = {
    W_Q: fromRows([[1], [2]]), // picks q_0 + 2 q_1
    W_K: fromRows([[3]]),
    W_V: fromRows([[1, -1]]),
    b_Q: fromRows([[100]]),
    b_V: fromRows([[10, 20]]),
  };
  const { Q, K, V } = project("f", head, {
    Q: fromRows([[5, 7]]), //     5 + 14 + 100
    K: fromRows([[2], [4]]), //   3 · 2, 3 · 4
    V: fromRows([[8], [9]]), //   8 + 10, −8 + 20; 9 + 10, −9 + 20
  });
  assert.deepEqual(rowsOf(Q), [[119]]);
  assert.deepEqual(rowsOf(K), [[6], [12]]);
  assert.deepEqual(rowsOf(V), [[18, 12], [19, 11]]);
});

test("projectSelf is project with one source three times", () => {
  const head = randomHead({ d_query: 5, d_k: 3, d_v: 2, bias: true }, randomGenerator(3));
  const X = normal(7, 5, 45);
  const [self, thrice] = [projectSelf("f", head, X), project("f", head, { Q: X, K: X, V: X })];
  for (const name of ["Q", "K", "V"] as const) assertSameBits(self[name], thrice[name], name);
});

test("project and projectSelf refuse sources that do not fit, under the caller's name", () => {
  const [head] = someHeads(1, true);
  const fit = { Q: matrix(2, 5), K: matrix(6, 7), V: matrix(6, 4) };
  const cases: [object, string][] = [
    [{ Q: matrix(2, 6) }, "f: Q must be (any, 5); got (2, 6)"],
    [{ K: matrix(6, 5) }, "f: K must be (any, 7); got (6, 5)"],
    [{ V: matrix(5, 4) }, "f: V must be (6, 4); got (5, 4)"],
    [{ V: matrix(6, 7) }, "f: V must be (6, 4); got (6, 7)"],
  ];
  for (const [change, message] of cases) {
    assert.throws(() => project("f", head!, { ...fit, ...change }), { name: "RangeError", message });
    assert.throws(
      () => checkSources("f", head!, { ...fit, ...change }),
      { name: "RangeError", message },
    );
  }
  assert.throws(() => project("f", head!, { ...fit, K: null as never }), {
    name: "TypeError",
    message: "f: K must be a Matrix { rows, cols, data }; got null",
  });
  const square = { W_Q: matrix(4, 3), W_K: matrix(4, 3), W_V: matrix(4, 2) };
  for (const [name, rows] of [["W_Q", 5], ["W_K", 6], ["W_V", 7]] as const) {
    const odd = { ...square, [name]: matrix(rows, square[name].cols) };
    assert.throws(() => projectSelf("f", odd, matrix(2, 4)), {
      name: "RangeError",
      message: `f: X must be (any, ${rows}); got (2, 4)`,
    });
  }
});

test("splitStacked: the first third is q, then k, then v; within each, head after head", () => {
  for (const h of [1, 2, 4]) {
    const d = 3 * h;
    const thirds = [normal(5, d, 51), normal(5, d, 52), normal(5, d, 53)];
    const biases = [normal(1, d, 54), normal(1, d, 55), normal(1, d, 56)];
    const [W_Q, W_K, W_V] = thirds;
    const [b_Q, b_K, b_V] = biases;
    const [W, b] = [stacked(thirds), stacked(biases)];
    const heads = splitHeads({ W_Q: W_Q!, W_K: W_K!, W_V: W_V!, b_Q, b_K, b_V }, h);
    splitStacked(W, b, h).forEach((head, m) => assertSameHead(head, heads[m]!, `head ${m} of ${h}`));
    const plain = splitHeads({ W_Q: W_Q!, W_K: W_K!, W_V: W_V! }, h);
    assert.equal(splitStacked(W, undefined, h).length, h);
    splitStacked(W, undefined, h).forEach((head, m) => assertSameHead(head, plain[m]!, `no bias, head ${m}`));
  }
  const [W, b] = [fromFunction(2, 12, (_, c) => c), fromFunction(1, 12, (_, c) => -c)];
  const [first, second] = splitStacked(W, b, 2);
  assert.deepEqual(rowsOf(first!.W_Q)[1], [0, 1]);
  assert.deepEqual(rowsOf(second!.W_Q)[1], [2, 3]);
  assert.deepEqual(rowsOf(first!.W_K)[1], [4, 5]);
  assert.deepEqual(rowsOf(second!.b_K!), [[-6, -7]]);
  assert.deepEqual(rowsOf(second!.b_V!), [[-10, -11]]);
});

test("checkOutput: the heads are alike, W_O takes their d_v columns, b_O is a row of its width", () => {
  const heads = someHeads(3, false); // d_v is 2
  const odd = { ...heads[1]!, W_V: matrix(4, 3) };
  assert.doesNotThrow(() => checkOutput("f", { heads, W_O: matrix(6, 7) }), "without b_O");
  assert.doesNotThrow(
    () => checkOutput("f", { heads, W_O: matrix(6, 7), b_O: matrix(1, 7) }),
    "with b_O",
  );
  const cases: [object, string][] = [
    [{ heads: [] }, "f: heads must hold at least 1 head; got 0"],
    [{ heads: [heads[0], odd] }, "f: heads[1].W_V must be (4, 2); got (4, 3)"],
    [{ W_O: matrix(7, 6) }, "f: W_O must be (6, any); got (7, 6)"],
    [{ b_O: matrix(1, 6) }, "f: b_O must be (1, 7); got (1, 6)"],
    [{ b_O: matrix(2, 7) }, "f: b_O must be (1, 7); got (2, 7)"],
  ];
  for (const [change, message] of cases) {
    const given = { heads, W_O: matrix(6, 7), ...change };
    assert.throws(() => checkOutput("f", given), { name: "RangeError", message });
  }
  assert.throws(() => checkOutput("f", { heads, W_O: undefined as never }), {
    name: "TypeError",
    message: "f: W_O must be a Matrix { rows, cols, data }; got undefined",
  });
});

test("errors name the matrix and what was got", () => {
  const fused = fuseHeads(someHeads(2, true));
  const raises = (run: () => unknown, name: "RangeError" | "TypeError", message: string | RegExp): void =>
    assert.throws(run, { name, message });
  raises(
    () => splitHeads(fused, 4),
    "RangeError",
    "splitHeads: fused.W_Q must have a multiple of heads = 4 columns; got 6",
  );
  raises(
    () => splitHeads({ ...fused, W_V: matrix(4, 5), b_V: undefined }, 2),
    "RangeError",
    "splitHeads: fused.W_V must have a multiple of heads = 2 columns; got 5",
  );
  raises(() => splitHeads(fused, 0), "RangeError", "splitHeads: heads must be an integer ≥ 1; got 0");
  raises(
    () => splitHeads({ ...fused, W_K: matrix(7, 8) }, 2),
    "RangeError",
    "splitHeads: fused.W_K must be (any, 6); got (7, 8)",
  );
  raises(
    () => splitHeads({ ...fused, b_Q: matrix(2, 6) }, 2),
    "RangeError",
    "splitHeads: fused.b_Q must be (1, 6); got (2, 6)",
  );
  raises(
    () => splitHeads(undefined as never, 2),
    "TypeError",
    "splitHeads: fused must be a record { W_Q, W_K, W_V }; got undefined",
  );

  const [first, second] = someHeads(2, true);
  const holed = [first, first];
  delete holed[1];
  raises(
    () => fuseHeads(holed as never),
    "TypeError",
    "fuseHeads: heads[1] must be a record { W_Q, W_K, W_V }; got undefined",
  );
  raises(() => fuseHeads([]), "RangeError", "fuseHeads: heads must hold at least 1 head; got 0");
  raises(
    () => fuseHeads(first as never),
    "TypeError",
    "fuseHeads: heads must be an array of records { W_Q, W_K, W_V }; got Object",
  );
  raises(
    () => fuseHeads([first!, { ...second!, b_K: undefined }]),
    "RangeError",
    "fuseHeads: b_K must be in every head or in none; got it in 1 of 2",
  );
  raises(
    () => fuseHeads([first!, { ...second!, W_V: matrix(4, 3), b_V: undefined }]),
    "RangeError",
    "fuseHeads: heads[1].W_V must be (4, 2); got (4, 3)",
  );

  raises(
    () => checkHead("f", "head", { ...first!, b_K: matrix(1, 2) }),
    "RangeError",
    "f: head.b_K must be (1, 3); got (1, 2)",
  );
  raises(
    () => checkHead("f", "head", { ...first!, b_V: matrix(1, 3) }),
    "RangeError",
    "f: head.b_V must be (1, 2); got (1, 3)",
  );
  raises(
    () => checkHeads("f", [first!, { ...second!, W_Q: matrix(6, 3) }]),
    "RangeError",
    "f: heads[1].W_Q must be (5, 3); got (6, 3)",
  );
  raises(
    () => checkHeads("f", [first!, { ...second!, W_K: matrix(6, 3) }]),
    "RangeError",
    "f: heads[1].W_K must be (7, 3); got (6, 3)",
  );
  raises(
    () => randomProjection(0, 3, Math.random),
    "RangeError",
    "randomProjection: d_in must be an integer ≥ 1; got 0",
  );
  raises(
    () => randomProjection(3, 1.5, Math.random),
    "RangeError",
    "randomProjection: d_out must be an integer ≥ 1; got 1.5",
  );
  for (const name of ["d_query", "d_key", "d_value", "d_k", "d_v"]) {
    raises(
      () => randomHead({ d_query: 2, d_k: 3, [name]: NaN }, Math.random),
      "RangeError",
      `randomHead: ${name} must be an integer ≥ 1; got NaN`,
    );
  }
});
