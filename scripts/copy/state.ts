/** Whether a copy is still what it was, and still what it would be today. */
import { declarationsOf } from "../check/declarations.ts";
import { hashOf } from "./join.ts";

const HEADER = /^\/\/ ([\w-]+(?: [\w-]+)*) · copied from attention-by-hand (\S+) · sha256 (\w+)$/;
const BELOW = new RegExp(
  [
    "^// SPDX-License-Identifier: MIT-0\\n",
    "// Contract: .* of attention-by-hand\\. Check this copy: npm run copy -- --check FILE\\n\\n",
  ].join(""),
);

/** What a copy's header says, and the body below. */
export interface Header {
  readonly names: string[];
  readonly version: string;
  readonly hash: string;
  readonly body: string;
}

/**
 * The header of a copy; undefined if the text does not begin with one. Where the header's other lines are not
 * as they were, they belong to the body, which is then edited.
 */
export function headerOf(text: string): Header | undefined {
  const plain = text.replace(/^\uFEFF/, "").replace(/\r\n/g, "\n");
  const match = HEADER.exec(plain.slice(0, plain.indexOf("\n")));
  if (match === null) return undefined;
  return {
    names: match[1]!.split(" "),
    version: match[2]!,
    hash: match[3]!,
    body: plain.slice(plain.indexOf("\n") + 1).replace(BELOW, ""),
  };
}

export interface State {
  /** Its body is not what its header's hash was made of. */
  readonly edited: boolean;
  /** A copy made today would have another body. */
  readonly behind: boolean;
  /** The declarations that are not as today, one line each. */
  readonly changed: readonly string[];
}

/** A copy's body and the hash in its header against the body that a copy has today. */
export function stateOf(body: string, hash: string, today: string): State {
  const parts = (text: string): Map<string, string> =>
    new Map(declarationsOf(text).map((part) => [part.name, part.doc + part.body]));
  const [before, now] = [parts(body), parts(today)];
  const differs = [...before.keys()].filter((name) => now.has(name) && now.get(name) !== before.get(name));
  const missing = [...now.keys()].filter((name) => !before.has(name));
  const extra = [...before.keys()].filter((name) => !now.has(name));
  const changed = [
    ...differs.map((name) => `${name} differs`),
    ...missing.map((name) => `${name} is not in the copy`),
    ...extra.map((name) => `${name} is only in the copy`),
  ];
  if (body !== today && changed.length === 0) changed.push("only text outside the declarations differs");
  if (body === today && hashOf(body) !== hash) changed.push("only the hash in its header differs");
  return { edited: hashOf(body) !== hash, behind: body !== today && hashOf(today) !== hash, changed };
}
