/**
 * `#selftest`: the page used as a reader would, by real events; results in TAP, for a headless browser to
 * read out of the document. Expected numbers come from Node in `&expect=`.
 */
import type { Hands, Must, Scene, Taken, Test } from "./scene.ts";
import type { State } from "./state.ts";
import { Worked, testEverywhere } from "./every-control.ts";
import { readState, writeState } from "./state.ts";

function one<E extends Element = HTMLElement>(selector: string): E {
  const found = document.querySelector<E>(selector);
  if (found === null) throw new Error(`no ${selector}`);
  return found;
}

function every(selector: string): Element[] {
  return [...document.querySelectorAll(selector)];
}

function handsOn(worked: Worked, taken: () => Taken | undefined): Hands & { work: (element: HTMLElement) => void } {
  const work = (element: HTMLElement): void => {
    worked.note(element, "click");
    if (element instanceof SVGElement) element.dispatchEvent(new MouseEvent("click", { bubbles: true }));
    else element.click();
  };
  return {
    slide: (id, value) => {
      const input = one<HTMLInputElement>(`#${id}`);
      worked.note(input, "input");
      input.value = String(value);
      input.dispatchEvent(new Event("input", { bubbles: true }));
    },
    click: (selector) => work(one(selector)),
    work,
    follow: (selector) => {
      work(one(selector));
      location.hash = one<HTMLAnchorElement>(selector).hash;
      dispatchEvent(new HashChangeEvent("hashchange"));
    },
    press: (...keys) => {
      for (const key of keys) {
        worked.note(document.activeElement!, "keydown");
        document.activeElement!.dispatchEvent(
          new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true }),
        );
      }
    },
    focus: (selector) => one(selector).focus(),
    point: (selector, type, x, y) => {
      const element = one(selector);
      const box = element.getBoundingClientRect();
      worked.note(element, type);
      const at = { clientX: box.left + x * box.width, clientY: box.top + y * box.height, bubbles: true };
      element.dispatchEvent(new PointerEvent(type, { ...at, buttons: type === "pointerup" ? 0 : 1 }));
    },
    give: (selector, detail) => {
      worked.note(one(selector), "photo");
      one(selector).dispatchEvent(new CustomEvent("photo", { detail }));
    },
    text: (selector) => one(selector).textContent ?? "",
    texts: (selector) => every(selector).map((element) => element.textContent ?? ""),
    attribute: (selector, name) => one(selector).getAttribute(name) ?? "",
    count: (selector) => every(selector).length,
    focused: () => document.activeElement?.getAttribute("data-value") ?? "",
    taken: () => taken()!,
  };
}

/** The name that a screen reader gives to a control. */
function nameOfControl(element: Element): string {
  const label = element.getAttribute("aria-label") ?? "";
  const outer = element.closest("label")?.textContent ?? "";
  return (
    label ||
    (element.tagName === "INPUT" || element.tagName === "TEXTAREA" ? outer : element.textContent) ||
    ""
  ).trim();
}

function luminance(pen: CanvasRenderingContext2D, colour: string): number {
  pen.clearRect(0, 0, 1, 1);
  pen.fillStyle = colour;
  pen.fillRect(0, 0, 1, 1);
  const [r, g, b] = Array.from(pen.getImageData(0, 0, 1, 1).data.subarray(0, 3), (x) =>
    x / 255 <= 0.04045 ? x / 255 / 12.92 : ((x / 255 + 0.055) / 1.055) ** 2.4,
  );
  return 0.2126 * r! + 0.7152 * g! + 0.0722 * b!;
}

function contrast(pen: CanvasRenderingContext2D, ink: string, paper: string): number {
  const [a, b] = [luminance(pen, ink), luminance(pen, paper)];
  return (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
}

/** The colour that stands behind an element. */
function paperBehind(element: Element): string {
  for (let at: Element | null = element; at !== null; at = at.parentElement) {
    const { backgroundColor } = getComputedStyle(at);
    if (!/, 0\)$|transparent/.test(backgroundColor)) return backgroundColor;
  }
  return "#fff";
}

/**
 * How long a step of the slider of heads takes at 16 words: script alone, and with the style and layout that it
 * leads to, all scenes being drawn. Nothing is painted here, and what else the machine does counts too.
 */
function timeOfStep({ slide }: Hands): string {
  slide("text", "aa bb cc dd ee ff gg hh ii jj kk ll mm nn oo pp");
  const timed = (laid: () => void): string => {
    const times = Array.from({ length: 40 }, (_, n) => {
      const started = performance.now();
      slide("heads", n % 4);
      laid();
      return performance.now() - started;
    }).sort((a, b) => a - b);
    return `${times[0]!.toFixed(1)} to ${times[20]!.toFixed(1)} ms`;
  };
  const alone = timed(() => {});
  const laid = timed(() => one("#multi-head-map").getBoundingClientRect());
  return (
    "a step of the slider of heads at 16 words, the least to the median of 40: " +
    `${alone} of script, ${laid} with style and layout, nothing painted`
  );
}

/** What the tests of a part get. */
interface Trial {
  readonly hands: Hands;
  readonly test: Test;
  readonly must: Must;
  readonly update: (state: State) => void;
  readonly begun: State;
  readonly now: () => State;
}

/** Joined words, texts that are long for a table, for a canvas, and for the page. */
function testWords({ hands, test, must, update, begun, now }: Trial): void {
  const rows = (): string[] => hands.texts("#multi-head-map tbody th");
  test("words are joined by a press, parted by another, and both stand in the address", () => {
    update(begun);
    hands.slide("text", "a bb cc dd");
    hands.click('#words [data-value="1"]');
    must(rows().join("|") === "a|bb cc|dd", rows().join("|"));
    must(hands.attribute('#words [data-value="1"]', "aria-pressed") === "true", "not pressed");
    must(/joins=1(&|$)/.test(writeState(now(), [])), writeState(now(), []));
    hands.slide("text", "a bb cc dd ee");
    must(rows().join("|") === "a|bb cc|dd|ee", `after more text ${rows().join("|")}`);
    hands.slide("text", "a xx cc");
    must(rows().join("|") === "a|xx|cc", `after another text ${rows().join("|")}`);
    hands.slide("text", "猫が鳥を見た");
    const parts = hands.count("#words .piece");
    hands.click('#words [data-value="0"]');
    must(rows().length === parts - 1 && !rows()[0]!.includes(" "), rows().join("|"));
    hands.click('#words [data-value="0"]');
    must(rows().length === parts, rows().join("|"));
  });
  test("the seams have one tab stop, and arrow keys lead along them", () => {
    hands.slide("text", "a bb cc dd");
    must(hands.count('#words [tabindex="0"]') === 1, `${hands.count('#words [tabindex="0"]')} tab stops`);
    hands.focus('#words [tabindex="0"]');
    hands.press("ArrowRight", "ArrowRight", "ArrowLeft");
    must(hands.focused() === "1", `focus at ${hands.focused()}`);
    must(hands.attribute('#words [data-value="1"]', "tabindex") === "0", "the tab stop stayed behind");
    hands.press("End");
    must(hands.focused() === "2", `focus at ${hands.focused()}`);
  });
  test("above 32 words a map is painted, and each cell is read by keys, pointer and live line", () => {
    update(begun);
    hands.slide("text", "aa bb cc dd ee ff gg hh ii jj ".repeat(4));
    must(hands.attribute("#multi-head-map", "aria-rowcount") === "40", "no 40 rows");
    const { width, height } = one<HTMLCanvasElement>("#multi-head-map canvas");
    must(width === height && width % 40 === 0 && width > 0, `${width} × ${height}`);
    hands.focus("#multi-head-map [role=gridcell]");
    hands.press("PageUp", "Home", "ArrowDown", "ArrowDown", "ArrowRight");
    must(hands.focused() === "2.1", `focus at ${hands.focused()}`);
    const told = hands.attribute("#multi-head-map [role=gridcell]", "aria-label");
    must(/^cc → bb, [\d.]+%$/.test(told), told);
    must(hands.text("#multi-head-map .status") === told, hands.text("#multi-head-map .status"));
    must(hands.attribute("#multi-head-map .over", "aria-rowindex") === "3", "another row");
    hands.point("#multi-head-map .paint", "pointerdown", 5.5 / 40, 7.5 / 40);
    must(hands.attribute("#multi-head-map .over", "data-value") === "7.5", "not chosen by the pointer");
    const share = Number(hands.text("#multi-head-map .lens .here"));
    const panel = 100 * Number(hands.attribute("#multi-head-why .checked", "data-share"));
    must(Math.abs(share - panel) <= 0.06, `lens ${share}, panel ${panel}`);
  });
  test("the paint is the map: the densest cell of a painted map has the full colour, the emptiest the bed's", () => {
    const canvas = one<HTMLCanvasElement>("#multi-head-map canvas");
    hands.click('#multi-head-scale [data-value="map"]');
    const [i, j] = densestPaint(canvas, 40);
    hands.point("#multi-head-map .paint", "pointerdown", (j! + 0.5) / 40, (i! + 0.5) / 40);
    const share = hands.text("#multi-head-map .status").split(", ")[1];
    const most = hands.text("#multi-head .legend .most");
    must(share === most, `${share} for ${most}`);
    hands.click('#multi-head-scale [data-value="heads"]');
  });
  test("above 96 words a painted cell is a block, which says what it shows", () => {
    update(begun);
    hands.slide("text", "aa bb cc dd ee ff gg hh ii jj ".repeat(10));
    must(hands.attribute("#multi-head-map", "aria-rowcount") === "100", "no 100 rows");
    must(/2 × 2/.test(hands.text("#multi-head-map-pool span")), hands.text("#multi-head-map-pool span"));
    const mean = Number(hands.attribute("#multi-head .legend", "data-most"));
    const flat = hands.attribute("#multi-head .legend", "data-mean");
    must(Math.abs(Number(flat) - 0.01) < 1e-6, `the blocks' mean is ${flat}, and rows of 100 sum to 1`);
    hands.click('#multi-head-map-pool [data-value="largest"]');
    const most = Number(hands.attribute("#multi-head .legend", "data-most"));
    must(most > mean, `largest ${most}, mean ${mean}`);
    hands.focus("#multi-head-map [role=gridcell]");
    hands.press("PageUp", "Home", "End", "PageDown");
    must(hands.focused() === "99.99", hands.focused());
  });
  test("a text too long for the page is cut, and so is one too long for a scene, and both say so", () => {
    update(begun);
    hands.slide("text", "word ".repeat(300));
    must(hands.attribute("#multi-head-map", "aria-rowcount") === "256", "not 256 rows");
    const told = hands.text(".top .hint[role=status]");
    must(/256.*300|300.*256/.test(told), told);
    must(/32.*256|256.*32/.test(hands.text("#streaming .hint.cut")), hands.text("#streaming .hint.cut"));
  });
}

/** What a keyboard, a screen reader, a small window and a system of few colours need. */
function testAccess({ hands, test, must, update, begun }: Trial): void {
  test("groups, grids and toolbars have names, and headings skip no level", () => {
    update(begun);
    for (const element of every("[role=grid], [role=group], [role=radiogroup], [role=toolbar], nav, canvas")) {
      const silent = element.getAttribute("aria-hidden") === "true";
      must(silent || (element.getAttribute("aria-label") ?? "") !== "", element.outerHTML.slice(0, 120));
    }
    let level = 0;
    for (const heading of every("h1, h2, h3, h4")) {
      const next = Number(heading.tagName[1]);
      must(next <= level + 1, `${heading.textContent} is of level ${next} after ${level}`);
      level = next;
    }
  });
  test("no element keeps the Tab key, or Escape", () => {
    const stops = every("a[href], button, input, textarea, summary, [tabindex]");
    must(stops.length > 100, `${stops.length} elements`);
    for (const element of stops) {
      for (const key of ["Tab", "Escape"]) {
        const event = new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true });
        must(element.dispatchEvent(event), `${element.tagName} .${element.className} keeps ${key}`);
      }
    }
  });
  test("every button is 24 pixels high or more, and the focus can be seen", () => {
    for (const button of every(".top button, main button:not(.patches button, .sample)")) {
      const { height, width } = button.getBoundingClientRect();
      if (width > 0) must(height >= 23.9, `${button.textContent} is ${height.toFixed(1)} high`);
    }
    hands.focus("#language");
    const language = one("#language");
    const ringed = getComputedStyle(language).outlineStyle !== "none";
    must(ringed || !language.matches(":focus-visible"), "no ring");
  });
  test("a system that asks for little motion gets none", () => {
    document.documentElement.removeAttribute("data-still");
    const little = matchMedia("(prefers-reduced-motion: reduce)").matches;
    const smooth = getComputedStyle(document.documentElement).scrollBehavior;
    const moving = getComputedStyle(one(".meter i")).transitionDuration;
    document.documentElement.setAttribute("data-still", "");
    must(little ? smooth === "auto" : smooth === "smooth", `scroll-behavior is ${smooth}`);
    must(little === /^0s/.test(moving), `a meter moves in ${moving}`);
  });
  test("a system of few colours keeps the colours of cells, and their numbers", () => {
    for (const selector of [".map td[role]", ".ramp", ".meter i"]) {
      const kept = getComputedStyle(one(selector)).forcedColorAdjust;
      must(!matchMedia("(forced-colors: active)").matches || kept === "none", `${selector} is ${kept}`);
    }
    must(getComputedStyle(one("#multi-head-map td[aria-selected=true]")).outlineStyle === "solid", "no outline");
  });
  test("the legend of each map is made from its data", () => {
    update(begun);
    for (const legend of every(".legend[data-most]")) {
      const map = legend.parentElement!.querySelector(".map")!;
      const shares = [...map.querySelectorAll("td[role] i")].map(({ textContent }) => Number(textContent));
      const most = Number.parseFloat(legend.querySelector(".most")!.textContent!);
      const pressed = legend.parentElement!.querySelector('[aria-pressed="true"]')?.getAttribute("data-value");
      const densest = Math.max(...shares);
      const fits = pressed === "heads" ? most >= densest - 0.51 : Math.abs(most - densest) <= 0.51;
      must(fits, `${map.id}: ${most} for ${densest}`);
      const [full, alike] = ["data-most", "data-alike"].map((name) => Number(legend.getAttribute(name)));
      const tick = Number(legend.querySelector<HTMLElement>(".ramp i")!.style.getPropertyValue("--at"));
      must(Math.abs(tick - Math.min(1, alike! / full!)) < 1e-3, `${map.id}: the tick stands at ${tick}`);
    }
  });
  test("each scene's scale by row gives each row a full cell, and by map one alone", () => {
    for (const scale of every('[id$="-scale"]')) {
      const figure = scale.closest("figure")!;
      const full = (): number =>
        [...figure.querySelectorAll<HTMLElement>(".map td[role]")].filter(
          (cell) => cell.style.getPropertyValue("--w") === "1.0000",
        ).length;
      scale.querySelector<HTMLElement>('[data-value="row"]')!.click();
      const rows = figure.querySelectorAll(".map tbody tr").length;
      const bare = (cell: HTMLElement): boolean => cell.style.getPropertyValue("--w") === "0.0000";
      const empty = [...figure.querySelectorAll(".map tbody tr")].filter((row) =>
        [...row.querySelectorAll<HTMLElement>("td[role]")].every(bare),
      ).length;
      must(full() >= rows - empty, `${scale.id}: ${full()} of ${rows} rows`);
      const byRow = full();
      scale.querySelector<HTMLElement>('[data-value="map"]')!.click();
      must(full() >= 1 && full() < byRow, `${scale.id}: ${full()} full cells of the map, ${byRow} by row`);
    }
    update(begun);
  });
}

/** The row and the column of the cell of a canvas that differs most from its emptiest. */
function densestPaint(canvas: HTMLCanvasElement, n: number): readonly [number, number] {
  const side = canvas.width / n;
  const pen = canvas.getContext("2d")!;
  const colours = Array.from({ length: n * n }, (_, e) => {
    const at = [(e % n) * side + side / 4, Math.floor(e / n) * side + side / 4] as const;
    return Array.from(pen.getImageData(...at, 1, 1).data.subarray(0, 3));
  });
  const bed = getComputedStyle(canvas).getPropertyValue("--bed").trim();
  const from = [1, 3, 5].map((at) => Number.parseInt(bed.slice(at, at + 2), 16));
  const depth = (colour: readonly number[]): number => Math.hypot(...colour.map((x, c) => x - from[c]!));
  const best = colours.reduce((at, colour, e) => (depth(colour) > depth(colours[at]!) ? e : at), 0);
  return [Math.floor(best / n), best % n];
}

export function selfTest(
  scenes: readonly Scene[],
  update: (state: State) => void,
  now: () => State,
  taken: () => Taken | undefined,
): void {
  const lines: string[] = [];
  const given = new URLSearchParams(location.hash.slice(1));
  let fallen = false;
  const test: Test = (name, body) => {
    // of a page that is broken on purpose the first fault is enough
    if (fallen && given.has("first")) return;
    try {
      body();
      lines.push(`ok ${lines.length + 1} - ${name}`);
    } catch (error) {
      fallen = true;
      lines.push(
        `not ok ${lines.length + 1} - ${name}: ${error instanceof Error ? error.message : String(error)}`,
      );
    }
  };
  const must: Must = (holds, what) => {
    if (!holds) throw new Error(what);
  };
  const worked = new Worked();
  const hands = handsOn(worked, taken);
  // a link's own news of the address comes when all is over
  addEventListener("hashchange", (event) => event.isTrusted && event.stopImmediatePropagation(), true);
  const expected = JSON.parse(given.get("expect") ?? "{}") as Record<string, unknown>;
  const begun = now();
  document.documentElement.setAttribute("data-still", "");
  const pen = document.createElement("canvas").getContext("2d", { willReadFrequently: true })!;

  test("every scene is there, in order, with a title", () => {
    const ids = every("main > section").map(({ id }) => id);
    must(ids.join() === scenes.map(({ id }) => id).join(), ids.join());
    for (const { id } of scenes) must(hands.text(`#${id} h2`).length > 3, id);
    for (const { id, title } of scenes) must(hands.text(`#${id} h2`).includes(title[begun.shared.lang]), id);
  });
  test("every map has one tab stop", () => {
    for (const grid of every("[role=grid]")) {
      must(grid.querySelectorAll('[tabindex="0"]').length === 1, grid.id);
    }
  });
  test("every control has a name, and no two elements share an id", () => {
    for (const element of every("button, input, textarea, a, summary, [role=gridcell], [role=img]")) {
      must(nameOfControl(element) !== "", element.outerHTML.slice(0, 120));
    }
    const ids = every("[id]").map(({ id }) => id);
    must(new Set(ids).size === ids.length, ids.filter((id, n) => ids.indexOf(id) !== n).join());
  });
  test("every scene shows equations, and each number has its line of code", () => {
    for (const { id } of scenes) {
      const numbers = every(`#${id} .equations [data-eq]`).map((element) => element.getAttribute("data-eq")!);
      const code = every(`#${id} .line[data-eq]`).flatMap((line) => line.getAttribute("data-eq")!.split(" "));
      must(numbers.length > 0, `${id}: no equation`);
      const missing = numbers.filter((number) => !code.includes(number));
      must(missing.length === 0, `${id}: no line for ${missing.join()}`);
    }
  });
  for (const scene of scenes) {
    update(begun);
    const section = one(`#${scene.id}`);
    worked.see(section);
    const seen: Test = (name, body) => {
      test(name, body);
      worked.see(section);
    };
    scene.trial?.(hands, seen, must, expected);
  }
  update(begun);
  test("every number printed in a cell stands out, 4.5 to 1", () => {
    let [worst, where] = [Infinity, ""];
    for (const cell of every(".map td[role]:not(.both)")) {
      const text = cell.querySelector("i")!;
      if (text.textContent === "") continue;
      const ratio = contrast(pen, getComputedStyle(text).color, getComputedStyle(cell).backgroundColor);
      if (ratio < worst) {
        [worst, where] = [ratio, `${cell.closest("table")!.id} ${cell.getAttribute("data-value")}`];
      }
    }
    must(worst >= 4.5, `${worst.toFixed(2)} at ${where}`);
  });
  test("every text stands out, 4.5 to 1", () => {
    const seen = new Set<string>();
    for (const element of every(
      "main :is(p, li, span, small, label, button, th, h2, h3, h4, summary, figcaption, a, code, em)",
    )) {
      const own = [...element.childNodes].some(
        (node) => node.nodeType === 3 && node.nodeValue!.trim() !== "",
      );
      if (!own || element.closest(".map td, .sample, svg") !== null) continue;
      const ratio = contrast(pen, getComputedStyle(element).color, paperBehind(element));
      if (ratio < 4.5) seen.add(`${element.tagName} .${element.className} ${ratio.toFixed(2)}`);
    }
    must(seen.size === 0, [...seen].slice(0, 4).join("; "));
  });
  test("the densest cell of a map has the full colour", () => {
    const shares = every("#compare-map td[role]").map((cell) =>
      Number((cell as HTMLElement).style.getPropertyValue("--w")),
    );
    must(Math.max(...shares) === 1 && Math.min(...shares) >= 0, `${Math.max(...shares)}`);
  });
  test("own text: typed words become the rows of every map of words", () => {
    hands.slide("text", "猫が鳥を見た");
    const byWord = hands.count("#multi-head-map tbody tr");
    must(byWord >= 4, `${hands.count("#multi-head-map tbody tr")} rows`);
    hands.click('#cut [data-value="letter"]');
    must(hands.count("#multi-head-map tbody tr") === 6, `${hands.count("#multi-head-map tbody tr")} letters`);
    hands.click('#cut [data-value="word"]');
    must(hands.count("#multi-head-map tbody tr") === byWord, "still cut by letter");
  });
  test("angle brackets stay text: letters joined to a tag make no element", () => {
    hands.click('#cut [data-value="letter"]');
    hands.slide("text", "<b>x");
    hands.click('#words [data-value="0"]');
    hands.click('#words [data-value="1"]');
    const words = hands.texts("#multi-head-map tbody th");
    must(words[0] === "<b>", words.join(" "));
    // the word that is a tag in an element that is made anew
    const { shared } = now();
    update({ ...now(), shared: { ...shared, text: "x", joins: [] } });
    update({ ...now(), shared: { ...shared, text: "x<b>", joins: [1, 2] } });
    must(hands.texts("#multi-head-map tbody th")[1] === "<b>", hands.texts("#multi-head-map tbody th").join(" "));
    hands.slide("text", "<img src=x onerror=alert(1)> & co");
    must(every("main img, main th b, .top img").length === 0, "an element was made");
  });
  test("a text without words breaks nothing", () => {
    hands.slide("text", " ");
    must(hands.count("#multi-head-map tbody tr") === 1, `${hands.count("#multi-head-map tbody tr")} rows`);
  });
  testWords({ hands, test, must, update, begun, now });
  update(begun);
  test("the seed moves every map of words", () => {
    const before = hands.texts("#multi-head-map td[role] i").join();
    hands.slide("seed", 3);
    must(hands.texts("#multi-head-map td[role] i").join() !== before, "nothing moved");
  });
  test("a step of a slider touches its own scene alone", () => {
    const touched = new MutationObserver(() => {});
    touched.observe(document, { subtree: true, attributes: true, childList: true, characterData: true });
    hands.slide("heads", 1);
    const records = touched.takeRecords();
    touched.disconnect();
    const outside = records.filter(({ target }) => !one("#multi-head").contains(target));
    must(records.length > 100 && outside.length === 0, outside.map(({ target }) => target.nodeName).join(" "));
    update(begun);
  });
  test("the other language is complete and marked, and the text follows", () => {
    update(begun);
    hands.click("#language");
    const other = begun.shared.lang === "en" ? "ja" : "en";
    must(document.documentElement.lang === other, document.documentElement.lang);
    for (const { id, title } of scenes) must(hands.text(`#${id} h2`).includes(title[other]), id);
    must(now().shared.text !== begun.shared.text, "the sentence stayed");
    update(begun);
  });
  test("a fragment gives the state back", () => {
    hands.slide("heads", 3);
    hands.slide("window-radius", 1);
    hands.click('#multi-head-map td[data-value="1.2"]');
    const fragment = writeState(now(), scenes);
    must(JSON.stringify(readState(fragment, "en", scenes)) === JSON.stringify(now()), fragment);
    must(fragment.includes("multi-head.heads=8"), fragment);
    update(begun);
  });
  test("a figure is given as a file", () => {
    hands.click('#multi-head .big [data-take="SVG"]');
    must(
      /^multi-head\.svg \d{4,}/.test(document.documentElement.getAttribute("data-saved") ?? ""),
      "not saved",
    );
    hands.click('#multi-head .big [data-take="CSV"]');
    must(
      /^multi-head\.csv \d{3,}/.test(document.documentElement.getAttribute("data-saved") ?? ""),
      "not saved",
    );
    hands.click("#multi-head .copy");
    must(
      /^multi-head-attention\.ts \d{4,}/.test(document.documentElement.getAttribute("data-saved") ?? ""),
      "not saved",
    );
  });
  test("the page is not wider than the window", () => {
    const { scrollWidth, clientWidth } = document.documentElement;
    const out = every("body *").filter((element) => {
      const hidden = element.parentElement!.closest(".scroll, .terms, pre, svg, math") !== null;
      return !hidden && element.getBoundingClientRect().right > clientWidth + 1;
    });
    const names = out
      .slice(-3)
      .map((element) => `${element.tagName}.${element.className} in ${element.closest("section")?.id}`);
    must(scrollWidth <= clientWidth + 1, `${scrollWidth} in ${clientWidth}: ${names.join("; ")}`);
  });
  testAccess({ hands, test, must, update, begun, now });
  test("what is taken along is what is shown: the table's numbers, the picture's, the spec's", () => {
    update(begun);
    const shown = hands.texts("#multi-head-map td[role] i").map(Number);
    hands.click('#multi-head .big [data-take="CSV"]');
    const lines = taken()!.text.trim().split("\n").slice(1);
    const table = lines.flatMap((line) => line.replace(/"[^"]*"/g, "").split(",").slice(1).map(Number));
    const off = table.findIndex((w, e) => Math.abs(100 * w - shown[e]!) > 0.51);
    must(table.length === shown.length && off < 0, `cell ${off}: ${table[off]} for ${shown[off]}`);
    hands.click('#multi-head .big [data-take="SVG"]');
    const numbers = [...taken()!.text.matchAll(/class="number[^"]*">(\d+)</g)].map(([, n]) => Number(n));
    must(numbers.length > shown.length / 2, `${numbers.length} numbers in the picture`);
    must(
      numbers.reduce((sum, n) => sum + n, 0) === shown.reduce((sum, n) => sum + n, 0),
      "the picture has other numbers",
    );
  });
  test("nothing can leave: the page's own policy refuses requests", () => {
    const policy = one<HTMLMetaElement>('meta[http-equiv="Content-Security-Policy"]').content;
    must(policy.startsWith("default-src 'none'") && !/https?:|connect-src/.test(policy), policy);
  });
  testEverywhere({ hands, work: hands.work, test, must, update, begun, now }, scenes, expected);
  test("every control of every scene and of the head is worked by an event", () => {
    worked.see(document.body);
    must(worked.there.size > 300, `${worked.there.size} controls`);
    must(worked.left().length === 0, worked.left().join("; "));
  });
  const time = timeOfStep(hands);
  const pre = document.createElement("pre");
  pre.id = "tap";
  pre.textContent = `TAP version 13\n1..${lines.length}\n${lines.join("\n")}\n# ${time}\n`;
  document.body.append(pre);
}
