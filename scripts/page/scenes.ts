/** All scenes in reading order. */
import type { Scene } from "./scene.ts";
import { allScene } from "./scenes/all.ts";
import { birdScene } from "./scenes/big-bird.ts";
import { compareScene } from "./scenes/compare.ts";
import { costScene } from "./scenes/costs.ts";
import { crossScene } from "./scenes/cross.ts";
import { dateScene } from "./scenes/dates.ts";
import { digitScene } from "./scenes/digits.ts";
import { fewScene } from "./scenes/few-see-all.ts";
import { gridScene } from "./scenes/rows-and-columns.ts";
import { headsScene } from "./scenes/multi-head.ts";
import { learnScene } from "./scenes/learn.ts";
import { orderScene } from "./scenes/order.ts";
import { queryScene } from "./scenes/one-query.ts";
import { rootScene } from "./scenes/root-d.ts";
import { streamScene } from "./scenes/streaming.ts";
import { windowScene } from "./scenes/window.ts";

export const SCENES: readonly Scene[] = [
  queryScene,
  compareScene,
  rootScene,
  orderScene,
  headsScene,
  crossScene,
  dateScene,
  windowScene,
  fewScene,
  birdScene,
  streamScene,
  gridScene,
  digitScene,
  learnScene,
  costScene,
  allScene,
];
