import {
  add as addTensors,
  mul as mulTensors,
  sqrt,
  sub as subTensors,
  sum,
  where as whereTensors,
  zerosLike as zeros,
  type Scalar,
  type Tensor,
} from "@tensorflow/tfjs-core";
import { hasOwnOperations, ownOperation } from "../engine/own-operation.ts";
import { withGradient } from "../nn/with-gradient.ts";
import { map, tensors, type Tree } from "./tree.ts";

const inOnePass = withGradient(([a, b], save) => {
  save([a!, b!]);
  return { value: ownOperation("LabDot", [a!, b!])[0]!, gradFunc: (dy, [a, b]) => [mulTensors(b!, dy), mulTensors(a!, dy)] };
});

/** Below so many numbers nothing is gained. */
const MANY = 2 ** 12;

function innerProduct(a: Tensor, b: Tensor): Scalar {
  const alike = a.dtype === "float32" && b.dtype === "float32" && a.shape.join() === b.shape.join();
  if (alike && a.size >= MANY && hasOwnOperations()) return inOnePass(a, b) as Scalar;
  return sum<Scalar>(mulTensors(a, b));
}

/**
 * a + b, leaf by leaf.
 *
 * @throws TypeError naming the path where b lacks a tensor of a
 * @example
 * ```ts
 * import { scalar } from "@tensorflow/tfjs-core";
 * import { add } from "@lab/tensor-core";
 * add({ x: scalar(1) }, { x: scalar(2) }).x.dataSync()[0]; // => 3
 * ```
 */
export function add<T extends Tree>(a: T, b: Tree): T {
  return map((x, y) => addTensors(x, y), a, b);
}

/**
 * a − b, leaf by leaf.
 *
 * @throws TypeError naming the path where b lacks a tensor of a
 * @example
 * ```ts
 * import { scalar } from "@tensorflow/tfjs-core";
 * import { sub } from "@lab/tensor-core";
 * sub({ x: scalar(1) }, { x: scalar(2) }).x.dataSync()[0]; // => -1
 * ```
 */
export function sub<T extends Tree>(a: T, b: Tree): T {
  return map((x, y) => subTensors(x, y), a, b);
}

/**
 * a ⊙ b, leaf by leaf.
 *
 * @throws TypeError naming the path where b lacks a tensor of a
 * @example
 * ```ts
 * import { tensor1d } from "@tensorflow/tfjs-core";
 * import { mul } from "@lab/tensor-core";
 * mul({ x: tensor1d([1, 2]) }, { x: tensor1d([3, 4]) }).x.dataSync(); // => Float32Array(2) [ 3, 8 ]
 * ```
 */
export function mul<T extends Tree>(a: T, b: Tree): T {
  return map((x, y) => mulTensors(x, y), a, b);
}

/**
 * c a, for a number or a scalar c.
 *
 * @example
 * ```ts
 * import { tensor1d } from "@tensorflow/tfjs-core";
 * import { scale } from "@lab/tensor-core";
 * scale(3, { x: tensor1d([1, 2]) }).x.dataSync(); // => Float32Array(2) [ 3, 6 ]
 * ```
 */
export function scale<T extends Tree>(c: number | Scalar, a: T): T {
  return map((x) => mulTensors(x, c), a);
}

/**
 * y + c x, leaf by leaf.
 *
 * @throws TypeError naming the path where x lacks a tensor of y
 * @example
 * ```ts
 * import { scalar } from "@tensorflow/tfjs-core";
 * import { axpy } from "@lab/tensor-core";
 * axpy(-0.5, { w: scalar(4) }, { w: scalar(1) }).w.dataSync()[0]; // => -1
 * ```
 */
export function axpy<T extends Tree>(c: number | Scalar, x: Tree, y: T): T {
  return map((yi, xi) => addTensors(yi, mulTensors(xi, c)), y, x);
}

/**
 * Zeros in the shapes and dtypes of a tree.
 *
 * @example
 * ```ts
 * import { tensor1d } from "@tensorflow/tfjs-core";
 * import { zerosLike } from "@lab/tensor-core";
 * zerosLike({ x: tensor1d([1, 2]) }).x.dataSync(); // => Float32Array(2) [ 0, 0 ]
 * ```
 */
export function zerosLike<T extends Tree>(a: T): T {
  return map((x) => zeros(x), a);
}

/**
 * a where `condition` holds, else b: it is broadcast to each leaf, so that a scalar decides for whole trees.
 *
 * @throws TypeError naming the path where b lacks a tensor of a
 * @example
 * ```ts
 * import { scalar } from "@tensorflow/tfjs-core";
 * import { where } from "@lab/tensor-core";
 * where(scalar(false, "bool"), { x: scalar(1) }, { x: scalar(2) }).x.dataSync()[0]; // => 2
 * ```
 */
export function where<T extends Tree>(condition: Tensor, a: T, b: Tree): T {
  return map((x, y) => whereTensors(condition, x, y), a, b);
}

/**
 * ⟨a, b⟩ over all leaves: a scalar.
 *
 * @throws TypeError unless both trees have equally many tensors, and at least one
 * @example
 * ```ts
 * import { scalar, tensor1d } from "@tensorflow/tfjs-core";
 * import { dot } from "@lab/tensor-core";
 * dot([tensor1d([1, 2]), scalar(3)], [tensor1d([4, 5]), scalar(6)]).dataSync()[0]; // => 32
 * ```
 */
export function dot(a: Tree, b: Tree): Scalar {
  const [xs, ys] = [tensors(a), tensors(b)];
  if (xs.length === 0 || xs.length !== ys.length)
    throw new TypeError(`Cannot take a dot product: expected trees of equally many tensors, got ${xs.length} and ${ys.length}`);
  const terms = xs.map((x, i) => innerProduct(x, ys[i]!));
  return terms.reduce((s, t) => addTensors(s, t));
}

/**
 * ‖a‖₂ over all leaves: a scalar.
 *
 * @throws TypeError if the tree has no tensor
 * @example
 * ```ts
 * import { scalar } from "@tensorflow/tfjs-core";
 * import { norm } from "@lab/tensor-core";
 * norm({ x: scalar(3), y: [scalar(4)] }).dataSync()[0]; // => 5
 * ```
 */
export function norm(a: Tree): Scalar {
  return sqrt(dot(a, a));
}
