import { ROWS, type ProductKernels } from "./product-kernels.ts";

/** A product `c ← a b` of matrices in the engine's memory at these addresses: `[m, k] [k, n] → [m, n]`, the operands perhaps stored transposed. */
export interface Addressed {
  readonly a: number;
  readonly b: number;
  readonly c: number;
  readonly m: number;
  readonly k: number;
  readonly n: number;
  readonly transposeA: boolean;
  readonly transposeB: boolean;
}

/** Columns of a full panel of the right operand. */
const PANEL = 8;
/** What is packed at a time, so that it stays in the processor's second cache: 128 kB of the left operand, 1 MB of the right one at most. */
const DEPTH = 256;
const LEFT = 128;
const RIGHT = 1024;
const FLOAT = 4;

/** Numbers of scratch memory that {@link tiledProduct} needs for a result of `n` columns. */
export function scratchSize(n: number): number {
  return DEPTH * (LEFT + Math.min(RIGHT, n + PANEL)) + LEFT * PANEL;
}

/** An operand as `count` lanes (rows of the left one, columns of the right one) along the axis that is summed; strides in bytes. */
interface Lanes {
  readonly at: number;
  readonly count: number;
  readonly lane: number;
  readonly step: number;
}

interface Range {
  readonly from: number;
  readonly size: number;
}

function* blocks(length: number, most: number): Generator<Range> {
  for (let from = 0; from < length; from += most) yield { from, size: Math.min(most, length - from) };
}

/** A right operand is cut into panels of eight columns; four or fewer that are left make a narrow one. */
function* panels(length: number): Generator<Range> {
  for (let from = 0; from < length; from += PANEL) yield { from, size: length - from > ROWS ? PANEL : ROWS };
}

/** Packs the lanes of `panel` over `depth` to `out` as `[depth, lanes]`; lanes that do not exist are zero. */
function pack(kernels: ProductKernels, { at, count, lane, step }: Lanes, { from, size: width }: Range, depth: Range, out: number): void {
  for (let i = 0; i < width; i += ROWS) {
    const [first, to] = [at + (from + i) * lane + depth.from * step, out + FLOAT * i];
    if (from + i + ROWS <= count) {
      if (step === FLOAT) kernels.packedTransposed(first, lane, to, FLOAT * width, depth.size);
      else kernels.packed(first, step, to, FLOAT * width, depth.size);
    } else {
      const numbers = new Float32Array(kernels.memory.buffer);
      for (let p = 0; p < depth.size; p++)
        for (let j = 0; j < ROWS; j++) numbers[to / FLOAT + p * width + j] = from + i + j < count ? numbers[(first + j * lane + p * step) / FLOAT]! : 0;
    }
  }
}

/** The packed panels of one block, each to be multiplied with each. */
interface Packed {
  readonly left: number;
  readonly right: number;
  readonly rows: Range;
  readonly columns: Range;
  readonly depth: number;
  /** Room for the tiles that reach over an edge of the result. */
  readonly spare: number;
}

function multiply(kernels: ProductKernels, { c, n }: Addressed, { left, right, rows, columns, depth, spare }: Packed, add: boolean): void {
  const whole = Math.floor(rows.size / ROWS);
  for (const { from, size: width } of panels(columns.size)) {
    const tiles = width === PANEL ? kernels.tiles8 : kernels.tiles4;
    const [b, column] = [right + FLOAT * from * depth, columns.from + from];
    const real = Math.min(width, columns.from + columns.size - column);
    const out = c + FLOAT * (rows.from * n + column);
    const direct = real === width ? whole : 0;
    if (direct > 0) tiles(left, b, out, FLOAT * n, depth, direct, Number(add));
    const rest = rows.size - direct * ROWS;
    if (rest === 0) continue;
    tiles(left + FLOAT * direct * ROWS * depth, b, spare, FLOAT * width, depth, Math.ceil(rest / ROWS), 0);
    const numbers = new Float32Array(kernels.memory.buffer);
    for (let i = 0; i < rest; i++) {
      const [to, from] = [out / FLOAT + (direct * ROWS + i) * n, spare / FLOAT + i * width];
      for (let j = 0; j < real; j++) numbers[to + j] = (add ? numbers[to + j]! : 0) + numbers[from + j]!;
    }
  }
}

/**
 * `c ← a b` by tiles of 4 × 8 sums in registers, over blocks that fit the caches, packed as the tiles read them: no operand is slower transposed.
 *
 * @param scratch address of {@link scratchSize} numbers
 */
export function tiledProduct(kernels: ProductKernels, product: Addressed, scratch: number): void {
  const { a, b, m, k, n, transposeA, transposeB } = product;
  const [along, across] = [
    (size: number): Pick<Lanes, "lane" | "step"> => ({ lane: FLOAT, step: FLOAT * size }),
    (size: number) => ({ lane: FLOAT * size, step: FLOAT }),
  ];
  const left: Lanes = { at: a, count: m, ...(transposeA ? along(m) : across(k)) };
  const right: Lanes = { at: b, count: n, ...(transposeB ? across(k) : along(n)) };
  const packed = { left: scratch, spare: scratch + FLOAT * DEPTH * LEFT, right: scratch + FLOAT * (DEPTH * LEFT + LEFT * PANEL) };
  for (const columns of blocks(n, RIGHT)) {
    for (const depth of blocks(k, DEPTH)) {
      for (const { from, size } of panels(columns.size)) {
        pack(kernels, right, { from: columns.from + from, size }, depth, packed.right + FLOAT * from * depth.size);
      }
      for (const rows of blocks(m, LEFT)) {
        for (const { from } of blocks(rows.size, ROWS)) {
          pack(kernels, left, { from: rows.from + from, size: ROWS }, depth, packed.left + FLOAT * from * depth.size);
        }
        multiply(kernels, product, { ...packed, rows, columns, depth: depth.size }, depth.from > 0);
      }
    }
  }
}
