import { add as plus, div, engine, mul, valueAndGrads, type Scalar, type Tensor } from "@tensorflow/tfjs-core";
import { add, axpy, norm, scale, sub } from "./tree/arithmetic.ts";
import { paths, tensors, withTensors, type Params } from "./tree/tree.ts";

/** A loss and its gradient, a tree shaped like the parameters. */
export type ValueAndGrad<P> = { readonly value: Scalar; readonly grad: P };

/**
 * params ↦ (f(params), ∇f(params)), by reverse-mode differentiation over a tree.
 *
 * @throws TypeError naming the path of a parameter that f does not use, and if f returns more than a scalar
 * @example
 * ```ts
 * import { scalar, square, type Scalar } from "@tensorflow/tfjs-core";
 * import { valueAndGrad } from "@lab/tensor-core";
 * const { value, grad } = valueAndGrad(({ x }: { readonly x: Scalar }) => square(x))({ x: scalar(3) });
 * [value.dataSync()[0], grad.x.dataSync()[0]]; // => [ 9, 6 ]
 * ```
 */
export function valueAndGrad<P extends Params>(f: (params: P) => Scalar): (params: P) => ValueAndGrad<P> {
  return (params) => {
    const xs = tensors(params);
    if (xs.length === 0) throw new TypeError("Cannot differentiate: expected parameters with at least one tensor, got none");
    try {
      const { value, grads } = differentiated((...ys) => f(withTensors(params, ys)), xs);
      return { value, grad: withTensors(params, grads) };
    } catch (error) {
      throw unused(f, params, error);
    }
  };
}

/** TensorFlow.js's own reverse mode, held to a scalar; where it fails, what it had saved for the way back is freed. */
function differentiated(f: (...xs: Tensor[]) => Scalar, xs: Tensor[]): { readonly value: Scalar; readonly grads: Tensor[] } {
  try {
    return valueAndGrads((...ys: Tensor[]) => {
      const y = f(...ys);
      if (y.rank > 0) throw new TypeError(`Cannot differentiate: expected a scalar, got a tensor of shape [${y.shape.join(", ")}]`);
      return y;
    })(xs) as { value: Scalar; grads: Tensor[] };
  } catch (error) {
    const { state } = engine();
    if (state.gradientDepth === 0) for (const { saved = [] } of state.activeTape ?? []) for (const x of saved) x.dispose();
    throw error;
  }
}

/** Names the parameters that `f` ignores; any other error passes through. */
function unused<P extends Params>(f: (params: P) => Scalar, params: P, error: unknown): unknown {
  if (!(error instanceof Error && /Cannot compute gradient/.test(error.message))) return error;
  const xs = tensors(params);
  const ignored = paths(params).filter((_, i) => {
    try {
      differentiated(
        (x) =>
          f(
            withTensors(
              params,
              xs.map((other, j) => (j === i ? x! : other)),
            ),
          ),
        [xs[i]!],
      );
      return false;
    } catch {
      return true;
    }
  });
  if (ignored.length === 0) return error;
  return new TypeError(`Cannot differentiate: the loss does not depend on ${ignored.map((path) => `"${path}"`).join(", ")}`, { cause: error });
}

/**
 * ∇²f(params) · v ≈ (∇f(params + h v̂) − ∇f(params − h v̂)) ‖v‖ / 2h, by central differences of the gradient, v̂ = v/‖v‖.
 *
 * Error O(h²) from the third derivative, plus O(ε/h) from float32 rounding. The default step is ε^{1/3} times the scale 1 + ‖params‖/√D.
 *
 * @throws as `valueAndGrad`
 * @example
 * ```ts
 * import { square, sum, tensor1d, type Scalar, type Tensor1D } from "@tensorflow/tfjs-core";
 * import { hvp } from "@lab/tensor-core";
 * const product = hvp(({ x }: { readonly x: Tensor1D }) => sum<Scalar>(square(x)))({ x: tensor1d([1, 2]) }, { x: tensor1d([1, 0]) });
 * Math.round(product.x.dataSync()[0]); // => 2
 * ```
 */
export function hvp<P extends Params>(f: (params: P) => Scalar, { step }: { step?: number } = {}): (params: P, v: P) => P {
  const at = valueAndGrad(f);
  return (params, v) => {
    const length = plus(norm(v), 1e-30) as Scalar;
    const dimension = tensors(params).reduce((n, x) => n + x.size, 0);
    const h = step ?? plus(mul(norm(params), CUBE_ROOT_EPSILON / Math.sqrt(dimension)), CUBE_ROOT_EPSILON);
    const shift = div(h, length) as Scalar;
    const forward = at(axpy(shift, v, params)).grad;
    const backward = at(sub(params, scale(shift, v))).grad;
    return scale(div(0.5, shift) as Scalar, sub(forward, backward));
  };
}

const CUBE_ROOT_EPSILON = Math.cbrt(2 ** -23);

/**
 * θ + u: the parameters, moved by what a transform gives.
 *
 * @throws TypeError naming the path of a parameter that has no update
 * @example
 * ```ts
 * import { scalar } from "@tensorflow/tfjs-core";
 * import { applyUpdates } from "@lab/tensor-core";
 * applyUpdates({ x: scalar(1) }, { x: scalar(-0.5) }).x.dataSync()[0]; // => 0.5
 * ```
 */
export function applyUpdates<P extends Params>(params: P, updates: Params): P {
  return add(params, updates);
}
