import assert from "node:assert/strict";
import test from "node:test";
import { assertSameBits, at, copyOf, normal, rowsOf } from "../support/values.ts";
import { dot, naiveMatmul } from "../oracle/naive.ts";
import { fromFunction, fromRows, identity, matrix } from "../../lib/matrix.ts";
import { matmul, matmulTransposed, textbookMatmul } from "../../lib/kernels/matmul.ts";
import { sliceRows } from "../../lib/kernels/rows.ts";
import { transpose } from "../../lib/kernels/transpose.ts";

/** Every remainder of the tile's three rows and three columns, and one size beyond it. */
const SIZES = [1, 2, 3, 4, 5, 11];

test("the definition to the bit: sums in doubles, in the order of k, rounded once", () => {
  for (const n of SIZES) {
    for (const m of SIZES) {
      for (const K of [1, 2, 7, 13]) {
        const [A, B] = [normal(n, K, n), normal(K, m, 100 + m)];
        const before = [A.data.slice(), B.data.slice()];
        assertSameBits(
          matmul(A, B),
          matrix(n, m, naiveMatmul(rowsOf(A), rowsOf(B)).flat()),
          `${n} × ${K} × ${m}`,
        );
        assert.deepEqual([A.data, B.data], before, "nothing is written to");
      }
    }
  }
});

test("no rows, no columns, and nothing to sum over", () => {
  assertSameBits(matmul(matrix(0, 3), matrix(3, 2)), matrix(0, 2));
  assertSameBits(matmul(matrix(2, 3), matrix(3, 0)), matrix(2, 0));
  assertSameBits(matmul(matrix(4, 0), matrix(0, 5)), matrix(4, 5)); // zeros
});

test("a NaN stays in its row of A, in its column of B; 0 times NaN is NaN, and nothing is skipped", () => {
  const [A, B] = [normal(5, 4, 1), normal(4, 7, 2)];
  const C = matmul(A, B);
  for (let i = 0; i < 5; i++) {
    for (let j = 0; j < 7; j++) {
      const [badA, badB] = [copyOf(A), copyOf(B)];
      badA.data[i * 4 + 1] = NaN;
      badB.data[2 * 7 + j] = NaN;
      const got = matmul(badA, badB);
      got.data.forEach((x, e) => {
        const hit = Math.floor(e / 7) === i || e % 7 === j;
        assert.ok(
          Object.is(x, hit ? NaN : C.data[e]),
          `NaN in row ${i} and column ${j}: entry ${e} is ${x}`,
        );
      });
    }
  }
  assertSameBits(
    matmul(
      fromRows([[0, 1]]),
      fromRows([
        [NaN, Infinity, 3],
        [1, 1, 1],
      ]),
    ),
    fromRows([[NaN, NaN, 1]]),
  );
});

test("by hand, also where float32 sums would fail", () => {
  // 1·5 + 2·7 = 19, 1·6 + 2·8 = 22; 3·5 + 4·7 = 43, 3·6 + 4·8 = 50
  assertSameBits(
    matmul(
      fromRows([
        [1, 2],
        [3, 4],
      ]),
      fromRows([
        [5, 6],
        [7, 8],
      ]),
    ),
    fromRows([
      [19, 22],
      [43, 50],
    ]),
  );
  // 2²⁴ + 1 + 1 = 16777218; in float32 2²⁴ + 1 is 2²⁴ again. 10³⁰·10³⁰ overflows float32 (∞ − ∞ = NaN), but
  // not a double: 1 is left
  assertSameBits(
    matmul(fromRows([[16777216, 1, 1]]), fromRows([[1], [1], [1]])),
    fromRows([[16777218]]),
  );
  assertSameBits(
    matmul(fromRows([[1e30, -1e30, 1]]), fromRows([[1e30], [1e30], [1]])),
    fromRows([[1]]),
  );
  // the result itself must still fit
  assertSameBits(matmul(fromRows([[1e30]]), fromRows([[1e30]])), fromRows([[Infinity]]));
  // a sum starts at 0, and 0 + −0 = 0
  assertSameBits(matmul(fromRows([[-1]]), fromRows([[0]])), fromRows([[0]]));
});

test("identities: A·I = A = I·A, (A·B)ᵀ = Bᵀ·Aᵀ, and a view of rows gives those rows", () => {
  const [A, B] = [normal(7, 5, 1), normal(5, 4, 2)];
  assertSameBits(matmul(A, identity(5)), A);
  assertSameBits(matmul(identity(7), A), A);
  assertSameBits(transpose(matmul(A, B)), matmul(transpose(B), transpose(A)));
  assertSameBits(matmul(sliceRows(A, 2, 6), B), sliceRows(matmul(A, B), 2, 6));
  assert.notEqual(at(matmul(A, B), 0, 1), at(matmul(A, B), 1, 0));
});

test("errors say who, what and why", () => {
  assert.throws(() => matmul(matrix(2, 3), matrix(2, 3)), {
    name: "RangeError",
    message: "matmul: B must be (3, any); got (2, 3)",
  });
  assert.throws(() => matmul(null as never, matrix(2, 3)), {
    name: "TypeError",
    message: "matmul: A must be a Matrix { rows, cols, data }; got null",
  });
  const lying = { rows: 2, cols: 3, data: new Float32Array(5) };
  assert.throws(() => matmul(matrix(4, 2), lying), {
    name: "RangeError",
    message: "matmul: B.data must hold rows × cols = 2 × 3 = 6 numbers; got 5",
  });
});

test("every row of A against every row of B, to the bit: sums in doubles, in the order of k, rounded " +
  "once", () => {
  for (const n of SIZES) {
    for (const m of SIZES) {
      for (const K of [1, 2, 7, 13]) {
        const [A, B] = [normal(n, K, n), normal(m, K, 100 + m)];
        const before = [A.data.slice(), B.data.slice()];
        assertSameBits(
          matmulTransposed(A, B),
          matrix(
            n,
            m,
            rowsOf(A).flatMap((a) => rowsOf(B).map((b) => dot(a, b))),
          ),
          `${n} × ${K} × ${m}`,
        );
        assert.deepEqual([A.data, B.data], before, "nothing is written to");
      }
    }
  }
});

test("no rows, and nothing to sum over", () => {
  assertSameBits(matmulTransposed(matrix(0, 3), matrix(2, 3)), matrix(0, 2));
  assertSameBits(matmulTransposed(matrix(2, 3), matrix(0, 3)), matrix(2, 0));
  assertSameBits(matmulTransposed(matrix(4, 0), matrix(5, 0)), matrix(4, 5)); // zeros
});

test("a NaN stays in its row of A, and in the column of its row of B", () => {
  const [A, B] = [normal(5, 4, 1), normal(7, 4, 2)];
  const C = matmulTransposed(A, B);
  for (let i = 0; i < 5; i++) {
    for (let j = 0; j < 7; j++) {
      const [badA, badB] = [copyOf(A), copyOf(B)];
      badA.data[i * 4 + 1] = NaN;
      badB.data[j * 4 + 2] = NaN;
      matmulTransposed(badA, badB).data.forEach((x, e) => {
        const hit = Math.floor(e / 7) === i || e % 7 === j;
        assert.ok(
          Object.is(x, hit ? NaN : C.data[e]),
          `NaN in row ${i} and column ${j}: entry ${e} is ${x}`,
        );
      });
    }
  }
});

test("by hand, also where float32 sums would fail", () => {
  // 1·5 + 2·6 = 17, 1·7 + 2·8 = 23; 3·5 + 4·6 = 39, 3·7 + 4·8 = 53
  assertSameBits(
    matmulTransposed(
      fromRows([
        [1, 2],
        [3, 4],
      ]),
      fromRows([
        [5, 6],
        [7, 8],
      ]),
    ),
    fromRows([
      [17, 23],
      [39, 53],
    ]),
  );
  assertSameBits(
    matmulTransposed(fromRows([[16777216, 1, 1]]), fromRows([[1, 1, 1]])),
    fromRows([[16777218]]),
  );
  assertSameBits(
    matmulTransposed(fromRows([[1e30, -1e30, 1]]), fromRows([[1e30, 1e30, 1]])),
    fromRows([[1]]),
  );
});

test("identities: A·Bᵀ is the product with B transposed, A·Iᵀ = A, A·Aᵀ is symmetric", () => {
  const [A, B] = [normal(7, 5, 1), normal(4, 5, 2)];
  assertSameBits(matmulTransposed(A, B), matmul(A, transpose(B)));
  assertSameBits(matmulTransposed(A, identity(5)), A);
  assertSameBits(matmulTransposed(A, A), transpose(matmulTransposed(A, A)));
  assertSameBits(matmulTransposed(A, sliceRows(B, 1, 3)), matmul(A, transpose(sliceRows(B, 1, 3))));
});

test("errors say who, what and why", () => {
  assert.throws(() => matmulTransposed(matrix(2, 3), matrix(3, 2)), {
    name: "RangeError",
    message: "matmulTransposed: B must be (any, 3); got (3, 2)",
  });
  assert.throws(() => matmulTransposed(matrix(2, 3), undefined as never), {
    name: "TypeError",
    message: "matmulTransposed: B must be a Matrix { rows, cols, data }; got undefined",
  });
});

test("the textbook's loop, matmul and matmulTransposed agree to the bit: all remainders of the tiles", () => {
  for (const n of SIZES) {
    for (const m of SIZES) {
      for (const K of [1, 2, 6]) {
        const A = normal(n, K, n);
        const B = normal(K, m, 100 + m);
        const before = [A.data.slice(), B.data.slice()];
        const expected = textbookMatmul(A, B);
        assertSameBits(
          expected,
          matrix(n, m, naiveMatmul(rowsOf(A), rowsOf(B)).flat()),
          "the oracle",
        );
        assertSameBits(matmul(A, B), expected, `${n} × ${K} × ${m}`);
        assertSameBits(matmulTransposed(A, transpose(B)), expected, `${n} × ${K} × ${m}, transposed`);
        assert.deepEqual([A.data, B.data], before, "nothing is written to");
      }
    }
  }
});

test("the textbook's loop and matmul agree on NaN, ∞, −0 and what float32 cannot hold", () => {
  const odd = [NaN, Infinity, -Infinity, -0, 0, 1e30, -1e30, 1e-45, 3];
  const A = fromFunction(7, 9, (i, k) => odd[(4 * i + k) % 9]!);
  const B = fromFunction(9, 8, (k, j) => odd[(2 * k + 5 * j) % 9]!);
  assertSameBits(matmul(A, B), textbookMatmul(A, B));
  assertSameBits(matmulTransposed(A, transpose(B)), textbookMatmul(A, B));
});

test("a square B tells the two apart", () => {
  const A = normal(2, 3, 1);
  const B = normal(3, 3, 2);
  assert.notDeepEqual(matmul(A, B), matmulTransposed(A, B));
  assertSameBits(matmulTransposed(A, B), matmul(A, transpose(B)));
});

test("the textbook's loop: no rows, no columns, nothing to sum over, and its errors", () => {
  assertSameBits(textbookMatmul(matrix(0, 3), matrix(3, 2)), matrix(0, 2));
  assertSameBits(textbookMatmul(matrix(2, 3), matrix(3, 0)), matrix(2, 0));
  assertSameBits(textbookMatmul(matrix(2, 0), matrix(0, 4)), matrix(2, 4)); // zeros
  assert.throws(() => textbookMatmul(matrix(2, 3), matrix(2, 3)), {
    name: "RangeError",
    message: "textbookMatmul: B must be (3, any); got (2, 3)",
  });
  assert.throws(() => textbookMatmul(undefined as never, matrix(2, 3)), {
    name: "TypeError",
    message: "textbookMatmul: A must be a Matrix { rows, cols, data }; got undefined",
  });
});
