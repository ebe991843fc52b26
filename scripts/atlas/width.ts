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

/** Colour escapes, which this program writes itself. They take no column. */
const PAINT = /\x1b\[[0-9;]*m/g;

const graphemes = new Intl.Segmenter("en", { granularity: "grapheme" });

/** How many terminal columns a line takes. Characters of ambiguous width (→, Σ, √) count as one. */
export function columns(line: string): number {
  let sum = 0;
  for (const character of line.replace(PAINT, "")) {
    sum += NONE.test(character) ? 0 : WIDE.test(character) ? 2 : 1;
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
