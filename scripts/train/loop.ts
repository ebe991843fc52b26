/**
 * The training loop: examples from the seed and the step's number, their mean gradient, clipped, one step of
 * AdamW.
 */
import type { AnyTask, Gradients, Task } from "./task.ts";
import type { Matrix, Random } from "../../lib/matrix.ts";
import { AdamW } from "../../lib/gradients/adamw.ts";
import { add, scale } from "../../lib/kernels/entrywise.ts";
import { clipGradients } from "../../lib/gradients/clip-gradients.ts";
import { parameters } from "../../lib/models/parameters.ts";
import { randomGenerator } from "../../lib/matrix.ts";
import { warmupCosine } from "../../lib/gradients/learning-rate.ts";

/** Where a training stands: after `step` of `steps` steps. */
export interface Standing {
  readonly step: number;
  readonly steps: number;
  readonly loss: number;
  readonly accuracy: number;
}

/** A model that is being trained, and what is needed to go on. */
export interface Training {
  readonly task: AnyTask;
  readonly model: object;
  readonly optimiser: AdamW;
  readonly seed: number;
  readonly steps: number;
  step: number;
}

/**
 * The random numbers of one step: from the seed and the step alone, so that a training can be taken up
 * anywhere.
 */
function randomOf(seed: number, step: number): Random {
  return randomGenerator((Math.imul(seed, 2654435761) ^ Math.imul(step + 1, 1597334677)) >>> 0);
}

/** A fresh training. The same seed and number of steps give the same bits. */
export function begin<Model extends object, Example>(
  task: Task<Model, Example>,
  seed: number,
  steps: number = task.steps,
): Training {
  const model = task.create(randomOf(seed, -1));
  const optimiser = new AdamW(parameters(model), { beta2: 0.98, decay: task.decay });
  return { task: task as unknown as AnyTask, model, optimiser, seed, steps, step: 0 };
}

/** One step. */
export function advance(training: Training): Standing {
  const { task, model, optimiser, seed, steps } = training;
  const random = randomOf(seed, training.step);
  const sums: Gradients = new Map();
  let loss = 0;
  let right = 0;
  let answers = 0;
  for (let b = 0; b < task.batch; b++) {
    const lesson = task.lesson(model, task.example(random));
    loss += lesson.loss / task.batch;
    right += lesson.right;
    answers += lesson.answers;
    parameters(lesson.gradients).forEach((g, name) => {
      const sum = sums.get(name);
      sums.set(name, sum === undefined ? g : add(sum, g));
    });
  }
  const means = new Map<string, Matrix>([...sums].map(([name, sum]) => [name, scale(sum, 1 / task.batch)]));
  training.step++;
  const rate = warmupCosine({ peak: task.peak, warmup: Math.ceil(steps / 20), steps }, training.step);
  optimiser.step(clipGradients(means, 1).gradients, rate);
  return { step: training.step, steps, loss, accuracy: right / answers };
}
