/**
 * A matrix (行列): `rows` × `cols` numbers in row-major order, so that M[i, j] is `data[i * cols + j]`.
 *
 * It is a plain record: any object of this shape is a Matrix, also one made by another copy of this file.
 * Leading axes are arrays of matrices. A bias is a matrix of one row, (1, d).
 */
export interface Matrix {
  readonly rows: number;
  readonly cols: number;
  readonly data: Float32Array;
}

/**
 * A source of randomness (乱数源): each call gives a number in [0, 1).
 * `Math.random` is one; `randomGenerator(seed)` is a repeatable one.
 */
export type Random = () => number;

/**
 * A (rows, cols) matrix over `data`, or of zeros without it.
 *
 * A Float32Array is adopted, not copied; a list of numbers is copied and rounded to float32.
 * Errors: RangeError unless `rows` and `cols` are integers ≥ 0 and `data` holds rows · cols numbers, or if
 * so many do not fit into one array; TypeError for an item that is no number.
 */
export function matrix(rows: number, cols: number, data?: Float32Array | readonly number[]): Matrix {
  if (data === undefined) return { rows, cols, data: zeros("matrix", rows, cols) };
  checkInteger("matrix", "rows", rows, 0);
  checkInteger("matrix", "cols", cols, 0);
  const listed = Array.isArray(data);
  if (!listed && kindOf(data) !== "Float32Array") {
    throw new TypeError(`matrix: data must be a Float32Array or a list of numbers; got ${kindOf(data)}`);
  }
  const hint = "; a matrix from its rows is fromRows";
  if (listed) Array.from(data).forEach((x, e) => checkNumber("matrix", `data[${e}]`, x, hint));
  const M = { rows, cols, data: listed ? Float32Array.from(data) : (data as Float32Array) };
  checkMatrix("matrix", "matrix", M);
  return M;
}

/**
 * A matrix from its rows: `fromRows([[1, 2, 3], [4, 5, 6]])` is (2, 3). No rows give (0, 0).
 *
 * Errors: TypeError unless each row is a list of numbers; RangeError if the rows differ in length.
 */
export function fromRows(rows: readonly ArrayLike<number>[]): Matrix {
  checkList("fromRows", "rows", rows, "rows, each a list of numbers");
  const lists = Array.from(rows, (row, i) => numbersOf("fromRows", `rows[${i}]`, row));
  const cols = lists.length === 0 ? 0 : lists[0]!.length;
  const M = matrix(lists.length, cols);
  for (let i = 0; i < lists.length; i++) {
    const row = lists[i]!;
    if (row.length !== cols) {
      const rule = `every row must have ${cols} numbers like row 0`;
      throw new RangeError(`fromRows: ${rule}; row ${i} has ${row.length}`);
    }
    M.data.set(row, i * cols);
  }
  return M;
}

/** The (n, n) identity matrix (単位行列): ones on the diagonal, zeros elsewhere. */
export function identity(n: number): Matrix {
  checkInteger("identity", "n", n, 0);
  const data = zeros("identity", n, n);
  for (let i = 0; i < n; i++) data[i * (n + 1)] = 1;
  return { rows: n, cols: n, data };
}

/**
 * A (rows, cols) matrix from its entries: M[i, j] = entry(i, j).
 * `entry` is called in row-major order; its values are rounded to float32.
 * Errors: TypeError for a value that is no number.
 */
export function fromFunction(rows: number, cols: number, entry: (i: number, j: number) => number): Matrix {
  const M = matrix(rows, cols);
  checkFunction("fromFunction", "entry", entry, "(i, j) => number");
  for (let i = 0, e = 0; i < rows; i++) {
    for (let j = 0; j < cols; j++, e++) {
      const value = entry(i, j);
      if (typeof value !== "number") checkNumber("fromFunction", `entry(${i}, ${j})`, value);
      M.data[e] = value;
    }
  }
  return M;
}

/**
 * A repeatable source of randomness (乱数生成器): the same seed gives the same numbers everywhere.
 *
 * seed: an integer in [0, 2³² − 1].
 * Source: Chris Doty-Humphrey's sfc32 (PractRand): three words of state and a counter.
 */
export function randomGenerator(seed: number): Random {
  checkInteger("randomGenerator", "seed", seed, 0, 4294967295);
  let a = seed | 0;
  // The golden ratio. Any constant serves: the twelve rounds below separate nearby seeds.
  let b = 0x9e3779b9 | 0;
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

/**
 * A source of independent draws from N(0, 1) (正規乱数), from two uniform numbers each.
 * Source: Box and Muller 1958.
 */
export function gaussian(random: Random): () => number {
  checkRandom("gaussian", random);
  const draw = (): number => checkDraw("gaussian", random());
  return () => Math.sqrt(-2 * Math.log(1 - draw())) * Math.cos(2 * Math.PI * draw());
}

/** A source of independent draws from U(−limit, limit) (一様乱数). */
export function uniform(limit: number, random: Random): () => number {
  checkFinite("uniform", "limit", limit);
  checkRandom("uniform", random);
  return () => limit * (2 * checkDraw("uniform", random()) - 1);
}

/**
 * What `random` gave, if it is a number in [0, 1): a normal draw in its place would spoil all that it
 * decides.
 */
export function checkDraw(where: string, drawn: number): number {
  if (typeof drawn === "number" && drawn >= 0 && drawn < 1) return drawn;
  throw new RangeError(`${where}: random must give numbers in [0, 1); got ${kindOf(drawn)}`);
}

/**
 * Zeros for a matrix of some size, or for a list that is rows · cols long.
 * Errors: RangeError unless both are integers ≥ 0, or if so many numbers do not fit into one array.
 */
export function zeros(where: string, rows: number, cols: number): Float32Array {
  checkInteger(where, "rows", rows, 0);
  checkInteger(where, "cols", cols, 0);
  const size = rows * cols;
  try {
    return new Float32Array(size);
  } catch (refused) {
    throw new RangeError(`${where}: ${rows} × ${cols} = ${size} numbers do not fit into one array`);
  }
}

/** Throws unless `random` is a function. */
function checkRandom(where: string, random: Random): void {
  if (typeof random === "function") return;
  throw new TypeError(`${where}: random must be a function () => number in [0, 1); got ${kindOf(random)}`);
}

/** Throws unless `M` is a matrix that holds rows · cols numbers, and of the size that `expected` names. */
export function checkMatrix(
  where: string,
  name: string,
  M: Matrix,
  expected: { readonly rows?: number | undefined; readonly cols?: number | undefined } = {},
): void {
  if (typeof M !== "object" || M === null) {
    throw new TypeError(`${where}: ${name} must be a Matrix { rows, cols, data }; got ${kindOf(M)}`);
  }
  if (Array.isArray(M)) {
    const rule = "must be a Matrix { rows, cols, data }, which fromRows makes of rows";
    throw new TypeError(`${where}: ${name} ${rule}; got Array`);
  }
  checkInteger(where, `${name}.rows`, M.rows, 0);
  checkInteger(where, `${name}.cols`, M.cols, 0);
  const size = M.rows * M.cols;
  if (!(M.data instanceof Float32Array) && kindOf(M.data) !== "Float32Array") {
    throw new TypeError(`${where}: ${name}.data must be a Float32Array; got ${kindOf(M.data)}`);
  }
  if (M.data.length !== size) {
    const rule = `hold rows × cols = ${M.rows} × ${M.cols} = ${size} numbers`;
    throw new RangeError(`${where}: ${name}.data must ${rule}; got ${M.data.length}`);
  }
  const { rows = M.rows, cols = M.cols } = expected;
  if (rows === M.rows && cols === M.cols) return;
  const shape = `(${expected.rows ?? "any"}, ${expected.cols ?? "any"})`;
  throw new RangeError(`${where}: ${name} must be ${shape}; got (${M.rows}, ${M.cols})`);
}

/**
 * A matrix and its shape, each side a letter or a number: `[V, "n_k", "d_v"]`.
 * All sides with one letter have one size. The matrix may be undefined only where its name ends in "?".
 */
export type Shaped<Letter extends string> = readonly [Matrix | undefined, Letter | number, Letter | number];

/**
 * The sizes that the letters of some shapes stand for.
 *
 *     const { n_k, d_k } = checkShapes("Attention.forward", {
 *       Q: [Q, "n_q", "d_k"],
 *       K: [K, "n_k", "d_k"],
 *       V: [V, "n_k", "d_v"],
 *     });
 *
 * Throws unless each is a matrix of its shape. The first matrix with a letter decides that letter's size:
 * here Q decides d_k, and K is checked against it. A name that ends in "?" may be undefined; it is then
 * skipped.
 */
export function checkShapes<Letter extends string>(
  where: string,
  shapes: Readonly<Record<string, Shaped<Letter>>>,
): Record<Letter, number> {
  const sizes = {} as Record<Letter, number>;
  for (const label of Object.keys(shapes)) {
    const [M, rows, cols] = shapes[label] as Shaped<Letter>;
    const optional = label.charAt(label.length - 1) === "?";
    if (M === undefined && optional) continue;
    const name = optional ? label.slice(0, -1) : label;
    checkMatrix(where, name, M as Matrix);
    const { rows: n, cols: m } = M as Matrix;
    const expectedRows: number | undefined = typeof rows === "number" ? rows : sizes[rows];
    if (typeof rows === "string") sizes[rows] = expectedRows ?? n;
    const expectedCols: number | undefined = typeof cols === "number" ? cols : sizes[cols];
    if (typeof cols === "string") sizes[cols] = expectedCols ?? m;
    if ((expectedRows ?? n) === n && (expectedCols ?? m) === m) continue;
    // A side that no earlier matrix decided is "any" in the message; both sides of a square are one letter.
    const square = rows === cols;
    checkMatrix(where, name, M as Matrix, { rows: square ? expectedCols : expectedRows, cols: expectedCols });
  }
  return sizes;
}

/** Throws unless `value` is a function; `signature` says of what kind: "(i, j, head) => boolean". */
export function checkFunction(where: string, name: string, value: unknown, signature: string): void {
  if (typeof value === "function") return;
  throw new TypeError(`${where}: ${name} must be a function ${signature}; got ${typeof value}`);
}

/** Throws unless `value` is true or false: "no" would count as true. */
export function checkBoolean(where: string, name: string, value: unknown): void {
  if (typeof value === "boolean") return;
  throw new TypeError(`${where}: ${name} must be a boolean; got ${kindOf(value)}`);
}

/** Throws unless `value` is an array; `items` says of what: "2 matrices, one for each head". */
export function checkList(where: string, name: string, value: unknown, items: string): void {
  if (Array.isArray(value)) return;
  throw new TypeError(`${where}: ${name} must be a list of ${items}; got ${kindOf(value)}`);
}

/**
 * Throws unless each of these parts of a record is something with a `forward`: an attention, a norm, a block.
 */
export function checkModules(where: string, parts: object, names: readonly string[]): void {
  for (const name of names) {
    const part: unknown = (parts as Record<string, unknown>)[name];
    if (typeof part === "object" && part !== null && "forward" in part) continue;
    throw new TypeError(`${where}: ${name} must be an object with a forward(); got ${kindOf(part)}`);
  }
}

/** Throws if a function without options was given some: a mask among them would be lost. */
export function checkNoOptions(where: string, given: number, read: number): void {
  if (given <= read) return;
  throw new TypeError(`${where}: there must be at most ${read} argument${read === 1 ? "" : "s"}; got ${given}`);
}

/** Throws unless `value` is an array of such parts: the blocks of a model. */
export function checkModuleList(where: string, name: string, value: unknown): void {
  checkList(where, name, value, "objects with a forward()");
  (value as readonly unknown[]).forEach((part, l) => {
    checkModules(where, { [`${name}[${l}]`]: part }, [`${name}[${l}]`]);
  });
}

/**
 * A list of numbers as an array: from an array, or from a typed array of any kind.
 *
 * A BigInt, as many tokenisers give, becomes a number. Errors: TypeError for another kind of list or of item.
 */
export function numbersOf(where: string, name: string, list: ArrayLike<number | bigint>): number[] {
  if (typeof list !== "object" || list === null || typeof list.length !== "number") {
    throw new TypeError(`${where}: ${name} must be an array of numbers; got ${kindOf(list)}`);
  }
  return Array.from(list, (item, t) => {
    const value = typeof item === "bigint" ? Number(item) : item;
    checkNumber(where, `${name}[${t}]`, value);
    return value;
  });
}

/** Throws unless `value` is a number, be it NaN. */
function checkNumber(where: string, name: string, value: unknown, hint: string = ""): void {
  if (typeof value === "number") return;
  throw new TypeError(`${where}: ${name} must be a number; got ${kindOf(value)}${hint}`);
}

/** Throws unless `value` is one of the words. */
export function checkChoice(where: string, name: string, value: unknown, words: readonly string[]): void {
  if (words.indexOf(value as string) >= 0) return;
  const listed = words.map((word) => `"${word}"`);
  const rule = `${listed.slice(0, -1).join(", ")} or ${listed[listed.length - 1]!}`;
  throw new RangeError(`${where}: ${name} must be ${rule}; got ${typeof value === "string" ? value : kindOf(value)}`);
}

/** Throws unless `value` is an integer in [min, max]; without `max`, at least `min`. */
export function checkInteger(where: string, name: string, value: number, min: number, max?: number): void {
  if (typeof value !== "number") {
    throw new TypeError(`${where}: ${name} must be a number; got ${kindOf(value)}`);
  }
  if (Number.isInteger(value) && value >= min && (max === undefined || value <= max)) return;
  const range = max === undefined ? `≥ ${min}` : `in [${min}, ${max}]`;
  throw new RangeError(`${where}: ${name} must be an integer ${range}; got ${value}`);
}

/** Throws unless `value` is a finite number; with `above`, also greater than that. */
export function checkFinite(where: string, name: string, value: number, above?: number): void {
  if (typeof value !== "number") {
    throw new TypeError(`${where}: ${name} must be a number; got ${kindOf(value)}`);
  }
  if (Number.isFinite(value) && (above === undefined || value > above)) return;
  const range = above === undefined ? "" : ` > ${above}`;
  throw new RangeError(`${where}: ${name} must be a finite number${range}; got ${value}`);
}

/**
 * Throws unless `options` is a record with none but these names.
 * A mask under another name, or in the record's place, would otherwise be lost without a word. A name whose
 * value is undefined is as good as absent.
 */
export function checkOptions(
  where: string,
  options: object,
  names: readonly string[],
  name: string = "options",
): void {
  const isRecord = kindOf(options) === "Object";
  const given = (key: string): boolean => (options as Record<string, unknown>)[key] !== undefined;
  const unread = (key: string): boolean => names.indexOf(key) < 0 && given(key);
  const odd = isRecord ? Object.keys(options).find(unread) : kindOf(options);
  if (odd === undefined) return;
  throw new TypeError(`${where}: ${name} must be a record { ${names.join(", ")} }; got ${odd}`);
}

/**
 * What a value is, in a word or two for an error message.
 * A Float32Array of another realm is one too, where `instanceof` fails.
 */
export function kindOf(value: unknown): string {
  if (typeof value === "function" || (typeof value === "object" && value !== null)) {
    return Object.prototype.toString.call(value).slice(8, -1);
  }
  if (typeof value === "bigint") return `a BigInt (${String(value)}n)`;
  return typeof value === "string" ? JSON.stringify(value) : String(value);
}
