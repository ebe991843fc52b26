import type { Matrix } from "../../lib/matrix.ts";
import type { Rows } from "../oracle/naive.ts";
import type { ScoreOptions } from "../../lib/kernels/mask-scores.ts";
import { AdditiveAttention } from "../../lib/attention/additive-attention.ts";
import { BilinearAttention } from "../../lib/attention/bilinear-attention.ts";
import { ConcatAttention } from "../../lib/attention/concat-attention.ts";
import { DotProductAttention } from "../../lib/attention/dot-product-attention.ts";
import { dot } from "../oracle/naive.ts";
import { normal, rowsOf } from "./values.ts";

/**
 * A score function of D-ATT with fixed random parameters, and the same f(q, k) in plain doubles for the
 * oracle.
 */
export interface ScoreFunction {
  readonly name: string;
  readonly d_q: number;
  readonly d_k: number;
  readonly attention: {
    readonly score: (Q: Matrix, K: Matrix) => Matrix;
    forward(Q: Matrix, K: Matrix, V: Matrix, options?: ScoreOptions): { output: Matrix; weights: Matrix };
  };
  readonly f: (q: number[], k: number[]) => number;
}

/** q · k */
export function dotProduct(d: number): ScoreFunction {
  return { name: "dot", d_q: d, d_k: d, attention: new DotProductAttention(), f: dot };
}

/** Σ_a Σ_b q_a W[a,b] k_b */
export function bilinear(d_q: number, d_k: number, seed: number = 1): ScoreFunction {
  const W_a = normal(d_q, d_k, seed);
  const W = rowsOf(W_a);
  const f = (q: number[], k: number[]): number =>
    q.reduce((sum, x, a) => sum + k.reduce((inner, y, b) => inner + x * W[a]![b]! * y, 0), 0);
  return { name: "bilinear", d_q, d_k, attention: new BilinearAttention({ W_a }), f };
}

/** Σ_c v[c] tanh(Σ_a q_a W[a,c] + Σ_b k_b U[b,c]) */
export function additive(d_q: number, d_k: number, units: number, seed: number = 2): ScoreFunction {
  const [W_a, U_a, v_a] = [
    normal(d_q, units, seed),
    normal(d_k, units, seed + 100),
    normal(units, 1, seed + 200),
  ];
  const f = oneTanhLayer(rowsOf(W_a), rowsOf(U_a), rowsOf(v_a), new Array<number>(units).fill(0));
  return { name: "additive", d_q, d_k, attention: new AdditiveAttention({ W_a, U_a, v_a }), f };
}

/** Σ_c v[c] tanh(Σ_a [q ‖ k]_a W[a,c] + b[c]) */
export function concat(
  d_q: number,
  d_k: number,
  units: number,
  withBias: boolean,
  seed: number = 3,
): ScoreFunction {
  const [W_a, v_a, b_a] = [
    normal(d_q + d_k, units, seed),
    normal(units, 1, seed + 200),
    normal(1, units, seed + 300),
  ];
  const W = rowsOf(W_a);
  const f = oneTanhLayer(
    W.slice(0, d_q),
    W.slice(d_q),
    rowsOf(v_a),
    withBias ? rowsOf(b_a)[0]! : new Array<number>(units).fill(0),
  );
  return {
    name: withBias ? "concat with b_a" : "concat",
    d_q,
    d_k,
    attention: new ConcatAttention(withBias ? { W_a, v_a, b_a } : { W_a, v_a }),
    f,
  };
}

/** Every score function of D-ATT once, with d_q ≠ d_k wherever it allows that. */
export function scoreFunctions(): ScoreFunction[] {
  return [dotProduct(5), bilinear(5, 3), additive(5, 3, 7), concat(4, 6, 3, false), concat(3, 5, 11, true)];
}

function oneTanhLayer(W: Rows, U: Rows, v: Rows, b: number[]): (q: number[], k: number[]) => number {
  const column = (x: number[], M: Rows, c: number): number =>
    x.reduce((sum, value, a) => sum + value * M[a]![c]!, 0);
  return (q, k) =>
    v.reduce((sum, row, c) => sum + row[0]! * Math.tanh(column(q, W, c) + column(k, U, c) + b[c]!), 0);
}
