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
import { map, tensors, type Tree } from "./tree.ts";

/** a + b, leaf by leaf. */
export function add<T extends Tree>(a: T, b: Tree): T {
  return map((x, y) => addTensors(x, y), a, b);
}

/** a − b, leaf by leaf. */
export function sub<T extends Tree>(a: T, b: Tree): T {
  return map((x, y) => subTensors(x, y), a, b);
}

/** a ⊙ b, leaf by leaf. */
export function mul<T extends Tree>(a: T, b: Tree): T {
  return map((x, y) => mulTensors(x, y), a, b);
}

/** c a, for a number or a scalar c. */
export function scale<T extends Tree>(c: number | Scalar, a: T): T {
  return map((x) => mulTensors(x, c), a);
}

/** y + c x */
export function axpy<T extends Tree>(c: number | Scalar, x: Tree, y: T): T {
  return map((yi, xi) => addTensors(yi, mulTensors(xi, c)), y, x);
}

/** Zeros in the shapes of a tree. */
export function zerosLike<T extends Tree>(a: T): T {
  return map((x) => zeros(x), a);
}

/** a where `condition` holds, else b. */
export function where<T extends Tree>(condition: Tensor, a: T, b: Tree): T {
  return map((x, y) => whereTensors(condition, x, y), a, b);
}

/** ⟨a, b⟩ over all leaves: a scalar. */
export function dot(a: Tree, b: Tree): Scalar {
  const [xs, ys] = [tensors(a), tensors(b)];
  if (xs.length === 0 || xs.length !== ys.length)
    throw new TypeError(`Cannot take a dot product: expected trees of equally many tensors, got ${xs.length} and ${ys.length}`);
  const terms = xs.map((x, i) => sum<Scalar>(mulTensors(x, ys[i]!)));
  return terms.reduce((s, t) => addTensors(s, t));
}

/** ‖a‖₂ over all leaves: a scalar. */
export function norm(a: Tree): Scalar {
  return sqrt(dot(a, a));
}
