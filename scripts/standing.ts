/** Where the person stands who runs a command of this project. */
import { fileURLToPath } from "node:url";
import { resolve } from "node:path";

/**
 * The folder from which npm was called, which itself moves to the project's; undefined where nobody moved.
 *
 * INIT_CWD goes on to every program that an npm script starts, wherever that runs it: it says where the person
 * stands only as long as the process is still in the project's folder.
 */
export function standing(env: Readonly<Record<string, string | undefined>>): string | undefined {
  const here = env["INIT_CWD"];
  const project = resolve(fileURLToPath(new URL("../", import.meta.url)));
  return here === undefined || here === "" || resolve(process.cwd()) !== project ? undefined : here;
}
