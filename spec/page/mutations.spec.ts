import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { MUTATIONS, mutated } from "../../scripts/page/mutations.ts";
import { SCENES } from "../../scripts/page/scenes.ts";
import { builtOf, page, pageScript } from "../../scripts/page/build.ts";
import { root } from "../../scripts/copy/join.ts";

test("every mutation of the page finds its place once, and changes the page", () => {
  const texts = {
    script: pageScript(),
    style: readFileSync(join(root, "scripts/page/style.css"), "utf8"),
    built: builtOf(SCENES.flatMap(({ sources }) => sources)),
  };
  assert.ok(MUTATIONS.length >= 10, `${MUTATIONS.length} mutations`);
  assert.equal(new Set(MUTATIONS.map(({ name }) => name)).size, MUTATIONS.length);
  for (const mutation of MUTATIONS) {
    const text = texts[mutation.place];
    assert.notEqual(mutated(text, mutation), text, mutation.name);
  }
  assert.throws(() => mutated("", MUTATIONS[0]!), /0 places/);
});

test("a mutated page is a page that runs: its policy names the changed script", () => {
  const broken = page(MUTATIONS[0]);
  assert.notEqual(broken, page());
  const hash = (text: string): string => /script-src ('sha256-[^']+')/.exec(text)![1]!;
  assert.notEqual(hash(broken), hash(page()));
});
