import type { AttentionHead } from "../../lib/attention/heads.ts";
import type { FeedForward } from "../../lib/layers/feed-forward.ts";
import type { LayerNorm } from "../../lib/layers/layer-norm.ts";
import type { LongformerAttention } from "../../lib/attention/longformer-attention.ts";
import type { Matrix } from "../../lib/matrix.ts";
import type { Rows } from "./naive.ts";
import type { TokenEmbedding } from "../../lib/layers/token-embedding.ts";
import { naiveAttention, naiveLinear } from "./naive.ts";
import { naiveFeedForward, naiveNorm, plus } from "./naive-blocks.ts";
import { rowsOf } from "../support/values.ts";

/**
 * Whether token i may attend to token j. The encoders of this file take from lib's layers the weights, as
 * numbers, and nothing else.
 */
export type Sees = (i: number, j: number) => boolean;

const numbers = (M: Matrix | undefined): Rows | undefined => M && rowsOf(M);

/**
 * The place of a token in the table of positions: the number of real tokens up to it, counted afresh for
 * each.
 */
function naivePlace(tokens: readonly number[], t: number, pad: number | undefined): number {
  if (pad === undefined) return t;
  return tokens[t] === pad ? pad : pad + tokens.filter((token, s) => s <= t && token !== pad).length;
}

/** Word, position and type added, and normalised. */
export function naiveEmbedding(
  { words, positions, types, norm, pad }: TokenEmbedding,
  tokens: readonly number[],
  kinds: readonly number[],
): Rows {
  const [word, position, type] = [rowsOf(words), rowsOf(positions), rowsOf(types)];
  const E = tokens.map((token, t) => {
    const place = naivePlace(tokens, t, pad);
    return word[token]!.map((x, c) => x + position[place]![c]! + type[kinds[t]!]![c]!);
  });
  return naiveNorm(norm, E);
}

/** One head of self-attention with a predicate: its output rows. */
function naiveHead(X: Rows, { W_Q, W_K, W_V, b_Q, b_K, b_V }: AttentionHead, sees: Sees): Rows {
  const q = naiveLinear(X, rowsOf(W_Q), numbers(b_Q));
  const k = naiveLinear(X, rowsOf(W_K), numbers(b_K));
  const v = naiveLinear(X, rowsOf(W_V), numbers(b_V));
  return naiveAttention(q, k, v, { scale: 1 / Math.sqrt(W_Q.cols), allow: sees }).output;
}

/** The heads side by side, through W_O. */
function joined(heads: readonly Rows[], W_O: Matrix, b_O: Matrix | undefined): Rows {
  const O = heads[0]!.map((_, i) => heads.flatMap((head) => head[i]!));
  return naiveLinear(O, rowsOf(W_O), numbers(b_O));
}

/** Multi-head self-attention with a predicate for each head m. */
export function naiveSparseAttention(
  X: Rows,
  heads: readonly AttentionHead[],
  W_O: Matrix,
  b_O: Matrix | undefined,
  sees: (m: number) => Sees,
): Rows {
  const outputs = heads.map((head, m) => naiveHead(X, head, sees(m)));
  return joined(outputs, W_O, b_O);
}

/**
 * Longformer's attention: dense attention with the predicate, once for each projection set. A global query
 * takes the row of the global set, any other that of the local one.
 */
export function naiveLongformerAttention(
  X: Rows,
  { heads, W_O, b_O, radius }: LongformerAttention,
  globals: readonly number[],
  real: readonly boolean[],
): Rows {
  const sees: Sees = (i, j) =>
    real[i]! && real[j]! && (Math.abs(i - j) <= radius || globals.includes(i) || globals.includes(j));
  const each = heads.map(({ local, global }) => {
    const [near, far] = [naiveHead(X, local, sees), naiveHead(X, global, sees)];
    return near.map((row, i) => (globals.includes(i) ? far[i]! : row));
  });
  return joined(each, W_O, b_O);
}

/** A post-norm block around any attention. */
export function naivePostNorm(
  X: Rows,
  { norm1, feedForward, norm2 }: { norm1: LayerNorm; feedForward: FeedForward; norm2: LayerNorm },
  attend: (X: Rows) => Rows,
): Rows {
  const Y = naiveNorm(norm1, plus(X, attend(X)));
  return naiveNorm(norm2, plus(Y, naiveFeedForward(feedForward, Y)));
}
