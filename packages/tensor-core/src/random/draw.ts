import { add, argMax, less, log, mul, neg, ones, reshape, sub, topk, where, type Scalar, type Tensor, type Tensor1D } from "@tensorflow/tfjs-core";
import { jit } from "../jit.ts";
import { scoped } from "../memory.ts";
import { map, tensors, type Tree } from "../tree/tree.ts";
import { isHostKey, type Key } from "./key.ts";
import { hostNormals, normals, openUniforms, uniforms } from "./shaped.ts";
import { split } from "./split.ts";
import { truncated } from "./truncated.ts";
import { words } from "./words.ts";

/** The number of elements of a shape of whole, non-negative sizes. */
function count(caller: string, shape: readonly number[]): number {
  const bad = shape.find((size) => !(Number.isInteger(size) && size >= 0));
  if (bad !== undefined) throw new RangeError(`Cannot draw ${caller}: expected a shape of whole numbers, got [${shape.join(", ")}]`);
  return shape.reduce((n, size) => n * size, 1);
}

/** From so many draws on, a compiled call is several times faster than operation by operation; its first costs a quarter of a second. */
const MANY = 2 ** 16;
const manyNormals: typeof normals = jit(normals);

type Shaped<S extends readonly number[]> = S extends readonly [] ? Scalar : Tensor;

/**
 * u ~ U[min, max): min + (max − min) k / 2²⁴ with k the low 24 bits of a word, the same floats on every engine.
 *
 * @throws RangeError for a shape that is not one, or min > max
 * @example
 * ```ts
 * import { key, uniform } from "@lab/tensor-core";
 * uniform(key(0), [3]).shape; // => [ 3 ]
 * ```
 */
export function uniform<const S extends readonly number[] = []>(key: Key, shape?: S, { min = 0, max = 1 }: { min?: number; max?: number } = {}): Shaped<S> {
  const n = count("uniforms", shape ?? []);
  if (!(min <= max)) throw new RangeError(`Cannot draw uniforms: expected min ≤ max, got ${min} and ${max}`);
  return scoped(() => {
    const u = reshape(uniforms(key, n), [...(shape ?? [])]);
    return min === 0 && max === 1 ? u : add(mul(u, max - min), min);
  }) as Shaped<S>;
}

/**
 * z ~ N(0, 1), by the transform of Box and Muller [Box1958]: (√(−2 ln u) cos θ, √(−2 ln u) sin θ), two words to two normals.
 *
 * u has 23 bits, so that |z| < 5.77. The same numbers on every engine, to within a few units in the last place.
 *
 * @throws RangeError for a shape that is not one
 * @example
 * ```ts
 * import { key, normal } from "@lab/tensor-core";
 * normal(key(0), [2, 3]).shape; // => [ 2, 3 ]
 * ```
 */
export function normal<const S extends readonly number[] = []>(key: Key, shape?: S): Shaped<S> {
  const n = count("normals", shape ?? []);
  return scoped(() => {
    const few = isHostKey(key) ? hostNormals(key, n, shape ?? []) : undefined;
    return few ?? reshape((n >= MANY ? manyNormals : normals)(key, n), [...(shape ?? [])]);
  }) as Shaped<S>;
}

/**
 * z ~ N(0, 1) given low ≤ z ≤ high, by inversion: Φ⁻¹(Φ(low) + u (Φ(high) − Φ(low))).
 *
 * @throws RangeError unless −4 ≤ low < high ≤ 4: beyond that, 1 − erf has too few digits in float32
 * @example
 * ```ts
 * import { max } from "@tensorflow/tfjs-core";
 * import { key, truncatedNormal } from "@lab/tensor-core";
 * max(truncatedNormal(key(0), [100])).dataSync()[0] <= 2; // => true
 * ```
 */
export function truncatedNormal<const S extends readonly number[] = []>(
  key: Key,
  shape?: S,
  { low = -2, high = 2 }: { low?: number; high?: number } = {},
): Shaped<S> {
  const n = count("truncated normals", shape ?? []);
  if (!(low >= -4 && low < high && high <= 4)) throw new RangeError(`Cannot draw truncated normals: expected -4 ≤ low < high ≤ 4, got ${low} and ${high}`);
  return scoped(() => reshape(truncated(openUniforms(key, n), low, high), [...(shape ?? [])])) as Shaped<S>;
}

/**
 * True with probability p: u < p, u ~ U[0, 1). A tensor of probabilities is broadcast to `shape`, by default its own.
 *
 * @throws RangeError if p is a number outside [0, 1]
 * @example
 * ```ts
 * import { bernoulli, key } from "@lab/tensor-core";
 * bernoulli(key(0), 1, [2]).dataSync(); // => Uint8Array(2) [ 1, 1 ]
 * ```
 */
export function bernoulli(key: Key, probability: number | Tensor, shape?: readonly number[]): Tensor {
  if (typeof probability === "number" && !(probability >= 0 && probability <= 1))
    throw new RangeError(`Cannot draw Bernoulli variables: expected a probability in [0, 1], got ${probability}`);
  return scoped(() => less(uniform(key, shape ?? (typeof probability === "number" ? [] : probability.shape)), probability));
}

/**
 * A class with probability softmax(logits), over the last axis: arg max of logits + Gumbel noise [Gumbel1954], int32.
 *
 * @throws RangeError if logits is a scalar
 * @example
 * ```ts
 * import { tensor2d } from "@tensorflow/tfjs-core";
 * import { categorical, key } from "@lab/tensor-core";
 * categorical(key(0), tensor2d([[0, 1e9], [1e9, 0]])).dataSync(); // => Int32Array(2) [ 1, 0 ]
 * ```
 */
export function categorical(key: Key, logits: Tensor): Tensor {
  if (logits.rank === 0) throw new RangeError("Cannot draw classes: expected logits with a last axis of classes, got a scalar");
  return scoped(() => argMax(sub(logits, log(neg(log(reshape(openUniforms(key, logits.size), logits.shape))))), -1));
}

/**
 * A uniformly random order of 0 … n − 1, int32 [n]: the order of n random words, largest first.
 *
 * Words that tie keep their order, a bias below n²/2³³.
 *
 * @throws RangeError unless n is a whole number of at least 1
 * @example
 * ```ts
 * import { key, permutation } from "@lab/tensor-core";
 * [...permutation(key(0), 4).dataSync()].toSorted(); // => [ 0, 1, 2, 3 ]
 * ```
 */
export function permutation(key: Key, n: number): Tensor1D {
  if (!(Number.isInteger(n) && n >= 1)) throw new RangeError(`Cannot draw a permutation: expected a whole number of at least 1, got ${n}`);
  return scoped(() => topk(words(key, n), n).indices);
}

/**
 * +1 or −1, each with probability ½, float32: the sign bit of a word.
 *
 * @throws RangeError for a shape that is not one
 * @example
 * ```ts
 * import { abs, min } from "@tensorflow/tfjs-core";
 * import { key, rademacher } from "@lab/tensor-core";
 * min(abs(rademacher(key(0), [8]))).dataSync()[0]; // => 1
 * ```
 */
export function rademacher<const S extends readonly number[] = []>(key: Key, shape?: S): Shaped<S> {
  const n = count("signs", shape ?? []);
  return scoped(() => {
    const plus = ones([n]);
    return reshape(where(less(words(key, n), 0), neg(plus), plus), [...(shape ?? [])]);
  }) as Shaped<S>;
}

/**
 * Independent standard normals in the shape of a tree, each tensor from a key of its own.
 *
 * @example
 * ```ts
 * import { zeros } from "@tensorflow/tfjs-core";
 * import { key, normalLike } from "@lab/tensor-core";
 * normalLike(key(0), { w: zeros([2, 3]) }).w.shape; // => [ 2, 3 ]
 * ```
 */
export function normalLike<T extends Tree>(key: Key, tree: T): T {
  const xs = tensors(tree);
  if (xs.length === 0) return tree;
  const keys = split(key, xs.length);
  let i = 0;
  return map((x) => normal(keys[i++]!, x.shape), tree);
}
