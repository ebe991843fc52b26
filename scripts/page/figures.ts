/** The figures of docs/figures, one line each: `rootD` becomes root-d.svg and root-d.ja.svg. */
export { arcs } from "./figures/arcs.ts";
export { bigBird } from "./figures/big-bird.ts";
export { multiHead } from "./figures/multi-head.ts";
export { window } from "./figures/window.ts";
