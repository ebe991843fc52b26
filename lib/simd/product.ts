import type { Code, Operand, Routine, Routines, Variable } from "./wasm.ts";
import type { Matrix } from "../matrix.ts";
import { LARGEST_OPERAND, fillRows, scratch, scratchMemory, takeRows } from "./scratch.ts";
import { checkInteger, checkMatrix, zeros } from "../matrix.ts";
import { compile, f32x4, i32, loop, routine, set } from "./wasm.ts";

/**
 * How a product reads B: transposed, and with weights of 0 in A hiding what stands in B. And what stands in
 * each row of C before the products are added.
 */
export interface ProductOptions {
  readonly transposed?: boolean | undefined;
  readonly hidden?: boolean | undefined;
  readonly start?: Float32Array | undefined;
}

/** The names of the loops of this file. */
export type ProductRoutine =
  | "first"
  | "more"
  | "firstHidden"
  | "moreHidden"
  | "packRows"
  | "packTransposed"
  | "sumOfZeros";

/** Which form of the tiles: adding to what C holds, and with numbers of 0 in A hiding what stands in B. */
export interface TileOptions {
  readonly more: boolean;
  readonly hidden: boolean;
}

/** Where B stands in the scratch memory: panels of eight columns. All but `count` and `K` in bytes. */
export interface Panels {
  /** The address of the first panel, and the bytes from one panel to the next. */
  readonly at: number;
  readonly panel: number;
  /** The bytes from one row of a panel to the next. */
  readonly row: number;
  readonly count: number;
  readonly K: number;
}

/**
 * The code of a matrix product in tiles of 4 rows × 8 columns (行列積のマイクロカーネル).
 *
 *     C[i,j] = Σ_k A[i,k] B[k,j],  or with `more` the old C[i,j] + Σ_k A[i,k] B[k,j]
 *
 *     A: rows `aRow` bytes apart   B: `panels` panels of 8 columns   C: rows `cRow` bytes apart, 8 columns a panel
 *
 * Eight columns of B are two vectors, b0 and b1. Four rows of A meet them: each number of A is put into all
 * four lanes of x, and x·b0, x·b1 are added to the two sums of its row. The eight sums stay in registers
 * while k runs; each k loads six times for eight multiply-adds of four numbers. Larger tiles, or two k in a
 * turn, are slower on Node 20, which loads for the whole turn first and runs out of its 16 registers. `more`
 * is code of its own, for a mask over the old C would take one of them. With `hidden`, a number of A that is
 * 0 makes 0 of any b, NaN and ∞ too: one more instruction keeps the bits of a product only where x is not 0.
 * Rows and columns are padded by the caller to multiples of 4 and 8.
 */
export function productTiles({ more, hidden }: TileOptions): Routine {
  return routine(10, (make, A, aRow, B, bPanel, bRow, K, C, cRow, rows, panels) => {
    const [i, j, k] = [make("i32"), make("i32"), make("i32")] as const;
    const [first, end, out] = [make("i32"), make("i32"), make("i32")] as const;
    const [x, b0, b1] = [make("f32x4"), make("f32x4"), make("f32x4")] as const;
    const seen = make("f32x4");
    const four = [0, 1, 2, 3].map((r) => ({ r, a: make("i32"), sums: [make("f32x4"), make("f32x4")] as const }));
    const times = (b: Operand): Code => (hidden ? f32x4.and(f32x4.mul(x, b), seen) : f32x4.mul(x, b));
    const addTo = (sum: Variable, b: Operand): Code => set(sum, f32x4.add(sum, times(b)));
    const put = (sum: Variable, offset: number): Code =>
      f32x4.store(out, more ? f32x4.add(f32x4.load(out, offset), sum) : sum, offset);
    const tile = [
      four.map(({ r, a, sums }) => [
        set(a, i32.add(A, i32.mul(i32.add(i, r), aRow))),
        sums.map((sum) => set(sum, f32x4.of(0))),
      ]),
      set(k, first),
      loop(k, end, bRow, [
        set(b0, f32x4.load(k)),
        set(b1, f32x4.load(k, 16)),
        four.map(({ a, sums }) => [
          set(x, f32x4.loadSplat(a)),
          hidden ? set(seen, f32x4.notEqual(x, f32x4.of(0))) : [],
          set(a, i32.add(a, 4)),
          addTo(sums[0], b0),
          addTo(sums[1], b1),
        ]),
      ]),
      set(out, i32.add(i32.add(C, i32.mul(i, cRow)), i32.mul(j, 32))),
      four.map(({ sums }) => [put(sums[0], 0), put(sums[1], 16), set(out, i32.add(out, cRow))]),
    ];
    return [
      loop(j, panels, 1, [
        set(first, i32.add(B, i32.mul(j, bPanel))),
        set(end, i32.add(first, i32.mul(K, bRow))),
        set(i, 0),
        loop(i, rows, 4, tile),
      ]),
    ];
  });
}

/**
 * Rows of B, `bRow` bytes apart, into panels: the eight numbers of a row stand 32 bytes from the next row's.
 */
export const packRows: Routine = routine(6, (make, B, out, rows, panels, bRow, panel) => {
  const [i, j, from, to] = [make("i32"), make("i32"), make("i32"), make("i32")] as const;
  return [
    loop(j, panels, 1, [
      set(from, i32.add(B, i32.mul(j, 32))),
      set(to, i32.add(out, i32.mul(j, panel))),
      set(i, 0),
      loop(i, rows, 1, [
        f32x4.store(to, f32x4.load(from)),
        f32x4.store(to, f32x4.load(from, 16), 16),
        set(from, i32.add(from, bRow)),
        set(to, i32.add(to, 32)),
      ]),
    ]),
  ];
});

/**
 * Rows of B, `bRow` bytes apart, into panels of Bᵀ: eight rows become the eight columns of a panel. Squares
 * of 4 × 4 numbers are turned in registers: 1.1 times as fast at K = 64 as dot products that need no panels.
 */
export const packTransposed: Routine = routine(6, (make, B, out, panels, K, bRow, panel) => {
  const [j, k, from, to] = [make("i32"), make("i32"), make("i32"), make("i32")] as const;
  const [r0, r1, r2, r3] = [make("f32x4"), make("f32x4"), make("f32x4"), make("f32x4")] as const;
  const [low01, low23] = [make("f32x4"), make("f32x4")] as const;
  const [high01, high23] = [make("f32x4"), make("f32x4")] as const;
  const square = (half: number): Code => [
    [r0, r1, r2, r3].map((row, n) => set(row, f32x4.load(i32.add(from, i32.mul(bRow, 4 * half + n))))),
    set(low01, f32x4.shuffle(r0, r1, [0, 4, 1, 5])),
    set(low23, f32x4.shuffle(r2, r3, [0, 4, 1, 5])),
    set(high01, f32x4.shuffle(r0, r1, [2, 6, 3, 7])),
    set(high23, f32x4.shuffle(r2, r3, [2, 6, 3, 7])),
    f32x4.store(to, f32x4.shuffle(low01, low23, [0, 1, 4, 5]), 16 * half),
    f32x4.store(to, f32x4.shuffle(low01, low23, [2, 3, 6, 7]), 16 * half + 32),
    f32x4.store(to, f32x4.shuffle(high01, high23, [0, 1, 4, 5]), 16 * half + 64),
    f32x4.store(to, f32x4.shuffle(high01, high23, [2, 3, 6, 7]), 16 * half + 96),
  ];
  return [
    loop(j, panels, 1, [
      set(from, i32.add(B, i32.mul(i32.mul(j, 8), bRow))),
      set(to, i32.add(out, i32.mul(j, panel))),
      set(k, 0),
      loop(k, K, 4, [
        square(0),
        square(1),
        set(from, i32.add(from, 16)),
        set(to, i32.add(to, 128)),
      ]),
    ]),
  ];
});

/** out ← Σ x·0 in four lanes: 0, or NaN where a number from … end is NaN or infinite. */
export const sumOfZeros: Routine = routine(3, (make, from, end, out) => {
  const sum = make("f32x4");
  return [
    loop(from, end, 16, set(sum, f32x4.add(sum, f32x4.mul(f32x4.load(from), f32x4.of(0))))),
    f32x4.store(out, sum),
  ];
});

/** The loops above, ready to be called: four forms of the tiles, packing, and the search for NaN and ∞. */
export const productRoutines: Routines<ProductRoutine> = compile(
  {
    first: productTiles({ more: false, hidden: false }),
    more: productTiles({ more: true, hidden: false }),
    firstHidden: productTiles({ more: false, hidden: true }),
    moreHidden: productTiles({ more: true, hidden: true }),
    packRows,
    packTransposed,
    sumOfZeros,
  },
  scratchMemory,
);

/**
 * Whether all `count` numbers from number `at` of the memory on are finite. Up to 8 behind them are
 * overwritten.
 */
export function allFinite(memory: Float32Array, at: number, count: number): boolean {
  const end = at + count;
  memory.fill(0, end, end + 4);
  productRoutines.sumOfZeros(4 * at, 4 * end, 4 * (end + 4));
  return memory[end + 4]! + memory[end + 5]! + memory[end + 6]! + memory[end + 7]! === 0;
}

/**
 * C = A B for A and B in the scratch memory, or C + A B with `more`.
 *
 * Sums of 256 products begin at 0 and are then added up: a third of the error at K = 1024, and a panel's part
 * stays in the cache.
 */
export function multiplyPanels(
  a: number,
  aRow: number,
  rows: number,
  { at, panel, row, count, K }: Panels,
  c: number,
  cRow: number,
  { more = false, hidden = false }: Partial<TileOptions> = {},
): void {
  const { first, firstHidden, more: adding, moreHidden } = productRoutines;
  const [begin, goOn] = hidden ? [firstHidden, moreHidden] : [first, adding];
  for (let k = 0; k < K || k === 0; k += 256) {
    const tiles = more || k > 0 ? goOn : begin;
    tiles(a + 4 * k, aRow, at + row * k, panel, row, Math.min(256, K - k), c, cRow, rows, count);
  }
}

/**
 * The panels of B or Bᵀ for `columns` columns, from number `at` of the memory on, and the bytes that they
 * take.
 */
export function panelsAt(at: number, K: number, columns: number): Panels & { readonly bytes: number } {
  const panel = 128 * Math.ceil(K / 4);
  const count = Math.ceil(columns / 8);
  return { at: 4 * at, panel, row: 32, count, K, bytes: count * panel };
}

/**
 * Which columns of the rows, where in the memory they pass through, and whether to look for what is not
 * finite.
 */
export interface PackOptions {
  readonly transposed: boolean;
  readonly first: number;
  readonly end: number;
  readonly way: number;
  readonly hidden: boolean;
}

/**
 * The numbers that `packPanels` needs for rows on their way, and what may be read and written behind them.
 */
export function passageFor(cols: number): number {
  return Math.max(65536, 8 * cols) + 8 * cols + 16;
}

/**
 * Copies columns first … end − 1 of rows of `cols` numbers into panels, or, transposed, these rows as
 * columns. The rows pass through the memory from number `way` on. Returns whether their numbers are all
 * finite, if asked.
 */
export function packPanels(
  memory: Float32Array,
  rows: Float32Array,
  cols: number,
  { at, panel, count, K }: Panels,
  { transposed, way, first, end, hidden }: PackOptions,
): boolean {
  const total = cols === 0 ? 0 : rows.length / cols;
  const width = end - first;
  const chunk = Math.max(8, 8 * Math.floor(65536 / Math.max(1, width) / 8));
  let finite = true;
  for (let r = 0; r < total; r += chunk) {
    const some = Math.min(chunk, total - r);
    fillRows(memory, way, rows.subarray(r * cols, (r + some) * cols), cols, width, 0, first, end);
    if (hidden && finite) finite = allFinite(memory, way, some * width);
    if (transposed) {
      const octets = Math.ceil(some / 8);
      productRoutines.packTransposed(4 * way, at + (r / 8) * panel, octets, K, 4 * width, panel);
    } else {
      productRoutines.packRows(4 * way, at + 32 * r, some, count, 4 * width, panel);
    }
  }
  return finite;
}

/**
 * The product behind `matmul`, `matmulTransposed`, `linear` and `mix`, four numbers at a time (行列積).
 *
 *     C[i,j] = Σ_k A[i,k] B[k,j],  or B[j,k] if transposed
 *     C[i,j] = Σ_{k : A[i,k] ≠ 0} A[i,k] B[k,j]  with `hidden`
 *     C[i,j] = start[j] + Σ_k A[i,k] B[k,j]  with `start`
 *
 * A is (n, K), B is (K, m) or, transposed, (m, K), and C is (n, m). B is copied once into panels of eight
 * columns, 64 MiB of them at a time; A passes through the memory in blocks of rows that stay in the cache
 * with their rows of C. Sums in float32: error under 1e-6 of the largest Σ_k |A[i,k] B[k,j]|.
 */
export function panelProduct(
  A: Matrix,
  B: Matrix,
  { transposed = false, hidden = false, start }: ProductOptions = {},
): Matrix {
  checkMatrix("panelProduct", "A", A);
  checkMatrix("panelProduct", "B", B);
  const { rows: n, cols: K } = A;
  checkInteger("panelProduct", "what B has to sum over", transposed ? B.cols : B.rows, K, K);
  const m = transposed ? B.rows : B.cols;
  const C = zeros("matmul", n, m);
  const group = 8 * Math.max(1, Math.floor(LARGEST_OPERAND / (32 * Math.max(1, K))));
  for (let first = 0; first < m && n > 0; first += group) {
    const end = Math.min(m, first + group);
    const B_g = transposed ? B.data.subarray(first * K, end * K) : B.data;
    const packed = panelsAt(0, K, end - first);
    const width = 8 * packed.count;

    // Few rows do not repay the packing: they read B as it stands, two vectors of each row a panel.
    const raw = !transposed && n <= 8 && end - first === m;
    const panels = raw ? { ...packed, panel: 32, row: 4 * m } : packed;
    const a = raw ? K * m + 8 : packed.bytes / 4;

    // 256 KiB of A and C
    const rows = Math.max(4, 4 * Math.floor(65536 / (K + width) / 4));
    const block = Math.min(4 * Math.ceil(n / 4), rows);
    const c = a + block * K;
    const way = a + 8;
    const [from, to] = transposed ? [0, K] : [first, end];
    const memory = scratch(Math.max(c + block * width, raw ? 0 : way + passageFor(to - from)));
    let finite = true;
    if (raw) {
      memory.set(B.data, 0);
      if (hidden) finite = allFinite(memory, 0, K * m);
    } else {
      finite = packPanels(memory, B_g, B.cols, panels, { transposed, first: from, end: to, way, hidden });
    }
    for (let i = 0; i < n; i += block) {
      const count = Math.min(block, n - i);
      memory.set(A.data.subarray(i * K, (i + count) * K), a);
      if (start !== undefined) {
        const row = start.subarray(first, end);
        for (let r = 0; r < count; r++) memory.set(row, c + r * width);
      }
      const form = { more: start !== undefined, hidden: hidden && !finite };
      multiplyPanels(4 * a, 4 * K, count, panels, 4 * c, 4 * width, form);
      takeRows(memory, c, width, count, C, i * m, m, first, end);
    }
  }
  return { rows: n, cols: m, data: C };
}
