import type { Neighbours } from "../../lib/graph/neighbours.ts";
import type { Sees } from "../oracle/patterns.ts";
import { allKeys, blockKeys, causalKeys, fixedKeys, globalKeys } from "../../lib/graph/patterns.ts";
import { globalQueries, globalTokens, keysFromLists, keysWhere } from "../../lib/graph/patterns.ts";
import { listsOf } from "./graphs.ts";
import { randomKeys, slidingWindow, stridedKeys } from "../../lib/graph/patterns.ts";
import { below, sees, upTo } from "../oracle/patterns.ts";
import { causal } from "../../lib/kernels/mask-scores.ts";
import { expandBlocks, restrict, prependTokens, withoutPadding, union } from "../../lib/graph/algebra.ts";
import { randomGenerator } from "../../lib/matrix.ts";

/**
 * Every builder, and combinations of them, for n tokens: the graph of the library beside a predicate written
 * without it.
 */
export function everyPattern(n: number): [name: string, graph: Neighbours, rule: Sees][] {
  const globals = below(n, [5, 0]);
  const real = upTo(n).map((t) => t % 3 !== 1);
  const window = union(slidingWindow(n, 2), globalTokens(n, globals));
  const hybrid = sees.any(sees.window(2), sees.globals(globals));
  const drawn = union(window, randomKeys(window, 2, randomGenerator(n)));
  // what was drawn is data: that it is new, and how much of it, is the spec of randomKeys
  const lists = listsOf(drawn);
  const fours = expandBlocks(slidingWindow(Math.ceil(n / 4), 0), 4, n);
  const odd: Sees = (i, j) => (i + j) % 2 === 1;
  return [
    ["window", slidingWindow(n, 2), sees.window(2)],
    ["radius 0", slidingWindow(n, 0), (i, j) => i === j],
    ["radius beyond n", slidingWindow(n, n + 3), () => true],
    ["dilated", slidingWindow(n, 2, { dilation: 3 }), sees.window(2, 3)],
    ["global keys", globalKeys(n, n, globals), sees.keys(globals)],
    ["global queries", globalQueries(n, n, globals), sees.queries(globals)],
    ["all global", globalTokens(n, upTo(n)), () => true],
    ["none global", globalTokens(n, []), () => false],
    ["window and globals", window, hybrid],
    ["window, globals, random", drawn, (i, j) => lists[i]!.includes(j)],
    ["causal", causalKeys(n, n), sees.past()],
    ["strictly causal", causalKeys(n, n, -1), sees.past(-1)],
    ["causal window and globals", restrict(window, causal()), sees.every(hybrid, sees.past())],
    [
      "strided and causal",
      restrict(union(slidingWindow(n, 3), stridedKeys(n, 3)), causal()),
      sees.every(sees.past(), sees.any(sees.window(3), sees.strided(3))),
    ],
    [
      "fixed and causal",
      restrict(union(fixedKeys(n, 4, 1), fours), causal()),
      sees.every(sees.past(), sees.any(sees.fixed(4, 1), sees.sameBlock(4))),
    ],
    [
      "clauses",
      blockKeys([Math.floor(n / 3), n - Math.floor(n / 3)]),
      (i, j) => i < Math.floor(n / 3) === j < Math.floor(n / 3),
    ],
    [
      "blocks of five",
      expandBlocks(slidingWindow(Math.ceil(n / 5), 1), 5, n),
      (i, j) => Math.abs(Math.floor(i / 5) - Math.floor(j / 5)) <= 1,
    ],
    ["padding", withoutPadding(window, real), sees.every(hybrid, sees.real(real))],
    [
      "padded queries too",
      withoutPadding(window, real, real),
      (i, j) => hybrid(i, j) && real[i]! && real[j]!,
    ],
    [
      "all padding",
      withoutPadding(
        window,
        upTo(n).map(() => false),
      ),
      () => false,
    ],
    ["a predicate", keysWhere(n, n, odd), odd],
    [
      "lists",
      keysFromLists(
        upTo(n).map((i) => [n - 1 - i, i]),
        n,
      ),
      (i, j) => j === i || i + j === n - 1,
    ],
    [
      "extra tokens in front",
      union(prependTokens(slidingWindow(n - 1, 1), 1), globalTokens(n, [0])),
      sees.any(sees.globals([0]), sees.window(1)),
    ],
    ["dense", allKeys(n, n), () => true],
  ];
}
