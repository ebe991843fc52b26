/**
 * The picture that is bundled, by a formula: a sun over two hills. `writePnm(sunOverHills())` are the bytes
 * of scripts/data/picture.ppm.
 */
import type { Picture } from "./picture.ts";

const SIDE = 48;

export function sunOverHills(): Picture {
  const pixels = new Uint8Array(3 * SIDE * SIDE);
  for (let y = 0; y < SIDE; y++) {
    for (let x = 0; x < SIDE; x++) {
      const far = Math.hypot(x - 33.5, y - 13.5);
      const back = 30 - 7 * Math.sin(x / 9);
      const front = 40 - 6 * Math.sin(x / 7 + 2);
      const colour =
        y >= front
          ? [46, 94, 52]
          : y >= back
            ? [98, 142, 84]
            : far <= 8
              ? [255, 214, 90]
              : far <= 10
                ? [252, 228, 160]
                : [126 + y, 178 + y, 226];
      pixels.set(colour, 3 * (y * SIDE + x));
    }
  }
  return { width: SIDE, height: SIDE, channels: 3, pixels };
}

/** Where it is kept. */
export const SUN: URL = new URL("../data/picture.ppm", import.meta.url);
