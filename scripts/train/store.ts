/** Trained weights, and trainings that were interrupted, as safetensors files. */
import { readFileSync, writeFileSync } from "node:fs";
import type { AnyTask } from "./task.ts";
import type { Matrix } from "../../lib/matrix.ts";
import type { Tensor } from "../../lib/checkpoints/safetensors.ts";
import type { Training } from "./loop.ts";
import { asMatrix, readSafetensors, writeSafetensors } from "../../lib/checkpoints/safetensors.ts";
import { begin } from "./loop.ts";
import { parameters } from "../../lib/models/parameters.ts";
import { randomGenerator } from "../../lib/matrix.ts";

const tensorOf = ({ rows, cols, data }: Matrix): Tensor => ({ dtype: "F32", shape: [rows, cols], data });

/** Writes the weights; with `running` also what a training needs to go on. */
export function store(file: string, training: Training, { running }: { running: boolean }): void {
  const { task, model, optimiser, seed, steps, step } = training;
  const tensors = new Map<string, Tensor>();
  parameters(model).forEach((M, name) => tensors.set(name, tensorOf(M)));
  if (running) {
    const { m, v } = optimiser.state();
    m.forEach((M, name) => tensors.set(`adamw.m.${name}`, tensorOf(M)));
    v.forEach((M, name) => tensors.set(`adamw.v.${name}`, tensorOf(M)));
  }
  const metadata = { task: task.name, seed: String(seed), steps: String(steps), step: String(step) };
  writeFileSync(file, writeSafetensors(tensors, metadata));
}

/** Writes stored weights into a model; throws where a name or a shape is missing or does not fit. */
function fill(model: object, tensors: ReadonlyMap<string, Tensor>, prefix: string): void {
  parameters(model).forEach((M, name) => {
    const tensor = tensors.get(`${prefix}${name}`);
    if (tensor === undefined) throw new Error(`the file has no ${prefix}${name}`);
    const stored = asMatrix(tensor);
    if (stored.rows !== M.rows || stored.cols !== M.cols) {
      throw new Error(`${prefix}${name} is (${stored.rows}, ${stored.cols}), not (${M.rows}, ${M.cols})`);
    }
    M.data.set(stored.data);
  });
}

/** A model of a task with the weights of a file. */
export function loadModel<Model extends object>(
  task: { create(random: () => number): Model },
  bytes: Uint8Array,
): Model {
  const model = task.create(randomGenerator(0));
  fill(model, readSafetensors(bytes).tensors, "");
  return model;
}

/** A training as it stood when it was stored. */
export function resume(task: AnyTask, file: string): Training {
  const { tensors, metadata } = readSafetensors(readFileSync(file));
  if (metadata["task"] !== task.name) {
    throw new Error(`${file} is a training of ${metadata["task"] ?? "something else"}`);
  }
  const training = begin(task, Number(metadata["seed"]), Number(metadata["steps"]));
  fill(training.model, tensors, "");
  training.step = Number(metadata["step"]);
  const means = (kind: "m" | "v"): Map<string, Matrix> => {
    const found = new Map<string, Matrix>();
    parameters(training.model).forEach((_, name) => {
      const tensor = tensors.get(`adamw.${kind}.${name}`);
      if (tensor === undefined) {
        throw new Error(`${file} holds finished weights: there is nothing to go on with`);
      }
      found.set(name, asMatrix(tensor));
    });
    return found;
  };
  training.optimiser.restore({ steps: training.step, m: means("m"), v: means("v") });
  return training;
}
