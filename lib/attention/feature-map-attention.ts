import type { Matrix } from "../matrix.ts";
import { ParameterFreeCrossAttention, ParameterFreeSelfAttention } from "./parameter-free-attention.ts";
import { checkChoice, checkInteger, checkNoOptions, checkOptions, checkShapes, matrix } from "../matrix.ts";
import { concatRows, sliceRows } from "../kernels/rows.ts";
import { cutTiles, joinTiles } from "../kernels/tiles.ts";

/** How far the maps see each other: those of one patch, or those of the whole image. */
export type MapScope = "patch" | "image";

/** The sides P of a patch and s of a map, and how far the maps see each other. Defaults: 16, 4, "patch". */
export interface FeatureMapOptions {
  readonly P?: number | undefined;
  readonly s?: number | undefined;
  readonly scope?: MapScope | undefined;
}

/** N patches of M maps of s × s pixels, and how far the maps see each other. */
export interface FeatureMapCounts {
  readonly N: number;
  readonly M: number;
  readonly s: number;
  readonly scope: MapScope;
}

/**
 * The study note's own CAT (文書の読みによる CAT): a patch is split into small maps, each attends to itself, then the
 * maps attend to each other.
 *
 *     F_nm = map m of patch n, s × s pixels                                             (1)
 *     G_nm = SA(F_nm)                                                                   (2)
 *     Z_n[m,·] = G_nm as one row,  Z = [Z_1; …; Z_N]                                    (3)
 *     "patch":  O_n = CAT(Z_n, Z_n, Z_n),  O = [O_1; …; O_N]                            (4)
 *     "image":  O = CAT(Z, Z, Z)                                                        (5)
 *     output = the rows of O as maps, back in their places                              (6)
 *
 *     image (H, W), one channel   →   output (H, W), weights `inner` and `between`
 *     inner: N·M matrices (s, s)   between: N matrices (M, M), or one (N·M, N·M)
 *     N = HW/P² patches n of P × P pixels, M = (P/s)² maps m in each; in the note P = 16, s = 4 and so M = 16
 *     SA and CAT are the attentions without parameters
 *
 * The note leaves two points open; this class reads them so. F is the matrix in SA(X), so that the rows of a
 * map see each other, and d_x = s. Between maps the note's formula holds as it stands, so that SA runs once
 * more, now among the maps. The note can hardly mean the other sizes that it names, 16^16 and 4^4.
 * Cost in pairs: N·M·s² inside, and between 4·N·M² ("patch") or 4·(N·M)² ("image"), by `featureMapPairs`.
 * "patch" is linear in N, because no patch ever sees another; "image" looks outside the patch, as the note
 * says, and is quadratic. Neither is N·M.
 * Errors: RangeError unless s divides P and P divides H and W, or for another scope.
 * Source: study note, docs/cross-attention.md; in neither of the papers that the note names. CAT's own are
 * `InnerPatchAttention` and `CrossPatchAttention`.
 */
export class FeatureMapAttention {
  readonly P: number;
  readonly s: number;
  readonly scope: MapScope;

  constructor(parts: FeatureMapOptions = {}) {
    const where = "FeatureMapAttention";
    checkOptions(where, parts, ["P", "s", "scope"], "parts");
    const { P = 16, s = 4, scope = "patch" } = parts;
    checkInteger(where, "s", s, 1);
    checkInteger(where, "P", P, 1);
    if (P % s !== 0) throw new RangeError(`${where}: P must be a multiple of s = ${s}; got ${P}`);
    checkChoice(where, "scope", scope, ["patch", "image"]);
    this.P = P;
    this.s = s;
    this.scope = scope;
  }

  /** The image after attention inside each map, then between the maps. */
  forward(image: Matrix): { output: Matrix; inner: Matrix[]; between: Matrix[] } {
    checkNoOptions("FeatureMapAttention.forward", arguments.length, 1);
    const { H, W } = checkShapes("FeatureMapAttention.forward", { image: [image, "H", "W"] });
    const { P, s, scope } = this;
    const M = (P / s) * (P / s);
    const SA = new ParameterFreeSelfAttention();
    const CAT = new ParameterFreeCrossAttention();
    const attend = (maps: Matrix): { output: Matrix; weights: Matrix } => CAT.forward(maps, maps, maps);
    const patches = cutTiles(matrix(H * W, 1, image.data), [H, W], P);

    const cut = (maps: Matrix[], patch: Matrix): Matrix[] => maps.concat(cutTiles(patch, [P, P], s));
    const F = patches.reduce<Matrix[]>(cut, []); //                                (1) N·M × (s², 1)
    const G = F.map(({ data }) => SA.forward(matrix(s, s, data))); //              (2) N·M × (s, s)
    const Z = concatRows(G.map(({ output }) => matrix(1, s * s, output.data))); // (3) (N·M, s²)
    const own =
      scope === "patch"
        ? patches.map((_, n) => attend(sliceRows(Z, n * M, (n + 1) * M))) //       (4) N × (M, s²)
        : [attend(Z)]; //                                                          (5) (N·M, s²)
    const O = concatRows(own.map(({ output }) => output));
    const placed = patches.map((_, n) => {
      const maps = Array.from({ length: M }, (_map, m) => mapOfRow(O, n * M + m));
      return joinTiles(maps, [P, P], s); //                                        (6) (P², 1)
    });
    const output = matrix(H, W, joinTiles(placed, [H, W], P).data); //             (6) (H, W)
    return { output, inner: G.map(({ weights }) => weights), between: own.map(({ weights }) => weights) };
  }
}

/** Row k of O as a map: one row for each pixel. */
function mapOfRow(O: Matrix, k: number): Matrix {
  return matrix(O.cols, 1, sliceRows(O, k, k + 1).data);
}

/**
 * The pairs that `FeatureMapAttention` scores (対の数): inside the maps, and between them, where SA has three
 * and CAT's own scores are the fourth.
 *
 *     inner = N·M·s²                                (1)
 *     "patch":  between = 4·N·M²                    (2)
 *     "image":  between = 4·(N·M)²                  (3)
 *
 * Errors: RangeError unless N, M and s are integers ≥ 0.
 */
export function featureMapPairs(sizes: FeatureMapCounts): { inner: number; between: number } {
  checkOptions("featureMapPairs", sizes, ["N", "M", "s", "scope"], "sizes");
  const { N, M, s, scope } = sizes;
  checkChoice("featureMapPairs", "scope", scope, ["patch", "image"]);
  checkInteger("featureMapPairs", "N", N, 0);
  checkInteger("featureMapPairs", "M", M, 0);
  checkInteger("featureMapPairs", "s", s, 0);
  const inner = N * M * s * s; //                                     (1)
  if (scope === "patch") return { inner, between: 4 * N * M * M }; // (2)
  return { inner, between: 4 * N * M * N * M }; //                    (3)
}
