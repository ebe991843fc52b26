/**
 * Just enough of the ONNX format to write the graphs that the bench gives to onnxruntime-web: the fields of its
 * protocol buffers that a graph of a few nodes needs, written by hand.
 */

/** An operator with the names of what it reads and of what it makes. Attributes: whole numbers, and lists of them. */
export interface OnnxNode {
  readonly op: string;
  readonly inputs: readonly string[];
  readonly output: string;
  readonly attributes?: Readonly<Record<string, number | readonly number[]>> | undefined;
}

/** A constant of the graph: float32 numbers, or 64-bit whole numbers where `whole` is given. */
export interface OnnxConstant {
  readonly dims: readonly number[];
  readonly floats?: Float32Array | undefined;
  readonly whole?: readonly number[] | undefined;
}

export interface OnnxGraph {
  readonly nodes: readonly OnnxNode[];
  readonly inputs: Readonly<Record<string, readonly number[]>>;
  readonly constants?: Readonly<Record<string, OnnxConstant>> | undefined;
  readonly output: string;
  readonly shape: readonly number[];
}

const FLOAT = 1;
const INT64 = 7;

function varint(n: number): number[] {
  const bytes: number[] = [];
  for (; n >= 128; n = Math.floor(n / 128)) bytes.push((n % 128) + 128);
  return [...bytes, n];
}

const int = (field: number, n: number): Buffer => Buffer.from([...varint(field * 8), ...varint(n)]);
const bytes = (field: number, content: Uint8Array): Buffer =>
  Buffer.concat([Buffer.from([...varint(field * 8 + 2), ...varint(content.length)]), content]);
const text = (field: number, s: string): Buffer => bytes(field, Buffer.from(s));
const message = (field: number, ...parts: Uint8Array[]): Buffer => bytes(field, Buffer.concat(parts));

function nodeOf({ op, inputs, output, attributes = {} }: OnnxNode): Buffer {
  const listed = Object.entries(attributes).map(([name, value]) =>
    typeof value === "number"
      ? message(5, text(1, name), int(3, value), int(20, 2))
      : message(5, text(1, name), ...value.map((n) => int(8, n)), int(20, 7)),
  );
  return message(1, ...inputs.map((name) => text(1, name)), text(2, output), text(4, op), ...listed);
}

function constantOf([name, { dims, floats, whole }]: [string, OnnxConstant]): Buffer {
  const raw = floats ?? BigInt64Array.from(whole!, BigInt);
  const data = new Uint8Array(raw.buffer, raw.byteOffset, raw.byteLength);
  const sizes = dims.map((n) => int(1, n));
  return message(5, ...sizes, int(2, floats === undefined ? INT64 : FLOAT), text(8, name), bytes(9, data));
}

function valueOf(field: number, name: string, dims: readonly number[]): Buffer {
  const shape = message(2, ...dims.map((n) => message(1, int(1, n))));
  return message(field, text(1, name), message(2, message(1, int(1, FLOAT), shape)));
}

/** The bytes of a model of this graph: version 8 of the format, operators of set 17. */
export function onnxModel({ nodes, inputs, constants = {}, output, shape }: OnnxGraph): Uint8Array {
  const graph = message(
    7,
    ...nodes.map(nodeOf),
    text(2, "bench"),
    ...Object.entries(constants).map(constantOf),
    ...Object.entries(inputs).map(([name, dims]) => valueOf(11, name, dims)),
    valueOf(12, output, shape),
  );
  return Buffer.concat([int(1, 8), graph, message(8, text(1, ""), int(2, 17))]);
}
