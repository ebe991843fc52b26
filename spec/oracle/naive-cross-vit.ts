import type { CrossViT } from "../../lib/models/cross-vit.ts";
import type { LayerNorm } from "../../lib/layers/layer-norm.ts";
import type { Matrix } from "../../lib/matrix.ts";
import type { Rows } from "./naive.ts";
import type { TokenProjection } from "../../lib/attention/class-token-attention.ts";
import { naiveGelu, naiveLayerNorm } from "./naive-layers.ts";
import { naiveLinear } from "./naive.ts";
import { naiveMultiHead } from "./naive-grid.ts";
import { rowsOf } from "../support/values.ts";

/** The rows of a matrix that may be absent. */
const rows = (M: Matrix | undefined): Rows | undefined => M && rowsOf(M);
const addRows = (A: Rows, B: Rows): Rows => A.map((row, i) => row.map((x, c) => x + B[i]![c]!));

function normed(
  X: Rows,
  { gamma, beta, eps }: { gamma?: Matrix | undefined; beta?: Matrix | undefined; eps: number } | LayerNorm,
): Rows {
  return naiveLayerNorm(X, eps, rows(gamma), rows(beta));
}

function projected({ norm, W, b }: TokenProjection, x: Rows): Rows {
  return naiveLinear(norm === undefined ? x : naiveGelu(normed(x, norm)), rowsOf(W), rows(b));
}

/** The pixels of a patch, channel after channel, found from its place. */
function naiveFlatPatches(image: readonly Rows[], p: number): Rows {
  const [H, W] = [image[0]!.length, image[0]![0]!.length];
  const patches: Rows = [];
  for (let y = 0; y + p <= H; y += p) {
    for (let x = 0; x + p <= W; x += p) {
      patches.push(image.flatMap((channel) => channel.slice(y, y + p).flatMap((row) => row.slice(x, x + p))));
    }
  }
  return patches;
}

/**
 * CrossViT in doubles, layer after layer, on images that already have each branch's size.
 * `gazes` are the rows of each [CLS] over the other branch, by stage, branch and head. `largestScore`, of all
 * attentions, is for the tolerance.
 */
export function naiveCrossViT(
  { branches, stages, heads }: CrossViT,
  images: readonly (readonly Rows[])[],
): { logits: number[]; features: Rows; gazes: Rows[][]; largestScore: number } {
  let largestScore = 0;
  let last: Rows[] = [];
  const attend = (Q: Rows, M: Rows, attention: Parameters<typeof naiveMultiHead>[3]): Rows => {
    const read = naiveMultiHead(Q, M, M, attention);
    largestScore = Math.max(largestScore, read.largestScore);
    last = read.weights;
    return read.output;
  };
  const gazes: Rows[][] = [];
  let x = branches.map(({ embedding, cls, positions }, b) => {
    const pixels = naiveFlatPatches(images[b]!, embedding.patch);
    const patches = naiveLinear(pixels, rowsOf(embedding.W), rows(embedding.b));
    return addRows([...rowsOf(cls), ...patches], rowsOf(positions));
  });
  for (const { encoders, fusions } of stages) {
    const encoded = x.map((X, b) => {
      for (const { norm1, attention, norm2, feedForward } of encoders[b]!) {
        const { W_1, b_1, W_2, b_2 } = feedForward;
        const u = normed(X, norm1);
        X = addRows(X, attend(u, u, attention));
        const G = naiveGelu(naiveLinear(normed(X, norm2), rowsOf(W_1), rows(b_1)));
        X = addRows(X, naiveLinear(G, rowsOf(W_2), rows(b_2)));
      }
      return X;
    });
    const stage: Rows[] = [];
    gazes.push(stage);
    x = encoded.map((own, b) => {
      let tokens = [...projected(fusions[b]!.f, [own[0]!]), ...encoded[1 - b]!.slice(1)];
      for (const { norm, attention } of fusions[b]!.readings) {
        const u = normed(tokens, norm);
        tokens = addRows([tokens[0]!], attend([u[0]!], u, attention));
      }
      stage.push(last.map((head) => head[0]!));
      return [...projected(fusions[b]!.g, tokens), ...own.slice(1)];
    });
  }
  const features = x.map((X, b) => normed([X[0]!], branches[b]!.norm)[0]!);
  const logits =
    heads.length === 1
      ? [naiveLinear([features.flat()], rowsOf(heads[0]!.W), rowsOf(heads[0]!.b))[0]!]
      : heads.map(({ W, b }, h) => naiveLinear([features[h]!], rowsOf(W), rowsOf(b))[0]!);
  return {
    logits: logits[0]!.map((_, c) => logits.reduce((total, one) => total + one[c]! / logits.length, 0)),
    features,
    gazes,
    largestScore,
  };
}
