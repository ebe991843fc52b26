import assert from "node:assert/strict";
import test from "node:test";
import type { SeenKeys } from "../../lib/graph/key-blocks.ts";
import { EDGES, refuses } from "../support/mechanism.ts";
import { ScaledDotProductAttention } from "../../lib/attention/scaled-dot-product-attention.ts";
import { StreamingAttention } from "../../lib/attention/streaming-attention.ts";
import { assertClose, assertSameBits, assertSameRows, copyOf, normal, poison, rowsOf } from "../support/values.ts";
import { attendNeighbours } from "../../lib/attention/sparse-attention.ts";
import { everyPattern } from "../support/sparse-patterns.ts";
import { fromRows, matrix } from "../../lib/matrix.ts";
import { globalTokens, keysWhere, slidingWindow } from "../../lib/graph/patterns.ts";
import { naiveAttention } from "../oracle/naive.ts";
import { union } from "../../lib/graph/algebra.ts";

/** The bound of the docstring. */
const LIMIT = 2e-6;

test("equals dense attention: all keys, the past with every offset, more keys than one block holds", () => {
  for (const [n_q, n_k, d_v] of [...EDGES, [5, 700, 3], [300, 300, 2], [130, 257, 9]] as const) {
    const [Q, K, V] = [normal(n_q, 5, 1), normal(n_k, 5, 2), normal(n_k, d_v, 3)];
    for (const scale of [undefined, 0.3]) {
      const streaming = new StreamingAttention({ scale });
      for (const offset of [undefined, 0, -1, 7, n_k - n_q]) {
        const allow = (i: number, j: number): boolean => offset === undefined || j <= i + offset;
        const { output } = streaming.forward(Q, K, V, { causal: offset });
        const dense = naiveAttention(rowsOf(Q), rowsOf(K), rowsOf(V), {
          scale: scale ?? 1 / Math.sqrt(5),
          allow,
        });
        const title = `${n_q} × ${n_k}, offset ${offset}`;
        if (n_k > 0) assertClose(output, dense.output, LIMIT, title);
        assert.deepEqual([output.rows, output.cols], [n_q, d_v], title);
      }
    }
  }
});

test("equals attention along every graph, and along one with global tokens and several blocks", () => {
  const window = union(slidingWindow(600, 9), globalTokens(600, [0, 1, 300]));
  const graphs = [...everyPattern(41), ["window and globals", window] as const];
  for (const [name, graph] of graphs) {
    const [Q, K, V] = [normal(graph.queries, 6, 1), normal(graph.keys, 6, 2), normal(graph.keys, 5, 3)];
    const { output } = new StreamingAttention().forward(Q, K, V, { graph });
    assertClose(output, attendNeighbours(Q, K, V, graph).output, LIMIT, name);
  }
});

test("by hand: one query, scores 0 and ln 3, values 8 and 4", () => {
  const [Q, K, V] = [fromRows([[1]]), fromRows([[0], [Math.log(3)]]), fromRows([[8], [4]])];
  assertClose(new StreamingAttention().forward(Q, K, V).output, [[5]], 1e-6);
  assertClose(new StreamingAttention().weightsOf(0, Q, K), [[0.25, 0.75]], 1e-6);
});

test("a row of the map: as dense attention has it, zeros for a query that sees nothing", () => {
  const [Q, K, V] = [normal(9, 4, 1), normal(11, 4, 2), normal(11, 3, 3)];
  const graph = keysWhere(9, 11, (i, j) => i !== 3 && (i + j) % 3 === 0);
  const sees: [SeenKeys, (i: number, j: number) => boolean][] = [
    [{}, () => true],
    [{ causal: -1 }, (i, j) => j < i],
    [{ graph }, (i, j) => i !== 3 && (i + j) % 3 === 0],
  ];
  for (const [seen, allow] of sees) {
    const { weights } = new ScaledDotProductAttention().forward(Q, K, V, { allow });
    for (let i = 0; i < 9; i++) {
      const row = new StreamingAttention().weightsOf(i, Q, K, seen);
      assertClose(row, matrix(1, 11, weights.data.slice(i * 11, (i + 1) * 11)), LIMIT, `query ${i}`);
    }
  }
});

test("a block that no query sees is not read; hidden keys and values change no bit, seen ones show", () => {
  const [Q, K, V] = [normal(300, 4, 1), normal(600, 4, 2), normal(600, 3, 3)];
  const attention = new StreamingAttention();
  const past = attention.forward(Q, K, V, { causal: 0 }).output;
  for (const value of [NaN, Infinity]) {
    for (const j of [100, 290, 599]) {
      const got = attention.forward(Q, poison(K, j, value), poison(V, j, value), { causal: 0 }).output;
      const blind = Array.from({ length: Math.min(300, j) }, (_, i) => i);
      assertSameRows(got, past, blind, `key ${j}`);
      if (j < 300 && Number.isNaN(value)) assert.ok(rowsOf(got)[j]!.every(Number.isNaN), `query ${j} sees key ${j}`);
    }
  }
  const graph = slidingWindow(300, 2);
  const [K_n, V_n] = [normal(300, 4, 2), normal(300, 3, 3)];
  const near = attention.forward(Q, K_n, V_n, { graph }).output;
  const sick = attention.forward(Q, poison(K_n, 50, NaN), poison(V_n, 50, NaN), { graph }).output;
  assertSameRows(sick, near, [0, 47, 53, 64, 299]);
});

test("a query of NaN stays alone; inputs stay as they were", () => {
  const [Q, K, V] = [normal(9, 4, 1), normal(11, 4, 2), normal(11, 3, 3)];
  const before = [Q, K, V].map(copyOf);
  const clean = new StreamingAttention().forward(Q, K, V).output;
  const sick = new StreamingAttention().forward(poison(Q, 4, NaN), K, V).output;
  assertSameRows(sick, clean, [0, 1, 2, 3, 5, 6, 7, 8]);
  assert.ok(rowsOf(sick)[4]!.every(Number.isNaN), "its own row");
  [Q, K, V].forEach((M, e) => assertSameBits(M, before[e]!));
});

/** The lengths of the Float32Arrays that a call makes. */
function lengthsOf(run: () => unknown): number[] {
  const lengths: number[] = [];
  const real = globalThis.Float32Array;
  globalThis.Float32Array = new Proxy(real, {
    construct(target, args: [unknown], self) {
      if (typeof args[0] === "number") lengths.push(args[0]);
      return Reflect.construct(target, args, self) as object;
    },
  });
  try {
    run();
  } finally {
    globalThis.Float32Array = real;
  }
  return lengths;
}

test("memory is that of two blocks: no array of a call is larger, but for the output", () => {
  const [Q, K, V] = [normal(4096, 2, 1), normal(4096, 2, 2), normal(4096, 3, 3)];
  for (const seen of [{}, { causal: 0 }, { graph: slidingWindow(4096, 64) }]) {
    const lengths = lengthsOf(() => new StreamingAttention().forward(Q, K, V, seen));
    assert.ok(Math.max(...lengths) <= 128 * 1024, `the largest: ${Math.max(...lengths)}`);
    assert.ok(lengths.includes(4096 * 3), "the output");
  }
});

test("the neighbours of a global query do not compute all scores with it", () => {
  const [Q, K, V] = [normal(4096, 2, 1), normal(4096, 2, 2), normal(4096, 3, 3)];
  const graph = union(slidingWindow(4096, 4), globalTokens(4096, [100, 2000]));
  const lengths = lengthsOf(() => new StreamingAttention().forward(Q, K, V, { graph }));
  const most = Math.max(...lengths.filter((length) => length !== 4096 * 3));
  assert.ok(most <= 3 * 1024, `one query's scores or values of a block are the largest; got ${most}`);
});

test("errors say who, what and why", () => {
  const attention = new StreamingAttention();
  const [Q, K, V] = [matrix(3, 4), matrix(5, 4), matrix(5, 2)];
  const where = "StreamingAttention.forward";
  refuses(
    "RangeError",
    () => attention.forward(Q, matrix(5, 3), V),
    `${where}: K must be (any, 4); got (5, 3)`,
  );
  refuses(
    "RangeError",
    () => attention.forward(Q, K, matrix(4, 2)),
    `${where}: V must be (5, any); got (4, 2)`,
  );
  refuses(
    "RangeError",
    () => attention.forward(matrix(3, 0), matrix(5, 0), V),
    `${where}: Q.cols must be an integer ≥ 1; got 0`,
  );
  refuses(
    "TypeError",
    () => attention.forward(Q, K, V, { allow: () => true } as never),
    `${where}: options must be a record { causal, graph }; got allow`,
  );
  refuses(
    "RangeError",
    () => attention.weightsOf(3, Q, K),
    "StreamingAttention.weightsOf: i must be an integer in [0, 2]; got 3",
  );
  refuses(
    "RangeError",
    () => new StreamingAttention({ scale: NaN }),
    "StreamingAttention: scale must be a finite number; got NaN",
  );
  refuses(
    "TypeError",
    () => new StreamingAttention({ factor: 1 } as never),
    "StreamingAttention: options must be a record { scale }; got factor",
  );
});
