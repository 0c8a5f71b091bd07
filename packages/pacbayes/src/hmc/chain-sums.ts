import { add, cast, div, equal, expandDims, matMul, mul, reshape, sum, where, type Tensor, type Tensor2D } from "@tensorflow/tfjs-core";
import { map, ShapeError, tensors, type Params, type Tree } from "@lab/tensor-core";

/** ⟨a, b⟩ of each chain, over all axes but the first of all leaves: [chain]. */
export function chainDot(a: Params, b: Params): Tensor {
  const ys = tensors(b);
  return tensors(a)
    .map((x, i) => sum(reshape(mul(x, ys[i]!), [x.shape[0]!, -1]), 1))
    .reduce((total, next) => add(total, next));
}

/** A number for each chain, [chain], with axes of length 1 to match a leaf [chain, …]; a scalar as it is. */
export function alongChains(perChain: Tensor, leaf: Tensor): Tensor {
  if (perChain.rank === 0) return perChain;
  return reshape(perChain, [perChain.shape[0]!, ...leaf.shape.slice(1).map(() => 1)]);
}

/** x of the chains where the condition [chain] holds, y of the others. */
export function whereChains<T extends Tree>(condition: Tensor, x: T, y: T): T {
  return map((a, b) => where(alongChains(condition, a), a, b), x, y);
}

/**
 * The matrix [chain, chain] that takes the mean over the chains of one λ: G x is, for each chain, the mean of x over those that share its λ.
 */
export function meanWithin(lambda: Tensor): Tensor2D {
  const same = cast(equal(expandDims(lambda, 1), expandDims(lambda, 0)), "float32");
  return div(same, sum(same, 1, true));
}

/** G x for x [chain, …]: chains that share their λ get their mean. */
export function withinMean(means: Tensor2D, x: Tensor): Tensor {
  return reshape(matMul(means, reshape(x, [x.shape[0]!, -1])), x.shape);
}

/** What dual averaging is to see: where each chain has its own step size, the mean acceptance of the chains that share its λ. */
export function sharedAcceptance({ lambda, stepSize }: { readonly lambda: Tensor; readonly stepSize: Tensor }, acceptance: Tensor): Tensor {
  return stepSize.rank === 0 ? acceptance : withinMean(meanWithin(lambda), acceptance);
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
