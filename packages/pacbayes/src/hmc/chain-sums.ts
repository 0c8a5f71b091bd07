import { add, mul, reshape, sum, type Tensor } from "@tensorflow/tfjs-core";
import { ShapeError, tensors, type Params } from "@lab/tensor-core";

/** ⟨a, b⟩ of each chain, over all axes but the first of all leaves: [chain]. */
export function chainDot(a: Params, b: Params): Tensor {
  const ys = tensors(b);
  return tensors(a)
    .map((x, i) => sum(reshape(mul(x, ys[i]!), [x.shape[0]!, -1]), 1))
    .reduce((total, next) => add(total, next));
}

/** A number for each chain, [chain], with axes of length 1 to match a leaf [chain, …]. */
export function alongChains(perChain: Tensor, leaf: Tensor): Tensor {
  return reshape(perChain, [perChain.shape[0]!, ...leaf.shape.slice(1).map(() => 1)]);
}

/** The number of chains: the length of the first axis of every leaf. @throws ShapeError where leaves disagree */
export function chainCount(caller: string, position: Params): number {
  const [first, ...rest] = tensors(position);
  const chains = first?.shape[0];
  const stray = chains === undefined ? first : rest.find((x) => x.shape[0] !== chains);
  if (chains === undefined || stray !== undefined)
    throw new ShapeError(
      `Cannot apply ${caller}: expected every leaf of the position to have a first axis of ${chains ?? "chains"}, got a shape of [${(stray?.shape ?? []).join(", ")}]`,
    );
  return chains;
}
