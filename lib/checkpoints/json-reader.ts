/**
 * JSON of a known form, read front to back (JSON の順次読み取り).
 *
 * The caller says what must come next; any other text is an error, and nothing else is built. There is no
 * recursion, so deep nesting does no harm. Members come in the order of the text, and a name given twice is
 * an error; JSON.parse would keep the last of the two, and move names like "7" to the front. `where` begins
 * each message, `what` names the thing that must come next.
 * Errors: SyntaxError for text of another form, RangeError for a number that is not an integer in
 * [0, 2⁵³ − 1].
 * Source: RFC 8259 §2–7.
 */
export class JsonReader {
  private readonly where: string;
  private readonly text: string;
  private at: number;

  constructor(where: string, text: string) {
    this.where = where;
    this.text = text;
    this.at = 0;
  }

  /** An object. `member` is called with each name and must read its value. */
  object(what: string, member: (name: string) => void): void {
    this.take("{", `${what}, an object`);
    const names = new Set<string>();
    if (this.skip("}")) return;
    do {
      const name = this.string(`a name in ${what}`);
      if (names.has(name)) {
        throw new SyntaxError(`${this.where}: ${what} must name each member once; got ${quote(name)} twice`);
      }
      names.add(name);
      this.take(":", `":" after ${quote(name)}`);
      member(name);
    } while (this.skip(","));
    this.take("}", `"," or "}" in ${what}`);
  }

  /** A list of integers ≥ 0. */
  integers(what: string): number[] {
    const values: number[] = [];
    this.take("[", `${what}, a list of integers`);
    if (this.skip("]")) return values;
    do values.push(this.integer(what));
    while (this.skip(","));
    this.take("]", `"," or "]" in ${what}`);
    return values;
  }

  /** A string. JSON.parse decodes its escapes. Half a surrogate pair is refused: no UTF-8 could hold it. */
  string(what: string): string {
    this.space();
    const start = this.at;
    let end = start + 1;
    while (end < this.text.length && this.text[end] !== '"') end += this.text[end] === "\\" ? 2 : 1;
    if (this.text[start] !== '"') throw this.unexpected(`${what}, a text in quotes`);
    let value: string;
    try {
      // This throws as well where the closing quote is missing.
      value = JSON.parse(this.text.slice(start, end + 1)) as string;
    } catch {
      throw this.unexpected(`${what}, a text in quotes`);
    }
    if (/[\ud800-\udfff]/u.test(value)) throw this.unexpected(`${what} without half a surrogate pair`);
    this.at = end + 1;
    return value;
  }

  /** Nothing but white space may follow. */
  end(): void {
    this.space();
    if (this.at < this.text.length) throw this.unexpected("nothing more");
  }

  private integer(what: string): number {
    this.space();
    let end = this.at;
    while (end < this.text.length && "+-.0123456789Ee".indexOf(this.text[end]!) >= 0) end++;
    if (end === this.at) throw this.unexpected(`an integer in ${what}`);
    const digits = this.text.slice(this.at, end);
    const value = /^(0|[1-9][0-9]{0,15})$/.test(digits) ? Number(digits) : NaN;
    if (!Number.isSafeInteger(value)) {
      throw new RangeError(
        `${this.where}: ${what} must hold integers in [0, 2^53 − 1]; got ${digits.slice(0, 40)}`,
      );
    }
    this.at = end;
    return value;
  }

  private take(mark: string, expected: string): void {
    if (!this.skip(mark)) throw this.unexpected(expected);
  }

  private skip(mark: string): boolean {
    this.space();
    if (this.text[this.at] !== mark) return false;
    this.at++;
    return true;
  }

  private space(): void {
    while (this.at < this.text.length && " \t\n\r".indexOf(this.text[this.at]!) >= 0) this.at++;
  }

  private unexpected(expected: string): SyntaxError {
    const got =
      this.at < this.text.length ? quote(this.text.slice(this.at, this.at + 40)) : "the end of the text";
    return new SyntaxError(`${this.where}: expected ${expected}; got ${got} at character ${this.at}`);
  }
}

/** A text in quotes for a message, cut short if it is long. */
export function quote(text: string): string {
  return JSON.stringify(text.length > 80 ? `${text.slice(0, 79)}…` : text);
}
