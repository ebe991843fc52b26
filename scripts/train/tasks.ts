/** The tasks that `npm run train` knows. */
import type { AnyTask, Task } from "./task.ts";
import { induction } from "./induction.ts";
import { pronouns } from "./pronouns.ts";
import { reverse } from "./reverse.ts";

const any = <Model extends object, Example>(task: Task<Model, Example>): AnyTask =>
  task as unknown as AnyTask;

export const TASKS: readonly AnyTask[] = [any(reverse), any(induction), any(pronouns)];
