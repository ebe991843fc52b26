/**
 * Three columns of a product (小行列積), the inner loop of `matmul` and `matmulTransposed`.
 *
 *   out[i, j+c] = Σ_k a[i,k] panel[k,c],  c = 0, 1, 2
 *
 *   a (n, K) and panel (K, 3), both in doubles   →   columns j, j+1 and j+2 of out (n, m)
 *
 * A tile of four rows by three columns makes twelve multiply-adds of seven loads, all in registers: at 512 × 512 × 512 3.7 times the
 * textbook loop (2 × 4 gave 3.2, 4 × 4 3.5, unrolling over k 3.2: they spill). Factors that were turned into doubles beforehand
 * add a tenth. At the lower end the tile repeats the last row, at the right it reads what `panel` held before, and leaves it out.
 * An inner loop of the house: it trusts its callers' checks and fills `out`, which they allocated.
 */
export function multiplyPanel(a: Float64Array, n: number, K: number, panel: Float64Array, out: Float32Array, m: number, j: number): void {
  for (let i = 0; i < n; i += 4) {
    const i1 = Math.min(i + 1, n - 1);
    const i2 = Math.min(i + 2, n - 1);
    const i3 = Math.min(i + 3, n - 1);
    const row0 = i * K, row1 = i1 * K, row2 = i2 * K, row3 = i3 * K;
    let s00 = 0, s01 = 0, s02 = 0;
    let s10 = 0, s11 = 0, s12 = 0;
    let s20 = 0, s21 = 0, s22 = 0;
    let s30 = 0, s31 = 0, s32 = 0;
    for (let k = 0, p = 0; k < K; k++, p += 3) {
      const b0 = panel[p]!, b1 = panel[p + 1]!, b2 = panel[p + 2]!;
      const a0 = a[row0 + k]!;
      s00 += a0 * b0; s01 += a0 * b1; s02 += a0 * b2;
      const a1 = a[row1 + k]!;
      s10 += a1 * b0; s11 += a1 * b1; s12 += a1 * b2;
      const a2 = a[row2 + k]!;
      s20 += a2 * b0; s21 += a2 * b1; s22 += a2 * b2;
      const a3 = a[row3 + k]!;
      s30 += a3 * b0; s31 += a3 * b1; s32 += a3 * b2;
    }
    const out0 = i * m + j, out1 = i1 * m + j, out2 = i2 * m + j, out3 = i3 * m + j;
    out[out0] = s00; out[out1] = s10; out[out2] = s20; out[out3] = s30;
    if (j + 1 < m) { out[out0 + 1] = s01; out[out1 + 1] = s11; out[out2 + 1] = s21; out[out3 + 1] = s31; }
    if (j + 2 < m) { out[out0 + 2] = s02; out[out1 + 2] = s12; out[out2 + 2] = s22; out[out3 + 2] = s32; }
  }
}
