/**
 * Which names `lib/simd` puts in the place of others, and how an import of them is turned.
 *
 * A name is substituted wherever it is imported, whatever else its file holds. So no file of `lib` depends on
 * `lib/simd`: the copies with `--simd`, the package's `simd/…` and `npm test -- --simd` are all made by `substituted`.
 */
import { posix } from "node:path";

/** The exported names of `kernels` and `graph` that a file of `lib/simd` exports too, with the same signature. */
export const SUBSTITUTES: ReadonlyMap<string, string> = new Map([
  ["matmul", "lib/simd/matmul.ts"],
  ["matmulTransposed", "lib/simd/matmul.ts"],
  ["linear", "lib/simd/linear.ts"],
  ["mix", "lib/simd/mix.ts"],
  ["softmaxRows", "lib/simd/softmax-rows.ts"],
  ["scoresAt", "lib/simd/scores-at.ts"],
  ["softmaxPairs", "lib/simd/softmax-at.ts"],
  ["mixAt", "lib/simd/mix-at.ts"],
  ["windowScores", "lib/simd/windows.ts"],
  ["windowMix", "lib/simd/windows.ts"],
  ["gelu", "lib/simd/gelu.ts"],
  ["layerNormRows", "lib/simd/layer-norm-rows.ts"],
  ["scale", "lib/simd/scale.ts"],
  ["onlineSoftmax", "lib/simd/online-softmax.ts"],
  ["onlineOutput", "lib/simd/online-softmax.ts"],
]);

/** A one-line import of names from a relative path: what stands before the names, the names, and the path. */
const IMPORT = /^(import (?:type )?)\{ (.+) \} from "(\.{1,2}\/.+)";$/gm;

/**
 * The text of a file whose imports of the names in `instead` come from the files there. `path` is its place, from
 * the project's folder; imports of files below `within` alone are turned. A file of `lib/simd` stays as it is.
 */
export function substituted(
  path: string,
  text: string,
  instead: ReadonlyMap<string, string> = SUBSTITUTES,
  within: string = "lib/",
): string {
  if (path.startsWith("lib/simd/")) return text;
  const folder = posix.dirname(path);
  return text.replace(IMPORT, (line, head: string, list: string, from: string) => {
    const target = posix.join(folder, from);
    if (!target.startsWith(within) || target.startsWith("lib/simd/")) return line;
    const names = list.split(", ");
    const turned = names.filter((name) => instead.has(name));
    if (turned.length === 0) return line;
    const rest = names.filter((name) => !instead.has(name));
    const lines = rest.length === 0 ? [] : [`${head}{ ${rest.join(", ")} } from "${from}";`];
    for (const file of new Set(turned.map((name) => instead.get(name)!))) {
      const own = turned.filter((name) => instead.get(name) === file);
      const way = posix.relative(folder, file);
      lines.push(`${head}{ ${own.join(", ")} } from "${way.startsWith(".") ? way : `./${way}`}";`);
    }
    return lines.join("\n");
  });
}
