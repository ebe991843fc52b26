/**
 * Text with its repeats told once, so that the page stays small: what has come before is named by how far back it
 * begins and how long it is. The same text gives the same result on every machine, and unpacking is a loop.
 *
 *     ~DDDL   a repeat of L + 6 characters that begins D characters back
 *     ^DDL    the same, for repeats that are near
 *     ~~ ^^   the characters themselves
 */

/** Digits: printable, none of them a mark of the format or of HTML. */
const DIGITS = Array.from({ length: 91 }, (_, n) => String.fromCharCode(35 + n)).filter((c) => !/[<>^&~]/.test(c));
const BASE = DIGITS.length;
const SHORTEST = 6;
const LONGEST_REPEAT = SHORTEST + BASE - 1;

/** So many earlier places with the same beginning are tried. */
const TRIED = 48;

function numeral(n: number, digits: number): string {
  let text = "";
  for (let left = n; text.length < digits; left = Math.floor(left / BASE)) text = DIGITS[left % BASE]! + text;
  return text;
}

const VALUES = new Map(DIGITS.map((digit, n) => [digit, n]));

/** The number that a numeral says. */
function numberIn(text: string): number {
  return Array.from(text).reduce((n, digit) => n * BASE + VALUES.get(digit)!, 0);
}

/** Bytes as text: four of them are five digits, and fewer at the end are one digit more than they are. */
export function textOfBytes(bytes: Uint8Array): string {
  const parts: string[] = [];
  for (let at = 0; at < bytes.length; at += 4) {
    const four = bytes.subarray(at, at + 4);
    parts.push(numeral(four.reduce((n, byte) => 256 * n + byte, 0), four.length + 1));
  }
  return parts.join("");
}

/** The bytes of what `textOfBytes` made. */
export function bytesOfText(text: string): Uint8Array {
  const bytes = new Uint8Array(Math.floor((4 * text.length) / 5));
  for (let at = 0; at < bytes.length; at += 4) {
    let n = numberIn(text.slice((5 * at) / 4, (5 * at) / 4 + 5));
    for (let byte = Math.min(at + 4, bytes.length) - 1; byte >= at; byte--) {
      bytes[byte] = n % 256;
      n = Math.floor(n / 256);
    }
  }
  return bytes;
}

/** A text, packed. */
export function packed(text: string): string {
  const places = new Map<string, number[]>();
  const pieces: string[] = [];
  const note = (at: number): void => {
    const key = text.slice(at, at + SHORTEST);
    const known = places.get(key);
    if (known === undefined) places.set(key, [at]);
    else known.push(at);
  };
  const repeatAt = (at: number): { back: number; length: number } => {
    const known = places.get(text.slice(at, at + SHORTEST)) ?? [];
    let best = { back: 0, length: 0 };
    for (let n = known.length - 1; n >= Math.max(0, known.length - TRIED); n--) {
      let length = SHORTEST;
      const from = known[n]!;
      const most = Math.min(LONGEST_REPEAT, text.length - at);
      while (length < most && text[from + length] === text[at + length]) length++;
      if (length > best.length && at - from < BASE ** 3) best = { back: at - from, length };
    }
    return best;
  };
  for (let at = 0; at < text.length; ) {
    const { back, length } = repeatAt(at);
    // a longer repeat may begin one character later
    const worth = length > 0 && repeatAt(at + 1).length <= length;
    const step = worth ? length : 1;
    if (!worth) pieces.push(/[~^]/.test(text[at]!) ? text[at]! + text[at]! : text[at]!);
    else {
      const near = back < BASE ** 2;
      pieces.push(`${near ? "^" : "~"}${numeral(back, near ? 2 : 3)}${numeral(length - SHORTEST, 1)}`);
    }
    for (let n = 0; n < step; n++) note(at + n);
    at += step;
  }
  return pieces.join("");
}

/** The text of what `packed` made. */
export function unpacked(given: string): string {
  const read = (from: number, digits: number): number => numberIn(given.slice(from, from + digits));
  const parts: string[] = [];
  for (let at = 0; at < given.length; ) {
    const mark = given[at]!;
    if (!/[~^]/.test(mark)) {
      parts.push(mark);
      at++;
    } else if (given[at + 1] === mark) {
      parts.push(mark);
      at += 2;
    } else {
      const digits = mark === "~" ? 3 : 2;
      const from = parts.length - read(at + 1, digits);
      const length = SHORTEST + read(at + 1 + digits, 1);
      for (let n = 0; n < length; n++) parts.push(parts[from + n]!);
      at += digits + 2;
    }
  }
  return parts.join("");
}
