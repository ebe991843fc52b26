/**
 * What the page draws, as plain records: an element is its tag, its attributes and its children. The same
 * records become elements in a browser (`patch.ts`) and text in Node (`markup`), so that a scene needs no
 * document, its view is tested without a browser, and a picture of the page is a file as well.
 */

/** A picture that a reader has given: its greys from 0 to 1 on white, or why there is none. */
export type Photo =
  | { readonly width: number; readonly height: number; readonly greys: Float32Array }
  | { readonly refused: "kind" | "broken" };

/** What a handler learns of an event, without the event. */
export interface Touch {
  /** The value of the control, or the `data-value` of what was touched, or "". */
  readonly value: string;
  /** The key that was pressed, or "". */
  readonly key: string;
  /** Where the pointer is in the element, from 0 to 1 each way. */
  readonly x: number;
  readonly y: number;
  /** Whether the pointer is down. */
  readonly down: boolean;
  /** The picture that was given, where one was. */
  readonly photo?: Photo | undefined;
  /** Keeps the browser from doing what it would do. */
  readonly stop: () => void;
}

export type Handler = (touch: Touch) => void;

/** The cells of a canvas: how deep each is, from 0 to 1, and its kind (see `paint.ts`). */
export interface Painting {
  readonly rows: number;
  readonly cols: number;
  readonly depths: Float32Array;
  /** 0 plain, 1 local, 2 global, 3 random, 4 local and global, 5 not looked at. */
  readonly kinds: Uint8Array;
}

export type Attributes = Readonly<
  Record<string, string | number | boolean | Handler | Painting | undefined>
>;
export type Space = "html" | "svg" | "math";
export type Child = Mark | string | null;

/** An element that is to be. */
export interface Mark {
  readonly space: Space;
  readonly tag: string;
  readonly attributes: Attributes;
  readonly children: readonly (Mark | string)[];
}

/**
 * An HTML element: `onclick` and its kind are handlers, `--name` is a custom property of its style, false and
 * undefined leave an attribute out, null leaves a child out. `paint` is what stands on a canvas.
 */
export function html(tag: string, attributes: Attributes = {}, ...children: readonly Child[]): Mark {
  return markOf("html", tag, attributes, children);
}

/** An element of a picture. */
export function svg(tag: string, attributes: Attributes = {}, ...children: readonly Child[]): Mark {
  return markOf("svg", tag, attributes, children);
}

/** An element of a formula. */
export function math(tag: string, attributes: Attributes = {}, ...children: readonly Child[]): Mark {
  return markOf("math", tag, attributes, children);
}

function markOf(space: Space, tag: string, attributes: Attributes, children: readonly Child[]): Mark {
  const kept = children.filter((child): child is Mark | string => child !== null);
  return { space, tag, attributes, children: kept };
}

/** Text as it stands between tags, or between quotation marks. */
export function escaped(text: string): string {
  return text.replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/>/g, "&gt;").replace(/"/g, "&quot;");
}

/** A mark as text: handlers vanish, custom properties become a style. */
export function markup(mark: Mark | string): string {
  if (typeof mark === "string") return escaped(mark);
  const { tag, attributes, children } = mark;
  const styles: string[] = [];
  let text = `<${tag}`;
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === "function" || typeof value === "object") continue;
    if (value === undefined || value === false) continue;
    if (name.startsWith("--")) styles.push(`${name}:${value}`);
    else text += ` ${name}="${value === true ? "" : escaped(String(value))}"`;
  }
  if (styles.length > 0) text += ` style="${styles.join(";")}"`;
  return `${text}>${children.map(markup).join("")}</${tag}>`;
}

/** All marks of a tree, from the outside in. */
export function marksIn(mark: Mark | string): Mark[] {
  return typeof mark === "string" ? [] : [mark, ...mark.children.flatMap(marksIn)];
}

/** The text of a tree. */
export function textIn(mark: Mark | string): string {
  return typeof mark === "string" ? mark : mark.children.map(textIn).join("");
}
