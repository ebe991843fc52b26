/** From marks to elements: what is there is kept, and only what differs is touched, so that focus stays. */
import type { Attributes, Handler, Mark, Painting, Photo, Space, Touch } from "./mark.ts";
import { paintLater } from "./paint.ts";

const SPACES: Readonly<Record<Space, string>> = {
  html: "http://www.w3.org/1999/xhtml",
  svg: "http://www.w3.org/2000/svg",
  math: "http://www.w3.org/1998/Math/MathML",
};

/** The handlers of each element by the name of their event. */
const handlers = new WeakMap<Element, Map<string, Handler>>();

/** The events that an element handles. */
export function eventsOf(element: Element): string[] {
  return [...(handlers.get(element)?.keys() ?? [])];
}

/** The element for a mark. */
export function made(mark: Mark): Element {
  const element = document.createElementNS(SPACES[mark.space], mark.tag);
  dress(element, {}, mark.attributes);
  for (const child of mark.children) element.append(typeof child === "string" ? child : made(child));
  return element;
}

/** Turns the children of an element from those of one list into those of another. */
export function patch(element: Element, was: Mark["children"], is: Mark["children"]): void {
  const shared = Math.min(was.length, is.length);
  for (let n = was.length - 1; n >= shared; n--) element.childNodes[n]!.remove();
  for (let n = 0; n < shared; n++) {
    const [before, after] = [was[n]!, is[n]!];
    if (before === after) continue;
    const node = element.childNodes[n]!;
    if (typeof before === "string" && typeof after === "string") node.nodeValue = after;
    else if (typeof before !== "string" && typeof after !== "string" && sameKind(before, after)) {
      dress(node as Element, before.attributes, after.attributes);
      patch(node as Element, before.children, after.children);
    } else node.replaceWith(typeof after === "string" ? after : made(after));
  }
  for (const child of is.slice(shared)) element.append(typeof child === "string" ? child : made(child));
}

function sameKind(a: Mark, b: Mark): boolean {
  return a.tag === b.tag && a.space === b.space && a.attributes["id"] === b.attributes["id"];
}

function dress(element: Element, was: Attributes, is: Attributes): void {
  for (const name of Object.keys(was)) if (!(name in is)) put(element, name, undefined);
  for (const [name, value] of Object.entries(is)) if (was[name] !== value) put(element, name, value);
}

function put(element: Element, name: string, value: Attributes[string]): void {
  if (name.startsWith("on")) {
    listen(element, name.slice(2), value as Handler | undefined);
  } else if (name === "paint") {
    // once the canvas is in the document, where it has its colours
    if (value !== undefined) paintLater(element as HTMLCanvasElement, value as Painting);
  } else if (name.startsWith("--")) {
    // not an attribute: the page's policy forbids those of style
    (element as HTMLElement).style.setProperty(name, value === undefined ? null : String(value));
  } else if (value === undefined || value === false) {
    element.removeAttribute(name);
  } else {
    element.setAttribute(name, value === true ? "" : String(value));
  }
  // a control that was used no longer follows its attribute
  if (name === "value" && "value" in element && element.value !== String(value))
    element.value = String(value);
  if (name === "checked") (element as HTMLInputElement).checked = value === true;
}

function listen(element: Element, event: string, handler: Handler | undefined): void {
  const known = handlers.get(element) ?? new Map<string, Handler>();
  handlers.set(element, known);
  if (handler === undefined) {
    known.delete(event);
    return;
  }
  if (!known.has(event))
    element.addEventListener(event, (given) => handlers.get(element)!.get(event)?.(touchOf(given)));
  known.set(event, handler);
}

/** What a handler may know of an event. */
function touchOf(event: Event): Touch {
  const target = event.target as Element;
  const own = event.currentTarget as Element;
  const pointer = event instanceof MouseEvent ? event : undefined;
  const box = pointer && own.getBoundingClientRect();
  const keyed = event instanceof KeyboardEvent && !event.altKey && !event.ctrlKey && !event.metaKey;
  const value = "value" in target ? target.value : target.closest("[data-value]")?.getAttribute("data-value");
  if (event.type === "pointerdown" && event.isTrusted)
    own.setPointerCapture((event as PointerEvent).pointerId);
  return {
    value: String(value ?? ""),
    key: keyed ? event.key : "",
    x: box ? (pointer!.clientX - box.left) / box.width : 0,
    y: box ? (pointer!.clientY - box.top) / box.height : 0,
    down: pointer !== undefined && (event.type === "pointerdown" || (pointer.buttons & 1) === 1),
    photo: event instanceof CustomEvent ? (event.detail as Photo) : undefined,
    stop: () => event.preventDefault(),
  };
}
