/** The trained weights of scripts/data, for figures. */
import type { CrossViT } from "../../../lib/models/cross-vit.ts";
import type { DateModels } from "../models/dates.ts";
import type { Gaze } from "../models/digits.ts";
import type { Matrix } from "../../../lib/matrix.ts";
import { dateModels } from "../models/dates.ts";
import { digitModel, gazeOf } from "../models/digits.ts";
import { join } from "node:path";
import { loadModel } from "../../train/store.ts";
import { matrix } from "../../../lib/matrix.ts";
import { readFileSync } from "node:fs";
import { readSafetensors } from "../../../lib/checkpoints/safetensors.ts";
import { root } from "../../check/project.ts";

/** The bytes of a file of scripts/data. */
function bytesOf(name: string): Uint8Array {
  return readFileSync(join(root, "scripts/data", `${name}.safetensors`));
}

/** A digit that the model has not seen, and where its class tokens look. */
export function digitGaze(n: number): { digit: Matrix; gaze: Gaze } {
  const model: CrossViT = digitModel(bytesOf("digits-crossvit"));
  const images = readSafetensors(bytesOf("digits-samples")).tensors.get("images")!.data;
  const digit = matrix(28, 28, Array.from(images.subarray(784 * n, 784 * (n + 1)), (grey) => grey / 255));
  return { digit, gaze: gazeOf(model, digit) };
}

/** The translator of dates, with attention and with one vector. */
export function datesTrained(): DateModels {
  return dateModels(bytesOf("dates-bahdanau"));
}

/** What a task of scripts/train has that a figure needs. */
interface Learnt<Model> {
  readonly name: string;
  create(random: () => number): Model;
}

/** A model of scripts/train with its trained weights. */
export function trained<Model extends object>(task: Learnt<Model>): Model {
  return loadModel(task, bytesOf(task.name));
}
