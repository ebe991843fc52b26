/**
 * Text from its UTF-8 bytes (UTF-8 の復号). Bytes of another form are an error, never a replacement character.
 *
 *     0xxxxxxx · 110xxxxx 10xxxxxx · 1110xxxx 10xxxxxx 10xxxxxx · 11110xxx 10xxxxxx 10xxxxxx 10xxxxxx
 *
 * A character takes one to four bytes. Refused are a stray or missing continuation, a character in more bytes
 * than it needs, a surrogate (U+D800 … U+DFFF), and anything above U+10FFFF.
 * Errors: SyntaxError with the offset of the character's first byte, prefixed by `where`.
 * Source: RFC 3629 §3, §4.
 */
export function decodeUtf8(where: string, bytes: Uint8Array): string {
  let text = "";
  // UTF-16 units are joined to the text by the thousands: one at a time would build a tree of strings.
  let units: number[] = [];
  for (let at = 0; at < bytes.length;) {
    const lead = bytes[at]!;
    const many = lead < 0xe0 ? 1 : lead < 0xf0 ? 2 : lead < 0xf8 ? 3 : -1;
    const more = lead < 0x80 ? 0 : lead < 0xc0 ? -1 : many; // bytes to follow; −1: no character begins so
    let code = more === 0 ? lead : lead & (0x3f >> more);
    for (let k = 1; k <= more; k++) {
      const next = at + k < bytes.length ? bytes[at + k]! : 0;
      code = (next & 0xc0) === 0x80 ? (code << 6) | (next & 0x3f) : -1;
      if (code < 0) break;
    }
    const least = more === 3 ? 0x10000 : more === 2 ? 0x800 : more === 1 ? 0x80 : 0;
    if (more < 0 || code < least || code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff)) {
      throw new SyntaxError(
        `${where}: text must be UTF-8; no character begins at byte ${at} (0x${lead.toString(16)})`,
      );
    }
    if (code < 0x10000) units.push(code);
    else units.push(0xd800 + ((code - 0x10000) >> 10), 0xdc00 + (code & 0x3ff));
    at += more + 1;
    if (units.length >= 8192 || at === bytes.length) {
      text += String.fromCharCode.apply(null, units);
      units = [];
    }
  }
  return text;
}

/**
 * The UTF-8 bytes of a text (UTF-8 の符号化).
 *
 * Errors: RangeError if a surrogate stands alone, since no bytes stand for it. Source: RFC 3629 §3.
 */
export function encodeUtf8(where: string, text: string): Uint8Array {
  const bytes: number[] = [];
  const tail = (bits: number): number => 0x80 | (bits & 0x3f);
  for (const character of text) {
    const code = character.codePointAt(0)!;
    if (code >= 0xd800 && code <= 0xdfff) {
      const got = `U+${code.toString(16).toUpperCase()}`;
      throw new RangeError(`${where}: text must not hold half a surrogate pair; got ${got}`);
    }
    if (code < 0x80) bytes.push(code);
    else if (code < 0x800) bytes.push(0xc0 | (code >> 6), tail(code));
    else if (code < 0x10000) bytes.push(0xe0 | (code >> 12), tail(code >> 6), tail(code));
    else bytes.push(0xf0 | (code >> 18), tail(code >> 12), tail(code >> 6), tail(code));
  }
  return Uint8Array.from(bytes);
}
