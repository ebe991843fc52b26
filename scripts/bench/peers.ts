/**
 * `npm run bench -- peers [FOLDER]`: the vector kernels against the plain ones and the textbook's loops, and
 * against `@tensorflow/tfjs-backend-wasm` (with tfjs-core) and `onnxruntime-web` where FOLDER has them.
 *
 * All run in one process on one thread, turn by turn, so that what disturbs the machine disturbs all. The
 * peers keep their inputs where they compute; ours come as Float32Arrays, and each result is a fresh one.
 */
import type { Matrix } from "../../lib/matrix.ts";
import { StreamingAttention as PlainStreaming } from "../../lib/attention/streaming-attention.ts";
import { CrossViT } from "../../lib/models/cross-vit.ts";
import { CEILING_MULTIPLY_ADDS, ceiling } from "./ceiling.ts";
import { EncoderBlock } from "../../lib/layers/encoder-block.ts";
import { HybridSparseAttention } from "../../lib/attention/hybrid-sparse-attention.ts";
import { MultiHeadAttention } from "../../lib/attention/multi-head-attention.ts";
import { ScaledDotProductAttention } from "../../lib/attention/scaled-dot-product-attention.ts";
import { attendNeighbours } from "../../lib/attention/sparse-attention.ts";
import { causal } from "../../lib/kernels/mask-scores.ts";
import { crossViTConfig } from "../../lib/models/cross-vit-counts.ts";
import { createRequire } from "node:module";
import { globalTokens, slidingWindow } from "../../lib/graph/patterns.ts";
import { join, resolve } from "node:path";
import { largestDeviation, normal } from "./bench.ts";
import { matmul, textbookMatmul } from "../../lib/kernels/matmul.ts";
import { identity, matrix, randomGenerator } from "../../lib/matrix.ts";
import { onnxPeer, tensorflowPeer, type Peer, type Work } from "./peer-works.ts";
import { pathToFileURL } from "node:url";
import { rmSync } from "node:fs";
import { softmaxRows } from "../../lib/kernels/softmax-rows.ts";
import { spawnSync } from "node:child_process";
import { swappedTree } from "../swap.ts";
import { textbookAttention, textbookSoftmax } from "./textbook.ts";
import { union } from "../../lib/graph/algebra.ts";

/** What computes one work: a name and a call. Slow ones are sampled less. */
interface Contender {
  readonly name: string;
  readonly run: () => unknown;
}

interface Row {
  readonly title: string;
  readonly multiplyAdds?: number | undefined;
  readonly contenders: readonly Contender[];
}

const SAMPLES = 50;
/** A sample takes about as long: short calls are repeated. */
const SAMPLE_MS = 4;
/** No contender takes longer in one row, but for three samples. */
const MOST_MS = 9000;

async function clock(run: () => unknown, repeats: number): Promise<number> {
  const before = process.cpuUsage();
  for (let r = 0; r < repeats; r++) await run();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000 / repeats;
}

/** The samples of each contender, turn by turn. */
async function race(contenders: readonly Contender[]): Promise<Map<string, number[]>> {
  const plans: { name: string; run: () => unknown; repeats: number; samples: number; times: number[] }[] = [];
  for (const { name, run } of contenders) {
    await clock(run, 2);
    const once = await clock(run, Math.max(1, Math.ceil(SAMPLE_MS / Math.max(0.01, await clock(run, 1)))));
    const samples = Math.min(SAMPLES, Math.max(3, Math.floor(MOST_MS / Math.max(once, SAMPLE_MS))));
    plans.push({ name, run, repeats: Math.max(1, Math.round(SAMPLE_MS / once)), samples, times: [] });
  }
  for (let s = 0; s < SAMPLES; s++) {
    for (const { run, repeats, samples, times } of plans) {
      if (s % Math.ceil(SAMPLES / samples) === 0) times.push(await clock(run, repeats));
    }
  }
  return new Map(plans.map(({ name, times }) => [name, times.sort((a, b) => a - b)]));
}

const median = (times: readonly number[]): number => times[times.length >> 1]!;

/** One line for each contender: milliseconds, GFLOP/s, and how many times the first one's time. */
function print(
  { title, multiplyAdds }: Omit<Row, "contenders">,
  results: ReadonlyMap<string, readonly number[]>,
): void {
  const [first] = [...results.values()];
  console.log(`\n${title}`);
  for (const [name, times] of results) {
    const rate =
      multiplyAdds === undefined ? "" : `${((2 * multiplyAdds) / times[0]! / 1e6).toFixed(1)} GFLOP/s`;
    const ratio = `${(times[0]! / first![0]!).toFixed(2)} × (median ` +
      `${(median(times) / median(first!)).toFixed(2)} ×)`;
    const ms = `${times[0]!.toFixed(3)} ms (median ${median(times).toFixed(3)})`;
    console.log(`  ${name.padEnd(28)}${ms.padEnd(32)}${rate.padEnd(16)}${times === first ? "" : ratio}`);
  }
}

/** Stops the run if a contender's result is not that of the first one. */
function agree(title: string, name: string, got: readonly Matrix[], expected: readonly Matrix[]): void {
  const deviation = largestDeviation(got, expected);
  if (deviation > 1e-5) throw new Error(`${title}: ${name} differs by ${deviation} of the largest number`);
}

const part = (M: Matrix, rows: number, h: number): Matrix =>
  matrix(rows, M.cols, M.data.subarray(h * rows * M.cols, (h + 1) * rows * M.cols));

/** The modules of `lib` with the vector kernels in the place of the plain ones. */
async function fastModules(tree: string) {
  const load = <M>(path: string): Promise<M> => import(pathToFileURL(join(tree, path)).href) as Promise<M>;
  type Products = typeof import("../../lib/simd/matmul.ts");
  type Softmax = typeof import("../../lib/simd/softmax-rows.ts");
  type Dense = typeof import("../../lib/attention/scaled-dot-product-attention.ts");
  type Heads = typeof import("../../lib/attention/multi-head-attention.ts");
  type Streaming = typeof import("../../lib/attention/streaming-attention.ts");
  type StreamingHeads = typeof import("../../lib/attention/streaming-multi-head-attention.ts");
  type Sparse = typeof import("../../lib/attention/sparse-attention.ts");
  type Hybrid = typeof import("../../lib/attention/hybrid-sparse-attention.ts");
  type Block = typeof import("../../lib/layers/encoder-block.ts");
  type Picture = typeof import("../../lib/models/cross-vit.ts");
  return {
    ...(await load<Products>("lib/simd/matmul.ts")),
    softmaxRows: (await load<Softmax>("lib/simd/softmax-rows.ts")).softmaxRows,
    Dense: (await load<Dense>("lib/attention/scaled-dot-product-attention.ts")).ScaledDotProductAttention,
    Heads: (await load<Heads>("lib/attention/multi-head-attention.ts")).MultiHeadAttention,
    Streaming: (await load<Streaming>("lib/attention/streaming-attention.ts")).StreamingAttention,
    StreamingHeads: (await load<StreamingHeads>("lib/attention/streaming-multi-head-attention.ts"))
      .StreamingMultiHeadAttention,
    attendNeighbours: (await load<Sparse>("lib/attention/sparse-attention.ts")).attendNeighbours,
    Hybrid: (await load<Hybrid>("lib/attention/hybrid-sparse-attention.ts")).HybridSparseAttention,
    EncoderBlock: (await load<Block>("lib/layers/encoder-block.ts")).EncoderBlock,
    CrossViT: (await load<Picture>("lib/models/cross-vit.ts")).CrossViT,
  };
}

/** The works that `words` name, all of them without one. */
export async function benchPeers(folder: string | undefined, words: readonly string[] = []): Promise<void> {
  const peers: Peer[] = [];
  if (folder !== undefined) {
    const find = createRequire(join(resolve(folder), "package.json"));
    for (const make of [tensorflowPeer, onnxPeer]) {
      try {
        peers.push(await make(find));
      } catch (error) {
        console.log(`not there: ${String((error as Error).message).split("\n")[0]}`);
      }
    }
  }
  console.log(
    `Node ${process.versions.node}, ${process.arch}; milliseconds of processor time, least (and median).`,
  );
  console.log(`Turn by turn, up to ${SAMPLES} samples each. Ratios are times the first line's time.`);
  const tree = swappedTree();
  try {
    const fast = await fastModules(tree);
    for (const row of works(fast, peers)) {
      if (words.length > 0 && !words.some((word) => row.title.includes(word))) continue;
      print(row, await race(await row.ready()));
    }
    if (words.length === 0 || words.includes("long")) longTexts(tree);
  } finally {
    rmSync(tree, { recursive: true });
  }
}

type Late = Omit<Row, "contenders"> & { readonly ready: () => Promise<Contender[]> };

function works(fast: Awaited<ReturnType<typeof fastModules>>, peers: readonly Peer[]): Late[] {
  const row = (
    title: string,
    multiplyAdds: number | undefined,
    work: Work | undefined,
    expected: () => readonly Matrix[],
    ...own: (Contender & { readonly result?: () => readonly Matrix[] })[]
  ): Late => ({
    title,
    multiplyAdds,
    ready: async () => {
      const result = expected();
      for (const { name, result: got } of own) if (got !== undefined) agree(title, name, got(), result);
      const others: Contender[] = [];
      for (const peer of peers) {
        const made = work === undefined ? undefined : await peer.prepare(work);
        if (made === undefined) continue;
        agree(title, peer.name, [matrix(result[0]!.rows, result[0]!.cols, await made.result())], result);
        others.push({ name: peer.name, run: made.run });
      }
      return [...own, ...others];
    },
  });
  const one = (name: string, run: () => Matrix) => ({ name, run, result: () => [run()] });

  const most: Late = {
    title: "ceiling: multiplications and additions of four numbers, from registers",
    multiplyAdds: CEILING_MULTIPLY_ADDS,
    ready: async () => [{ name: "128-bit vectors", run: ceiling() }],
  };

  const products = (
    [
      [64, 64, 64],
      [256, 256, 256],
      [512, 512, 512],
      [1024, 1024, 1024],
      [1024, 64, 1024],
    ] as const
  ).map(([n, K, m]) => {
    const [A, B] = [normal(n, K, 1), normal(K, m, 2)];
    const slow = n * K * m > 2e8 ? [] : [one("textbook", () => textbookMatmul(A, B))];
    return row(
      `matmul ${n} × ${K} × ${m}`,
      n * K * m,
      { kind: "matmul", A, B },
      () => [matmul(A, B)],
      one("simd", () => fast.matmul(A, B)),
      one("plain", () => matmul(A, B)),
      ...slow,
    );
  });

  const softmaxes = (
    [
      [1024, 1024],
      [4096, 512],
    ] as const
  ).map(([n, m]) => {
    const S = normal(n, m, 1);
    return row(
      `softmax ${n} × ${m}`,
      undefined,
      { kind: "softmax", S },
      () => [softmaxRows(S)],
      one("simd", () => fast.softmaxRows(S)),
      one("plain", () => softmaxRows(S)),
      one("textbook", () => textbookSoftmax(S)),
    );
  });

  const heads = 8;
  const stacked = (
    T: number,
    attend: (Q: Matrix, K: Matrix, V: Matrix) => Matrix,
    [Q, K, V]: Matrix[],
  ): Matrix => {
    const O = matrix(heads * T, 64);
    for (let h = 0; h < heads; h++) {
      O.data.set(attend(part(Q!, T, h), part(K!, T, h), part(V!, T, h)).data, h * T * 64);
    }
    return O;
  };
  const attentions = (
    [
      ["attention", 1024],
      ["attention", 2048],
      ["causal", 1024],
      ["causal", 2048],
    ] as const
  ).map(([kind, T]) => {
    const QKV = [normal(heads * T, 64, 1), normal(heads * T, 64, 2), normal(heads * T, 64, 3)];
    const [seen, mask] = kind === "causal" ? [{ causal: 0 }, { allow: causal() }] : [{}, {}];
    const [dense, fastDense] = [new ScaledDotProductAttention(), new fast.Dense()];
    const [streaming, fastStreaming] = [new PlainStreaming(), new fast.Streaming()];
    const textbook = one("textbook", () =>
      stacked(T, (Q, K, V) => textbookAttention(Q, K, V, mask.allow).output, QKV),
    );
    return row(
      `${kind}, 8 heads, d 64, T ${T}`,
      undefined,
      { kind, heads, T, d: 64, QKV: QKV.map((M) => M.data) },
      () => [stacked(T, (Q, K, V) => dense.forward(Q, K, V, mask).output, QKV)],
      one("simd, streaming", () => stacked(T, (Q, K, V) => fastStreaming.forward(Q, K, V, seen).output, QKV)),
      one("simd, with maps", () => stacked(T, (Q, K, V) => fastDense.forward(Q, K, V, mask).output, QKV)),
      one("plain, streaming", () => stacked(T, (Q, K, V) => streaming.forward(Q, K, V, seen).output, QKV)),
      one("plain, with maps", () => stacked(T, (Q, K, V) => dense.forward(Q, K, V, mask).output, QKV)),
      ...(T === 1024 ? [textbook] : []),
    );
  });

  const T = 4096;
  const globals = Array.from({ length: 16 }, (_, g) => g);
  const graph = union(slidingWindow(T, 64), globalTokens(T, globals));
  const QKV = [normal(heads * T, 64, 1), normal(heads * T, 64, 2), normal(heads * T, 64, 3)];
  const [streaming, fastStreaming] = [new PlainStreaming(), new fast.Streaming()];
  const window = row(
    "window 64 and 16 globals, 8 heads, d 64, T 4096",
    undefined,
    { kind: "window", heads, T, d: 64, QKV: QKV.map((M) => M.data) },
    () => [stacked(T, (Q, K, V) => attendNeighbours(Q, K, V, graph).output, QKV)],
    one("simd, streaming", () =>
      stacked(T, (Q, K, V) => fastStreaming.forward(Q, K, V, { graph }).output, QKV),
    ),
    one("simd, along the graph", () =>
      stacked(T, (Q, K, V) => fast.attendNeighbours(Q, K, V, graph).output, QKV),
    ),
    one("plain, streaming", () => stacked(T, (Q, K, V) => streaming.forward(Q, K, V, { graph }).output, QKV)),
    one("plain, along the graph", () =>
      stacked(T, (Q, K, V) => attendNeighbours(Q, K, V, graph).output, QKV),
    ),
  );

  const widths = { d_model: 512, heads: 8, bias: true };
  const plainHeads = MultiHeadAttention.random(widths, randomGenerator(1));
  const X = normal(512, 512, 4);
  const [fastHeads, streamingHeads] = [new fast.Heads(plainHeads), new fast.StreamingHeads(plainHeads)];
  const layer = row(
    "multi-head layer, d 512, 8 heads, T 512",
    undefined,
    { kind: "heads", X, layer: plainHeads },
    () => [plainHeads.forward(X, X, X).output],
    one("simd, streaming", () => streamingHeads.forward(X, X, X).output),
    one("simd, with maps", () => fastHeads.forward(X, X, X).output),
    one("plain", () => plainHeads.forward(X, X, X).output),
  );

  const blockWidths = { d_model: 512, heads: 8, activation: "gelu", order: "pre" } as const;
  const [block, fastBlock] = [EncoderBlock, fast.EncoderBlock].map((Block) =>
    Block.random(blockWidths, randomGenerator(1)),
  ) as [EncoderBlock, EncoderBlock];
  const tokens = normal(128, 512, 5);
  const encoder = row(
    "encoder block, d 512, 8 heads, GELU, 128 tokens",
    undefined,
    { kind: "block", X: tokens, block },
    () => [block.forward(tokens)],
    one("simd", () => fastBlock.forward(tokens)),
    one("plain", () => block.forward(tokens)),
  );

  // One head without projections, as attend takes it.
  const I = identity(1);
  const parts = { heads: [{ W_Q: I, W_K: I, W_V: I }], W_O: I, radius: 64 };
  const [hybrid, fastHybrid] = [new HybridSparseAttention(parts), new fast.Hybrid(parts)];
  const [Q, K, V] = QKV.map((M) => part(M, T, 0)) as [Matrix, Matrix, Matrix];
  const windows = row(
    "hybrid, window 64 and 16 globals, one head, d 64, T 4096",
    undefined,
    undefined,
    () => [hybrid.attend(Q, K, V, globals).output],
    one("simd", () => fastHybrid.attend(Q, K, V, globals).output),
    one("plain", () => hybrid.attend(Q, K, V, globals).output),
  );

  const [model, fastModel] = [CrossViT, fast.CrossViT].map((Model) =>
    Model.random(crossViTConfig("Ti"), randomGenerator(1)),
  ) as [CrossViT, CrossViT];
  const image = [1, 2, 3].map((seed) => normal(240, 240, seed));
  const picture = row(
    "CrossViT-Ti, one image of 240 × 240",
    undefined,
    undefined,
    () => [model.forward(image)],
    one("simd", () => fastModel.forward(image)),
    one("plain", () => model.forward(image)),
  );
  return [most, ...products, ...softmaxes, ...attentions, window, layer, encoder, windows, picture];
}

/**
 * Texts of 65,536 tokens, each in a process of its own: time, and memory above the inputs and the output, with an
 * allocator that gives freed memory back.
 */
function longTexts(tree: string): void {
  console.log(
    "\n65,536 tokens, one head, d 64: seconds of processor time, MB above the inputs and the output",
  );
  const root = resolve(import.meta.dirname, "../..");
  for (const [place, kernels, kind] of [
    [root, "plain", "window"],
    [tree, "simd", "window"],
    [tree, "simd", "causal"],
  ] as const) {
    const script = join(place, "scripts/bench/long-text.ts");
    const { stdout, stderr } = spawnSync(process.execPath, ["--expose-gc", "--import", "tsx", script, kind], {
      cwd: place,
      encoding: "utf8",
      env: { ...process.env, MALLOC_MMAP_THRESHOLD_: undefined, MALLOC_TRIM_THRESHOLD_: undefined },
    });
    console.log(`  ${kernels}, ${kind.padEnd(8)}${stdout.trim() || stderr.trim()}`);
  }
}
