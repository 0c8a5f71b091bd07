import { mul, zerosLike, type Tensor } from "@tensorflow/tfjs-core";
import { paths, size, tensors, withTensors, type Among, type Params } from "@lab/tensor-core";
import type { Direction } from "./direction.ts";

type Some = { readonly [path: string]: Tensor };

/**
 * Kernels and embeddings, not biases, scales of normalisation and the like: tensors of rank two and more.
 *
 * @example
 * ```ts
 * import { zeros } from "@tensorflow/tfjs-core";
 * import { kernels } from "@lab/sam-vi";
 * [kernels("dense.kernel", zeros([2, 3])), kernels("dense.bias", zeros([3]))]; // => [ true, false ]
 * ```
 */
export const kernels: Among = (_path, x) => x.rank >= 2;

/**
 * Another direction among some of the parameters, √(D/D′) times as long, zero elsewhere: biases and scales of normalisation can be left out.
 *
 * Norms count the D′ scalars that are left in, and ‖u‖ is √D again, so that the radius of SAM does not shrink.
 *
 * @throws RangeError where nothing is left in
 * @example
 * ```ts
 * import { tensor1d, tensor2d } from "@tensorflow/tfjs-core";
 * import { key, meanField } from "@lab/tensor-core";
 * import { adversarial, kernels, restricted } from "@lab/sam-vi";
 * const g = { kernel: tensor2d([[3, 4]]), bias: tensor1d([100, 100]) };
 * const u = restricted(adversarial(), kernels)(key(0), meanField(g, { scale: 1 }), () => g);
 * [...u.kernel.dataSync(), ...u.bias.dataSync()].map((x) => x.toFixed(1)); // => [ '1.2', '1.6', '0.0', '0.0' ]
 * ```
 */
export function restricted(direction: Direction, among: Among): Direction {
  return (key, { mean, logScale }, grad) => {
    const names = paths(mean);
    const inside = tensors(mean).map((x, i) => among(names[i]!, x));
    if (!inside.includes(true)) throw new RangeError(`Cannot restrict a direction: expected at least one of ${names.join(", ")} to be left in, got none`);
    const some = (tree: Params): Some => Object.fromEntries(tensors(tree).flatMap((x, i) => (inside[i] === true ? [[names[i]!, x]] : [])));
    const whole = (part: Params, rest: (x: Tensor) => Tensor): typeof mean => {
      const xs = tensors(part);
      let next = 0;
      return withTensors(
        mean,
        tensors(mean).map((x, i) => (inside[i] === true ? xs[next++]! : rest(x))),
      );
    };
    const part = { mean: some(mean), logScale: some(logScale) };
    // The gradient at the mean itself is asked for by its own name: it may have been taken already.
    const gradOfPart = <Q extends Params>(at: Q): Q => withTensors(at, tensors(some(grad(at === (part.mean as Params) ? mean : whole(at, (x) => x)))));
    const u = direction(key, part, gradOfPart);
    const longer = Math.sqrt(size(mean) / size(part.mean));
    return whole(
      withTensors(
        u,
        tensors(u).map((x) => mul(x, longer)),
      ),
      (x) => zerosLike(x),
    );
  };
}
