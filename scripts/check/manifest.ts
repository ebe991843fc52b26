/** The package: no dependencies, three tools, and a lock file without addresses. */
import type { Check } from "./project.ts";

/** What is wrong with a package.json and its lock file. */
export function manifestProblems(manifest: string, lock: string): string[] {
  const parsed = JSON.parse(manifest) as { dependencies?: object; devDependencies: object };
  const { dependencies, devDependencies } = parsed;
  const problems: string[] = [];
  if (dependencies !== undefined) problems.push("package.json has dependencies: this project has none");
  const tools = Object.keys(devDependencies).sort().join(", ");
  if (tools !== "@types/node, tsx, typescript") {
    problems.push(`package.json must have the devDependencies @types/node, tsx, typescript; has ${tools}`);
  }
  if (lock.includes('"resolved"')) {
    problems.push("package-lock.json carries download addresses: remove its resolved fields");
  }
  return problems;
}

export const manifest: Check = {
  name: "package",
  run: ({ read }) => ({ problems: manifestProblems(read("package.json"), read("package-lock.json")) }),
};
