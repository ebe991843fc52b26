/**
 * Writes down, to the bit, everything that a module gives back while its spec runs, so that the same spec on
 * two modules can be compared.
 */

import { writeFileSync } from "node:fs";

/** One line for each result: what was called, and a digest of what came back. */
export type Trace = string[];

/** How many results one file gave, and the first in which its copy differs, if there is one. */
export interface Compared {
  readonly path: string;
  readonly results: number;
  readonly difference: readonly [string, string] | null;
}

const traces = new Map<string, { readonly lib: Trace; readonly copy: Trace }>();

/**
 * The trace of one side of a file. When the process ends, all are compared, and the outcome is written where
 * the variable TRACES of the environment says.
 */
export function traceOf(path: string, side: "lib" | "copy"): Trace {
  const place = process.env["TRACES"];
  if (traces.size === 0 && place !== undefined) {
    process.on("exit", () => writeFileSync(place, JSON.stringify([...traces].map(compared))));
  }
  const both = traces.get(path) ?? { lib: [], copy: [] };
  traces.set(path, both);
  return both[side];
}

function compared([path, { lib, copy }]: [string, { readonly lib: Trace; readonly copy: Trace }]): Compared {
  const n = lib.findIndex((line, e) => line !== copy[e]);
  const at = n >= 0 ? n : lib.length;
  const same = n < 0 && lib.length === copy.length;
  const difference = same ? null : ([lib[at] ?? "nothing more", copy[at] ?? "nothing more"] as const);
  return { path, results: lib.length, difference };
}

const scratch = new DataView(new ArrayBuffer(8));

/**
 * A 53-bit digest of any value: numbers and arrays by their bits, records by their fields, functions not at
 * all. One NaN is as good as another: its sign is the engine's, and changes between runs. A field that is
 * computed when it is asked for is not asked for.
 */
export function digest(value: unknown): string {
  let high = 0xdeadbeef | 0;
  let low = 0x41c6ce57 | 0;
  const word = (x: number): void => {
    high = Math.imul(high ^ x, 2654435761);
    low = Math.imul(low ^ x, 1597334677) + (high >>> 16);
  };
  const text = (s: string): void => {
    word(s.length);
    for (let e = 0; e < s.length; e++) word(s.charCodeAt(e));
  };
  const visit = (x: unknown): void => {
    if (typeof x === "number") {
      scratch.setFloat64(0, Number.isNaN(x) ? NaN : x);
      word(scratch.getInt32(0));
      word(scratch.getInt32(4));
    } else if (x instanceof Float32Array || x instanceof Float64Array) {
      text(Object.prototype.toString.call(x));
      word(x.length);
      x.forEach(visit);
    } else if (ArrayBuffer.isView(x)) {
      text(Object.prototype.toString.call(x));
      const bytes = new Uint8Array(x.buffer, x.byteOffset, x.byteLength);
      word(bytes.length);
      for (let e = 0; e < bytes.length; e++) word(bytes[e]!);
    } else if (x instanceof Map || x instanceof Set || Array.isArray(x)) {
      const items = [...x];
      word(items.length);
      items.forEach(visit);
    } else if (typeof x === "object" && x !== null) {
      const fields = fieldsOf(x);
      word(fields.length);
      for (const [name, field] of fields) {
        text(name);
        visit(field);
      }
    } else {
      text(typeof x === "function" ? "function" : String(x));
    }
  };
  visit(value);
  return (4294967296 * (2097151 & low) + (high >>> 0)).toString(36);
}

/** The fields of a record. In the place of one that is computed when it is asked for stands its getter. */
function fieldsOf(record: object): [string, unknown][] {
  return Object.keys(record).map((name) => {
    const { get, value } = Object.getOwnPropertyDescriptor(record, name)!;
    return [name, get ?? value];
  });
}

type Callable = (this: unknown, ...args: unknown[]) => unknown;

/** Whether a value stands in a field of a record. */
function holds(record: unknown, value: unknown): boolean {
  if (typeof record !== "object" || record === null || ArrayBuffer.isView(record)) return false;
  return fieldsOf(record).some(([, field]) => field === value);
}

/**
 * The exports of a module, each function and method of which writes its results into the trace: errors too,
 * and what returned functions return.
 */
export function recorded(module: Record<string, unknown>, trace: Trace): Record<string, unknown> {
  const listening = (label: string, args: readonly unknown[], call: () => unknown): unknown => {
    try {
      const result = call();
      trace.push(`${label} ${digest(result)}`);
      const given = args.some((arg) => arg === result || holds(arg, result));
      return typeof result === "function" && !given ? wrapped(`${label}(…)`, result as Callable) : result;
    } catch (error) {
      const thrown = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
      trace.push(`${label} throws ${thrown}`);
      throw error;
    }
  };
  const wrapped = (label: string, f: Callable): Callable =>
    function (...args) {
      return listening(label, args, () => f.apply(this, args));
    };
  const methods = (label: string, holder: object): void => {
    for (const [name, { value, writable }] of Object.entries(Object.getOwnPropertyDescriptors(holder))) {
      if (typeof value === "function" && writable && name !== "constructor") {
        Object.defineProperty(holder, name, { value: wrapped(`${label}.${name}`, value as Callable) });
      }
    }
  };
  const entries = Object.entries(module).map(([name, value]): [string, unknown] => {
    if (typeof value !== "function") {
      trace.push(`${name} ${digest(value)}`);
      return [name, value];
    }
    if (!/^class\b/.test(String(value))) return [name, wrapped(name, value as Callable)];
    methods(name, value);
    methods(name, (value as { prototype: object }).prototype);
    return [
      name,
      new Proxy(value, {
        construct: (target, args: unknown[], as) =>
          listening(`new ${name}`, args, () => Reflect.construct(target, args, as)) as object,
      }),
    ];
  });
  return Object.fromEntries(entries);
}
