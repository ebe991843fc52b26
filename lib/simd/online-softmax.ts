import type { KeyBlock, OnlineState } from "../kernels/online-softmax.ts";
import type { Matrix } from "../matrix.ts";
import type { Routine, Routines } from "./wasm.ts";
import { acrossLanes, compile, f32x4, i32, loop, routine, set } from "./wasm.ts";
import { allFinite, multiplyPanels, panelsAt, productRoutines } from "./product.ts";
import { checkMatrix } from "../matrix.ts";
import { checkOnline } from "../kernels/online-softmax.ts";
import { exponential } from "./exponential.ts";
import { fillRows, scratch, scratchMemory, takeRows } from "./scratch.ts";

/** The least float32 number stands for −∞, so that −∞ − max is −∞ and not NaN. */
const LEAST_MAXIMUM = -3.4028234663852886e38;

/**
 * The code of one step of an online softmax: rows S … end of `row` bytes become P, and m, l and O the next
 * ones.
 *
 *     m'_i    = max(m_i, max_j S[i,j])                          (1)
 *     P[i,j]  = exp(S[i,j] − m'_i)                              (2)
 *     l'_i    = l_i · exp(m_i − m'_i) + Σ_j P[i,j]              (3)
 *     O[i,·]  ← O[i,·] · exp(m_i − m'_i)                        (4)
 *
 * Rows of S and of O, `row` and `oRow` bytes long, are multiples of 32 bytes; m and l are one number a row.
 */
export const onlineLoop: Routine = routine(7, (make, S, end, row, m, l, O, oRow) => {
  const [p, stop] = [make("i32"), make("i32")] as const;
  const [max, max1, old] = [make("f32x4"), make("f32x4"), make("f32x4")] as const;
  const [x, y, sum] = [make("f32x4"), make("f32x4"), make("f32x4")] as const;
  const exp = exponential(make);
  const { add, sub, mul, load, store } = f32x4;
  return [
    exp.constants,
    loop(S, end, row, [
      set(stop, i32.add(S, row)),
      set(max, f32x4.max(f32x4.loadSplat(m), f32x4.of(LEAST_MAXIMUM))),
      set(old, max),
      set(max1, max),
      set(p, S),
      loop(p, stop, 32, [set(max, f32x4.max(max, load(p))), set(max1, f32x4.max(max1, load(p, 16)))]),
      set(max, f32x4.max(max, max1)),
      acrossLanes(max, f32x4.max), //                                                (1)
      set(old, sub(old, max)),
      exp.of(old),
      set(sum, f32x4.of(0)),
      set(p, S),
      loop(p, stop, 32, [
        set(x, sub(load(p), max)),
        set(y, sub(load(p, 16), max)),
        exp.of(x),
        exp.of(y),
        store(p, x), //                                                              (2)
        store(p, y, 16),
        set(sum, add(sum, add(x, y))),
      ]),
      acrossLanes(sum, add),
      f32x4.storeFirst(m, max),
      f32x4.storeFirst(l, add(mul(f32x4.loadSplat(l), old), sum)), //                (3)
      set(m, i32.add(m, 4)),
      set(l, i32.add(l, 4)),
      set(p, O),
      set(O, i32.add(O, oRow)),
      loop(p, O, 16, [store(p, mul(load(p), old))]), //                              (4)
    ]),
  ];
});

/**
 * The code of O[i,·] ← O[i,·] / l_i, and 0 where l_i is 0, for the rows O … end of `row` bytes, a multiple of
 * 16.
 */
export const outputLoop: Routine = routine(4, (make, O, end, row, l) => {
  const [p, stop, sum, seen] = [make("i32"), make("i32"), make("f32x4"), make("f32x4")] as const;
  return [
    loop(O, end, row, [
      set(stop, i32.add(O, row)),
      set(sum, f32x4.loadSplat(l)),
      set(l, i32.add(l, 4)),
      set(seen, f32x4.notEqual(sum, f32x4.of(0))),
      set(p, O),
      loop(p, stop, 16, f32x4.store(p, f32x4.and(f32x4.div(f32x4.load(p), sum), seen))),
    ]),
  ];
});

const onlineRoutines: Routines<"online" | "output"> = compile(
  { online: onlineLoop, output: outputLoop },
  scratchMemory,
);

/**
 * One step of a softmax whose scores come block by block (オンライン・ソフトマックス), four numbers at a time.
 *
 *     S[i,j]  = q_i · k_j,  −∞ where query i does not see key j
 *     m'_i    = max(m_i, max_j S[i,j])
 *     P[i,j]  = exp(S[i,j] − m'_i)
 *     l'_i    = l_i · exp(m_i − m'_i) + Σ_j P[i,j]
 *     O'[i,·] = O[i,·] · exp(m_i − m'_i) + Σ_{j : P[i,j] ≠ 0} P[i,j] V[j,·]
 *
 *     Q (n, d)   K (n_k, d)   V (n_k, d_v)   state m, l (n, 1), O (n, d_v)   →   the next state
 *
 * Lanes: four keys of S and P, four columns of O. The keys of the block are packed as columns, their values
 * are read as they stand; S and P never leave the memory. Computed in float32: over all blocks, error under
 * 2e-6 of the largest value. The textbook's form: `onlineSoftmax` of kernels/online-softmax.ts, with cost and
 * errors.
 */
export function onlineSoftmax(state: OnlineState, Q: Matrix, K: Matrix, V: Matrix, block: KeyBlock): OnlineState {
  const keys = checkOnline("onlineSoftmax", state, Q, K, V, block);
  const { rows: n, cols: d } = Q;
  const d_v = V.cols;
  if (keys === 0) return state;

  // K in panels, then V as it stands, then S, m, l, O and Q; before S is there, K's rows pass through its
  // place.
  const panels = panelsAt(0, d, keys);
  const width = 8 * panels.count;
  const outWidth = 8 * Math.ceil(d_v / 8);
  const rows = 4 * Math.ceil(n / 4);
  const v = panels.bytes / 4;
  const s = v + keys * d_v + 16;
  const m = s + rows * width;
  const l = m + n;
  const o = l + n;
  const q = o + rows * outWidth;
  const memory = scratch(Math.max(q + rows * d, s + (keys + 8) * d) + 16);
  let passed = 0;
  for (const [first, end] of block.stretches) {
    memory.set(K.data.subarray(first * d, end * d), s + passed * d);
    memory.set(V.data.subarray(first * d_v, end * d_v), v + passed * d_v);
    passed += end - first;
  }
  productRoutines.packTransposed(4 * s, 0, panels.count, d, 4 * d, panels.panel);
  const finite = allFinite(memory, v, keys * d_v);
  const values = { at: 4 * v, panel: 32, row: 4 * d_v, count: outWidth / 8, K: keys };

  memory.set(Q.data, q);
  memory.set(state.m.data, m);
  memory.set(state.l.data, l);
  fillRows(memory, o, state.O.data, d_v, outWidth);
  multiplyPanels(4 * q, 4 * d, n, panels, 4 * s, 4 * width);
  for (const [i, first, end] of block.hidden) memory.fill(-Infinity, s + i * width + first, s + i * width + end);
  if (keys < width) {
    for (let i = 0; i < n; i++) memory.fill(-Infinity, s + i * width + keys, s + (i + 1) * width);
  }
  onlineRoutines.online(4 * s, 4 * (s + n * width), 4 * width, 4 * m, 4 * l, 4 * o, 4 * outWidth);
  multiplyPanels(4 * s, 4 * width, n, values, 4 * o, 4 * outWidth, { more: true, hidden: !finite });

  // One array for the whole state: a fresh one costs more than the numbers in it.
  const next = new Float32Array(2 * n + n * d_v);
  next.set(memory.subarray(m, o));
  takeRows(memory, o, outWidth, n, next, 2 * n, d_v);
  for (let i = 0; i < n; i++) if (next[i] === LEAST_MAXIMUM) next[i] = -Infinity;
  return {
    m: { rows: n, cols: 1, data: next.subarray(0, n) },
    l: { rows: n, cols: 1, data: next.subarray(n, 2 * n) },
    O: { rows: n, cols: d_v, data: next.subarray(2 * n) },
  };
}

/**
 * After the last block: O[i,·] / l_i, and zeros for a query that saw no key, four numbers at a time.
 *
 *     state l (n, 1), O (n, d_v)   →   output (n, d_v)
 *
 * Lanes: four columns of O. A quotient is rounded once: the bits are those of `onlineOutput` of
 * kernels/online-softmax.ts.
 */
export function onlineOutput({ l, O }: OnlineState): Matrix {
  checkMatrix("onlineOutput", "O", O);
  checkMatrix("onlineOutput", "l", l, { rows: O.rows, cols: 1 });
  const { rows: n, cols } = O;
  const width = 4 * Math.ceil(cols / 4);
  const memory = scratch(n * width + n);
  fillRows(memory, 0, O.data, cols, width);
  memory.set(l.data, n * width);
  if (cols > 0) onlineRoutines.output(0, 4 * n * width, 4 * width, 4 * n * width);
  const data = new Float32Array(n * cols);
  takeRows(memory, 0, width, n, data, 0, cols);
  return { rows: n, cols, data };
}
