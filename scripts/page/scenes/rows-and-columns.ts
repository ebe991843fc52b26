/** Scene: rows and columns. A drawing is read along both axes, and one pixel shows what it has seen. */
import type { Child, Mark } from "../mark.ts";
import type { CombineAxes } from "../../../lib/attention/grid-maps.ts";
import type { Drawing } from "../parts/figure.ts";
import type { GridKind, GridWrong } from "../models/rows-and-columns.ts";
import type { Matrix } from "../../../lib/matrix.ts";
import type { Words } from "../scene.ts";
import { DRAWINGS, GRID_KINDS, GRID_SIDE, gridFeatures } from "../models/rows-and-columns.ts";
import { cellField, listOf, oneOf, scaleField } from "../state.ts";
import { choices, controls, wrongOnPurpose } from "../parts/controls.ts";
import { depths, largest } from "../parts/map.ts";
import { drawnPicture, tableOf, takeAlong } from "../parts/figure.ts";
import { gridModel, inkOf, lineMeans, pictureOfRow } from "../models/rows-and-columns.ts";
import { gridPath } from "../models/rows-and-columns.ts";
import { html, svg } from "../mark.ts";
import { kept } from "../models/kept.ts";
import { mapFigure } from "../parts/map-figure.ts";
import { percentOf } from "../parts/numbers.ts";
import { rowAt } from "../models/multi-head.ts";
import { scene } from "../scene.ts";
import { specText } from "../parts/spec-text.ts";

export const GRID_WORDS = {
  title: { en: "Rows and columns", ja: "行と列" },
  lead: {
    en:
      "A picture of 8 × 8 pixels has 64² = 4,096 pairs. Look along the columns, then along the rows, and " +
      "each pixel needs 8 + 8 of them: 1,024. After both passes every pixel is joined to every other, by " +
      "way of the corner where its row meets the other’s column. Draw, choose a pixel, and see what it " +
      "sees.",
    ja:
      "8 × 8 画素の絵には 64² = 4,096 の対があります。列に沿って見てから行に沿って見れば、一画素につき 8 + 8、全部で 1,024 " +
      "で済みます。両方を通ると、どの画素も、自分の行と相手の列が交わる角を経て、ほかのすべての画素とつ" +
      "ながります。絵を描き、画素を選び、何が見えるかを確かめてください。",
  },
  kind: { en: "mechanism", ja: "機構" },
  axial: { en: "axial", ja: "軸方向" },
  factorised: { en: "factorised, in turn (PLUTO)", ja: "因子化・順番に (PLUTO)" },
  parallel: { en: "factorised, added", ja: "因子化・和" },
  combine: { en: "order", ja: "順序" },
  columnsFirst: { en: "columns, then rows", ja: "列、次に行" },
  rowsFirst: { en: "rows, then columns", ja: "行、次に列" },
  sum: { en: "sum", ja: "和" },
  fixed: {
    en: "The order belongs to axial attention; the other two have theirs fixed.",
    ja: "順序を選べるのは軸方向の注意だけで、ほかの二つは決まっています。",
  },
  pad: { en: "your drawing: press pixels with the pointer", ja: "あなたの絵：ポインターで画素を押す" },
  ink: { en: "ink or erase the chosen pixel", ja: "選んだ画素を塗る・消す" },
  drawings: { en: "drawings", ja: "見本" },
  cross: { en: "cross", ja: "十字" },
  ring: { en: "ring", ja: "輪" },
  corner: { en: "corner", ja: "角" },
  empty: { en: "empty", ja: "空" },
  choose: {
    en: "composed map of pixel ({i}, {j}): choose another",
    ja: "画素 ({i}, {j}) の合成地図：ほかの画素を選ぶ",
  },
  columnPass: { en: "column pass", ja: "列のパス" },
  rowPass: { en: "row pass", ja: "行のパス" },
  composed: { en: "both together", ja: "合わせて" },
  allThree: { en: "all three pictures", ja: "三枚すべて" },
  percent: {
    en: "numbers in percent of all that the chosen pixel takes",
    ja: "数字は、選んだ画素が受け取る全体の中の割合（%）",
  },
  pixel: { en: "pixel ({i}, {j}), {w}", ja: "画素 ({i}, {j})、{w}" },
  row: { en: "row ↓", ja: "行 ↓" },
  column: { en: "column →", ja: "列 →" },
  counts: {
    en: "pixels seen: {c} along the column, {r} along the row, {m} together; the shares sum to {s}",
    ja: "見える画素：列で {c}、行で {r}、合わせて {m}。割合の和は {s}",
  },
  product: {
    en:
      "densest, pixel {p}: the second pass takes {x} from pixel {m}, which has taken {y} from {p} in the " +
      "first. {x} × {y} = {z}",
    ja:
      "最も濃いのは画素 {p}。二つ目のパスで画素 {m} から {x} を受け取り、その画素は一つ目のパスで {p} から {y} を" +
      "受け取っています。{x} × {y} = {z}",
  },
  addition: {
    en: "densest, pixel {p}: {x} down the column and {y} along the row. {x} + {y} = {z}",
    ja: "最も濃いのは画素 {p}。列で {x}、行で {y} を受け取ります。{x} + {y} = {z}",
  },
  wrong: { en: "Wrong on purpose", ja: "わざと間違える" },
  right: { en: "right", ja: "正しい" },
  transpose: { en: "forget the transpose", ja: "転置を忘れる" },
  transposeThen: {
    en:
      "The “column” pass reads on along the rows of memory: shapes are right, but nothing ever leaves its " +
      "row. (Axial attention only.)",
    ja:
      "「列」のつもりで、メモリーの行を読み続けています。形は正しいのに、何も行の外へ出られません。(軸方" +
      "向の注意のみ)",
  },
  trySum: { en: "The sum: only the cross is lit, and it sums to 2", ja: "和：十字だけが光り、和は 2 になる" },
  tryTranspose: { en: "Without the transpose: one row is all there is", ja: "転置なし：見えるのは一行だけ" },
  tryOther: { en: "Rows first: the same pixel, another map", ja: "行が先：同じ画素で、別の地図" },
  ask: {
    en:
      "With “sum”, which pixels of the composed map are exactly 0? And which single pixel is lit by both " +
      "passes?",
    ja: "「和」のとき、合成地図で厳密に 0 の画素はどれですか。両方のパスで光る画素はどれですか。",
  },
  answer: {
    en:
      "All 49 pixels outside the cross of the chosen one’s row and column. Only the chosen pixel itself " +
      "stands in both its row and its column, so it gets a share of each.",
    ja:
      "選んだ画素の行と列がつくる十字の外、49 画素すべてです。行にも列にも属するのは選んだ画素自身だけな" +
      "ので、両方から割合を受け取ります。",
  },
  eq1: { en: "down each column, by itself", ja: "列ごとに、別々に" },
  eq2: { en: "along each row, by itself", ja: "行ごとに、別々に" },
  eq3: {
    en: "the second pass reads what the first has gathered",
    ja: "二つ目のパスは、一つ目が集めたものを読む",
  },
} as const satisfies Words;

export const gridScene = scene({
  id: "grid",
  title: GRID_WORDS.title,
  lead: GRID_WORDS.lead,
  most: 0,
  fields: {
    ink: listOf(DRAWINGS.ring),
    kind: oneOf<GridKind>("axial", GRID_KINDS),
    combine: oneOf<CombineAxes>("columns then rows", ["columns then rows", "rows then columns", "sum"]),
    wrong: oneOf<GridWrong>("right", ["right", "transpose"]),
    scale: scaleField(),
    cell: cellField(),
  },
  sources: [
    { path: "lib/attention/axial-attention.ts", name: "AxialAttention" },
    { path: "lib/attention/grid-maps.ts", name: "gridMaps" },
    { path: "lib/attention/factorized-attention.ts", name: "FactorizedAttention" },
    { path: "lib/attention/parallel-factorized-attention.ts", name: "ParallelFactorizedAttention" },
  ],
  notes: { "1": GRID_WORDS.eq1, "2": GRID_WORDS.eq2, "3": GRID_WORDS.eq3 },
  tries: [
    { say: GRID_WORDS.trySum, settings: { kind: "axial", combine: "sum", wrong: "right" } },
    {
      say: GRID_WORDS.tryTranspose,
      settings: { kind: "axial", combine: "columns then rows", wrong: "transpose" },
    },
    { say: GRID_WORDS.tryOther, settings: { kind: "axial", combine: "rows then columns", wrong: "right" } },
  ],
  question: { ask: GRID_WORDS.ask, answer: GRID_WORDS.answer },
  view(settings, context): readonly Child[] {
    const { say, change, shared, id } = context;
    const side = GRID_SIDE;
    const ink = settings.ink.filter((cell) => cell < side * side);
    const { kind, combine, wrong: mistake } = settings;
    const gridKey = [ink, kind, combine, mistake, shared.seed];
    const model = kept("grid", gridKey, () => gridModel({ ...settings, ink, seed: shared.seed }));
    const [i, j] = settings.cell === undefined ? [2, 3] : settings.cell.map((at) => Math.min(at, side - 1));
    const cell = i! * side + j!;
    const [columns, rows, composed] = [model.columns, model.rows, model.composed].map((map) =>
      pictureOfRow(map, cell),
    );
    const all = Math.max(...[columns!, rows!, composed!].map(largest), 1e-9);
    const inked = new Set(ink);
    const drawn = inkOf(ink);
    const names = Array.from({ length: side }, (_, n) => String(n + 1));
    const lit = ({ data }: Matrix): number => data.filter((w) => w > 0).length;
    const sum = composed!.data.reduce((total, w) => total + w, 0);
    const wrong = settings.kind === "axial" && settings.wrong !== "right";
    const paint = ({ x, y, down }: { x: number; y: number; down: boolean }): void => {
      const at = Math.floor(y * side) * side + Math.floor(x * side);
      if (down && at >= 0 && at < side * side && !inked.has(at))
        change({ ink: [...ink, at].sort((a, b) => a - b) });
    };
    const press = (touch: { x: number; y: number; down: boolean }): void => {
      const at = Math.floor(touch.y * side) * side + Math.floor(touch.x * side);
      if (inked.has(at)) change({ ink: ink.filter((other) => other !== at) });
      else paint(touch);
    };
    const turned = (): void =>
      change({
        ink: inked.has(cell) ? ink.filter((at) => at !== cell) : [...ink, cell].sort((a, b) => a - b),
      });
    const view = `-0.1 -0.1 ${side + 0.2} ${side + 0.2}`;
    const here = svg("rect", { x: j!, y: i!, width: 1, height: 1, class: "chosen" });
    const seenBy = (name: string, map: Matrix): Mark =>
      svg(
        "svg",
        { viewBox: view, class: "seen", role: "img", "aria-label": name },
        svg("rect", { x: 0, y: 0, width: side, height: side, class: "bed" }),
        ...depths(map, settings.scale === "heads" ? all : Math.max(largest(map), 1e-9), 0.94),
        svg(
          "g",
          { class: "inked" },
          ...ink.map((at) =>
            svg("circle", { cx: (at % side) + 0.47, cy: Math.floor(at / side) + 0.47, r: 0.13 }),
          ),
        ),
        here,
      );
    const overlay = (name: string, map: Matrix, number: string): Mark =>
      html("figure", { "data-eq": number }, seenBy(name, map), html("figcaption", {}, name));
    const passes = [
      [say(GRID_WORDS.columnPass), columns!],
      [say(GRID_WORDS.rowPass), rows!],
      [say(GRID_WORDS.composed), composed!],
    ] as const;
    const path = gridPath(model, settings, cell);
    const named = (pixel: number): string => `(${Math.floor(pixel / side) + 1}, ${(pixel % side) + 1})`;
    const pathTold = say(path.between === undefined ? GRID_WORDS.addition : GRID_WORDS.product, {
      p: named(path.from),
      m: named(path.between ?? path.from),
      x: path.second.toFixed(4),
      y: path.first.toFixed(4),
      z: path.share.toFixed(4),
    });
    const passesTaken = (): { picture: Mark; csv: string } => ({
      picture: drawnPicture(
        say(GRID_WORDS.choose, { i: i! + 1, j: j! + 1 }),
        [passes.map(([name, map]): Drawing => ({ kind: "seen", name, mark: seenBy(name, map) }))],
        220,
      ),
      csv: tableOf([
        ["", "", ...names],
        ...passes.flatMap(([name, map]) => names.map((row, r) => [name, row, ...Array.from(rowAt(map, r))])),
      ]),
    });
    const drawing = (Object.keys(DRAWINGS) as (keyof typeof DRAWINGS)[]).find(
      (name) => DRAWINGS[name].join() === ink.join(),
    );
    return [
      controls(
        choices<GridKind>({
          id: "grid-kind",
          label: say(GRID_WORDS.kind),
          value: settings.kind,
          among: GRID_KINDS.map((value) => ({ value, say: say(GRID_WORDS[value]) })),
          change: (kind) => change({ kind }),
        }),
        choices<CombineAxes>({
          id: "grid-combine",
          label: say(GRID_WORDS.combine),
          value: settings.combine,
          among: [
            { value: "columns then rows", say: say(GRID_WORDS.columnsFirst) },
            { value: "rows then columns", say: say(GRID_WORDS.rowsFirst) },
            { value: "sum", say: say(GRID_WORDS.sum) },
          ],
          change: (combine) => change({ combine }),
        }),
      ),
      html("p", { class: "note" }, settings.kind === "axial" ? "" : say(GRID_WORDS.fixed)),
      html(
        "div",
        { class: "desk" },
        html(
          "div",
          { class: "own" },
          svg(
            "svg",
            {
              viewBox: view,
              class: "sheet",
              id: "grid-pad",
              role: "img",
              "aria-label": say(GRID_WORDS.pad),
              onpointerdown: press,
              onpointermove: paint,
            },
            svg("rect", { x: 0, y: 0, width: side, height: side, class: "bed" }),
            ...depths(drawn, 1, 0.94),
            here,
          ),
          html("p", { class: "note" }, say(GRID_WORDS.pad)),
          choices({
            id: "grid-drawing",
            label: say(GRID_WORDS.drawings),
            value: drawing ?? "own",
            among: (Object.keys(DRAWINGS) as (keyof typeof DRAWINGS)[]).map((value) => ({
              value: value as string,
              say: say(GRID_WORDS[value]),
            })),
            change: (name) => change({ ink: DRAWINGS[name as keyof typeof DRAWINGS] }),
          }),
          html(
            "p",
            {},
            html(
              "button",
              { type: "button", id: "grid-ink", "aria-pressed": String(inked.has(cell)), onclick: turned },
              say(GRID_WORDS.ink),
            ),
          ),
        ),
        html(
          "div",
          {},
          html(
            "div",
            { class: "passes", id: "grid-passes" },
            ...passes.map(([name, map], n) => overlay(name, map, ["1", "2", "3 4 5"][n]!)),
          ),
          takeAlong(context, `${id}-passes`, passesTaken),
          html(
            "p",
            { class: "status", id: "grid-counts", role: "status" },
            say(GRID_WORDS.counts, { c: lit(columns!), r: lit(rows!), m: lit(composed!), s: sum.toFixed(4) }),
          ),
          html(
            "p",
            { class: "note", id: "grid-path", "data-eq": "3 4 5", "data-from": path.from },
            settings.wrong === "right" || settings.kind !== "axial" ? pathTold : "",
          ),
          mapFigure(context, {
            id: "grid-map",
            title: say(GRID_WORDS.choose, { i: i! + 1, j: j! + 1 }),
            rows: names,
            cols: names,
            weights: composed!,
            cell: [i!, j!],
            wrong,
            axes: [say(GRID_WORDS.row), say(GRID_WORDS.column)],
            note: say(GRID_WORDS.percent),
            say: (a, b) =>
              say(GRID_WORDS.pixel, { i: a + 1, j: b + 1, w: percentOf(composed!.data[a * side + b]!) }),
            choose: (next) => change({ cell: next }),
            scale: settings.scale,
            rescale: (scale) => change({ scale }),
            among: [columns!, rows!, composed!],
            amongSay: say(GRID_WORDS.allThree),
            alike: 1 / (side * side),
            take: id,
          }),
        ),
      ),
      wrongOnPurpose<GridWrong>({
        id: "grid-wrong",
        label: say(GRID_WORDS.wrong),
        right: "right",
        rightSay: say(GRID_WORDS.right),
        value: settings.wrong,
        mistakes: [
          {
            value: "transpose",
            say: say(GRID_WORDS.transpose),
            then: say(GRID_WORDS.transposeThen),
            pitfall: "W28",
            spec: "spec/field-bugs/factorized.spec.ts",
          },
        ],
        change: (next) => change({ wrong: next }),
      }),
    ];
  },
  spec({ ink, kind, combine, cell }, { shared }): string {
    const side = GRID_SIDE;
    const drawn = ink.filter((at) => at < side * side);
    const { composed } = gridModel({ ink: drawn, kind, combine, wrong: "right", seed: shared.seed });
    const [i, j] = cell === undefined ? [2, 3] : [Math.min(cell[0], side - 1), Math.min(cell[1], side - 1)];
    const X = gridFeatures(drawn);
    const pixel = i * side + j;
    const d = X.cols;
    const random = `randomGenerator(${shared.seed})`;
    const size = `{ rows: ${side}, columns: ${side} }`;
    const ways: Readonly<Record<GridKind, { uses: Readonly<Record<string, string>>; code: readonly string[] }>> = {
      axial: {
        uses: { "axial-attention": "AxialAttention" },
        code: [
          `const widths = { d_model: ${d}, heads: 1, combine: ${JSON.stringify(combine)} } as const;`,
          `const attention = AxialAttention.random(widths, ${random});`,
          `const { composed } = attention.maps(attention.forward(X, ${size}).weights, ${size});`,
        ],
      },
      factorised: {
        uses: { "factorized-attention": "FactorizedAttention" },
        code: [
          `const attention = FactorizedAttention.random({ d_model: ${d}, heads: 1 }, ${random});`,
          "const { composed } = attention.maps(attention.forward(byRow, byColumn).weights);",
        ],
      },
      parallel: {
        uses: {
          heads: "randomHead",
          "kernels/linear": "linear",
          "parallel-factorized-attention": "ParallelFactorizedAttention",
        },
        code: [
          `const random = ${random};`,
          "const axis = () => {",
          `  const { W_Q, W_K, W_V } = randomHead({ d_query: ${d}, d_k: ${d} }, random);`,
          "  return { Q: linear(X, W_Q), K: linear(X, W_K), V: linear(X, W_V) };",
          "};",
          "const attention = new ParallelFactorizedAttention();",
          `const grid = { N_R: ${side}, N_L: ${side} };`,
          "const { weights } = attention.forward({ lateral: axis(), longitudinal: axis(), ...grid });",
          "const { composed } = attention.maps(weights);",
        ],
      },
    };
    const [byRow, byColumn] = lineMeans(X);
    return specText({
      about: `What pixel (${i + 1}, ${j + 1}) of ${side} × ${side} sees`,
      name: kind === "axial" ? `axial, ${combine}` : kind,
      uses: { ...ways[kind].uses, matrix: "randomGenerator" },
      given: kind === "factorised" ? [["byRow", byRow], ["byColumn", byColumn]] : [["X", X]],
      code: ways[kind].code,
      got: `composed.data.slice(${pixel * side * side}, ${(pixel + 1) * side * side})`,
      expected: pictureOfRow(composed, pixel).data,
    });
  },
  trial(hands, test, must, expected) {
    const counts = (): string => (hands.text("#grid-counts").match(/[\d.]+/g) ?? []).slice(0, 4).join(" ");
    const composed = expected["grid.composed"] as Record<string, number[]>;
    /** Compares each number of the map with shares, in percent as it is printed. */
    const mustShow = (wanted: readonly number[], what: string): void => {
      const got = hands.texts("#grid-map td[role] i");
      const bad = wanted.findIndex((w, e) => Math.abs(Number(got[e]) - 100 * w) > 0.51);
      must(got.length === 64 && bad < 0, `${what}, cell ${bad}: ${got[bad]} for ${100 * wanted[bad]!}`);
    };
    test("grid: what pixel (3, 4) sees after both passes is the oracle's", () => {
      mustShow(composed["columns then rows"]!, "in turn");
      must(counts() === "8 8 64 1.0000", counts());
    });
    test("grid: the three pictures are the oracle's passes, as deep as they are drawn, on either scale", () => {
      const [columns, rows] = expected["grid.passes"] as number[][];
      const maps = [columns!, rows!, composed["columns then rows"]!];
      const most = Math.max(...maps.flat());
      for (const scale of ["map", "heads"] as const) {
        hands.click(`#grid-scale [data-value="${scale}"]`);
        maps.forEach((map, n) => {
          const full = scale === "map" ? Math.max(...map) : most;
          const depth = map.map((w) => Math.round((16 * w) / full));
          for (let deep = 1; deep <= 16; deep++) {
            const path = `#grid-passes figure:nth-child(${n + 1}) path.w:nth-of-type(${deep})`;
            const drawn = [...hands.attribute(path, "d").matchAll(/M(\d+) (\d+)/g)].map(([, x, y]) => 8 * +y! + +x!);
            const wanted = depth.flatMap((d, cell) => (d === deep ? [cell] : []));
            must(drawn.join() === wanted.join(), `picture ${n + 1}, ${scale}, depth ${deep}: ${drawn.join()}`);
          }
        });
        const legend = Number(hands.attribute("#grid .legend", "data-most"));
        const wanted = scale === "map" ? Math.max(...maps[2]!) : most;
        must(Math.abs(legend - wanted) < 1e-4, `the legend ends at ${legend}, not ${wanted}`);
      }
      hands.click('#grid-scale [data-value="row"]');
      const row = Math.max(...maps[2]!.slice(16, 24));
      const legend = Number(hands.attribute("#grid .legend", "data-most"));
      must(Math.abs(legend - row) < 1e-4, `the legend ends at ${legend}, not ${row}`);
      hands.click('#grid-scale [data-value="map"]');
    });
    test("grid: the densest share is the product of two that are printed, the oracle's; added, their sum", () => {
      const wanted = expected["grid.path"] as number[];
      const told = (): number[] => (hands.text("#grid-path").match(/\d\.\d{4}/g) ?? []).map(Number).slice(-3);
      const [x, y, z] = told();
      must(Number(hands.attribute("#grid-path", "data-from")) === wanted[0], hands.text("#grid-path"));
      must(Math.abs(x! - wanted[1]!) < 1e-4 && Math.abs(y! - wanted[2]!) < 1e-4, `${x}, ${y}`);
      must(Math.abs(x! * y! - z!) < 2e-4, `${x} × ${y} = ${z}`);
      hands.click('#grid-combine [data-value="sum"]');
      const [down, along, both] = told();
      must(Math.abs(down! + along! - both!) < 2e-4, `${down} + ${along} = ${both}`);
      must(Math.abs(both! - Math.max(...composed["sum"]!)) < 1e-4, `${both}`);
      hands.click('#grid-combine [data-value="columns then rows"]');
    });
    test("grid: rows first and the sum are the oracle's; the answer holds: 49 dark, one pixel lit by both", () => {
      hands.click('#grid-combine [data-value="rows then columns"]');
      mustShow(composed["rows then columns"]!, "rows first");
      hands.click('#grid-combine [data-value="sum"]');
      mustShow(composed["sum"]!, "the sum");
      must(counts() === "8 8 15 2.0000", counts());
      const dark = hands.texts("#grid-map td[role] i").filter((text) => text === "").length;
      must(dark === composed["sum"]!.filter((w) => w === 0).length, `${dark} dark`);
      must(hands.text("#grid .further details p").includes(String(dark)), hands.text("#grid .further details p"));
      const [columns, rows] = expected["grid.passes"] as number[][];
      const lit = columns!.flatMap((w, cell) => (w > 0 && rows![cell]! > 0 ? [cell] : []));
      must(lit.join() === "19", `lit by both: ${lit.join()}`);
      hands.click('#grid-combine [data-value="columns then rows"]');
    });
    test("grid: all three mechanisms are the oracle's, and keep to their lines", () => {
      hands.click('#grid-kind [data-value="factorised"]');
      mustShow(composed["factorised"]!, "factorised");
      must(counts() === "8 8 64 1.0000", counts());
      hands.click('#grid-kind [data-value="parallel"]');
      mustShow(composed["parallel"]!, "parallel");
      must(counts() === "8 8 15 2.0000", counts());
      hands.click('#grid-kind [data-value="axial"]');
    });
    test("grid: without the transpose nothing leaves its row, and the page names the bug", () => {
      hands.click('#grid-wrong [data-value="transpose"]');
      must(counts() === "8 8 8 1.0000", counts());
      mustShow(composed["transpose"]!, "no transpose");
      must(hands.text("#grid .told").includes("W28"), hands.text("#grid .told"));
      hands.click('#grid-wrong [data-value="right"]');
      mustShow(composed["columns then rows"]!, "right again");
    });
    test("grid: each drawing, a pressed pixel and a drawn line are seen as the oracle sees them", () => {
      for (const [name, wanted] of Object.entries(expected["grid.drawings"] as Record<string, number[]>)) {
        hands.click(`#grid-drawing [data-value="${name}"]`);
        mustShow(wanted, name);
      }
      hands.click('#grid-drawing [data-value="empty"]');
      hands.point("#grid-pad", "pointerdown", 0.06, 0.06);
      hands.point("#grid-pad", "pointermove", 0.19, 0.06);
      hands.point("#grid-pad", "pointermove", 0.31, 0.06);
      mustShow(expected["grid.dragged"] as number[], "a drawn line");
      hands.click('#grid-drawing [data-value="ring"]');
    });
    test("grid: a pixel pressed is inked, pressed again erased; the button does the same for the chosen one", () => {
      hands.point("#grid-pad", "pointerdown", 0.06, 0.06);
      mustShow(expected["grid.pressed"] as number[], "pressed");
      hands.point("#grid-pad", "pointerdown", 0.06, 0.06);
      mustShow(composed["columns then rows"]!, "erased");
      hands.click('#grid-map td[data-value="0.6"]');
      hands.focus('#grid-map [tabindex="0"]');
      hands.press("ArrowRight");
      mustShow(expected["grid.other"] as number[], "another pixel");
      hands.click("#grid-ink");
      must(hands.attribute("#grid-ink", "aria-pressed") === "true", "not inked");
      hands.click('#grid-drawing [data-value="ring"]');
      must(hands.attribute("#grid-ink", "aria-pressed") === "false", "the ring holds its corner");
    });
    test("grid: the tables taken along are the oracle's", () => {
      hands.click('#grid-map td[data-value="2.3"]');
      const numbers = (from: number): number[] =>
        hands.taken()!.text.trim().split("\n").slice(1).flatMap((line) => line.split(",").slice(from).map(Number));
      const [columns, rows] = expected["grid.passes"] as number[][];
      hands.click('#grid .big [data-take="CSV"]');
      const off = (got: readonly number[], wanted: readonly number[]): number =>
        got.length === wanted.length ? got.findIndex((w, e) => Math.abs(w - wanted[e]!) > 1e-4) : -2;
      must(off(numbers(1), composed["columns then rows"]!) === -1, "the map");
      hands.click('#grid [data-take="CSV"]');
      must(off(numbers(2), [...columns!, ...rows!, ...composed["columns then rows"]!]) === -1, "the pictures");
    });
  },
});
