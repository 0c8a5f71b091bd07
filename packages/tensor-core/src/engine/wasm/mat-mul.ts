import { util, type TensorInfo } from "@tensorflow/tfjs-core";
import { free, reshaped, through, zeroed, type Wasm } from "./backend.ts";
import { batchSources } from "./batch-sources.ts";
import { transposed } from "./call.ts";
import { productKernels, type ProductKernels } from "./product-kernels.ts";
import { scratchSize, tiledProduct } from "./tiled-product.ts";

type Native = (
  a: number,
  aShape: Uint8Array,
  aRank: number,
  b: number,
  bShape: Uint8Array,
  bRank: number,
  transposeA: boolean,
  transposeB: boolean,
  out: number,
) => void;

const natives = new WeakMap<Wasm, Native>();

function native(wasm: Wasm): Native {
  const known = natives.get(wasm);
  if (known !== undefined) return known;
  const wrapped = (wasm.wasm as unknown as { cwrap(name: string, result: null, args: readonly string[]): unknown }).cwrap("BatchMatMul", null, [
    "number",
    "array",
    "number",
    "number",
    "array",
    "number",
    "number",
    "number",
    "number",
  ]) as Native;
  natives.set(wasm, wrapped);
  return wrapped;
}

function bytes(shape: readonly number[]): Uint8Array {
  return new Uint8Array(new Int32Array(shape).buffer);
}

/** Below this many multiplications per product, setting up the fast kernel costs more than it saves. */
const TINY = 6000;

/** `out ← a b` for `[1, m, k]` and `[1, k, n]` at the speed of the machine, or slowly for `[batch, m, k]` and `[batch, k, n]`. */
function multiplyInto(wasm: Wasm, a: TensorInfo, b: TensorInfo, out: TensorInfo): void {
  const id = (x: TensorInfo): number => wasm.dataIdMap.get(x.dataId).id;
  native(wasm)(id(a), bytes(a.shape), 3, id(b), bytes(b.shape), 3, false, false, id(out));
}

/** The operands of one family of products, every one of them `[..., m, k] [..., k, n]`. */
export interface Product {
  readonly a: TensorInfo;
  readonly b: TensorInfo;
  readonly transposeA: boolean;
  readonly transposeB: boolean;
  /** Batch axes of the result: those of `a` and `b`, broadcast. */
  readonly batch: readonly number[];
}

function plain(wasm: Wasm, a: TensorInfo, b: TensorInfo, batch: readonly number[]): TensorInfo {
  const [m, k, n] = [a.shape.at(-2)!, a.shape.at(-1)!, b.shape.at(-1)!];
  const [aBatch, bBatch] = [a.shape.slice(0, -2), b.shape.slice(0, -2)];
  const [aCount, bCount, count] = [aBatch, bBatch, batch].map((s) => util.sizeFromShape([...s])) as [number, number, number];
  if (count * m * n * k === 0) return zeroed(wasm, [...batch, m, n]);
  const out = wasm.makeOutput([...batch, m, n], "float32");
  if (bCount === 1 && aCount === count) {
    multiplyInto(wasm, reshaped(a, [1, count * m, k]), reshaped(b, [1, k, n]), out);
  } else if (m * k * n < TINY && aCount === bCount) {
    multiplyInto(wasm, reshaped(a, [count, m, k]), reshaped(b, [count, k, n]), out);
  } else {
    const [fromA, fromB] = [batchSources(aBatch, batch), batchSources(bBatch, batch)];
    for (let i = 0; i < count; i++) {
      through(wasm, a, fromA[i]! * m * k, [1, m, k], (x) =>
        through(wasm, b, fromB[i]! * k * n, [1, k, n], (y) => through(wasm, out, i * m * n, [1, m, n], (z) => multiplyInto(wasm, x, y, z))),
      );
    }
  }
  return out;
}

function flip(wasm: Wasm, x: TensorInfo): TensorInfo {
  const rank = x.shape.length;
  return transposed(wasm, x, [...Array(rank - 2).keys(), rank - 1, rank - 2]);
}

/** Below these sizes the engine's own product is faster than packing and tiles; sooner where it must transpose. Measured. */
const [SHORT, SHALLOW, FEW] = [4, 16, 24_000];

function worthTiles({ a, b, transposeA, transposeB, batch }: Product): boolean {
  const [m, k, n] = sizes({ a, b, transposeA, transposeB });
  const enough = transposeA || transposeB ? FEW : 10 * FEW;
  return Math.min(m, n) >= SHORT && k >= SHALLOW && m * k * n >= enough && util.sizeFromShape([...batch]) > 0;
}

function sizes({ a, b, transposeA, transposeB }: Omit<Product, "batch">): readonly [m: number, k: number, n: number] {
  return [a.shape.at(transposeA ? -1 : -2)!, a.shape.at(transposeA ? -2 : -1)!, b.shape.at(transposeB ? -2 : -1)!];
}

/** The products by tiles, none of them empty. */
function tiled(wasm: Wasm, kernels: ProductKernels, { a, b, transposeA, transposeB, batch }: Product): TensorInfo {
  const [m, k, n] = sizes({ a, b, transposeA, transposeB });
  const out = wasm.makeOutput([...batch, m, n], "float32");
  const scratch = wasm.makeOutput([scratchSize(n)], "float32");
  const at = (x: TensorInfo): number => wasm.dataIdMap.get(x.dataId).memoryOffset;
  const address = { a: at(a), b: at(b), c: at(out) };
  const [fromA, fromB] = [batchSources(a.shape.slice(0, -2), batch), batchSources(b.shape.slice(0, -2), batch)];
  const together = !transposeA && fromB.every((source) => source === 0) && fromA.every((source, i) => source === i) ? fromA.length : 1;
  for (let i = 0; i < fromA.length; i += together) {
    const [x, y, z] = [address.a + 4 * fromA[i]! * m * k, address.b + 4 * fromB[i]! * k * n, address.c + 4 * i * m * n];
    tiledProduct(kernels, { a: x, b: y, c: z, m: together * m, k, n, transposeA, transposeB }, at(scratch));
  }
  free(wasm, scratch);
  return out;
}

/** What packing an element of the right operand costs, against moving one in a transpose; measured. */
const PACKING = 8;

/**
 * `a b`, with either operand transposed, for float32 operands of rank 2 or more whose inner sizes agree.
 *
 * Products worth it go by tiles. The heap's own product is fast only when neither operand is transposed, and packs the right one first,
 * slowly: so take the cheaper of `aᵀ b = (aᵀ) b` and `aᵀ b = (bᵀ a)ᵀ`. A packed operand stays packed as long as its tensor lives: a plain `a b` is left as it is.
 */
export function matMul(wasm: Wasm, product: Product): TensorInfo {
  const { a, b, transposeA, transposeB, batch } = product;
  const kernels = productKernels(wasm);
  if (kernels !== undefined && worthTiles(product)) return tiled(wasm, kernels, product);
  const [sizeA, sizeB] = [util.sizeFromShape(a.shape), util.sizeFromShape(b.shape)];
  const [m, , n] = sizes(product);
  const direct = Number(transposeA) * sizeA + Number(transposeB) * sizeB + PACKING * sizeB;
  const flipped = Number(!transposeA) * sizeA + Number(!transposeB) * sizeB + util.sizeFromShape([...batch]) * m * n + PACKING * sizeA;
  if (flipped < direct && (transposeA || transposeB)) {
    const turned = matMulPlain(wasm, b, a, !transposeB, !transposeA, batch);
    const out = flip(wasm, turned);
    free(wasm, turned);
    return out;
  }
  return matMulPlain(wasm, a, b, transposeA, transposeB, batch);
}

function matMulPlain(wasm: Wasm, a: TensorInfo, b: TensorInfo, transposeA: boolean, transposeB: boolean, batch: readonly number[]): TensorInfo {
  const left = transposeA ? flip(wasm, a) : a;
  const right = transposeB ? flip(wasm, b) : b;
  const out = plain(wasm, left, right, batch);
  if (left !== a) free(wasm, left);
  if (right !== b) free(wasm, right);
  return out;
}
