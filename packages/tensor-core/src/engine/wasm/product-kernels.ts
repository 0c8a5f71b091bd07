import {
  constant,
  copyFloat,
  get,
  less,
  load,
  loadSplat,
  moduleBytes,
  mulAdd,
  plus,
  repeat,
  set,
  shuffle,
  store,
  times,
  when,
  zeroVector,
} from "./assembler.ts";
import type { Assembled, Code } from "./assembler.ts";
import type { Wasm } from "./backend.ts";

/** Rows of a tile, and columns of one vector of it. */
export const ROWS = 4;

/**
 * `c ← a b`, or `c ← c + a b` where `add` is 1, for one panel of `b` and `count` panels of `a`, tile by tile in registers.
 *
 * A panel of `a` is `[depth, 4]`, that of `b` `[depth, columns]`, both packed; `c` has `count · 4` rows, `stride` bytes apart.
 */
function tiles(columns: number, fused: boolean): Assembled {
  const [a, b, c, stride, depth, count, add, column, end, row] = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9];
  const vectors = columns / ROWS;
  const sum = (i: number, j: number): number => 10 + i * vectors + j;
  const right = (j: number): number => 10 + ROWS * vectors + j;
  const left = right(vectors);
  const each = (piece: (i: number, j: number) => Code): Code[] =>
    Array.from({ length: ROWS }, (_, i) => Array.from({ length: vectors }, (_unused, j) => piece(i, j)));
  const rowByRow = (piece: (i: number, j: number) => Code): Code => [
    set(row, get(c)),
    each(piece).map((pieces) => [pieces, set(row, plus(get(row), get(stride)))]),
  ];
  const multiply: Code = [
    Array.from({ length: vectors }, (_, j) => set(right(j), load(get(column), 16 * j))),
    each((i, j) => set(sum(i, j), mulAdd(get(left), get(right(j)), get(sum(i, j)), fused))).map((pieces, i) => [set(left, loadSplat(get(a), 4 * i)), pieces]),
    set(a, plus(get(a), constant(4 * ROWS))),
    set(column, plus(get(column), constant(4 * columns))),
  ];
  const tile: Code = [
    when(
      get(add),
      rowByRow((i, j) => set(sum(i, j), load(get(row), 16 * j))),
      each((i, j) => set(sum(i, j), zeroVector)),
    ),
    set(column, get(b)),
    repeat(multiply, less(get(column), get(end))),
    rowByRow((i, j) => store(get(row), get(sum(i, j)), 16 * j)),
    set(c, get(row)),
    set(count, plus(get(count), constant(-1))),
  ];
  return {
    name: `tiles${columns}`,
    parameters: 7,
    integers: 3,
    vectors: ROWS * vectors + vectors + 1,
    body: [set(end, plus(get(b), times(get(depth), constant(4 * columns)))), repeat(tile, get(count))],
  };
}

/** Four columns of a matrix of `depth` rows, `from` bytes apart, packed `to` bytes apart. */
function packed(): Assembled {
  const [source, from, out, to, depth] = [0, 1, 2, 3, 4];
  const line: Code = [
    store(get(out), load(get(source))),
    set(source, plus(get(source), get(from))),
    set(out, plus(get(out), get(to))),
    set(depth, plus(get(depth), constant(-1))),
  ];
  return { name: "packed", parameters: 5, body: repeat(line, get(depth)) };
}

/** Four rows of a matrix of `depth` columns, `from` bytes apart, transposed and packed `to` bytes apart. */
function packedTransposed(): Assembled {
  const [source, from, out, to, depth, row] = [0, 1, 2, 3, 4, 5];
  const at = (i: number): number => 6 + i;
  const step = (columns: number): Code => [set(source, plus(get(source), constant(4 * columns))), set(depth, plus(get(depth), constant(-columns)))];
  const rows = (piece: (i: number) => Code): Code => [
    set(row, get(source)),
    [0, 1, 2, 3].map((i) => [piece(i), i < 3 ? set(row, plus(get(row), get(from))) : []]),
  ];
  const next = set(out, plus(get(out), get(to)));
  const line = (pair: number, lanes: readonly number[]): Code => [store(get(out), shuffle(get(at(4 + pair)), get(at(6 + pair)), lanes)), next];
  const four: Code = [
    rows((i) => set(at(i), load(get(row)))),
    // Pairs of rows interleaved: 4 and 5 hold the first and the last two columns of rows 0 and 1, 6 and 7 those of rows 2 and 3.
    [0, 2].map((i) => [set(at(4 + i), shuffle(get(at(i)), get(at(i + 1)), [0, 4, 1, 5])), set(at(5 + i), shuffle(get(at(i)), get(at(i + 1)), [2, 6, 3, 7]))]),
    [0, 1].map((pair) => [line(pair, [0, 1, 4, 5]), line(pair, [2, 3, 6, 7])]),
    step(4),
  ];
  const one: Code = [rows((i) => copyFloat(get(out), get(row), 4 * i)), next, step(1)];
  const many = less(constant(3), get(depth));
  return {
    name: "packedTransposed",
    parameters: 5,
    integers: 1,
    vectors: 8,
    body: [when(many, repeat(four, many)), when(get(depth), repeat(one, get(depth)))],
  };
}

type Pack = (source: number, from: number, out: number, to: number, depth: number) => void;
type Tiles = (a: number, b: number, c: number, stride: number, depth: number, count: number, add: number) => void;

/** The pieces of a product of matrices, on the memory of the engine. Addresses and strides are in bytes, sizes in numbers. */
export interface ProductKernels {
  readonly memory: WebAssembly.Memory;
  readonly packed: Pack;
  readonly packedTransposed: Pack;
  readonly tiles4: Tiles;
  readonly tiles8: Tiles;
}

const known = new WeakMap<Wasm, ProductKernels | "none">();

/**
 * The kernels on the engine's memory, with fused multiplication where the machine has it.
 *
 * @returns undefined where the machine has no vectors, or where threads share the memory: the engine's own product uses them all
 */
export function productKernels(wasm: Wasm): ProductKernels | undefined {
  let kernels = known.get(wasm);
  if (kernels === undefined) known.set(wasm, (kernels = bound(wasm) ?? "none"));
  return kernels === "none" ? undefined : kernels;
}

function bound(wasm: Wasm): ProductKernels | undefined {
  const memory = (wasm.wasm as unknown as { readonly asm?: { readonly memory?: WebAssembly.Memory } }).asm?.memory;
  if (memory === undefined || !(memory.buffer instanceof ArrayBuffer)) return undefined;
  const valid = [true, false]
    .map((fused) => moduleBytes([packed(), packedTransposed(), tiles(4, fused), tiles(8, fused)]))
    .find((x) => WebAssembly.validate(x));
  if (valid === undefined) return undefined;
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(valid), { heap: { memory } });
  return { ...(exports as unknown as Omit<ProductKernels, "memory">), memory };
}
