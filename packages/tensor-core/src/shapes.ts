import type { Tensor } from "@tensorflow/tfjs-core";

type Axes<S extends string> = S extends `${infer Head} ${infer Rest}` ? Head | Axes<Rest> : S;
type Named<S extends string> = Exclude<Axes<S>, "" | "_" | `${number}`>;

/**
 * An argument whose shape broke its contract.
 *
 * @example
 * ```ts
 * import { zeros } from "@tensorflow/tfjs-core";
 * import { axes, ShapeError } from "@lab/tensor-core";
 * let caught: unknown;
 * try {
 *   axes("tokenLoss", [zeros([2, 5]), "batch 7"]);
 * } catch (error) {
 *   caught = error;
 * }
 * caught instanceof ShapeError && caught.message; // => 'Cannot apply tokenLoss: expected a tensor of shape [batch=2, 7], got [2, 5]'
 * ```
 */
export class ShapeError extends TypeError {
  override readonly name = "ShapeError";
}

/**
 * Binds the axis names in `layout` to sizes, checking that they agree across all tensors.
 *
 * A name binds on first sight and must agree after that; a number must be met; `_` takes any size; `""` is a scalar.
 *
 * @throws ShapeError naming the caller, the expected and the actual shape
 * @example
 * ```ts
 * import { zeros } from "@tensorflow/tfjs-core";
 * import { axes } from "@lab/tensor-core";
 * const { batch, time } = axes("tokenLoss", [zeros([2, 5, 7]), "batch time vocab"], [zeros([2, 5]), "batch time"]);
 * [batch, time]; // => [ 2, 5 ]
 * ```
 */
export function axes<const A extends readonly (readonly [Pick<Tensor, "rank" | "shape">, string])[]>(
  caller: string,
  ...layouts: A
): { readonly [Name in Named<A[number][1]>]: number } {
  const size: Record<string, number> = {};
  for (const [tensor, layout] of layouts) {
    const names = layout === "" ? [] : layout.split(" ");
    const agrees =
      names.length === tensor.rank &&
      names.every((name, i) => name === "_" || tensor.shape[i] === (/^\d/.test(name) ? Number(name) : (size[name] ??= tensor.shape[i]!)));
    if (!agrees) {
      const bound = names.map((n) => (size[n] === undefined ? n : `${n}=${size[n]}`)).join(", ");
      throw new ShapeError(`Cannot apply ${caller}: expected a tensor of shape [${bound}], got [${tensor.shape.join(", ")}]`);
    }
  }
  return size as { readonly [Name in Named<A[number][1]>]: number };
}
