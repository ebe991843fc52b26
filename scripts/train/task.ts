/** What a training task is: a model, examples drawn from a seed, and how to measure what it learnt. */
import type { Matrix, Random } from "../../lib/matrix.ts";

/**
 * What one example gave: its loss, how many of its answers are right, and a gradient for each matrix of the
 * model.
 */
export interface Lesson {
  readonly loss: number;
  readonly right: number;
  readonly answers: number;
  /** A record with the model's own names; `parameters` lists it. */
  readonly gradients: object;
}

/** A figure measured on fresh data, with its name. */
export interface Figure {
  readonly name: string;
  readonly value: number;
}

export interface Task<Model extends object, Example> {
  readonly name: string;
  /** One sentence for the command's help. */
  readonly about: string;
  readonly steps: number;
  readonly batch: number;
  /** The largest learning rate, reached after a twentieth of the steps. */
  readonly peak: number;
  readonly decay: number;
  create(random: Random): Model;
  example(random: Random): Example;
  lesson(model: Model, example: Example): Lesson;
  /**
   * Figures on fresh examples: the share of right answers first, then the weight of the named heads in their
   * places.
   */
  measure(model: Model, random: Random, examples: number): Figure[];
}

/** Any task, for code that does not look into its model. */
export type AnyTask = Task<object, unknown>;

/** The gradients of some lessons, averaged, by name. */
export type Gradients = Map<string, Matrix>;
