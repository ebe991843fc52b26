import assert from "node:assert/strict";
import test from "node:test";
import { runInNewContext } from "node:vm";
import { checkChoice, checkFinite, checkFunction, checkInteger, checkMatrix } from "../lib/matrix.ts";
import { checkOptions, checkShapes, fromFunction, fromRows, gaussian } from "../lib/matrix.ts";
import { identity, kindOf, matrix, numbersOf, randomGenerator, uniform, zeros } from "../lib/matrix.ts";
import { matmul } from "../lib/kernels/matmul.ts";
import { randomHead, randomProjection } from "../lib/attention/heads.ts";

test("a matrix of zeros, over a list, and over an array that it adopts", () => {
  assert.deepEqual(matrix(2, 3), { rows: 2, cols: 3, data: new Float32Array(6) });
  assert.deepEqual(matrix(1, 2, [0.1, 2]).data, Float32Array.of(0.1, 2));
  const data = Float32Array.of(1, 2, 3, 4);
  assert.equal(matrix(2, 2, data).data, data);
  for (const [rows, cols] of [
    [0, 0],
    [0, 3],
    [3, 0],
  ] as const) {
    assert.equal(matrix(rows, cols).data.length, 0);
  }
});

test("from rows, from a function, and the identity", () => {
  assert.deepEqual(fromRows([[1, 2, 3], Float32Array.of(4, 5, 6)]), matrix(2, 3, [1, 2, 3, 4, 5, 6]));
  assert.deepEqual(fromRows([]), matrix(0, 0));
  assert.deepEqual(fromRows([[], []]), matrix(2, 0));
  assert.deepEqual(
    fromFunction(2, 3, (i, j) => 10 * i + j),
    matrix(2, 3, [0, 1, 2, 10, 11, 12]),
  );
  assert.deepEqual(identity(3), matrix(3, 3, [1, 0, 0, 0, 1, 0, 0, 0, 1]));
  assert.deepEqual(identity(0), matrix(0, 0));
});

test("the generator repeats itself for a seed, and differs for another, at both ends of the range", () => {
  const draw = (seed: number): number[] => Array.from({ length: 8 }, randomGenerator(seed));
  for (const seed of [0, 1, 2, 4294967295]) assert.deepEqual(draw(seed), draw(seed));
  assert.equal(new Set([0, 1, 2, 4294967295].map((seed) => draw(seed).join())).size, 4);
});

test("draws are spread as they should be, within five standard deviations", () => {
  const count = 100000;
  for (const seed of [0, 1, 4294967295]) {
    const next = randomGenerator(seed);
    const numbers = Array.from({ length: count }, next);
    assert.ok(
      numbers.every((x) => x >= 0 && x < 1),
      `seed ${seed}: in [0, 1)`,
    );
    const mean = numbers.reduce((a, b) => a + b, 0) / count;
    assert.ok(Math.abs(mean - 0.5) < 5 * Math.sqrt(1 / 12 / count), `seed ${seed}: mean ${mean}`);
    for (let decile = 0; decile < 10; decile++) {
      const share = numbers.filter((x) => Math.floor(10 * x) === decile).length / count;
      assert.ok(
        Math.abs(share - 0.1) < 5 * Math.sqrt(0.09 / count),
        `seed ${seed}: ${share} in tenth ${decile}`,
      );
    }
    const serial = numbers.slice(1).reduce((sum, x, n) => sum + (x - 0.5) * (numbers[n]! - 0.5), 0) / count;
    assert.ok(
      Math.abs(serial) < (5 * (1 / 12)) / Math.sqrt(count),
      `seed ${seed}: neighbours correlate by ${serial}`,
    );
  }
});

test("gaussian has mean 0, variance 1 and the normal fourth moment; uniform keeps to its limit", () => {
  const count = 100000;
  const numbers = Array.from({ length: count }, gaussian(randomGenerator(3)));
  const moment = (power: number): number => numbers.reduce((sum, x) => sum + x ** power, 0) / count;
  assert.ok(Math.abs(moment(1)) < 5 / Math.sqrt(count), `mean ${moment(1)}`);
  assert.ok(Math.abs(moment(2) - 1) < 5 * Math.sqrt(2 / count), `variance ${moment(2)}`);
  assert.ok(Math.abs(moment(4) - 3) < 5 * Math.sqrt(96 / count), `fourth moment ${moment(4)}`);
  assert.ok(Number.isFinite(gaussian(() => 0)()), "a 0 from the source does not give an infinity");
  const draws = Array.from({ length: 1000 }, uniform(0.1, randomGenerator(4)));
  assert.ok(
    draws.every((x) => x >= -0.1 && x < 0.1) && Math.min(...draws) < -0.099 && Math.max(...draws) > 0.099,
    "in ±0.1, to its ends",
  );
});

test("a Float32Array of another realm is one", () => {
  const foreign = runInNewContext("new Float32Array([1, 2])") as Float32Array;
  assert.ok(!(foreign instanceof Float32Array), "the realm is another");
  checkMatrix("spec", "M", { rows: 1, cols: 2, data: foreign });
});

test("errors say who, what and why", () => {
  const refuses = (call: () => unknown, name: string, message: string): void =>
    assert.throws(call, { name, message });
  refuses(() => matrix(NaN, 2), "RangeError", "matrix: rows must be an integer ≥ 0; got NaN");
  refuses(() => matrix(2, -1), "RangeError", "matrix: cols must be an integer ≥ 0; got -1");
  refuses(() => matrix(2, 1.5), "RangeError", "matrix: cols must be an integer ≥ 0; got 1.5");
  refuses(() => matrix("2" as never, 1), "TypeError", 'matrix: rows must be a number; got "2"');
  refuses(
    () => matrix(2, 3, [1, 2, 3, 4, 5]),
    "RangeError",
    "matrix: matrix.data must hold rows × cols = 2 × 3 = 6 numbers; got 5",
  );
  refuses(
    () => matrix(1, 3, "abc" as never),
    "TypeError",
    'matrix: data must be a Float32Array or a list of numbers; got "abc"',
  );
  refuses(
    () => matrix(1, 2, new Float64Array(2) as never),
    "TypeError",
    "matrix: data must be a Float32Array or a list of numbers; got Float64Array",
  );
  refuses(
    () => gaussian(3 as never),
    "TypeError",
    "gaussian: random must be a function () => number in [0, 1); got 3",
  );
  refuses(
    () => uniform(1, undefined as never),
    "TypeError",
    "uniform: random must be a function () => number in [0, 1); got undefined",
  );
  refuses(
    () => uniform(NaN, Math.random),
    "RangeError",
    "uniform: limit must be a finite number; got NaN",
  );
  refuses(() => identity(-1), "RangeError", "identity: n must be an integer ≥ 0; got -1");
  refuses(
    () => checkOptions("f", { a: 1, b: 2 }, ["a"]),
    "TypeError",
    "f: options must be a record { a }; got b",
  );
  refuses(
    () => fromRows([[1, 2], [3]]),
    "RangeError",
    "fromRows: every row must have 2 numbers like row 0; row 1 has 1",
  );
  refuses(
    () => checkMatrix("f", "M", null as never),
    "TypeError",
    "f: M must be a Matrix { rows, cols, data }; got null",
  );
  refuses(
    () => checkMatrix("f", "M", [[1]] as never),
    "TypeError",
    "f: M must be a Matrix { rows, cols, data }, which fromRows makes of rows; got Array",
  );
  refuses(
    () => checkMatrix("f", "M", { rows: 1, cols: 1, data: new Float64Array(1) } as never),
    "TypeError",
    "f: M.data must be a Float32Array; got Float64Array",
  );
  refuses(
    () => checkMatrix("f", "M", matrix(2, 3), { rows: 3 }),
    "RangeError",
    "f: M must be (3, any); got (2, 3)",
  );
  refuses(
    () => checkMatrix("f", "M", matrix(2, 3), { cols: 2 }),
    "RangeError",
    "f: M must be (any, 2); got (2, 3)",
  );
  refuses(
    () => checkInteger("f", "n", 7, 0, 6),
    "RangeError",
    "f: n must be an integer in [0, 6]; got 7",
  );
  refuses(
    () => checkFinite("f", "x", Infinity),
    "RangeError",
    "f: x must be a finite number; got Infinity",
  );
  refuses(() => checkFinite("f", "x", 0, 0), "RangeError", "f: x must be a finite number > 0; got 0");
  refuses(
    () => randomGenerator(-1),
    "RangeError",
    "randomGenerator: seed must be an integer in [0, 4294967295]; got -1",
  );
  refuses(
    () => randomGenerator(2 ** 32),
    "RangeError",
    "randomGenerator: seed must be an integer in [0, 4294967295]; got 4294967296",
  );
});

const raises = (call: () => unknown, name: "RangeError" | "TypeError", message: string): void =>
  assert.throws(call, { name, message });

test("checkShapes gives the size of each letter", () => {
  const sizes = checkShapes("f", {
    Q: [matrix(2, 3), "n_q", "d_k"],
    K: [matrix(5, 3), "n_k", "d_k"],
    V: [matrix(5, 7), "n_k", "d_v"],
  });
  assert.deepEqual(sizes, { n_q: 2, d_k: 3, n_k: 5, d_v: 7 });
  assert.deepEqual(checkShapes("f", { M: [matrix(0, 4), "n", "m"] }), { n: 0, m: 4 });
  assert.deepEqual(checkShapes("f", {}), {});
});

test("the first matrix with a letter decides its size, and the next ones are checked against it", () => {
  raises(
    () => checkShapes("f", { Q: [matrix(2, 3), "n_q", "d"], K: [matrix(5, 4), "n_k", "d"] }),
    "RangeError",
    "f: K must be (any, 3); got (5, 4)",
  );
  raises(
    () => checkShapes("f", { K: [matrix(5, 4), "n_k", "d"], Q: [matrix(2, 3), "n_q", "d"] }),
    "RangeError",
    "f: Q must be (any, 4); got (2, 3)",
  );
  raises(
    () => checkShapes("f", { K: [matrix(5, 4), "n", "d"], V: [matrix(6, 2), "n", "d_v"] }),
    "RangeError",
    "f: V must be (5, any); got (6, 2)",
  );
  raises(
    () => checkShapes("f", { A: [matrix(5, 4), "n", "m"], B: [matrix(5, 3), "n", "m"] }),
    "RangeError",
    "f: B must be (5, 4); got (5, 3)",
  );
  raises(
    () => checkShapes("f", { A: [matrix(5, 0), "n", "m"], B: [matrix(5, 3), "n", "m"] }),
    "RangeError",
    "f: B must be (5, 0); got (5, 3)",
  );
});

test("a number in place of a letter is the size itself", () => {
  assert.deepEqual(checkShapes("f", { b: [matrix(1, 3), 1, "d"] }), { d: 3 });
  assert.deepEqual(checkShapes("f", { b: [matrix(1, 3), 1, 3] }), {});
  raises(
    () => checkShapes("f", { b: [matrix(2, 3), 1, "d"] }),
    "RangeError",
    "f: b must be (1, any); got (2, 3)",
  );
  raises(
    () => checkShapes("f", { b: [matrix(1, 3), 1, 4] }),
    "RangeError",
    "f: b must be (1, 4); got (1, 3)",
  );
  raises(
    () => checkShapes("f", { W: [matrix(3, 4), "d", "h"], b: [matrix(1, 3), 1, "h"] }),
    "RangeError",
    "f: b must be (1, 4); got (1, 3)",
  );
});

test("a square has one letter twice", () => {
  assert.deepEqual(checkShapes("f", { S: [matrix(3, 3), "n", "n"] }), { n: 3 });
  raises(
    () => checkShapes("f", { S: [matrix(3, 4), "n", "n"] }),
    "RangeError",
    "f: S must be (3, 3); got (3, 4)",
  );
  raises(
    () => checkShapes("f", { X: [matrix(2, 5), "n", "d"], S: [matrix(3, 3), "n", "n"] }),
    "RangeError",
    "f: S must be (2, 2); got (3, 3)",
  );
});

test("a name that ends in ? may be undefined, and decides nothing then", () => {
  const shapes = (b: ReturnType<typeof matrix> | undefined): Record<"n" | "d", number> =>
    checkShapes("f", { X: [matrix(2, 3), "n", "d"], "b?": [b, 1, "d"] });
  assert.deepEqual(shapes(undefined), { n: 2, d: 3 });
  assert.deepEqual(shapes(matrix(1, 3)), { n: 2, d: 3 });
  raises(() => shapes(matrix(1, 4)), "RangeError", "f: b must be (1, 3); got (1, 4)");
  raises(() => shapes(null as never), "TypeError", "f: b must be a Matrix { rows, cols, data }; got null");
  assert.deepEqual(
    checkShapes("f", { "b?": [undefined, 1, "d"], X: [matrix(2, 3), "n", "d"] }),
    { d: 3, n: 2 },
    "X decides d where b is absent",
  );
  raises(
    () => checkShapes("f", { b: [undefined, 1, "d"] }),
    "TypeError",
    "f: b must be a Matrix { rows, cols, data }; got undefined",
  );
});

test("checkShapes sees what is no sound matrix, as checkMatrix does", () => {
  const lying = { rows: 2, cols: 3, data: new Float32Array(5) };
  raises(
    () => checkShapes("f", { M: [lying, "n", "m"] }),
    "RangeError",
    "f: M.data must hold rows × cols = 2 × 3 = 6 numbers; got 5",
  );
  raises(
    () => checkShapes("f", { M: [[[1]] as never, "n", "m"] }),
    "TypeError",
    "f: M must be a Matrix { rows, cols, data }, which fromRows makes of rows; got Array",
  );
  raises(
    () => checkShapes("f", { "heads[0].W_Q": [matrix(2, 3), 2, 2] }),
    "RangeError",
    "f: heads[0].W_Q must be (2, 2); got (2, 3)",
  );
});

test("checkFunction and checkChoice", () => {
  checkFunction("f", "allow", () => true, "(i, j) => boolean");
  const signature = "f: allow must be a function (i, j) => boolean";
  raises(
    () => checkFunction("f", "allow", true, "(i, j) => boolean"),
    "TypeError",
    `${signature}; got boolean`,
  );
  raises(
    () => checkFunction("f", "allow", null, "(i, j) => boolean"),
    "TypeError",
    `${signature}; got object`,
  );
  checkChoice("f", "edges", "zero", ["cut", "zero"]);
  raises(
    () => checkChoice("f", "edges", "wrap", ["cut", "zero"]),
    "RangeError",
    'f: edges must be "cut" or "zero"; got wrap',
  );
  raises(
    () => checkChoice("f", "order", undefined, ["first", "second", "both"]),
    "RangeError",
    'f: order must be "first", "second" or "both"; got undefined',
  );
  raises(
    () => checkChoice("f", "order", ["first"], ["first", "second"]),
    "RangeError",
    'f: order must be "first" or "second"; got Array',
  );
});

test("kindOf names what a value is", () => {
  const kinds: readonly (readonly [unknown, string])[] = [
    [undefined, "undefined"],
    [null, "null"],
    [1.5, "1.5"],
    [NaN, "NaN"],
    [true, "true"],
    ["two", '"two"'],
    [Symbol("s"), "Symbol(s)"],
    [{}, "Object"],
    [[], "Array"],
    [() => 1, "Function"],
    [new Map(), "Map"],
    [new Float32Array(1), "Float32Array"],
    [runInNewContext("new Float32Array(1)"), "Float32Array"],
  ];
  for (const [value, kind] of kinds) assert.equal(kindOf(value), kind);
});

test("what is no number is refused where it comes in, and never becomes NaN", () => {
  const any = (value: unknown): never => value as never;
  for (const item of [[1, 2], "1", null, undefined, true, {}, 1n, () => 1]) {
    assert.throws(
      () => matrix(1, 2, any([1, item])),
      { name: "TypeError", message: /^matrix: data\[1\]/ },
    );
    if (item !== 1n) assert.throws(() => fromRows(any([[1, item]])), { name: "TypeError", message: /^fromRows: / });
    assert.throws(
      () => fromFunction(1, 1, () => any(item)),
      { name: "TypeError", message: /^fromFunction: / },
    );
  }
  assert.throws(() => matrix(1, 2, any([[1, 2], [3, 4]])), {
    message: "matrix: data[0] must be a number; got Array; a matrix from its rows is fromRows",
  });
  assert.throws(() => fromRows(any([1, 2, 3])), {
    name: "TypeError",
    message: "fromRows: rows[0] must be an array of numbers; got 1",
  });
  assert.throws(
    () => fromRows(any(5)),
    { message: "fromRows: rows must be a list of rows, each a list of numbers; got 5" },
  );
  assert.throws(() => fromRows(any(new Float32Array(2))), { name: "TypeError" });
  assert.ok(Number.isNaN(matrix(1, 1, [NaN]).data[0]), "NaN is a number and stays");
});

test("a source of randomness that leaves [0, 1) is refused at its first such draw", () => {
  const any = (value: unknown): never => value as never;
  const bad: unknown[] = [-0.1, 1, 2, NaN, undefined, "0.5", Infinity];
  for (const value of bad) {
    const random = (): number => value as number;
    const got = typeof value === "string" ? JSON.stringify(value) : String(value);
    const message = (where: string): { name: string; message: string } => {
      return { name: "RangeError", message: `${where}: random must give numbers in [0, 1); got ${got}` };
    };
    assert.throws(uniform(1, random), message("uniform"));
    assert.throws(gaussian(random), message("gaussian"));
    assert.throws(() => randomProjection(2, 2, random), message("uniform"));
    assert.throws(() => randomHead({ d_query: 2, d_k: 2 }, random), message("uniform"));
  }
  assert.throws(() => randomProjection(8, 8, gaussian(randomGenerator(1))), { name: "RangeError" });
  assert.throws(() => uniform(1, any(3)), { name: "TypeError" });
});

test("sizes beyond what an array holds are refused by our name, at once", () => {
  const fit = /do not fit into one array$/;
  assert.throws(
    () => matrix(1e9, 1e9),
    { name: "RangeError", message: /^matrix: 1000000000 × 1000000000 = 1000000000000000000 numbers/ },
  );
  assert.throws(() => identity(1e6), { name: "RangeError", message: fit });
  assert.throws(() => fromFunction(1e8, 1e8, () => 0), { name: "RangeError", message: fit });
  assert.throws(() => zeros("here", 1e8, 1e8), { name: "RangeError", message: /^here: / });
  const tall = matrix(300000, 1);
  assert.throws(() => matmul(tall, matrix(1, 300000)), { name: "RangeError", message: /^matmul: / });
});

test("lists of numbers are taken as arrays and as typed arrays, BigInts as numbers", () => {
  for (const list of [[2, 0], Int32Array.of(2, 0), Uint8Array.of(2, 0), BigInt64Array.of(2n, 0n), [2n, 0]]) {
    assert.deepEqual(numbersOf("here", "tokens", list), [2, 0]);
  }
  const values = [["ab", '"ab"'], [1n, "a BigInt (1n)"], [new Map(), "Map"], [null, "null"]] as const;
  for (const [value, got] of values) {
    assert.throws(() => numbersOf("here", "tokens", value as never), {
      name: "TypeError",
      message: `here: tokens must be an array of numbers; got ${got}`,
    });
  }
  assert.throws(() => numbersOf("here", "tokens", [1, "2" as never]), {
    message: 'here: tokens[1] must be a number; got "2"',
  });
});

test("a record is a plain one: no mask, list, map or text stands in its place", () => {
  const objects = [new Map(), new Set(), new Date(0), new Float32Array(0)];
  const others = [() => true, [1], "text", 1, 1n, null, undefined, ...objects];
  for (const other of others) {
    assert.throws(
      () => checkOptions("here", other as never, ["allow"]),
      { name: "TypeError", message: /got / },
    );
  }
  class Parts {
    readonly allow: number = 1;
  }
  checkOptions("here", new Parts(), ["allow"]);
  checkOptions("here", Object.create(null) as object, []);
});

test("a name whose value is undefined is as good as absent", () => {
  checkOptions("here", { allow: 1, scale: undefined }, ["allow"]);
  assert.throws(() => checkOptions("here", { allow: 1, scale: null }, ["allow"]), { name: "TypeError" });
});
