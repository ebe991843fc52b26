/** What a script is given on its command line. */
import { parseArgs, type ParseArgsConfig } from "node:util";

type Options = NonNullable<ParseArgsConfig["options"]>;

/**
 * The values of `options` and the other words of the command line. What nobody reads ends the script with
 * status 2 and one line; `words` says in that line what words are for, and without it there may be none.
 */
export function given<const Asked extends Options>(options: Asked, words?: string) {
  try {
    return parseArgs({ options, allowPositionals: words !== undefined });
  } catch (error) {
    const [what] = (error as Error).message.split(". ");
    const all = [...Object.keys(options).map((name) => `--${name}`), ...(words === undefined ? [] : [words])];
    console.error(`${what}: ${all.length === 0 ? "nothing is to be given here" : `there are ${all.join(", ")}`}.`);
    process.exit(2);
  }
}
