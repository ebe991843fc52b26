import type { Matrix } from "../matrix.ts";

/** Is handed every map of weights as it is made, by name, one matrix for each head; nobody keeps them. */
export type Watch = (name: string, weights: readonly Matrix[]) => void;

/** The same listener one level further in (入れ子の名前): it hears "self" as "blocks[3].self", say. Without a listener, none. */
export function watchWithin(watch: Watch | undefined, prefix: string): Watch | undefined {
  return watch && ((name, weights) => watch(`${prefix}.${name}`, weights));
}
