/**
 * A map of more words than a table can hold: painted, with one cell above the paint that takes the focus and
 * moves by the arrow keys, its words at the edges, and a lens that shows its neighbours' numbers.
 */
import type { Handler, Mark } from "../mark.ts";
import type { MapLook } from "./map.ts";
import { CANVAS_WORDS, blockOf, densestIn, pooled } from "./pool.ts";
import { html } from "../mark.ts";
import { stepTo } from "./numbers.ts";

/** The kinds of a painting by the class names of a table's cell. */
const KIND_NUMBERS: Readonly<Record<string, number>> = {
  local: 1,
  global: 2,
  random: 3,
  both: 4,
  unseen: 5,
};

function kindNumber(look: string): number {
  for (const name of look.split(" ")) if (KIND_NUMBERS[name] !== undefined) return KIND_NUMBERS[name];
  return 0;
}

/** The sides of a block of a map: 1 × 1 while every cell can be painted. */
export function blockSides(rows: number, cols: number): readonly [number, number] {
  return [blockOf(rows, CANVAS_WORDS), blockOf(cols, CANVAS_WORDS)];
}

/** The painted map. */
export function bigMap(look: MapLook): Mark {
  const { rows, cols, weights, cell, label, say, choose, most, pool = "largest" } = look;
  const sides = blockSides(rows.length, cols.length);
  const [high, wide] = sides;
  const drawn = pooled(weights, sides, pool);
  const [i, j] = cell;
  const depths = drawn.data.map((w, e) => {
    const full = typeof most === "number" ? most : most[Math.floor(e / drawn.cols)]!;
    return Math.min(1, Math.max(0, w / (full || 1)));
  });
  const kinds = Uint8Array.from(drawn.data, (_, e) => {
    if (look.look === undefined) return 0;
    const at = densestIn(weights, sides, [Math.floor(e / drawn.cols), e % drawn.cols]);
    return kindNumber(look.look(...at));
  });
  const touched: Handler = ({ x, y, down, stop }) => {
    if (!down) return;
    stop();
    const at = (share: number, count: number): number =>
      Math.min(count - 1, Math.max(0, Math.floor(share * count)));
    choose(densestIn(weights, sides, [at(y, drawn.rows), at(x, drawn.cols)]));
  };
  const onkeydown: Handler = ({ key, stop }) => {
    const to = stepTo(key, cell, rows.length, cols.length);
    if (to === undefined) return;
    stop();
    choose(to);
  };
  const [r, c] = [Math.floor(i / high), Math.floor(j / wide)];
  const place = {
    "--left": (c / drawn.cols).toFixed(5),
    "--top": (r / drawn.rows).toFixed(5),
    "--wide": (1 / drawn.cols).toFixed(5),
    "--high": (1 / drawn.rows).toFixed(5),
  };
  const over = html("div", {
    role: "gridcell",
    tabindex: 0,
    "data-value": `${i}.${j}`,
    "aria-label": say(i, j),
    "aria-selected": "true",
    "aria-rowindex": i + 1,
    "aria-colindex": j + 1,
    class: "over",
  });
  const plot = html(
    "div",
    {
      class: "paint",
      onpointerdown: touched,
      onpointermove: touched,
      "--rows": drawn.rows,
      "--cols": drawn.cols,
    },
    html("canvas", { paint: { rows: drawn.rows, cols: drawn.cols, depths, kinds }, "aria-hidden": "true" }),
    html("div", { role: "row" }, over),
    html("span", { class: "edge q", "aria-hidden": "true" }, rows[i]!),
  );
  return html(
    "div",
    {
      id: look.id,
      role: "grid",
      class: `painted${look.wrong === true ? " wrong" : ""}`,
      "aria-label": label,
      "aria-rowcount": rows.length,
      "aria-colcount": cols.length,
      onkeydown,
      ...place,
    },
    html("span", { class: "edge k", "aria-hidden": "true" }, cols[j]!),
    plot,
    lens(look),
  );
}

/** Around a cell so many on each side. */
const LENS_REACH = 2;

/** The numbers around the chosen cell, and what is said of it. */
function lens({ rows, cols, weights, cell, say, look }: MapLook): Mark {
  const around = (at: number, count: number): number[] => {
    const side = Math.min(count, 2 * LENS_REACH + 1);
    const start = Math.min(count - side, Math.max(0, at - LENS_REACH));
    return Array.from({ length: side }, (_, n) => start + n);
  };
  const [is, js] = [around(cell[0], rows.length), around(cell[1], cols.length)];
  const number = (i: number, j: number): Mark => {
    const w = weights.data[i * cols.length + j]!;
    const name = `${look?.(i, j) ?? ""}${i === cell[0] && j === cell[1] ? " here" : ""}`;
    return html("td", { class: name.replace("reason", "").trim() }, w === 0 ? "·" : (100 * w).toFixed(1));
  };
  const head = (word: string, on: boolean, kind: string): Mark =>
    html("th", { class: on ? kind : "" }, html("span", {}, word));
  return html(
    "div",
    { class: "lens" },
    html("p", { class: "status", role: "status" }, say(...cell)),
    html(
      "table",
      { "aria-hidden": "true" },
      html("thead", {}, html("tr", {}, html("td", {}), ...js.map((j) => head(cols[j]!, j === cell[1], "k")))),
      html(
        "tbody",
        {},
        ...is.map((i) =>
          html("tr", {}, head(rows[i]!, i === cell[0], "q"), ...js.map((j) => number(i, j))),
        ),
      ),
    ),
  );
}
