// mix · copied from attention-by-hand 0.2.0 · sha256 c09f1e5af043378e
// SPDX-License-Identifier: MIT-0
// Contract: docs/contracts.md of attention-by-hand. Check this copy: npm run copy -- --check FILE

/**
 * Weighted sums of the rows of V (重み付き和), reading only rows with a weight:  A (n, m) weights, V (m, d) → O (n, d).
 *
 *   O[i,·] = Σ_{j : A[i,j] ≠ 0} A[i,j] V[j,·]
 *
 * A weight of 0 means "may not see", so V[j,·] is not read there: a plain product would turn a hidden NaN or ∞ into 0·NaN = NaN.
 * No weights give zeros. Sums in doubles, rounds once. Cost: d multiply-adds for each weight not 0. Errors: RangeError unless A.cols = V.rows.
 */
export function mix(A: Matrix, V: Matrix): Matrix {
  checkMatrix("mix", "A", A);
  checkMatrix("mix", "V", V, { rows: A.cols });
  // Without a 0 nothing is hidden, and the plain product has the same sums to the bit: from six rows on it is faster, at 1024 1.4 times.
  if (A.rows >= 6 && A.data.indexOf(0) === -1) return product(A, V);
  const m = A.cols, d = V.cols, out = new Float32Array(A.rows * d), at = new Int32Array(m);
  for (let i = 0; i < A.rows; i++) mixRow(out, i * d, d, A.data, i * m, m, V.data, at);
  return { rows: A.rows, cols: d, data: out };
}

/**
 * The loop of weighted sums of rows: adds Σ_j A[j] V[j,·], over the n weights that are not 0, to the d numbers of `out` from `o` on.
 * The n weights A stand in `a` from `start` on, V (n, d) is `v`, and `at` has room for n places. Eight columns stay in registers: 2.3 times
 * the textbook loop, four 2.0, sixteen 1.7; past the last column it is taken again. An inner loop of the house: it trusts its callers' checks.
 */
export function mixRow(out: Float32Array, o: number, d: number, a: Float32Array, start: number, n: number, v: Float32Array, at: Int32Array): void {
  let seen = 0;
  for (let j = 0; j < n; j++) if (a[start + j] !== 0) at[seen++] = j; // asking in every block of columns: 1.5 times slower if causal, 2.2 at random
  for (let c = 0; c < d; c += 8) {
    const left = d - 1 - c, c1 = Math.min(1, left), c2 = Math.min(2, left), c3 = Math.min(3, left);
    const c4 = Math.min(4, left), c5 = Math.min(5, left), c6 = Math.min(6, left), c7 = Math.min(7, left), q = o + c;
    let o0 = out[q]!, o1 = out[q + c1]!, o2 = out[q + c2]!, o3 = out[q + c3]!, o4 = out[q + c4]!, o5 = out[q + c5]!, o6 = out[q + c6]!, o7 = out[q + c7]!;
    for (let s = 0; s < seen; s++) {
      const j = at[s]!, w = a[start + j]!, p = j * d + c;
      o0 += w * v[p]!; o1 += w * v[p + c1]!; o2 += w * v[p + c2]!; o3 += w * v[p + c3]!;
      o4 += w * v[p + c4]!; o5 += w * v[p + c5]!; o6 += w * v[p + c6]!; o7 += w * v[p + c7]!;
    }
    out[q] = o0; out[q + c1] = o1; out[q + c2] = o2; out[q + c3] = o3;
    out[q + c4] = o4; out[q + c5] = o5; out[q + c6] = o6; out[q + c7] = o7;
  }
}

/**
 * A matrix (行列): `rows` × `cols` numbers in row-major order, so that M[i, j] is `data[i * cols + j]`.
 * A plain record: any object of this shape is a Matrix, also one made by another copy of this file. Leading axes are arrays; a bias is (1, d).
 */
export interface Matrix { readonly rows: number; readonly cols: number; readonly data: Float32Array }

/** Throws unless `M` is a matrix with the expected `rows` and `cols`, if given, and as many numbers. The message begins with `where` and `name`. */
function checkMatrix(where: string, name: string, M: Matrix, { rows, cols }: { rows?: number | undefined; cols?: number | undefined } = {}): void {
  if (typeof M !== "object" || M === null) throw new TypeError(`${where}: ${name} must be a Matrix { rows, cols, data }; got ${describe(M)}`);
  checkInteger(where, `${name}.rows`, M.rows, 0);
  checkInteger(where, `${name}.cols`, M.cols, 0);
  const size = M.rows * M.cols;
  if (describe(M.data) !== "Float32Array") throw new TypeError(`${where}: ${name}.data must be a Float32Array; got ${describe(M.data)}`);
  if (M.data.length !== size) throw new RangeError(`${where}: ${name}.data must hold rows × cols = ${M.rows} × ${M.cols} = ${size} numbers; got ${M.data.length}`);
  if ((rows ?? M.rows) === M.rows && (cols ?? M.cols) === M.cols) return;
  throw new RangeError(`${where}: ${name} must be (${rows ?? "any"}, ${cols ?? "any"}); got (${M.rows}, ${M.cols})`);
}

/**
 * The loop of matrix products: A B, or A Bᵀ if transposed, summed in doubles and rounded once.
 * Three of the second factor's columns at a time are packed side by side in doubles, the last one again where fewer are left. A tile of 3 × 3 makes nine
 * multiply-adds of six loads: at 512 × 512 × 512 4.5 times the textbook loop (2 × 3 4.0, 4 × 4 3.5: its sums spill). It trusts its callers' checks.
 */
function product(A: Matrix, B: Matrix, transposed: boolean = false): Matrix {
  const n = A.rows, K = A.cols, m = transposed ? B.rows : B.cols;
  const right = transposed ? K : 1, down = transposed ? 1 : m; // steps in B's data to the next column of the product, and to the next k
  const a = new Float64Array(A.data), b = B.data; // converting A once, not at every use: 1.06 times faster
  const out = new Float32Array(n * m), panel = new Float64Array(3 * K);
  for (let j = 0; j < m; j += 3) {
    const j1 = Math.min(j + 1, m - 1), j2 = Math.min(j + 2, m - 1);
    for (let k = 0, p = 0, row = 0; k < K; k++, p += 3, row += down) {
      panel[p] = b[row + j * right]!; panel[p + 1] = b[row + j1 * right]!; panel[p + 2] = b[row + j2 * right]!;
    }
    for (let i = 0; i < n; i += 3) {
      const two = i + 1 < n, three = i + 2 < n;
      const row0 = i * K, row1 = row0 + K, row2 = row1 + K;
      let s00 = 0, s01 = 0, s02 = 0, s10 = 0, s11 = 0, s12 = 0, s20 = 0, s21 = 0, s22 = 0;
      // Asking in the loop whether a row exists is 1.25 times faster than repeating the last row instead (1.45 times on Node 24): with the
      // `if`s the compiler finishes one row before it begins the next, without them it makes all nine products first and runs out of registers.
      for (let k = 0, p = 0; k < K; k++, p += 3) {
        const b0 = panel[p]!, b1 = panel[p + 1]!, b2 = panel[p + 2]!;
        const a0 = a[row0 + k]!;
        s00 += a0 * b0; s01 += a0 * b1; s02 += a0 * b2;
        if (two) { const a1 = a[row1 + k]!; s10 += a1 * b0; s11 += a1 * b1; s12 += a1 * b2; }
        if (three) { const a2 = a[row2 + k]!; s20 += a2 * b0; s21 += a2 * b1; s22 += a2 * b2; }
      }
      const out0 = i * m, out1 = out0 + m, out2 = out1 + m;
      out[out0 + j] = s00; out[out0 + j1] = s01; out[out0 + j2] = s02;
      if (two) { out[out1 + j] = s10; out[out1 + j1] = s11; out[out1 + j2] = s12; }
      if (three) { out[out2 + j] = s20; out[out2 + j1] = s21; out[out2 + j2] = s22; }
    }
  }
  return { rows: n, cols: m, data: out };
}

/** What a value is, in a word or two for an error message. It knows a Float32Array of another realm too, where `instanceof` fails. */
function describe(value: unknown): string {
  if (typeof value === "function" || (typeof value === "object" && value !== null)) return Object.prototype.toString.call(value).slice(8, -1);
  return typeof value === "string" ? JSON.stringify(value) : String(value);
}

/** Throws unless `value` is an integer in [min, max]; without `max`, at least `min`. */
function checkInteger(where: string, name: string, value: number, min: number, max?: number): void {
  if (typeof value !== "number") throw new TypeError(`${where}: ${name} must be a number; got ${describe(value)}`);
  if (Number.isInteger(value) && value >= min && (max === undefined || value <= max)) return;
  throw new RangeError(`${where}: ${name} must be an integer ${max === undefined ? `≥ ${min}` : `in [${min}, ${max}]`}; got ${value}`);
}
