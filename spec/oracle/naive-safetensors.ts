import type { Safetensors } from "../../lib/checkpoints/safetensors.ts";

type Header = Record<string, { dtype: string; shape: number[]; data_offsets: number[] }>;

/** A file put together by hand: the length (of the header, unless another is given), the header, the data. */
export function fileOf(
  header: string | readonly number[],
  data: readonly number[] = [],
  length?: bigint,
): Uint8Array {
  const text = typeof header === "string" ? [...new TextEncoder().encode(header)] : header;
  const bytes = Uint8Array.of(...new Array<number>(8).fill(0), ...text, ...data);
  new DataView(bytes.buffer).setBigUint64(0, length ?? BigInt(text.length), true);
  return bytes;
}

const WIDTH: Record<string, number> = {
  F64: 8,
  I64: 8,
  F32: 4,
  I32: 4,
  U32: 4,
  F16: 2,
  BF16: 2,
  I16: 2,
  U16: 2,
  I8: 1,
  U8: 1,
  BOOL: 1,
};

function item(dtype: string, view: DataView, at: number): number {
  if (dtype === "F64") return view.getFloat64(at, true);
  if (dtype === "F32") return view.getFloat32(at, true);
  if (dtype === "I32") return view.getInt32(at, true);
  if (dtype === "U32") return view.getUint32(at, true);
  if (dtype === "I16") return view.getInt16(at, true);
  if (dtype === "U16") return view.getUint16(at, true);
  if (dtype === "I8") return view.getInt8(at);
  if (dtype === "BF16") {
    const half = view.getUint16(at, true);
    const [e, m] = [(half >> 7) & 255, (half & 127) / 128];
    const size = e === 0 ? m * 2 ** -126 : e < 255 ? (1 + m) * 2 ** (e - 127) : m === 0 ? Infinity : NaN;
    return half >= 0x8000 ? -size : size;
  }
  if (dtype === "I64") {
    const exact = view.getBigInt64(at, true);
    if (BigInt.asIntN(54, exact) !== exact || !Number.isSafeInteger(Number(exact))) throw new Error("I64");
    return Number(exact);
  }
  if (dtype === "F16") {
    const half = view.getUint16(at, true);
    const [e, m] = [(half >> 10) & 31, (half & 1023) / 1024];
    const size = e === 0 ? m * 2 ** -14 : e < 31 ? (1 + m) * 2 ** (e - 15) : m === 0 ? Infinity : NaN;
    return half >= 0x8000 ? -size : size;
  }
  const byte = view.getUint8(at);
  if (dtype === "BOOL" && byte > 1) throw new Error("BOOL");
  return byte;
}

/**
 * The plain reading with the platform's own tools: what a file holds, as lists of numbers, or an error of no
 * particular kind. Tensors come in the order of JSON.parse, which moves names like "7" to the front. `plain`
 * says whether the header is written the one way that JSON.stringify writes it, so that JSON.parse can have
 * hidden nothing.
 */
export function naiveRead(bytes: Uint8Array): {
  plain: boolean;
  tensors: [string, string, number[], number[]][];
  metadata: [string, string][];
} {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const start = 8 + Number(view.getBigUint64(0, true));
  if (start > bytes.length || bytes[8] !== 0x7b) throw new Error("header");
  const text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes.subarray(8, start));
  const { __metadata__: metadata = {}, ...header } = JSON.parse(text) as Header & {
    __metadata__?: Record<string, string>;
  };
  const plain = JSON.stringify(JSON.parse(text)) === text.trimEnd();
  if (typeof metadata !== "object" || metadata === null || Array.isArray(metadata)) {
    throw new Error("metadata");
  }
  if (Object.values(metadata).some((x) => typeof x !== "string")) throw new Error("metadata");
  let rest = bytes.length - start;
  const begins = Object.values(header).map(({ data_offsets }) => data_offsets[0]!);
  const ends = Object.values(header).map(({ data_offsets }) => data_offsets[1]!);
  const tensors = Object.entries(header).map(([name, info]): [string, string, number[], number[]] => {
    if (Object.keys(info).sort().join() !== "data_offsets,dtype,shape") throw new Error("fields");
    const { dtype, shape, data_offsets } = info;
    const [begin, end] = data_offsets as [number, number];
    if (!Array.isArray(shape) || !Array.isArray(data_offsets) || data_offsets.length !== 2) {
      throw new Error("kind");
    }
    if (![...shape, begin, end].every((x) => Number.isSafeInteger(x) && x >= 0)) throw new Error("integers");
    const width = Object.hasOwn(WIDTH, dtype) ? WIDTH[dtype]! : NaN;
    const count = shape.reduce((a, b) => a * b, 1);
    if (begin > end || end > bytes.length - start || count * width !== end - begin) throw new Error("size");
    // A partition: every tensor begins at 0 or at some end, the sizes add up, and no two overlap because no
    // two that hold bytes begin together.
    if (begin !== 0 && !ends.includes(begin)) throw new Error("hole");
    if (
      begin < end &&
      begins.some((b, k) => b === begin && ends[k]! > b && Object.keys(header)[k] !== name)
    ) {
      throw new Error("overlap");
    }
    rest -= end - begin;
    return [
      name,
      dtype,
      shape,
      Array.from({ length: count }, (_, k) => item(dtype, view, start + begin + k * width)),
    ];
  });
  if (rest !== 0) throw new Error("rest");
  return { plain, tensors, metadata: Object.entries(metadata) };
}

/** What `readSafetensors` gives, in the form of `naiveRead`. */
export function plainForm({ tensors, metadata }: Safetensors): {
  tensors: [string, string, number[], number[]][];
  metadata: [string, string][];
} {
  const list = [...tensors].map(([name, { dtype, shape, data }]): [string, string, number[], number[]] => [
    name,
    dtype,
    [...shape],
    Array.from(data),
  ]);
  return { tensors: list, metadata: Object.entries(metadata) };
}

/** Runs `action` and gives the bytes of the largest typed array made meanwhile. */
export function largestArray(action: () => void): number {
  const kinds = [
    "Float32Array",
    "Float64Array",
    "Int32Array",
    "Int16Array",
    "Int8Array",
    "Uint8Array",
    "Uint16Array",
    "Uint32Array",
  ] as const;
  const scope = globalThis as unknown as Record<string, unknown>;
  const originals = kinds.map((kind) => scope[kind]);
  let largest = 0;
  kinds.forEach((kind, k) => {
    scope[kind] = new Proxy(originals[k] as Uint8ArrayConstructor, {
      construct(target, given): object {
        const made = Reflect.construct(target, given as unknown[]) as Uint8Array;
        largest = Math.max(largest, made.byteLength);
        return made;
      },
    });
  });
  try {
    action();
  } finally {
    kinds.forEach((kind, k) => (scope[kind] = originals[k]));
  }
  return largest;
}
