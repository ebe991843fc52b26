/** `npm run train`: trains one of the small models while one looks on. */
import { existsSync } from "node:fs";
import { basename } from "node:path";
import { parseArgs } from "node:util";
import type { AnyTask } from "./train/task.ts";
import type { Standing } from "./train/loop.ts";
import { advance, begin } from "./train/loop.ts";
import { parameterCount } from "../lib/models/parameters.ts";
import { randomGenerator } from "../lib/matrix.ts";
import { resume, store } from "./train/store.ts";
import { TASKS } from "./train/tasks.ts";
import { standing } from "./standing.ts";

const OPTIONS = {
  seed: { type: "string" },
  steps: { type: "string" },
  out: { type: "string" },
  resume: { type: "string" },
  help: { type: "boolean", default: false },
} as const;

const HELP = [
  "npm run train -- NAME [--seed N] [--steps N] [--out FILE]",
  "  --seed N       the seed of the first weights and of the examples (1)",
  "  --steps N      how many steps of AdamW, instead of the task's own number",
  "  --out FILE     where to write the weights; on Ctrl+C, what is needed to go on",
  "  --resume FILE  goes on with a training that was interrupted",
  "Tasks:",
  ...TASKS.map(({ name, about, steps }) => `  ${name.padEnd(14)} ${about} (${steps} steps)`),
].join("\n");

/** A wrong use of the command, to be told in one line. */
class UsageError extends Error {}

function integer(name: string, text: string, least: number): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < least) {
    throw new UsageError(`--${name} must be an integer from ${least} on; got ${text}`);
  }
  return value;
}

/** One line of progress: a bar, the step, loss, accuracy, the time that is left. */
function progressLine({ step, steps, loss, accuracy }: Standing, seconds: number, done: number): string {
  const width = 24;
  const filled = Math.round((width * step) / steps);
  const bar = `${"#".repeat(filled)}${".".repeat(width - filled)}`;
  const left = Math.round(((steps - step) * seconds) / Math.max(1, done));
  const figures = `loss ${loss.toFixed(4)}  right ${(100 * accuracy).toFixed(1).padStart(5)} %`;
  return `[${bar}] ${String(step).padStart(5)}/${steps}  ${figures}  ${left} s left`;
}

function train(args: readonly string[]): void {
  const { values, positionals } = parseArgs({ options: OPTIONS, allowPositionals: true, args: [...args] });
  if (values.help || positionals.length === 0) {
    console.log(HELP);
    return;
  }
  const [name, ...more] = positionals;
  if (more.length > 0) throw new UsageError(`one task at a time: ${name}, not ${more.join(" ")} as well`);
  const task: AnyTask | undefined = TASKS.find((candidate) => candidate.name === name);
  if (task === undefined) {
    throw new UsageError(`there is no task ${name}: ${TASKS.map((candidate) => candidate.name).join(", ")}`);
  }
  if (values.resume !== undefined && !existsSync(values.resume)) {
    throw new UsageError(`there is no file ${values.resume}`);
  }
  const steps = values.steps === undefined ? undefined : integer("steps", values.steps, 1);
  const seed = values.seed === undefined ? 1 : integer("seed", values.seed, 0);
  const training = values.resume === undefined ? begin(task, seed, steps) : resume(task, values.resume);
  const out = values.out ?? values.resume;

  let interrupted = false;
  process.once("SIGINT", () => (interrupted = true));
  console.log(`${task.name}: ${task.about}`);
  console.log(
    `${parameterCount(training.model)} numbers to learn, seed ${training.seed}, ${training.steps} steps`,
  );
  const started = process.hrtime.bigint();
  const first = training.step;
  const terminal = process.stderr.isTTY === true;
  const every = terminal ? 10 : 250;
  let recent: Standing[] = [];

  const run = (): void => {
    while (training.step < training.steps) {
      recent.push(advance(training));
      const { step } = training;
      if (step % every === 0 || step === training.steps) {
        const mean = (of: (standing: Standing) => number): number =>
          recent.reduce((sum, standing) => sum + of(standing), 0) / recent.length;
        const standing = {
          step,
          steps: training.steps,
          loss: mean((s) => s.loss),
          accuracy: mean((s) => s.accuracy),
        };
        const seconds = Number(process.hrtime.bigint() - started) / 1e9;
        const line = progressLine(standing, seconds, step - first);
        process.stderr.write(terminal ? `\r${line} ` : `${line}\n`);
        recent = [];
        setImmediate(run); // lets Ctrl+C through
        return;
      }
      if (interrupted) break;
    }
    finish();
  };

  const finish = (): void => {
    if (terminal) process.stderr.write("\n");
    const finished = training.step === training.steps;
    if (out !== undefined) {
      store(out, training, { running: !finished });
      const onward = finished ? "" : `; npm run train -- ${task.name} --resume ${out} goes on`;
      console.log(`written: ${out}${onward}`);
    }
    if (!finished) return;
    const seconds = Number(process.hrtime.bigint() - started) / 1e9;
    console.log(`${seconds.toFixed(1)} s. On 2,000 fresh examples:`);
    for (const { name, value } of task.measure(
      training.model,
      randomGenerator(training.seed + 1000000),
      2000,
    )) {
      console.log(`  ${name}: ${(100 * value).toFixed(2)} %`);
    }
  };
  run();
}

if (process.argv[1] !== undefined && basename(process.argv[1]) === "train.ts") {
  try {
    const here = standing(process.env);
    if (here !== undefined) process.chdir(here);
    train(process.argv.slice(2));
  } catch (error) {
    const usage = error instanceof UsageError || (error instanceof Error && "code" in error);
    if (!usage) throw error;
    console.error((error as Error).message);
    process.exitCode = 2;
  }
}
