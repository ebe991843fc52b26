/**
 * How text fits a terminal: its width in columns, cutting, padding, wrapping, and blocks of lines side by
 * side.
 */

/** Combining marks and format characters take no column. */
const NONE = /^[\p{Mn}\p{Me}\p{Cf}\u1160-\u11FF]$/u;

/** East Asian wide and fullwidth characters, and those that are emoji by themselves, take two. */
const WIDE = new RegExp(
  `^(?:[${[
    "\\u1100-\\u115F\\u2E80-\\u303E\\u3041-\\u33FF\\u3400-\\u4DBF\\u4E00-\\uA4CF\\uA960-\\uA97F\\uAC00-\\uD7A3",
    "\\uF900-\\uFAFF\\uFE10-\\uFE19\\uFE30-\\uFE6F\\uFF01-\\uFF60\\uFFE0-\\uFFE6",
    "\\u{16FE0}-\\u{18DFF}\\u{1AFF0}-\\u{1B2FF}\\u{1F200}-\\u{1F265}\\u{20000}-\\u{3FFFD}",
  ].join("")}]|(?![\\u{1F1E6}-\\u{1F1FF}])\\p{Emoji_Presentation})$`,
  "u",
);

/** Characters of ambiguous width (UAX #11): one column in most terminals, two in many of East Asia. */
const AMBIGUOUS = new RegExp(
  `^[${[
    "\\u00A1\\u00A4\\u00A7\\u00A8\\u00AA\\u00AE\\u00B0-\\u00B4\\u00B6-\\u00BA\\u00BC-\\u00BF\\u00C6",
    "\\u00D0\\u00D7\\u00D8\\u00DE-\\u00E1\\u00E6\\u00E8-\\u00EA\\u00EC\\u00ED\\u00F0\\u00F2\\u00F3",
    "\\u00F7-\\u00FA\\u00FC\\u00FE\\u0101\\u0111\\u0113\\u011B\\u0126\\u0127\\u012B\\u0131-\\u0133",
    "\\u0138\\u013F-\\u0142\\u0144\\u0148-\\u014B\\u014D\\u0152\\u0153\\u0166\\u0167\\u016B\\u01CE",
    "\\u01D0\\u01D2\\u01D4\\u01D6\\u01D8\\u01DA\\u01DC\\u0251\\u0261\\u02C4\\u02C7\\u02C9-\\u02CB",
    "\\u02CD\\u02D0\\u02D8-\\u02DB\\u02DD\\u02DF\\u0391-\\u03A9\\u03B1-\\u03C1\\u03C3-\\u03C9\\u0401",
    "\\u0410-\\u044F\\u0451\\u2010\\u2013-\\u2016\\u2018\\u2019\\u201C\\u201D\\u2020-\\u2022",
    "\\u2024-\\u2027\\u2030\\u2032\\u2033\\u2035\\u203B\\u203E\\u2074\\u207F\\u2081-\\u2084\\u20AC",
    "\\u2103\\u2105\\u2109\\u2113\\u2116\\u2121\\u2122\\u2126\\u212B\\u2153\\u2154\\u215B-\\u215E",
    "\\u2160-\\u216B\\u2170-\\u2179\\u2189\\u2190-\\u2199\\u21B8\\u21B9\\u21D2\\u21D4\\u21E7\\u2200",
    "\\u2202\\u2203\\u2207\\u2208\\u220B\\u220F\\u2211\\u2215\\u221A\\u221D-\\u2220\\u2223\\u2225",
    "\\u2227-\\u222C\\u222E\\u2234-\\u2237\\u223C\\u223D\\u2248\\u224C\\u2252\\u2260\\u2261",
    "\\u2264-\\u2267\\u226A\\u226B\\u226E\\u226F\\u2282\\u2283\\u2286\\u2287\\u2295\\u2299\\u22A5",
    "\\u22BF\\u2312\\u2460-\\u24E9\\u24EB-\\u254B\\u2550-\\u2573\\u2580-\\u258F\\u2592-\\u2595\\u25A0",
    "\\u25A1\\u25A3-\\u25A9\\u25B2\\u25B3\\u25B6\\u25B7\\u25BC\\u25BD\\u25C0\\u25C1\\u25C6-\\u25C8",
    "\\u25CB\\u25CE-\\u25D1\\u25E2-\\u25E5\\u25EF\\u2605\\u2606\\u2609\\u260E\\u260F\\u261C\\u261E",
    "\\u2640\\u2642\\u2660\\u2661\\u2663-\\u2665\\u2667-\\u266A\\u266C\\u266D\\u266F\\u273D",
    "\\u2776-\\u277F\\uE000-\\uF8FF\\uFFFD",
  ].join("")}]$`,
  "u",
);

let ambiguousColumns = 1;

/** Whether characters of ambiguous width (→, Σ, √) are counted as two columns from now on. */
export function countAmbiguous(wide: boolean): void {
  ambiguousColumns = wide ? 2 : 1;
}

/** A run of letters that are written from right to left, and of Arabic digits. */
const RIGHT_TO_LEFT =
  /[\u0590-\u08FF\uFB1D-\uFDFF\uFE70-\uFEFE\u{10800}-\u{10FFF}\u{1E800}-\u{1EFFF}]/u;
const RUNS = new RegExp(`${RIGHT_TO_LEFT.source}(?:${RIGHT_TO_LEFT.source}|[\\p{M}\\u200C\\u200D])*`, "gu");

/**
 * A line whose words stand from left to right on every screen: behind each run of right-to-left letters, and
 * before the line that has one, an invisible left-to-right mark (U+200E). Without it such screens turn round
 * all that lies between two such words, the cells of a map too.
 */
export function leftToRight(line: string): string {
  const marked = line.replace(RUNS, "$&\u200E");
  return marked === line ? line : `\u200E${marked}`;
}

/** Colour escapes, which this program writes itself. They take no column. */
const PAINT = /\x1b\[[0-9;]*m/g;

const graphemes = new Intl.Segmenter("en", { granularity: "grapheme" });

/** How many terminal columns a line takes. Characters of ambiguous width (→, Σ, √): see countAmbiguous. */
export function columns(line: string): number {
  let sum = 0;
  for (const character of line.replace(PAINT, "")) {
    if (character >= " " && character <= "~") sum++;
    else if (!NONE.test(character)) {
      sum += WIDE.test(character) ? 2 : AMBIGUOUS.test(character) ? ambiguousColumns : 1;
    }
  }
  return sum;
}

/** Spaces added on the right up to `width` columns. */
export function pad(line: string, width: number): string {
  return line + " ".repeat(Math.max(0, width - columns(line)));
}

/** Spaces added on the left up to `width` columns. */
export function padLeft(line: string, width: number): string {
  return " ".repeat(Math.max(0, width - columns(line))) + line;
}

/** The user-perceived characters of a text, at most `most` of them. */
export function characters(text: string, most: number = Infinity): string[] {
  const found: string[] = [];
  for (const { segment } of graphemes.segment(text)) {
    if (found.length >= most) break;
    found.push(segment);
  }
  return found;
}

/** At most `width` columns of a text without colour; ".." stands for what was cut. */
export function cut(text: string, width: number): string {
  let kept = "";
  let used = 0;
  const all = characters(text, width + 1);
  if (all.reduce((sum, character) => sum + columns(character), 0) <= width && all.join("") === text) {
    return text;
  }
  for (const character of all) {
    if (used + columns(character) > width - 2) break;
    kept += character;
    used += columns(character);
  }
  return kept + "..".slice(0, width - used);
}

/**
 * Where a line may break: after a space, and around a wide character, but not before closing or after opening
 * punctuation.
 */
const PIECES = new RegExp(
  [
    /[「『(（【]*[\u3041-\u30FF\u3400-\u9FFF\uFF01-\uFF60々]/.source +
      /[、。，．」』）】！？：；ーぁぃぅぇぉっゃゅょァィゥェォッャュョ,.:;!?)]*/.source,
    /[^\s\u3041-\u30FF\u3400-\u9FFF\uFF01-\uFF60]+\s*/.source,
    /\s+|./.source,
  ].join("|"),
  "gu",
);

/**
 * A paragraph as lines of at most `width` columns. A piece longer than a line is cut. A line that fits stays
 * as it is.
 */
export function wrap(text: string, width: number): string[] {
  if (columns(text) <= width) return [text];
  const lines: string[] = [];
  let line = "";
  for (const piece of text.match(PIECES) ?? []) {
    if (columns((line + piece).trimEnd()) > width && line !== "") {
      lines.push(line.trimEnd());
      line = "";
    }
    line += line === "" ? cut(piece.trimStart(), width) : piece;
  }
  if (line.trimEnd() !== "") lines.push(line.trimEnd());
  return lines;
}

/** A paragraph behind a label: the first line carries it, the others are indented as far. */
export function labelled(label: string, text: string, width: number): string[] {
  const indent = columns(label);
  return wrap(text, Math.max(8, width - indent)).map(
    (line, l) => (l === 0 ? label : " ".repeat(indent)) + line,
  );
}

/**
 * Lines to set beside others. Those from `level` on stand level with the others' lines; blank lines for that
 * go in after `head` lines.
 */
export interface Block {
  readonly lines: readonly string[];
  readonly head: number;
  readonly level: number;
}

/**
 * Blocks side by side as far as they fit, then below each other, a blank line between. Every line of a row of
 * blocks is equally wide.
 */
export function beside(blocks: readonly Block[], width: number, gap: number = 4): string[] {
  const rows: { block: Block; wide: number }[][] = [];
  let left = 0;
  for (const block of blocks) {
    const wide = Math.max(0, ...block.lines.map(columns));
    const row = rows[rows.length - 1];
    if (row === undefined || wide + gap > left) {
      rows.push([{ block, wide }]);
      left = width - wide;
    } else {
      row.push({ block, wide });
      left -= wide + gap;
    }
  }
  return rows.flatMap((row, r) => {
    const level = Math.max(...row.map(({ block }) => block.level));
    const even = row.map(({ block, wide }) => {
      const blanks = Array.from({ length: level - block.level }, () => "");
      return {
        wide,
        lines: [...block.lines.slice(0, block.head), ...blanks, ...block.lines.slice(block.head)],
      };
    });
    const height = Math.max(...even.map(({ lines }) => lines.length));
    const lines = Array.from({ length: height }, (_, l) =>
      even.map(({ lines: own, wide }) => pad(own[l] ?? "", wide)).join(" ".repeat(gap)),
    );
    return r === 0 ? lines : ["", ...lines];
  });
}
