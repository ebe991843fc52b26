import type { Rows } from "./naive.ts";

/** Layer normalisation by its definition, in doubles. */
export function naiveLayerNorm(X: Rows, eps: number, gamma?: Rows, beta?: Rows): Rows {
  return X.map((row) => {
    const mean = row.reduce((sum, x) => sum + x, 0) / row.length;
    const variance = row.reduce((sum, x) => sum + (x - mean) ** 2, 0) / row.length;
    return row.map((x, c) => {
      const factor = gamma ? gamma[0]![c]! : 1;
      const shift = beta ? beta[0]![c]! : 0;
      return ((x - mean) / Math.sqrt(variance + eps)) * factor + shift;
    });
  });
}

/**
 * x Φ(x), where Φ is the area under the normal curve, by Simpson's rule from 0 to x. lib uses a series
 * instead.
 */
export function naiveGelu(X: Rows): Rows {
  const curve = (t: number): number => Math.exp((-t * t) / 2) / Math.sqrt(2 * Math.PI);
  return X.map((row) =>
    row.map((x) => {
      const steps = 2 * Math.ceil(20 * Math.abs(x) + 1);
      const h = x / steps;
      let area = 0;
      for (let s = 0; s < steps; s += 2) {
        area += (h / 3) * (curve(s * h) + 4 * curve((s + 1) * h) + curve((s + 2) * h));
      }
      return x * (0.5 + area);
    }),
  );
}
