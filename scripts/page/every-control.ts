/**
 * The claim that nothing on the page is a dead control: the hands of the self-test tell what they worked, and
 * what a reader can work and no test has fails. Beside it the controls that all scenes have alike.
 */
import type { Hands, Must, Scene, Taken, Test } from "./scene.ts";
import type { State } from "./state.ts";
import { checksum, numbersIn } from "./parts/compare.ts";
import { eventsOf } from "./patch.ts";

/** Controls that no test works, each with the reason. */
const UNWORKED: readonly (readonly [RegExp, string])[] = [
  [/^#cross-vit-photo click/, "opens a window of the system; the picture is given to the page by an event"],
];

/** What is worked without a handler of its own. */
const PLAIN = "a[href], summary, input[type=file]";

/** Elements of which any one stands for all: words to choose, seams to press. */
const ALIKE = ".tokens, #words";

/** A control's place: its own id, or what it is and the how-manieth in the nearest element that has one. */
function placeOf(element: Element): string {
  const group = element.closest(ALIKE);
  if (group !== null) return `#${group.id}`;
  if (element.id !== "") return `#${element.id}`;
  const around = element.closest("[id]") ?? document.body;
  const [told] = ["data-take", "data-value", "class"].filter((name) => element.hasAttribute(name));
  const tag = element.tagName.toLowerCase();
  const like = told === undefined ? tag : `${tag}[${told}="${element.getAttribute(told)}"]`;
  const at = [...around.querySelectorAll(like)].indexOf(element);
  return `${around.id === "" ? "top" : `#${around.id}`} ${like} ${at}`;
}

/** What a reader can do within an element: places, each with its event. */
function controlsIn(root: Element): string[] {
  const found: string[] = [];
  for (const element of root.querySelectorAll("*")) {
    for (const event of eventsOf(element)) found.push(`${placeOf(element)} ${event}`);
    if (element.matches(PLAIN)) found.push(`${placeOf(element)} click`);
  }
  return found;
}

/** What there is to be worked, and what has been. */
export class Worked {
  readonly there: Set<string> = new Set();
  readonly done: Set<string> = new Set();

  /** Notes what stands in an element now. */
  see(root: Element): void {
    for (const control of controlsIn(root)) this.there.add(control);
  }

  /** Notes an event on an element, and on all that it stands in. */
  note(element: Element, event: string): void {
    const events = event === "click" && element.tagName === "INPUT" ? ["click", "change"] : [event];
    for (let at: Element | null = element; at !== null && at !== document.body; at = at.parentElement) {
      for (const name of events)
        if (eventsOf(at).includes(name) || at.matches(PLAIN)) this.done.add(`${placeOf(at)} ${name}`);
    }
  }

  /** What nothing has worked. */
  left(): string[] {
    const excused = (control: string): boolean => UNWORKED.some(([name]) => name.test(control));
    return [...this.there].filter((control) => !this.done.has(control) && !excused(control));
  }
}

/** Copies, specs, figures, links, folds and equations of all scenes. */
export function testEverywhere(
  { hands, work, test, must, update, begun, now }: {
    readonly hands: Hands;
    readonly work: (element: HTMLElement) => void;
    readonly test: Test;
    readonly must: Must;
    readonly update: (state: State) => void;
    readonly begun: State;
    readonly now: () => State;
  },
  scenes: readonly Scene[],
  expected: Readonly<Record<string, unknown>>,
): void {
  const every = <E extends Element = HTMLElement>(selector: string): E[] => [
    ...document.querySelectorAll<E>(selector),
  ];
  test("every link of the head names its scene and is followed to it", () => {
    update(begun);
    scenes.forEach(({ id, title }, n) => {
      const link = `.top nav a[data-go="${id}"]`;
      const name = hands.attribute(link, "aria-label");
      must(name === `${n + 1} ${title[begun.shared.lang]}`, name);
      hands.click(link);
    });
  });
  test("every file of lib that a scene gives is the one that Node makes", () => {
    const copies = expected["copies"] as Record<string, number>;
    for (const { id, sources } of scenes) {
      sources.forEach(({ path }, n) => {
        hands.click(`#${id} .linked:nth-child(${n + 1}) .copy`);
        const { name, text } = hands.taken();
        const body = checksum(text.split("\n").slice(3).join("\n"));
        must(path.endsWith(`/${name}`) && body === copies[path], `${name} is not ${path}`);
      });
    }
  });
  test("every figure is given as SVG, as PNG from it, and as CSV with the numbers that it shows", () => {
    for (const group of every(".takes[role=group]")) {
      const give = (kind: string): Taken => {
        work(group.querySelector(`[data-take="${kind}"]`)!);
        return hands.taken();
      };
      const [svg, png, csv] = [give("SVG"), give("PNG"), give("CSV")];
      const names = [svg, png, csv].map(({ name }) => name.replace(/\w+$/, "")).join();
      must(new Set(names.split(",")).size === 1 && png.text === svg.text, names);
      must(png.type === "image/png" && svg.text.startsWith("<svg "), svg.name);
      const map = group.closest("figure.big")?.querySelector(".map");
      // a gradient's map prints signs and sizes of its own
      const shown = map && map.id !== "learn-gradient" ? [...map.querySelectorAll("td[role] i")] : [];
      const table = numbersIn(csv.text);
      must(table.length > 0, `${csv.name} is empty`);
      const off = shown.findIndex(({ textContent }, e) => {
        const text = textContent!;
        return text !== "" && Math.abs(100 * table[e]! - Number(text)) > 0.51;
      });
      must(shown.length === 0 || off < 0, `${csv.name}, cell ${off}: ${table[off]} for ${shown[off]?.textContent}`);
    }
  });
  test("every scene's spec is given under the scene's name", () => {
    for (const { id, spec } of scenes) {
      if (spec === undefined) continue;
      hands.click(`#${id} .spec`);
      const { name, text } = hands.taken();
      must(name === `${id}.spec.ts` && text.includes("node:test"), `${id} ${name}`);
    }
  });
  test("every fold opens and closes", () => {
    must(hands.count(".further details:not([open])") === scenes.length, "an answer lies open, or has no fold");
    for (const fold of every<HTMLDetailsElement>("main details")) {
      const was = fold.open;
      for (const wanted of [!was, was]) {
        work(fold.querySelector("summary")!);
        must(fold.open === wanted, `${fold.closest("section")!.id}: ${fold.className} stays`);
      }
    }
  });
  test("every equation lights its lines of code, and every line its equation", () => {
    for (const element of every(".equations [data-eq], .line[data-eq]")) {
      const section = element.closest("section")!;
      const other = element.matches(".line") ? ".equations" : ".line";
      const light = (type: string): boolean => element.dispatchEvent(new Event(type, { bubbles: true }));
      light("focusin");
      const numbers = element.getAttribute("data-eq")!.split(" ");
      const lit = [...section.querySelectorAll("[data-lit]")];
      const own = lit.every((one) => one.getAttribute("data-eq")!.split(" ").some((n) => numbers.includes(n)));
      const both = lit.some((one) => one.matches(`${other} *, ${other}`));
      must(own && both, `${section.id} ${numbers.join()}: ${lit.length} lit`);
      light("focusout");
      must(section.querySelector("[data-lit]") === null, `${section.id} ${numbers.join()} stays lit`);
    }
  });
  test("every thing to try leads to its settings", () => {
    update(begun);
    for (const { id, tries } of scenes) {
      tries.forEach(({ settings, shared }, n) => {
        const before = now();
        hands.follow(`#${id} .further li:nth-child(${n + 1}) a`);
        const [wanted, got] = [{ ...before.scenes[id], ...settings }, now().scenes[id]];
        must(JSON.stringify(got) === JSON.stringify(wanted), `${id}, ${n + 1}: ${JSON.stringify(got)}`);
        must(JSON.stringify(now().shared) === JSON.stringify({ ...before.shared, ...shared }), `${id}, ${n + 1}`);
        const kept = (one: Scene): boolean =>
          JSON.stringify(now().scenes[one.id]) === JSON.stringify(before.scenes[one.id]);
        const lost = scenes.filter((one) => one.id !== id && !kept(one));
        must(lost.length === 0, `${id}, ${n + 1} resets ${lost.map((one) => one.id).join()}`);
      });
    }
    update(begun);
  });
  test("every map takes a click and an arrow key, and keeps the focus", () => {
    for (const { id } of every("[role=grid]")) {
      const cell = document.querySelector<HTMLElement>(`#${id} [data-value="1.0"]`);
      if (cell === null) continue;
      work(cell);
      hands.focus(`#${id} [tabindex="0"]`);
      must(hands.focused() === "1.0", `${id}: clicked, the focus is at ${hands.focused()}`);
      hands.press("ArrowRight");
      must(hands.focused() === "1.1", `${id}: after an arrow the focus is at ${hands.focused()}`);
      const said = hands.attribute(`#${id} [data-value="1.1"]`, "aria-selected");
      must(said === "true" && hands.count(`#${id} [aria-selected="true"]`) === 1, `${id}: ${said}`);
    }
    update(begun);
  });
  test("every scale of colours can be chosen, and is pressed alone", () => {
    for (const button of every('[id$="-scale"] button')) {
      work(button);
      const pressed = [...button.parentElement!.querySelectorAll('[aria-pressed="true"]')];
      must(pressed.length === 1 && pressed[0] === button, `${button.parentElement!.id} ${button.textContent}`);
    }
    update(begun);
  });
}
