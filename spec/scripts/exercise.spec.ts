import assert from "node:assert/strict";
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test from "node:test";
import { BUGS } from "../../scripts/exercise/bugs.ts";
import { answersOf, exerciseOf, withAnswers } from "../../scripts/exercise/blanks.ts";
import { buggy, exercise, exercises, judge, passes } from "../../scripts/exercise.ts";
import { libraryFiles } from "../../scripts/copy/join.ts";

const PATH = "lib/attention/scaled-dot-product-attention.ts";

test("every mechanism is an exercise, and most of its equations can be taken out", () => {
  const names = exercises();
  for (const name of libraryFiles().keys()) {
    if (!existsSync(`lib/attention/${name}.ts`) || name === "heads") continue;
    assert.ok(names.has(name), `${name} is no exercise`);
  }
  assert.ok(names.size > 80, `${names.size} exercises`);
});

test("in every exercise the solution's own lines, put back, are the file itself", () => {
  for (const path of exercises().values()) {
    const found = exerciseOf(path);
    assert.notEqual(found.blanked.join("\n"), found.solution.join("\n"));
    const answers = answersOf(found, found.solution.join("\n"));
    answers.forEach((answer, n) => {
      const { label, line } = found.blanks[n]!;
      assert.deepEqual(answer, [found.solution[line]], `${path}: ${label}`);
    });
    const whole = withAnswers(found, new Map(answers.map((answer, n) => [n, answer!])));
    assert.equal(whole, found.solution.join("\n"), path);
    assert.equal(answersOf(found, found.blanked.join("\n")).filter((answer) => answer === undefined).length, 0, path);
  }
});

test("each equation is judged by itself: missing, wrong, and right", () => {
  const { blanked, blanks, solution } = exerciseOf(PATH);
  assert.deepEqual(
    judge(PATH, blanked.join("\n")).lines,
    blanks.map(({ label }) => `equation ${label} is not written yet`),
  );
  const right = solution.join("\n");
  assert.equal(judge(PATH, right).right, true);
  const wrong = right.replace("1 / Math.sqrt(d_k));", "1 / d_k);");
  assert.notEqual(wrong, right);
  const { lines, right: judged } = judge(PATH, wrong);
  assert.equal(judged, false);
  assert.equal(lines.length, 1);
  assert.match(lines[0]!, /^equation \(2\) is not yet right: return scale/);
  const elsewhere = judge(PATH, right.replace("if (factor !== undefined) checkFinite", "checkFinite"));
  assert.match(elsewhere.lines.join("\n"), /was another line changed/);
});

test("an answer may take several lines", () => {
  const right = exerciseOf(PATH).solution.join("\n");
  const longer = right.replace("    return scale(S, ", "    const half = this.scale;\n    return scale(S, ");
  assert.notEqual(longer, right);
  assert.equal(judge(PATH, longer).right, true);
  const wrong = longer.replace("scale(S,", "scale(Q,");
  assert.match(judge(PATH, wrong).lines.join("\n"), /equation \(2\) is not yet right/);
});

test("npm run exercise writes the file and its specs, overwrites nothing, and checks what was written", () => {
  const folder = mkdtempSync(join(tmpdir(), "attention-by-hand-"));
  const said: string[] = [];
  const say = (line: string): void => void said.push(line);
  try {
    assert.equal(exercise(["scaled-dot-product-attention", folder], say), 0);
    assert.match(said.join("\n"), /5 equations to write: \(1\), \(2\), \(2\), \(3\), \(4\)/);
    assert.ok(readdirSync(folder).some((name) => name.endsWith(".spec.ts")), readdirSync(folder).join());
    const file = join(folder, "scaled-dot-product-attention.ts");
    assert.equal(exercise(["--check", file], say), 1);
    const { blanked, solution, blanks } = exerciseOf(PATH);
    let text = readFileSync(file, "utf8");
    for (const { line } of blanks) text = text.replace(blanked[line]!, solution[line]!);
    writeFileSync(file, text);
    assert.equal(exercise(["--check", file], say), 0);
    assert.match(said[said.length - 1]!, /all 5 equations are right/);
    assert.throws(() => exercise(["scaled-dot-product-attention", folder], say));
    assert.throws(() => exercise(["scaled-dot-attention", folder], say), /Did you mean/);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

/** The museum's numbers that are no wrong line of a file of lib: questions, wishes, and lines of one's own code. */
const NO_LINE = /^(?:W(?:11|12|14|17|18|21|26|27|30|32|33|38|39|4[0-8]|51)|R6|E(?:[1-8]|11|13|14|15|17|18))$/;

test("every pitfall that is a wrong line of lib is a bug to be found, and no other", () => {
  const page = readFileSync("docs/pitfalls.md", "utf8");
  const numbers = [...page.matchAll(/^### ([WRE]\d+) · /gm)].map((match) => match[1]!);
  const bugs = BUGS.map(({ id }) => id);
  assert.deepEqual(numbers.filter((id) => NO_LINE.test(id) === bugs.includes(id)), []);
  assert.equal(new Set(bugs).size, bugs.length);
});

test("find the bug: each wrong line makes the file's own specs fail", () => {
  for (const bug of BUGS) {
    const name = bug.path.slice(bug.path.lastIndexOf("/") + 1, -".ts".length);
    assert.equal(passes(bug.path, name, buggy(bug)), false, bug.id);
  }
  const [bug] = BUGS.filter(({ id }) => id === "W50");
  assert.equal(passes(bug!.path, "argmax-rows", buggy(bug!).replace(bug!.wrong, bug!.right)), true);
});
