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
 * Encoders of tokens written down plainly in doubles: of lib's layers they take the weights, as numbers, and
 * nothing else.
 */
export type Sees = (i: number, j: number) => boolean;

const numbers = (M: Matrix | undefined): Rows | undefined => M && rowsOf(M);

/**
 * The place of a token in the table of positions: how many real tokens there are up to it, counted afresh for
 * each.
 */
function naivePlace(tokens: readonly number[], t: number, pad: number | undefined): number {
  if (pad === undefined) return t;
  return tokens[t] === pad ? pad : pad + tokens.filter((token, s) => s <= t && token !== pad).length;
}

export function naiveEmbedding(
  { words, positions, types, norm, pad }: TokenEmbedding,
  tokens: readonly number[],
  kinds: readonly number[],
): Rows {
  const [word, position, type] = [rowsOf(words), rowsOf(positions), rowsOf(types)];
  return naiveNorm(
    norm,
    tokens.map((token, t) =>
      word[token]!.map((x, c) => x + position[naivePlace(tokens, t, pad)]![c]! + type[kinds[t]!]![c]!),
    ),
  );
}

/** One head of self-attention with a predicate: its output rows. */
function naiveHead(X: Rows, { W_Q, W_K, W_V, b_Q, b_K, b_V }: AttentionHead, sees: Sees): Rows {
  const [q, k, v] = [
    naiveLinear(X, rowsOf(W_Q), numbers(b_Q)),
    naiveLinear(X, rowsOf(W_K), numbers(b_K)),
    naiveLinear(X, rowsOf(W_V), numbers(b_V)),
  ];
  return naiveAttention(q, k, v, { scale: 1 / Math.sqrt(W_Q.cols), allow: sees }).output;
}

const joined = (heads: readonly Rows[], W_O: Matrix, b_O: Matrix | undefined): Rows =>
  naiveLinear(
    heads[0]!.map((_, i) => heads.flatMap((O) => O[i]!)),
    rowsOf(W_O),
    numbers(b_O),
  );

/** Multi-head self-attention in which head m sees by its own predicate. */
export function naiveSparseAttention(
  X: Rows,
  heads: readonly AttentionHead[],
  W_O: Matrix,
  b_O: Matrix | undefined,
  sees: (m: number) => Sees,
): Rows {
  return joined(
    heads.map((head, m) => naiveHead(X, head, sees(m))),
    W_O,
    b_O,
  );
}

/**
 * Longformer's: dense attention twice, by the predicate, and of each row the one of the projection set that
 * it belongs to.
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
