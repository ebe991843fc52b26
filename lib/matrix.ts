/**
 * A matrix (行列): `rows` × `cols` numbers in row-major order, so that M[i, j] is `data[i * cols + j]`.
 * A plain record: any object of this shape is a Matrix, also one made by another copy of this file. Leading axes are arrays; a bias is (1, d).
 */
export interface Matrix { readonly rows: number; readonly cols: number; readonly data: Float32Array }

/** A source of randomness: each call gives a number in [0, 1). `Math.random` is one, `randomGenerator(seed)` of matrix.ts a repeatable one. */
export type Random = () => number;

/**
 * A (rows, cols) matrix over `data`, or of zeros without it. A Float32Array is adopted, not copied; a list of numbers is copied and rounded.
 * Errors: RangeError if `rows` or `cols` is not an integer ≥ 0, or if `data` does not hold rows · cols numbers.
 */
export function matrix(rows: number, cols: number, data?: Float32Array | readonly number[]): Matrix {
  checkInteger("matrix", "rows", rows, 0);
  checkInteger("matrix", "cols", cols, 0);
  const fits = data === undefined || Array.isArray(data) || describe(data) === "Float32Array";
  if (!fits) throw new TypeError(`matrix: data must be a Float32Array or a list of numbers; got ${describe(data)}`);
  const M = { rows, cols, data: data === undefined ? new Float32Array(rows * cols) : Array.isArray(data) ? Float32Array.from(data) : (data as Float32Array) };
  checkMatrix("matrix", "matrix", M);
  return M;
}

/**
 * A matrix from its rows: `fromRows([[1, 2, 3], [4, 5, 6]])` is (2, 3). No rows give (0, 0).
 *
 * Errors: RangeError if the rows differ in length.
 */
export function fromRows(rows: readonly ArrayLike<number>[]): Matrix {
  const cols = rows.length === 0 ? 0 : rows[0]!.length;
  const M = matrix(rows.length, cols);
  for (let i = 0; i < rows.length; i++) {
    const row = rows[i]!;
    if (row.length !== cols) throw new RangeError(`fromRows: every row must have ${cols} numbers like row 0; row ${i} has ${row.length}`);
    M.data.set(row, i * cols);
  }
  return M;
}

/** The (n, n) identity matrix (単位行列): ones on the diagonal. */
export function identity(n: number): Matrix {
  checkInteger("identity", "n", n, 0);
  const data = new Float32Array(n * n);
  for (let i = 0; i < n; i++) data[i * (n + 1)] = 1;
  return { rows: n, cols: n, data };
}

/** A (rows, cols) matrix from its entries: M[i, j] = entry(i, j), called in row-major order and rounded to float32. */
export function fromFunction(rows: number, cols: number, entry: (i: number, j: number) => number): Matrix {
  const M = matrix(rows, cols);
  for (let i = 0, e = 0; i < rows; i++) {
    for (let j = 0; j < cols; j++, e++) M.data[e] = entry(i, j);
  }
  return M;
}

/**
 * A repeatable source of randomness: the same seed gives the same numbers everywhere.
 *
 * seed: an integer in [0, 2³² − 1]. Source: Chris Doty-Humphrey's sfc32 (PractRand), three words of state and a counter.
 */
export function randomGenerator(seed: number): Random {
  checkInteger("randomGenerator", "seed", seed, 0, 4294967295);
  let a = seed | 0;
  let b = 0x9e3779b9 | 0; // the golden ratio: any constant separates nearby seeds after the twelve rounds below
  let c = 0x243f6a88 | 0;
  let counter = 1;
  const next = (): number => {
    const word = (a + b + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (((c << 21) | (c >>> 11)) + word) | 0;
    return (word >>> 0) / 4294967296;
  };
  for (let round = 0; round < 12; round++) next();
  return next;
}

/** A source of independent draws from N(0, 1), two uniform numbers each (Box and Muller 1958). */
export function gaussian(random: Random): () => number {
  if (typeof random !== "function") throw new TypeError(`gaussian: random must be a function () => number in [0, 1); got ${describe(random)}`);
  return () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}

/** A source of independent draws from U(−limit, limit). */
export function uniform(limit: number, random: Random): () => number {
  checkFinite("uniform", "limit", limit);
  if (typeof random !== "function") throw new TypeError(`uniform: random must be a function () => number in [0, 1); got ${describe(random)}`);
  return () => limit * (2 * random() - 1);
}

/** Throws unless `M` is a matrix with the expected `rows` and `cols`, if given, and as many numbers. The message begins with `where` and `name`. */
export function checkMatrix(where: string, name: string, M: Matrix, { rows, cols }: { rows?: number | undefined; cols?: number | undefined } = {}): void {
  if (typeof M !== "object" || M === null) throw new TypeError(`${where}: ${name} must be a Matrix { rows, cols, data }; got ${describe(M)}`);
  checkInteger(where, `${name}.rows`, M.rows, 0);
  checkInteger(where, `${name}.cols`, M.cols, 0);
  const size = M.rows * M.cols;
  if (describe(M.data) !== "Float32Array") throw new TypeError(`${where}: ${name}.data must be a Float32Array; got ${describe(M.data)}`);
  if (M.data.length !== size) throw new RangeError(`${where}: ${name}.data must hold rows × cols = ${M.rows} × ${M.cols} = ${size} numbers; got ${M.data.length}`);
  if ((rows ?? M.rows) === M.rows && (cols ?? M.cols) === M.cols) return;
  throw new RangeError(`${where}: ${name} must be (${rows ?? "any"}, ${cols ?? "any"}); got (${M.rows}, ${M.cols})`);
}

/** Throws unless `value` is an integer in [min, max]; without `max`, at least `min`. */
export function checkInteger(where: string, name: string, value: number, min: number, max?: number): void {
  if (typeof value !== "number") throw new TypeError(`${where}: ${name} must be a number; got ${describe(value)}`);
  if (Number.isInteger(value) && value >= min && (max === undefined || value <= max)) return;
  throw new RangeError(`${where}: ${name} must be an integer ${max === undefined ? `≥ ${min}` : `in [${min}, ${max}]`}; got ${value}`);
}

/** Throws unless `value` is a finite number; with `above`, also greater than that. */
export function checkFinite(where: string, name: string, value: number, above?: number): void {
  if (typeof value !== "number") throw new TypeError(`${where}: ${name} must be a number; got ${describe(value)}`);
  if (Number.isFinite(value) && (above === undefined || value > above)) return;
  throw new RangeError(`${where}: ${name} must be a finite number${above === undefined ? "" : ` > ${above}`}; got ${value}`);
}

/** Throws unless `options` is a record with none but these names: a mask under another name, or in its place, would be lost without a word. */
export function checkOptions(where: string, options: object, names: readonly string[]): void {
  const odd = typeof options !== "object" || options === null || Array.isArray(options) ? describe(options) : Object.keys(options).find((key) => names.indexOf(key) < 0);
  if (odd !== undefined) throw new TypeError(`${where}: options must be a record { ${names.join(", ")} }; got ${odd}`);
}

/** What a value is, in a word or two for an error message. It knows a Float32Array of another realm too, where `instanceof` fails. */
function describe(value: unknown): string {
  if (typeof value === "function" || (typeof value === "object" && value !== null)) return Object.prototype.toString.call(value).slice(8, -1);
  return typeof value === "string" ? JSON.stringify(value) : String(value);
}
