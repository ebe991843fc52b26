/** The page in a browser: state in the fragment, views patched into sections, files saved. */
import type { Atlas } from "./models/all.ts";
import type { Child, Mark, Photo } from "./mark.ts";
import type { Given, Outside } from "./context.ts";
import type { SourcePlace, Shown, Taken } from "./scene.ts";
import type { Shared, State } from "./state.ts";
import { PAGE_WORDS, sceneFrame, topView } from "./frame.ts";
import { SCENES } from "./scenes.ts";
import { TEXTS, readState, writeState } from "./state.ts";
import { contextOf, givenOf, joinsKept, phraseIn } from "./context.ts";
import { paintAgain, paintNow } from "./paint.ts";
import { patch } from "./patch.ts";
import { stepTo } from "./parts/numbers.ts";
import { bytesOfText, unpacked } from "./packed.ts";
import { selfTest } from "./self-test.ts";

/** What the build puts into the page beside the script. */
interface Built {
  /** What is shown of each place, by "path#name". */
  readonly shown: Readonly<Record<string, Shown>>;
  /** Declarations, each once, and the copy of each path as their numbers. */
  readonly parts: readonly string[];
  readonly copies: Readonly<Record<string, { readonly head: string; readonly parts: readonly number[] }>>;
}

/** A part of the page that is drawn again when what it shows has changed. */
interface Region {
  readonly element: HTMLElement;
  readonly view: () => readonly Child[];
  was: readonly (Mark | string)[];
  stale: boolean;
  near: boolean;
}

/** Starts the page in the document that holds this script; the atlas stands behind it in the same script. */
export function startPage(atlas: Atlas): void {
  const testing = location.hash.startsWith("#selftest");
  const preferred = navigator.language.startsWith("ja") ? "ja" : "en";
  const built = JSON.parse(unpacked(document.getElementById("built")!.textContent!)) as Built;
  const bytes = new Map<string, Uint8Array>();
  const regions: Region[] = [];
  let state: State = readState(
    testing ? location.hash.replace("#selftest", "") : location.hash,
    testing ? "en" : preferred,
    SCENES,
  );
  let given: Given = givenOf(state.shared);
  let waiting = false;
  let resting = 0;
  let taken: Taken | undefined;

  const outside: Outside = {
    change: (id, next) =>
      update({ ...state, scenes: { ...state.scenes, [id]: { ...state.scenes[id], ...next } } }),
    share: (next) => update({ ...state, shared: sharedWith(state.shared, next) }),
    save: (file) => {
      taken = file;
      save(file);
    },
    shown: (place) => shownAt(built, place),
    copy: ({ path }) =>
      `${built.copies[path]!.head}\n${built.copies[path]!.parts.map((n) => built.parts[n]).join("\n\n")}\n`,
    data: (name) => {
      const known = bytes.get(name) ?? bytesOf(name);
      bytes.set(name, known);
      return known;
    },
    atlas,
  };

  /** Takes a state, and draws what differs in it with the next frame. */
  const update = (next: State): void => {
    const shared = sameAs(next.shared, state.shared) ? state.shared : next.shared;
    const moved = shared !== state.shared;
    if (moved) given = givenOf(shared);
    for (const region of regions) {
      const { id } = region.element;
      if (moved || !sameAs(next.scenes[id], state.scenes[id])) region.stale = true;
    }
    state = { ...next, shared };
    if (testing) draw();
    else if (!waiting) {
      waiting = true;
      requestAnimationFrame(draw);
    }
  };
  const draw = (): void => {
    waiting = false;
    const { lang } = state.shared;
    // only where it differs: each time it is set, every element of the page gets its style anew
    if (document.documentElement.lang !== lang) document.documentElement.lang = lang;
    const title = `${phraseIn(lang, PAGE_WORDS.title)} · attention-by-hand`;
    if (document.title !== title) document.title = title;
    // not by its heading, which a screen reader does not find while the scene is far and skipped
    for (const scene of SCENES) {
      const section = document.getElementById(scene.id)!;
      const name = phraseIn(lang, scene.title);
      if (section.getAttribute("aria-label") !== name) section.setAttribute("aria-label", name);
    }
    for (const region of regions) if (region.stale && (region.near || testing)) drawRegion(region);
    const { activeElement } = document;
    if (
      activeElement?.getAttribute("role") === "gridcell" &&
      activeElement.getAttribute("tabindex") === "-1"
    ) {
      activeElement.closest("[role=grid]")!.querySelector<HTMLElement>('[tabindex="0"]')!.focus();
    }
    if (!testing) addressSoon();
  };
  /** Writes the address once the reader rests: it is dear, and a browser refuses too many of them. */
  const addressSoon = (): void => {
    clearTimeout(resting);
    resting = setTimeout(() => history.replaceState(null, "", writeState(state, SCENES)), 250);
  };
  const addRegion = (element: HTMLElement, view: () => readonly Child[]): void => {
    regions.push({ element, view, was: [], stale: true, near: true });
  };

  const top = document.createElement("header");
  top.className = "top";
  const main = document.createElement("main");
  document.body.append(top, main);
  addRegion(top, () =>
    topView(contextOf("top", state, given, SCENES, outside), SCENES, given),
  );
  SCENES.forEach((scene, n) => {
    const section = document.createElement("section");
    section.id = scene.id;
    section.className = "scene";
    main.append(section);
    addRegion(section, () =>
      sceneFrame(scene, n + 1, state.scenes[scene.id]!, contextOf(scene.id, state, given, SCENES, outside)),
    );
  });
  const goTo = (fragment: string): void => {
    const id = new URLSearchParams(fragment.slice(1)).get("go");
    if (id !== null) document.getElementById(id)?.scrollIntoView({ behavior: "instant" });
  };
  const opened = location.hash;
  draw();
  if (!testing) goTo(opened);
  listenToPage((id) => document.getElementById(id)?.scrollIntoView());
  // the address of something to try holds what other scenes were when it was drawn: it is made anew
  document.addEventListener("click", (event) => {
    const link = (event.target as Element).closest<HTMLAnchorElement>("a[data-try]");
    const scene = SCENES.find(({ id }) => id === link?.closest("section")!.id);
    if (link === null || scene === undefined) return;
    const { settings, shared } = scene.tries[Number(link.dataset["try"])]!;
    link.href = contextOf(scene.id, state, given, SCENES, outside).link(settings, shared);
  });
  addEventListener("hashchange", () => {
    const { hash } = location;
    update(readState(hash, preferred, SCENES));
    if (!testing) goTo(hash);
  });
  if (testing) {
    selfTest(
      SCENES,
      (next) => update(next),
      () => state,
      () => taken,
    );
    return;
  }
  drawNearOnly(regions);
  for (const query of ["(prefers-color-scheme: dark)", "(forced-colors: active)"])
    matchMedia(query).addEventListener("change", paintAgain);
}

/**
 * A change of language changes the sentence too, unless it is the reader's own; of a changed sentence the
 * seams stay joined as far as its beginning is the same.
 */
function sharedWith(shared: Shared, next: Partial<Shared>): Shared {
  const own = shared.text !== TEXTS[shared.lang];
  const text = next.lang !== undefined && !own ? TEXTS[next.lang] : shared.text;
  const changed = { ...shared, text, ...next };
  return next.joins === undefined ? { ...changed, joins: joinsKept(shared, changed) } : changed;
}

/** Whether two settings say the same. */
function sameAs(a: unknown, b: unknown): boolean {
  return a === b || JSON.stringify(a) === JSON.stringify(b);
}

function drawRegion(region: Region): void {
  const is = region.view().filter((child): child is Mark | string => child !== null);
  patch(region.element, region.was, is);
  paintNow();
  region.was = is;
  region.stale = false;
}

/** What is far from the window waits until it comes near, or until the page is printed. */
function drawNearOnly(regions: readonly Region[]): void {
  const watch = new IntersectionObserver(
    (entries) => {
      for (const { target, isIntersecting } of entries) {
        const region = regions.find(({ element }) => element === target)!;
        region.near = isIntersecting;
        // it has been laid out once: while it is far it keeps this size, and costs nothing
        target.classList.add("laid");
        if (isIntersecting && region.stale) drawRegion(region);
      }
    },
    { rootMargin: "800px" },
  );
  for (const { element } of regions) watch.observe(element);
  addEventListener("beforeprint", () => {
    for (const region of regions) if (region.stale) drawRegion(region);
  });
}

function shownAt({ shown }: Built, { path, name }: SourcePlace): Shown {
  return shown[`${path}#${name}`]!;
}

/** Lights what bears the same number, and leads to scenes without losing the state in the address. */
function listenToPage(go: (id: string) => void): void {
  const light = (event: Event): void => {
    const from =
      event.type === "pointerout" || event.type === "focusout"
        ? null
        : (event.target as Element).closest("[data-eq]");
    const section = (event.target as Element).closest("section");
    const numbers = from?.getAttribute("data-eq")!.split(" ") ?? [];
    for (const element of section?.querySelectorAll("[data-eq]") ?? []) {
      const own = element.getAttribute("data-eq")!.split(" ");
      element.toggleAttribute(
        "data-lit",
        own.some((number) => numbers.includes(number)),
      );
    }
  };
  for (const type of ["pointerover", "pointerout", "focusin", "focusout"])
    document.addEventListener(type, light);
  listenToSeams();
  listenToPhotos();
  document.addEventListener("click", (event) => {
    const id = (event.target as Element).closest("[data-go]")?.getAttribute("data-go");
    if (id === null || id === undefined) return;
    event.preventDefault();
    go(id);
  });
}

/**
 * Within an element marked `data-photo` a picture can be chosen, dropped or pasted; it hears of it by a "photo". The
 * file is read here and goes nowhere.
 */
function listenToPhotos(): void {
  const take = (event: Event, files: FileList | undefined | null): void => {
    const element = (event.target as Element).closest?.("[data-photo]");
    const file = files?.[0];
    if (element === null || element === undefined || file === undefined) return;
    event.preventDefault();
    void photoIn(file).then((detail) => element.dispatchEvent(new CustomEvent("photo", { detail })));
  };
  document.addEventListener("change", (event) => {
    const input = event.target as HTMLInputElement;
    if (input.type !== "file") return;
    take(event, input.files);
  });
  document.addEventListener("click", ({ target }) => {
    // so that the same file can be chosen again
    if (target instanceof HTMLInputElement && target.type === "file") target.value = "";
  });
  document.addEventListener("dragover", (event) => {
    if ((event.target as Element).closest("[data-photo]") !== null) event.preventDefault();
  });
  document.addEventListener("drop", (event) => take(event, event.dataTransfer?.files));
  document.addEventListener("paste", (event) => take(event, event.clipboardData?.files));
}

/** The longer side of a picture as it is read. */
const PHOTO_SIDE = 448;

/** The greys of a picture file: (299 R + 587 G + 114 B) / 1000, on white. */
async function photoIn(file: File): Promise<Photo> {
  if (!/^image\/(?:png|jpeg|webp|gif|bmp|avif)$/.test(file.type)) return { refused: "kind" };
  try {
    const image = await createImageBitmap(file);
    const shrunk = Math.min(1, PHOTO_SIDE / Math.max(image.width, image.height));
    const [width, height] = [image.width, image.height].map((side) => Math.max(1, Math.round(shrunk * side)));
    const canvas = document.createElement("canvas");
    canvas.width = width!;
    canvas.height = height!;
    const pen = canvas.getContext("2d", { willReadFrequently: true })!;
    pen.fillStyle = "#fff";
    pen.fillRect(0, 0, width!, height!);
    pen.drawImage(image, 0, 0, width!, height!);
    const { data } = pen.getImageData(0, 0, width!, height!);
    const greys = Float32Array.from(
      { length: width! * height! },
      (_, at) => (299 * data[4 * at]! + 587 * data[4 * at + 1]! + 114 * data[4 * at + 2]!) / 255_000,
    );
    return { width: width!, height: height!, greys };
  } catch {
    return { refused: "broken" };
  }
}

/** In a row of buttons with one tab stop the arrow keys lead from one to the next. */
function listenToSeams(): void {
  const buttonsOf = (target: EventTarget | null): HTMLElement[] => [
    ...((target as Element).closest("[data-roving]")?.querySelectorAll("button") ?? []),
  ];
  const stopAt = (buttons: readonly HTMLElement[], stop: EventTarget | null): void => {
    for (const button of buttons) button.tabIndex = button === stop ? 0 : -1;
  };
  document.addEventListener("focusin", ({ target }) => stopAt(buttonsOf(target), target));
  document.addEventListener("keydown", (event) => {
    const buttons = buttonsOf(event.target);
    const at = buttons.indexOf(event.target as HTMLElement);
    const to = stepTo(event.key, [0, at], 1, buttons.length);
    if (at < 0 || to === undefined || /^Page|Up$|Down$/.test(event.key)) return;
    event.preventDefault();
    stopAt(buttons, buttons[to[1]]!); // a window in the background tells of no focus
    buttons[to[1]]!.focus();
  });
}

function bytesOf(id: string): Uint8Array {
  return bytesOfText(document.getElementById(id)!.textContent!);
}

/** Gives the reader a file; a PNG is drawn from its SVG at twice the size. */
function save({ name, type, text }: Taken): void {
  if (type !== "image/png") {
    giveFile(name, new Blob([text], { type: `${type};charset=utf-8` }));
    return;
  }
  const image = new Image();
  image.onload = () => {
    const canvas = document.createElement("canvas");
    canvas.width = 2 * image.naturalWidth;
    canvas.height = 2 * image.naturalHeight;
    canvas.getContext("2d")!.drawImage(image, 0, 0, canvas.width, canvas.height);
    canvas.toBlob((blob) => {
      if (blob !== null) giveFile(name, blob);
    });
  };
  image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(text)}`;
}

function giveFile(name: string, blob: Blob): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  document.documentElement.setAttribute("data-saved", `${name} ${blob.size}`);
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}
