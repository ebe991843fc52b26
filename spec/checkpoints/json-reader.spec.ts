import assert from "node:assert/strict";
import test from "node:test";
import { JsonReader, quote } from "../../lib/checkpoints/json-reader.ts";

/** An object of lists, read whole. */
function lists(text: string): [string, number[]][] {
  const reader = new JsonReader("spec", text);
  const found: [string, number[]][] = [];
  reader.object("the table", (name) => found.push([name, reader.integers(name)]));
  reader.end();
  return found;
}

function string(text: string): string {
  const reader = new JsonReader("spec", text);
  const value = reader.string("the word");
  reader.end();
  return value;
}

test("what it reads is what JSON.parse reads", () => {
  for (const text of [
    "{}",
    " { } ",
    '{"a":[]}',
    '{"a":[1,20 , 300],"b":[0]}',
    '\n{\t"a" :\r[ 9007199254740991 ] }\n',
    '{"":[0],"\\u0061\\n\\"":[7]}',
  ]) {
    assert.deepEqual(lists(text), Object.entries(JSON.parse(text) as Record<string, number[]>), text);
  }
  for (const value of [
    "",
    "a",
    '"',
    "\\",
    '\\"',
    "\\\\",
    "/",
    "\b\f\n\r\t",
    "\u0000\u001f\u007f\u2028",
    "注意 😀",
    "{[:,]}",
  ]) {
    assert.equal(string(JSON.stringify(value)), value);
  }
  assert.equal(string('"\\ud83d\\ude00\\u6ce8\\/"'), "😀注/");
});

test("names keep the order of the text, and mean nothing to JavaScript", () => {
  const names = ["10", "9", "b", "__proto__", "constructor", "a", "toString"];
  const text = `{${names.map((name, k) => `${JSON.stringify(name)}:[${k}]`).join(",")}}`;
  assert.deepEqual(
    lists(text),
    names.map((name, k) => [name, [k]]),
  );
  assert.notDeepEqual(Object.keys(JSON.parse(text) as object), names); // why JSON.parse is not enough
});

test("deep nesting ends at its first bracket, a string of a million characters is read, a million " +
  "numbers too", () => {
  const deep = "[".repeat(1000000);
  assert.throws(
    () => lists(`{"a":[${deep}`),
    new SyntaxError(`spec: expected an integer in a; got "${"[".repeat(40)}" at character 6`),
  );
  assert.throws(
    () => lists(`{"a":${'{"a":'.repeat(100000)}`),
    new SyntaxError(
      'spec: expected a, a list of integers; got ' +
        '"{\\"a\\":{\\"a\\":{\\"a\\":{\\"a\\":{\\"a\\":{\\"a\\":{\\"a\\":{\\"a\\":" at character 5',
    ),
  );
  assert.equal(string(`"${"\\n".repeat(500000)}"`).length, 500000);
  assert.equal(lists(`{"a":[${"1,".repeat(999999)}1]}`)[0]![1].length, 1000000);
});

test("messages: text that is not the JSON asked for", () => {
  const refused: [string, string][] = [
    ["", "expected the table, an object; got the end of the text at character 0"],
    ["[]", 'expected the table, an object; got "[]" at character 0'],
    ["null", 'expected the table, an object; got "null" at character 0'],
    ["\ufeff{}", 'expected the table, an object; got "\ufeff{}" at character 0'],
    ["{", "expected a name in the table, a text in quotes; got the end of the text at character 1"],
    ["{a:[1]}", 'expected a name in the table, a text in quotes; got "a:[1]}" at character 1'],
    ["{'a':[1]}", `expected a name in the table, a text in quotes; got "'a':[1]}" at character 1`],
    ['{"a"}', 'expected ":" after "a"; got "}" at character 4'],
    ['{"a":1}', 'expected a, a list of integers; got "1}" at character 5'],
    ['{"a":[1],}', 'expected a name in the table, a text in quotes; got "}" at character 9'],
    ['{"a":[1] "b":[2]}', 'expected "," or "}" in the table; got "\\"b\\":[2]}" at character 9'],
    ['{"a":[1', 'expected "," or "]" in a; got the end of the text at character 7'],
    ['{"a":[1 2]}', 'expected "," or "]" in a; got "2]}" at character 8'],
    ['{"a":[1,]}', 'expected an integer in a; got "]}" at character 8'],
    ['{"a":["1"]}', 'expected an integer in a; got "\\"1\\"]}" at character 6'],
    ['{"a":[true]}', 'expected an integer in a; got "true]}" at character 6'],
    ['{"a":[1]', 'expected "," or "}" in the table; got the end of the text at character 8'],
    ['{"a":[1]}}', 'expected nothing more; got "}" at character 9'],
    ['{"a":[1]} \u0000', 'expected nothing more; got "\\u0000" at character 10'],
    [
      '{"a\\x":[1]}',
      'expected a name in the table, a text in quotes; got "\\"a\\\\x\\":[1]}" at character 1',
    ],
    ['{"a\nb":[1]}', 'expected a name in the table, a text in quotes; got "\\"a\\nb\\":[1]}" at character 1'],
    ['{"a\\', 'expected a name in the table, a text in quotes; got "\\"a\\\\" at character 1'],
    [
      '{"\\ud800":[1]}',
      'expected a name in the table without half a surrogate pair; got "\\"\\\\ud800\\":[1]}" at character 1',
    ],
    ['{"a":[1],"\\u0061":[2]}', 'the table must name each member once; got "a" twice'],
  ];
  for (const [text, message] of refused) {
    assert.throws(() => lists(text), new SyntaxError(`spec: ${message}`), text);
  }
});

test("messages: numbers that are not integers in [0, 2^53 − 1], however they are written", () => {
  for (const digits of [
    "-1",
    "-0",
    "+1",
    "01",
    "1.5",
    "1.0",
    "1e3",
    "1E3",
    ".5",
    "9007199254740992",
    "9007199254740993",
    "99999999999999999999",
    "-",
    "1-1",
  ]) {
    assert.throws(
      () => lists(`{"a":[${digits}]}`),
      new RangeError(`spec: a must hold integers in [0, 2^53 − 1]; got ${digits}`),
    );
  }
  assert.throws(
    () => lists(`{"a":[${"9".repeat(1000)}]}`),
    new RangeError(`spec: a must hold integers in [0, 2^53 − 1]; got ${"9".repeat(40)}`),
  );
});

test("quote cuts long texts", () => {
  assert.equal(quote('a"b'), '"a\\"b"');
  assert.equal(quote("x".repeat(80)), `"${"x".repeat(80)}"`);
  assert.equal(quote("x".repeat(81)), `"${"x".repeat(79)}…"`);
});
