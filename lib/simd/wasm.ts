/**
 * WebAssembly code (WebAssembly のコード): bytes, in lists of lists.
 *
 * An expression is the bytes that compute it: its operands' bytes first, then the instruction's own. So code
 * is written as nested calls, and TypeScript's own loops unroll it.
 *
 *     const total = routine(3, (make, from, end, out) => {
 *       const sum = make("f32x4");
 *       return [
 *         loop(from, end, 16, set(sum, f32x4.add(sum, f32x4.load(from)))),
 *         f32x4.store(out, sum),
 *       ];
 *     });
 *     compile({ total }, memory).total(0, 1024, 1024); // adds 256 numbers, four side by side
 *
 * Only what the kernels of this folder need is here: functions of whole numbers, which are addresses in bytes
 * and sizes; variables of one number or of four; loops that count a variable up to an end.
 * Source: WebAssembly Core Specification 2.0, §5 (what each byte means) and §4 (what each instruction does).
 */
export type Code = readonly (number | Code)[];

/** A variable of a routine: its number, and the byte of its type. */
export interface Variable {
  readonly variable: number;
  readonly type: number;
}

/** What an instruction takes: code that leaves a value, a variable, or a whole number. */
export type Operand = Code | Variable | number;

/** A function of so many whole numbers that returns nothing: its results stand in the memory. */
export interface Routine {
  readonly parameters: number;
  readonly variables: readonly Variable[];
  readonly body: Code;
}

/** The routines of a module, ready to be called. */
export type Routines<Name extends string> = { readonly [name in Name]: (...given: number[]) => void };

/** A memory that grows by pages of 64 KiB. Growing takes the old buffer away. */
export interface LinearMemory {
  readonly buffer: ArrayBuffer;
  grow(pages: number): number;
}

/** Makes a variable, which begins as 0: one whole number, or four float32 numbers. */
export type MakeVariable = (type: "i32" | "f32x4") => Variable;

type UnaryInstruction = (a: Operand) => Code;
type BinaryInstruction = (a: Operand, b: Operand) => Code;
type LoadInstruction = (address: Operand, offset?: number) => Code;
type StoreInstruction = (address: Operand, x: Operand, offset?: number) => Code;

/** Instructions on one whole number. `less` is 1 or 0, and takes both numbers as not negative. */
export const i32: {
  readonly add: BinaryInstruction;
  readonly sub: BinaryInstruction;
  readonly mul: BinaryInstruction;
  readonly less: BinaryInstruction;
  readonly load: LoadInstruction;
} = {
  add: binary(0x6a),
  sub: binary(0x6b),
  mul: binary(0x6c),
  less: binary(0x49),
  load: loading(0x28),
};

/**
 * Instructions on four float32 numbers side by side, the lanes of one vector of 128 bits.
 *
 * `splat` and `loadSplat` put one number into all four lanes, of 32 bits whatever they mean. `shuffle` takes
 * four lanes out of a (0 … 3) and b (4 … 7). `max` is b where a < b, else a: where one of the two is NaN,
 * that is a. Comparisons give lanes of bits, all 1 or all 0; `and` keeps those bits of a where b has 1,
 * `without` where it has 0; `select` takes a where the bits are 1, else b. `shiftBits` moves the bits of each
 * lane to the left.
 * `storeFirst` stores the first lane alone.
 */
export const f32x4: {
  readonly of: (x: number) => Code;
  readonly splat: UnaryInstruction;
  readonly load: LoadInstruction;
  readonly loadSplat: LoadInstruction;
  readonly store: StoreInstruction;
  readonly storeFirst: StoreInstruction;
  readonly add: BinaryInstruction;
  readonly sub: BinaryInstruction;
  readonly mul: BinaryInstruction;
  readonly div: BinaryInstruction;
  readonly max: BinaryInstruction;
  readonly abs: UnaryInstruction;
  readonly less: BinaryInstruction;
  readonly notEqual: BinaryInstruction;
  readonly and: BinaryInstruction;
  readonly without: BinaryInstruction;
  readonly select: (a: Operand, b: Operand, bits: Operand) => Code;
  readonly shiftBits: BinaryInstruction;
  readonly shuffle: (a: Operand, b: Operand, lanes: readonly number[]) => Code;
} = {
  of: (x) => [vector(0x0c), float32(x), float32(x), float32(x), float32(x)],
  splat: unary(vector(0x11)),
  load: loading(vector(0x00)),
  loadSplat: loading(vector(0x09)),
  store: storing(vector(0x0b)),
  storeFirst: (address, x, offset = 0) => [storing(vector(0x5a))(address, x, offset), 0],
  add: binary(vector(0xe4)),
  sub: binary(vector(0xe5)),
  mul: binary(vector(0xe6)),
  div: binary(vector(0xe7)),
  max: binary(vector(0xeb)),
  abs: unary(vector(0xe0)),
  less: binary(vector(0x43)),
  notEqual: binary(vector(0x42)),
  and: binary(vector(0x4e)),
  without: binary(vector(0x4f)),
  select: (a, b, bits) => [valueOf(a), valueOf(b), valueOf(bits), vector(0x52)],
  shiftBits: binary(vector(0xab)),
  shuffle: (a, b, lanes) => [valueOf(a), valueOf(b), vector(0x0d), lanes.map(bytesOfLane)],
};

/**
 * Instructions on two doubles side by side. `low` and `high` turn two of four float32 numbers into doubles;
 * `narrow` rounds two doubles to the first two of four float32 numbers.
 */
export const f64x2: {
  readonly low: UnaryInstruction;
  readonly high: UnaryInstruction;
  readonly narrow: UnaryInstruction;
  readonly of: (x: number) => Code;
  readonly load: LoadInstruction;
  readonly loadSplat: LoadInstruction;
  readonly add: BinaryInstruction;
  readonly sub: BinaryInstruction;
  readonly mul: BinaryInstruction;
  readonly div: BinaryInstruction;
  readonly sqrt: UnaryInstruction;
  readonly swap: UnaryInstruction;
} = {
  low: unary(vector(0x5f)),
  high: (a) => [f32x4.shuffle(a, a, [2, 3, 2, 3]), vector(0x5f)],
  narrow: unary(vector(0x5e)),
  of: (x) => [vector(0x0c), float64(x), float64(x)],
  load: loading(vector(0x00)),
  loadSplat: loading(vector(0x0a)),
  add: binary(vector(0xf0)),
  sub: binary(vector(0xf1)),
  mul: binary(vector(0xf2)),
  div: binary(vector(0xf3)),
  sqrt: unary(vector(0xef)),
  swap: (a) => f32x4.shuffle(a, a, [2, 3, 0, 1]),
};

/** x ← to. */
export function set(x: Variable, to: Operand): Code {
  return [valueOf(to), 0x21, unsigned(x.variable)];
}

/** for (; i < end; i += step) body, for addresses and sizes, which are not negative. */
export function loop(i: Variable, end: Operand, step: Operand, ...body: Code): Code {
  const further = i32.less(i, end);
  const again = [further, 0x0d, 0]; //                           branch to the beginning of the loop
  const turns = [0x03, 0x40, body, set(i, i32.add(i, step)), again, 0x0b];
  return [further, 0x04, 0x40, turns, 0x0b]; //                  if i < end at all
}

/** x ← in every lane, what `both` makes of all four. */
export function acrossLanes(x: Variable, both: (a: Operand, b: Operand) => Code): Code {
  const swapped = [[1, 0, 3, 2], [2, 3, 0, 1]];
  return swapped.map((lanes) => set(x, both(x, f32x4.shuffle(x, x, lanes))));
}

/** A routine of so many whole numbers. `write` is given a maker of variables, and the parameters. */
export function routine(
  parameters: number,
  write: (make: MakeVariable, ...given: Variable[]) => Code,
): Routine {
  const variables: Variable[] = [];
  const make: MakeVariable = (type) => {
    const made = { variable: parameters + variables.length, type: type === "i32" ? 0x7f : 0x7b };
    variables.push(made);
    return made;
  };
  const given = Array.from({ length: parameters }, (_, p) => ({ variable: p, type: 0x7f }));
  return { parameters, variables, body: write(make, ...given) };
}

/**
 * The bytes of a module (モジュール): eight bytes that say what it is, and five sections, each its number, its
 * length, and a list. It imports one memory and exports every routine under its name.
 */
export function moduleBytes(routines: { readonly [name: string]: Routine }): Uint8Array {
  const names = Object.keys(routines);
  const all = names.map((name) => routines[name] as Routine);
  const section = (id: number, items: readonly Code[]): Code => [id, sized(listOf(items))];
  const types = all.map(({ parameters }) => [0x60, listOf(Array.from({ length: parameters }, () => [0x7f])), 0]);
  const locals = ({ variables }: Routine): Code => listOf(variables.map(({ type }) => [1, type]));
  return Uint8Array.from(flattened([
    [0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0], //                                         "\0asm", version 1
    section(1, types), //                                                            types: (i32, …) → ()
    section(2, [[text("scratch"), text("memory"), 2, 0, 1]]), //                     import of at least 1 page
    section(3, all.map((_, n) => unsigned(n))), //                                   functions and their types
    section(7, names.map((name, n) => [text(name), 0, unsigned(n)])), //             exports
    section(10, all.map((one) => sized([locals(one), one.body, 0x0b]))), //          code
  ]));
}

/**
 * The part of WebAssembly's own interface that is used here; a compiler has it only with a platform's types.
 */
declare const WebAssembly: {
  readonly Memory: new (size: { initial: number }) => LinearMemory;
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (module: object, imports: object) => { readonly exports: object };
};

/** A fresh memory of one page. Errors: as `compile`. */
export function newMemory(): LinearMemory {
  return withSimd(() => new WebAssembly.Memory({ initial: 1 }));
}

/**
 * The routines as functions on the memory.
 *
 * Errors: Error where the platform has no WebAssembly, no vectors in it, or forbids to compile it.
 */
export function compile<Name extends string>(
  routines: { readonly [name in Name]: Routine },
  memory: LinearMemory,
): Routines<Name> {
  const instance = withSimd(() => {
    const module = new WebAssembly.Module(moduleBytes(routines));
    return new WebAssembly.Instance(module, { scratch: { memory } });
  });
  return instance.exports as Routines<Name>;
}

/** What `make` returns, or one clear error. */
function withSimd<T>(make: () => T): T {
  try {
    return make();
  } catch (error) {
    throw new Error(
      "attention-by-hand/simd needs WebAssembly with 128-bit vectors, and leave to compile it (a page's policy " +
        "must allow 'wasm-unsafe-eval'); the same names without simd work everywhere. " +
        `The platform says: ${String(error)}`,
    );
  }
}

function unary(...own: Code): UnaryInstruction {
  return (a) => [valueOf(a), own];
}

function binary(...own: Code): BinaryInstruction {
  return (a, b) => [valueOf(a), valueOf(b), own];
}

/** 2: at addresses that are multiples of 2² bytes, which is a hint. */
function loading(...own: Code): LoadInstruction {
  return (address, offset = 0) => [valueOf(address), own, 2, unsigned(offset)];
}

function storing(...own: Code): StoreInstruction {
  return (address, x, offset = 0) => [valueOf(address), valueOf(x), own, 2, unsigned(offset)];
}

/** Instructions on vectors stand behind the byte 0xFD. */
function vector(instruction: number): Code {
  return [0xfd, unsigned(instruction)];
}

/** The code that leaves an operand's value: a constant's, a variable's, or its own. */
function valueOf(x: Operand): Code {
  if (typeof x === "number") return [0x41, signed(x)];
  return "variable" in x ? [0x20, unsigned(x.variable)] : x;
}

/** LEB128: seven bits a byte, the lowest first; the top bit says that more follow. */
function unsigned(n: number): Code {
  return n < 128 ? [n] : [(n & 127) | 128, unsigned(n >>> 7)];
}

/** The same with a sign, which is the highest of the seven bits of the last byte. */
function signed(n: number): Code {
  return n >= -64 && n < 64 ? [n & 127] : [(n & 127) | 128, signed(n >> 7)];
}

function float32(x: number): Code {
  return Array.from(new Uint8Array(Float32Array.of(x).buffer));
}

function float64(x: number): Code {
  return Array.from(new Uint8Array(Float64Array.of(x).buffer));
}

function bytesOfLane(n: number): Code {
  return [4 * n, 4 * n + 1, 4 * n + 2, 4 * n + 3];
}

function text(name: string): Code {
  return sized(Array.from(name, (letter) => letter.charCodeAt(0)));
}

function listOf(items: readonly Code[]): Code {
  return [unsigned(items.length), items];
}

function sized(code: Code): Code {
  const bytes = flattened(code);
  return [unsigned(bytes.length), bytes];
}

function flattened(code: Code, bytes: number[] = []): number[] {
  for (const part of code) {
    if (typeof part === "number") bytes.push(part);
    else flattened(part, bytes);
  }
  return bytes;
}
