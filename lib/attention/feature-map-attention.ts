import type { Matrix } from "../matrix.ts";
import { ParameterFreeCrossAttention, ParameterFreeSelfAttention } from "./parameter-free-attention.ts";
import { checkInteger, checkMatrix, matrix } from "../matrix.ts";
import { concatRows, sliceRows } from "../kernels/rows.ts";
import { cutTiles, joinTiles } from "../kernels/tiles.ts";

/** How far the maps see each other: those of one patch, or those of the whole image. */
export type MapScope = "patch" | "image";

/**
 * D-CROSS's own CAT (文書の読みによる CAT): a patch is split into small maps, each attends to itself, then the maps
 * attend to each other.
 *
 *     F_nm = map m of patch n, s × s pixels                                             (1)
 *     G_nm = SA(F_nm)                                                                   (2)
 *     Z_n[m,·] = G_nm as one row,  Z = [Z_1; …; Z_N]                                    (3)
 *     "patch":  O_n = CAT(Z_n, Z_n, Z_n),  O = [O_1; …; O_N]                            (4)
 *     "image":  O = CAT(Z, Z, Z)                                                        (5)
 *     output = the rows of O as maps, back in their places                              (6)
 *
 *     image (H, W), one channel   →   output (H, W), weights: `inner` N·M matrices (s, s), `between` N matrices (M, M) or one (N·M, N·M)
 *     N = HW/P² patches n of P × P pixels, M = (P/s)² maps m in each; D-CROSS has P = 16, s = 4 and so M = 16. SA and CAT without parameters
 *
 * What the document leaves open is read so: F is the matrix in SA(X), so that the rows of a map see each
 * other, d_x = s; and between maps its formula holds as it stands, so that SA runs once more, now among the
 * maps. Other sizes, 16^16 and 4^4, it can hardly mean.
 * Cost in pairs: N·M·s² inside, and between 4·N·M² ("patch") or 4·(N·M)² ("image"), by `featureMapPairs`.
 * "patch" is linear in N since no patch ever sees another; "image", which looks outside the patch as the
 * document wants, is quadratic. Neither is N·M.
 * Errors: RangeError unless s divides P and P divides H and W, or for another scope.
 * Source: D-CROSS; in neither of the papers it names. CAT's own are `InnerPatchAttention` and
 * `CrossPatchAttention`.
 */
export class FeatureMapAttention {
  readonly P: number;
  readonly s: number;
  readonly scope: MapScope;

  constructor({
    P = 16,
    s = 4,
    scope = "patch",
  }: { P?: number | undefined; s?: number | undefined; scope?: MapScope | undefined } = {}) {
    checkInteger("FeatureMapAttention", "s", s, 1);
    checkInteger("FeatureMapAttention", "P", P, 1);
    if (P % s !== 0) throw new RangeError(`FeatureMapAttention: P must be a multiple of s = ${s}; got ${P}`);
    if (scope !== "patch" && scope !== "image") {
      throw new RangeError(`FeatureMapAttention: scope must be "patch" or "image"; got ${String(scope)}`);
    }
    this.P = P;
    this.s = s;
    this.scope = scope;
  }

  forward(image: Matrix): { output: Matrix; inner: Matrix[]; between: Matrix[] } {
    checkMatrix("FeatureMapAttention.forward", "image", image);
    const { P, s, scope } = this;
    const [grid, M] = [[image.rows, image.cols], (P / s) * (P / s)];
    const patches = cutTiles(matrix(image.data.length, 1, image.data), grid, P);
    const maps = patches.reduce<Matrix[]>((all, patch) => all.concat(cutTiles(patch, [P, P], s)), []); // (1) N·M × (s², 1)
    const inside = maps.map((F) => new ParameterFreeSelfAttention().forward(matrix(s, s, F.data))); // (2) N·M × (s, s)
    const Z = concatRows(inside.map((G) => matrix(1, s * s, G.output.data))); //      (3) (N·M, s²)
    const CAT = (X: Matrix): { output: Matrix; weights: Matrix } =>
      new ParameterFreeCrossAttention().forward(X, X, X);
    const own =
      scope === "patch"
        ? patches.map((_, n) => CAT(sliceRows(Z, n * M, (n + 1) * M))) //             (4) N × (M, s²)
        : [CAT(Z)]; //                                                                (5) (N·M, s²)
    const O = concatRows(own.map((part) => part.output));
    const placed = patches.map((_, n) => {
      const parts = Array.from({ length: M }, (_map, m) =>
        matrix(s * s, 1, sliceRows(O, n * M + m, n * M + m + 1).data),
      );
      return joinTiles(parts, [P, P], s);
    });
    const output = matrix(image.rows, image.cols, joinTiles(placed, grid, P).data); // (6) (H, W)
    return { output, inner: inside.map((G) => G.weights), between: own.map((part) => part.weights) };
  }
}

/**
 * The pairs that `FeatureMapAttention` scores for N patches of M maps of s × s pixels (対の数): inside the maps,
 * and between them, SA's three and CAT's own.
 */
export function featureMapPairs({ N, M, s, scope }: { N: number; M: number; s: number; scope: MapScope }): {
  inner: number;
  between: number;
} {
  for (const [name, value] of [
    ["N", N],
    ["M", M],
    ["s", s],
  ] as const)
    checkInteger("featureMapPairs", name, value, 0);
  return { inner: N * M * s * s, between: scope === "patch" ? 4 * N * M * M : 4 * N * M * N * M };
}
