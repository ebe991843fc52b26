/**
 * Two peers that a reader may have installed, each doing the works of the bench with one thread and vectors:
 * TensorFlow.js on its WebAssembly backend, and onnxruntime-web. Both as their users would write it, and a little
 * better: the queries are scaled in place of the scores, and TensorFlow.js gets each head as matrices of its own and
 * multiplies by Kᵀ, which is 6 × as fast there as heads in one tensor.
 */
import type { Matrix } from "../../lib/matrix.ts";
import type { EncoderBlock } from "../../lib/layers/encoder-block.ts";
import type { LayerNorm } from "../../lib/layers/layer-norm.ts";
import type { MultiHeadAttention } from "../../lib/attention/multi-head-attention.ts";
import type { OnnxConstant, OnnxNode } from "./onnx.ts";
import { concatColumns } from "../../lib/kernels/columns.ts";
import { onnxModel } from "./onnx.ts";

export type Work =
  | { readonly kind: "matmul"; readonly A: Matrix; readonly B: Matrix }
  | { readonly kind: "softmax"; readonly S: Matrix }
  | {
      readonly kind: "attention" | "causal" | "window";
      readonly heads: number;
      readonly T: number;
      readonly d: number;
      readonly QKV: readonly Float32Array[];
    }
  | { readonly kind: "heads"; readonly X: Matrix; readonly layer: MultiHeadAttention }
  | { readonly kind: "block"; readonly X: Matrix; readonly block: EncoderBlock };

export interface Peer {
  readonly name: string;
  /** A work made ready: `run` computes it once, `result` gives its numbers. Undefined if the peer does not do it. */
  prepare(work: Work): Promise<{ run: () => unknown; result: () => Promise<Float32Array> } | undefined>;
}

type Require = (name: string) => unknown;

/** −∞ where a query does not see a key, else 0. */
function maskOf(rows: number, cols: number, sees: (i: number, j: number) => boolean): Float32Array {
  return Float32Array.from({ length: rows * cols }, (_, e) =>
    sees(Math.floor(e / cols), e % cols) ? 0 : -Infinity,
  );
}

/** The projections of all heads side by side: W_Q, W_K, W_V, and their biases. */
function fused({ heads }: MultiHeadAttention): { W: Matrix[]; b: Matrix[] } {
  const W = (["W_Q", "W_K", "W_V"] as const).map((name) => concatColumns(heads.map((head) => head[name])));
  const b = (["b_Q", "b_K", "b_V"] as const).map((name) => concatColumns(heads.map((head) => head[name]!)));
  return { W, b };
}

/** What is used of TensorFlow.js. */
interface Tensor {
  dispose(): void;
  data(): Promise<Float32Array>;
}
interface Tensorflow {
  setBackend(name: string): Promise<boolean>;
  env(): { set(name: string, value: unknown): void };
  tensor(data: Float32Array, shape: readonly number[]): Tensor;
  matMul(a: Tensor, b: Tensor): Tensor;
  mul(a: Tensor, b: number): Tensor;
  add(a: Tensor, b: Tensor): Tensor;
  softmax(a: Tensor): Tensor;
  transpose(a: Tensor): Tensor;
  slice(a: Tensor, begin: readonly number[], size: readonly number[]): Tensor;
  concat(parts: readonly Tensor[], axis: number): Tensor;
  tidy(f: () => Tensor): Tensor;
}

export async function tensorflowPeer(find: Require): Promise<Peer> {
  const tf = find("@tensorflow/tfjs-core") as Tensorflow;
  find("@tensorflow/tfjs-backend-wasm");
  tf.env().set("WASM_HAS_MULTITHREAD_SUPPORT", false);
  if (!(await tf.setBackend("wasm"))) throw new Error("TensorFlow.js has no wasm backend");
  const of = (M: Matrix): Tensor => tf.tensor(M.data, [M.rows, M.cols]);
  const attend = (Q: Tensor, K: Tensor, V: Tensor, d: number, mask?: Tensor): Tensor => {
    const S = tf.matMul(tf.mul(Q, 1 / Math.sqrt(d)), tf.transpose(K));
    return tf.matMul(tf.softmax(mask === undefined ? S : tf.add(S, mask)), V);
  };
  const made = (work: Work): (() => Tensor) | undefined => {
    if (work.kind === "matmul") {
      const [A, B] = [of(work.A), of(work.B)];
      return () => tf.matMul(A, B);
    }
    if (work.kind === "softmax") {
      const S = of(work.S);
      return () => tf.softmax(S);
    }
    if (work.kind === "attention" || work.kind === "causal") {
      const { heads, T, d, QKV } = work;
      const each = Array.from({ length: heads }, (_, h) =>
        QKV.map((data) => tf.tensor(data.subarray(h * T * d, (h + 1) * T * d), [T, d])),
      );
      const causal = work.kind === "causal";
      const mask = causal ? tf.tensor(maskOf(T, T, (i, j) => j <= i), [T, T]) : undefined;
      return () => tf.concat(each.map(([Q, K, V]) => attend(Q!, K!, V!, d, mask)), 0);
    }
    if (work.kind !== "heads") return undefined;
    const { X, layer } = work;
    const h = layer.heads.length;
    const d = X.cols / h;
    const { W, b } = fused(layer);
    const [x, W_O, b_O] = [of(X), of(layer.W_O), of(layer.b_O!)];
    const [Ws, bs] = [W.map(of), b.map(of)];
    return () => {
      const [Q, K, V] = Ws.map((M, p) => tf.add(tf.matMul(x, M), bs[p]!));
      const head = (Y: Tensor, m: number): Tensor => tf.slice(Y, [0, m * d], [X.rows, d]);
      const heads = Array.from({ length: h }, (_, m) => attend(head(Q!, m), head(K!, m), head(V!, m), d));
      return tf.add(tf.matMul(tf.concat(heads, 1), W_O), b_O);
    };
  };
  return {
    name: "tfjs-wasm",
    async prepare(work) {
      const compute = made(work);
      if (compute === undefined) return undefined;
      return {
        run: () => tf.tidy(compute).dispose(),
        result: async () => {
          const output = tf.tidy(compute);
          const data = await output.data();
          output.dispose();
          return data;
        },
      };
    },
  };
}

/** What is used of onnxruntime-web. */
interface Session {
  run(feeds: Record<string, unknown>): Promise<Record<string, { readonly data: Float32Array }>>;
}
interface OnnxRuntime {
  readonly env: { readonly wasm: { numThreads: number } };
  readonly Tensor: new (type: "float32", data: Float32Array, dims: readonly number[]) => unknown;
  readonly InferenceSession: { create(model: Uint8Array, options: object): Promise<Session> };
}

/** Builds the nodes of a graph: each call names its result. */
class Graph {
  readonly nodes: OnnxNode[] = [];
  readonly constants: Record<string, OnnxConstant> = {};

  op(op: string, inputs: readonly string[], attributes?: OnnxNode["attributes"]): string {
    const output = `n${this.nodes.length}`;
    this.nodes.push({ op, inputs, output, attributes });
    return output;
  }

  floats(dims: readonly number[], floats: Float32Array): string {
    const name = `c${Object.keys(this.constants).length}`;
    this.constants[name] = { dims, floats };
    return name;
  }

  whole(...numbers: readonly number[]): string {
    const name = `c${Object.keys(this.constants).length}`;
    this.constants[name] = { dims: [numbers.length], whole: numbers };
    return name;
  }

  slice(X: string, axis: number, from: number, to: number): string {
    return this.op("Slice", [X, this.whole(from), this.whole(to), this.whole(axis)]);
  }

  attend(Q: string, K: string, V: string, d: number, mask?: string): string {
    const scaled = this.op("Mul", [Q, this.floats([1], Float32Array.of(1 / Math.sqrt(d)))]);
    const S = this.op("MatMul", [scaled, this.op("Transpose", [K], { perm: [0, 2, 1] })]);
    const hidden = mask === undefined ? S : this.op("Add", [S, mask]);
    return this.op("MatMul", [this.op("Softmax", [hidden], { axis: 2 }), V]);
  }

  matrix(M: Matrix): string {
    return this.floats([M.rows, M.cols], M.data);
  }

  linear(X: string, W: Matrix, b: Matrix): string {
    return this.op("Add", [this.op("MatMul", [X, this.matrix(W)]), this.matrix(b)]);
  }

  /** A multi-head layer on X (T, D), heads side by side. */
  heads(X: string, T: number, layer: MultiHeadAttention): string {
    const h = layer.heads.length;
    const { W, b } = fused(layer);
    const D = layer.W_O.rows;
    const [Q, K, V] = W.map((M, p) => {
      const Y = this.linear(X, M, b[p]!);
      return this.op("Transpose", [this.op("Reshape", [Y, this.whole(T, h, D / h)])], { perm: [1, 0, 2] });
    });
    const O = this.op("Transpose", [this.attend(Q!, K!, V!, D / h)], { perm: [1, 0, 2] });
    return this.linear(this.op("Reshape", [O, this.whole(T, D)]), layer.W_O, layer.b_O!);
  }

  norm(X: string, { gamma, beta }: LayerNorm): string {
    const row = (M: Matrix): string => this.floats([M.cols], M.data);
    return this.op("LayerNormalization", [X, row(gamma!), row(beta!)]);
  }

  /** x (1 + erf(x / √2)) / 2. */
  gelu(X: string): string {
    const number = (x: number): string => this.floats([1], Float32Array.of(x));
    const erf = this.op("Erf", [this.op("Mul", [X, number(Math.SQRT1_2)])]);
    return this.op("Mul", [this.op("Mul", [X, number(0.5)]), this.op("Add", [erf, number(1)])]);
  }

  /** A pre-norm encoder block on X (T, D). */
  block(X: string, T: number, { norm1, attention, norm2, feedForward }: EncoderBlock): string {
    const Y = this.op("Add", [X, this.heads(this.norm(X, norm1), T, attention)]);
    const H = this.gelu(this.linear(this.norm(Y, norm2), feedForward.W_1, feedForward.b_1!));
    return this.op("Add", [Y, this.linear(H, feedForward.W_2, feedForward.b_2!)]);
  }
}

/** A window of radius 64 and 16 globals in chunks: each 64 queries see three chunks of keys, and the globals. */
function chunked(graph: Graph, heads: number, T: number, d: number): string {
  const radius = 64;
  const g = 16;
  const n = T / radius;
  const scaled = graph.op("Mul", ["Q", graph.floats([1], Float32Array.of(1 / Math.sqrt(d)))]);
  const zeros = graph.floats([heads, radius, d], new Float32Array(heads * radius * d));
  const three = (X: string): string => {
    const padded = graph.op("Concat", [zeros, X, zeros], { axis: 1 });
    const chunks = graph.op("Reshape", [padded, graph.whole(heads, n + 2, radius, d)]);
    const parts = [0, 1, 2].map((c) => graph.slice(chunks, 1, c, n + c));
    return graph.op("Concat", parts, { axis: 2 });
  };
  const Q_c = graph.op("Reshape", [scaled, graph.whole(heads, n, radius, d)]);
  const near = graph.op("MatMul", [Q_c, graph.op("Transpose", [three("K")], { perm: [0, 1, 3, 2] })]);
  const sees = (row: number, column: number): boolean => {
    const [c, i, j] = [Math.floor(row / radius), row % radius, column - radius];
    const key = c * radius + j;
    return key >= g && key < T && Math.abs(i - j) <= radius; // a global key counts once, as a global
  };
  const mask = graph.floats([n, radius, 3 * radius], maskOf(T, 3 * radius, sees));
  const local = graph.op("Add", [near, mask]);
  const [K_g, V_g] = ["K", "V"].map((X) => graph.slice(X, 1, 0, g));
  const far = graph.op("MatMul", [scaled, graph.op("Transpose", [K_g!], { perm: [0, 2, 1] })]);
  const S_g = graph.op("Reshape", [far, graph.whole(heads, n, radius, g)]);
  const A = graph.op("Softmax", [graph.op("Concat", [local, S_g], { axis: 3 })], { axis: 3 });
  const near_o = graph.op("MatMul", [graph.slice(A, 3, 0, 3 * radius), three("V")]);
  const A_g = graph.op("Reshape", [graph.slice(A, 3, 3 * radius, 3 * radius + g), graph.whole(heads, T, g)]);
  const far_o = graph.op("MatMul", [A_g, V_g!]);
  const O = graph.op("Add", [graph.op("Reshape", [near_o, graph.whole(heads, T, d)]), far_o]);
  const own = graph.attend(graph.slice("Q", 1, 0, g), "K", "V", d);
  return graph.op("Concat", [own, graph.slice(O, 1, g, T)], { axis: 1 });
}

export async function onnxPeer(find: Require): Promise<Peer> {
  const ort = find("onnxruntime-web") as OnnxRuntime;
  ort.env.wasm.numThreads = 1;
  return {
    name: "onnxruntime-web",
    async prepare(work) {
      const graph = new Graph();
      const inputs: Record<string, readonly number[]> = {};
      const feeds: Record<string, unknown> = {};
      const feed = (name: string, data: Float32Array, dims: readonly number[]): void => {
        inputs[name] = dims;
        feeds[name] = new ort.Tensor("float32", data, dims);
      };
      let output: string;
      let shape: readonly number[];
      if (work.kind === "matmul") {
        const { A, B } = work;
        feed("A", A.data, [A.rows, A.cols]);
        feed("B", B.data, [B.rows, B.cols]);
        [output, shape] = [graph.op("MatMul", ["A", "B"]), [A.rows, B.cols]];
      } else if (work.kind === "softmax") {
        feed("S", work.S.data, [work.S.rows, work.S.cols]);
        [output, shape] = [graph.op("Softmax", ["S"], { axis: 1 }), [work.S.rows, work.S.cols]];
      } else if (work.kind === "heads") {
        const { X, layer } = work;
        shape = [X.rows, X.cols];
        feed("X", X.data, shape);
        output = graph.heads("X", X.rows, layer);
      } else if (work.kind === "block") {
        const { X, block } = work;
        shape = [X.rows, X.cols];
        feed("X", X.data, shape);
        output = graph.block("X", X.rows, block);
      } else {
        const { kind, heads, T, d, QKV } = work;
        ["Q", "K", "V"].forEach((name, p) => feed(name, QKV[p]!, [heads, T, d]));
        const mask = kind === "causal" ? graph.floats([T, T], maskOf(T, T, (i, j) => j <= i)) : undefined;
        output = kind === "window" ? chunked(graph, heads, T, d) : graph.attend("Q", "K", "V", d, mask);
        shape = [heads, T, d];
      }
      const model = onnxModel({ nodes: graph.nodes, constants: graph.constants, inputs, output, shape });
      const session = await ort.InferenceSession.create(model, { executionProviders: ["wasm"] });
      const run = () => session.run(feeds);
      return { run, result: async () => (await run())[output]!.data };
    },
  };
}
