import type { Matrix } from "../matrix.ts";
import { checkFinite, checkMatrix } from "../matrix.ts";

/**
 * Scores divided by a temperature (温度), each row measured from its largest score.
 *
 *     B[i,j] = (S[i,j] − max_j' S[i,j']) / τ
 *
 *     S (n, m) scores   τ, a number   →   B (n, m) ≤ 0, whose softmax is that of S / τ
 *
 * No finite score overflows upwards, however small τ is. A row of −∞ alone stays; a NaN or +∞ makes its own
 * row NaN. Rounds once to float32.
 * Errors: RangeError unless τ is a finite number > 0.
 */
export function divideByTemperature(S: Matrix, temperature: number): Matrix {
  checkMatrix("divideByTemperature", "S", S);
  checkFinite("divideByTemperature", "temperature", temperature, 0);
  const m = S.cols;
  const out = new Float32Array(S.data.length);
  for (let start = 0; start < out.length; start += m) {
    let max = -Infinity;
    for (let j = 0; j < m; j++) max = Math.max(max, S.data[start + j]!);
    for (let j = 0; j < m; j++) {
      const s = S.data[start + j]!;
      out[start + j] = max === -Infinity ? s : max === Infinity ? NaN : (s - max) / temperature;
    }
  }
  return { rows: S.rows, cols: m, data: out };
}
