/** A window and a few words that see all: the document's class in its readings, and Longformer. */
import type { HybridReading } from "../../../lib/attention/hybrid-sparse-attention.ts";
import type { Matrix } from "../../../lib/matrix.ts";
import type { Projected } from "./sparse.ts";
import { HybridSparseAttention } from "../../../lib/attention/hybrid-sparse-attention.ts";
import { LongformerAttention } from "../../../lib/attention/longformer-attention.ts";
import { globalKeys, globalTokens, slidingWindow } from "../../../lib/graph/patterns.ts";
import { identity, randomGenerator } from "../../../lib/matrix.ts";
import { linear } from "../../../lib/kernels/linear.ts";
import { randomHead } from "../../../lib/attention/heads.ts";
import { reasons, toDense } from "../../../lib/graph/maps.ts";
import { union } from "../../../lib/graph/algebra.ts";

/** One set of projections for global queries too, where Longformer has two. */
export type FewWrong = "right" | "shared";

export interface FewSettings extends Required<{ [N in keyof HybridReading]: NonNullable<HybridReading[N]> }> {
  readonly radius: number;
  readonly globals: readonly number[];
  /** Whether global queries have projections of their own, as in Longformer. */
  readonly own: boolean;
  readonly seed: number;
  readonly wrong?: FewWrong;
}

export interface FewModel {
  readonly map: Matrix;
  /** The map of the first reading: the same without its departures. */
  readonly first: Matrix;
  /** The bits of REASON of each cell. */
  readonly why: Uint8Array;
  readonly pairs: number;
  /** What the projections of a query make of all words. */
  readonly projectedFor: (query: number) => Projected;
  /** Whether the map is another one than the first reading's. */
  readonly departs: boolean;
}

/** Attention of one head over X. */
export function fewModel(X: Matrix, settings: FewSettings): FewModel {
  const { radius, seed, own, wrong = "right" } = settings;
  const [T, d] = [X.rows, X.cols];
  const globals = settings.globals.filter((g) => g < T);
  const random = randomGenerator(seed);
  const local = randomHead({ d_query: d, d_k: d }, random);
  const global = randomHead({ d_query: d, d_k: d }, random);
  const projections = ({ W_Q, W_K, W_V }: typeof local): Projected => ({
    Q: linear(X, W_Q),
    K: linear(X, W_K),
    V: linear(X, W_V),
  });
  const [plain, primed] = [projections(local), projections(global)];
  const { edges, repeated, globalRows } = settings;
  const read = (reading: HybridReading): Matrix => {
    const hybrid = new HybridSparseAttention({ heads: [local], W_O: identity(d), radius, reading });
    return hybrid.fullAttention(hybrid.attend(plain.Q, plain.K, plain.V, globals).weights);
  };
  const longformer = (): Matrix => {
    const heads = [{ local, global: wrong === "shared" ? local : global }];
    const attention = new LongformerAttention({ heads, W_O: identity(d), radius });
    return toDense(attention.forward(X, { globals }).weights[0]!);
  };
  const first = own ? longformer() : read({});
  const narrow = !own && globalRows === "window";
  const graph = union(
    slidingWindow(T, radius),
    narrow ? globalKeys(T, T, globals) : globalTokens(T, globals),
  );
  return {
    map: own ? first : read({ edges, repeated, globalRows }),
    first,
    why: reasons(graph),
    pairs: graph.key.length,
    projectedFor: (query) => {
      if (!own || wrong === "shared" || !globals.includes(query)) return plain;
      return primed;
    },
    departs: !own && (edges !== "cut" || repeated !== "once" || globalRows !== "all"),
  };
}
