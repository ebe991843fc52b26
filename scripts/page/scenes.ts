/** All scenes in reading order. */
import type { Scene } from "./scene.ts";
import { birdScene } from "./scenes/big-bird.ts";
import { digitScene } from "./scenes/digits.ts";
import { headsScene } from "./scenes/multi-head.ts";
import { windowScene } from "./scenes/window.ts";

export const SCENES: readonly Scene[] = [headsScene, windowScene, birdScene, digitScene];
