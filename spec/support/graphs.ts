import type { Neighbours } from "../../lib/graph/neighbours.ts";

/** The keys of each query, as the graph has them. */
export function listsOf(graph: Neighbours): number[][] {
  return Array.from({ length: graph.queries }, (_, i) =>
    Array.from(graph.key.subarray(graph.start[i]!, graph.start[i + 1]!)),
  );
}

/** The bits of `reason`, query by query. */
export function reasonsOf(graph: Neighbours): number[][] {
  return Array.from({ length: graph.queries }, (_, i) =>
    Array.from(graph.reason.subarray(graph.start[i]!, graph.start[i + 1]!)),
  );
}
