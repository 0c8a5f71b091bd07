import { add, fill, mean, mul, scalar, square, tensor, type Tensor } from "@tensorflow/tfjs-core";
import { foldIn, own, run, split, tensors, withTensors, type HostArray, type Key, type Owned } from "@lab/tensor-core";
import { adapted, frozen, hmc, ladder, lasting, priorDraws, type HmcStart, type WideMlp } from "@lab/pacbayes";
import type { Kept } from "./kept.ts";
import type { Target } from "./posterior.ts";
import type { Setting } from "./settings.ts";

/** Rungs of the pilot, its steps at each but the last, and there, of which a third only warms up. */
const [RUNGS, STEPS, LAST] = [8, 15, 60] as const;
/** λn where the pilot ends at the latest: curvature changes little beyond, and steps get dear. */
const ENOUGH = 5000;
/** Leapfrogs of a pilot's trajectory, about. */
const WEIGHT = 16;

/** The units of work of a pilot. */
export const PILOT_WORK: number = ((RUNGS - 1) * STEPS + LAST) * WEIGHT;

/**
 * h for `curved`: the mean diagonal Hessian of U under a Gibbs posterior, by E (λ ∂U + u)² = 1 + λ E ∂²U, which integration by parts gives. One number for each
 * input of the first layer, its units pooled, and one for each leaf else. From a short climb of its own, with a key of its own.
 */
export async function curvature(
  { n, chains, most, top, power }: Setting,
  { energy, prior }: Target,
  { key, kept }: { readonly key: Key; readonly kept: Kept },
): Promise<Owned<WideMlp>> {
  const [startKey, moveKey] = split(key);
  const sampler = adapted(hmc(energy, { trajectory: lasting(Math.PI / 2, { most }) }), { most: 0.3 });
  const lambdas = [...ladder({ top: Math.min(top, ENOUGH / n), rungs: RUNGS, power })].slice(1);
  let at: Owned<Pick<HmcStart<WideMlp>, "position" | "stepSize">> = own(() => ({ position: priorDraws(startKey, prior, { chains }), stepSize: scalar(0.3) }));
  let squares: readonly HostArray[] = [];
  for (const [i, lambda] of lambdas.entries()) {
    using from = own(() => ({ ...at.value, lambda: fill([chains], lambda) }));
    using moved = await run(sampler, from.value, {
      key: foldIn(moveKey, i),
      ...kept(`pilot ${i + 1}`, i + 1 < RUNGS ? STEPS : LAST, WEIGHT),
      record: ({ sampler: { position, grad } }) => squaredForces(position, grad, lambda),
    });
    at[Symbol.dispose]();
    at = own(() => frozen(moved.state.value));
    squares = Object.values<HostArray>(moved.trace);
  }
  at[Symbol.dispose]();
  const last = lambdas.at(-1)!;
  return own(() =>
    withTensors(
      prior.mean,
      squares.map((drawn, leaf) => {
        const width = drawn.shape[2]!;
        const h = tensor(
          averages(drawn).map((square) => Math.max(0, square - 1) / last),
          [1, 1, width],
        );
        return leaf === 0 ? h : mean(h, 2, true);
      }),
    ),
  );
}

/** (λ ∂U + u)² of each leaf, its rows pooled: [chain, column]; named by the leaf's number. */
function squaredForces(position: WideMlp, grad: WideMlp, lambda: number): { readonly [leaf: string]: Tensor } {
  const grads = tensors(grad);
  return Object.fromEntries(tensors(position).map((u, leaf) => [`leaf ${leaf}`, mean(square(add(mul(grads[leaf]!, lambda), u)), 1)]));
}

/** Of each column, over chains and the later two thirds of the draws. */
function averages(drawn: HostArray): Float32Array {
  const [draws, chains, width] = drawn.shape as [number, number, number];
  const from = Math.floor(draws / 3);
  return Float32Array.from({ length: width }, (_, column) => {
    let sum = 0;
    for (let draw = from; draw < draws; draw++) for (let chain = 0; chain < chains; chain++) sum += drawn.get(draw, chain, column);
    return sum / (draws - from) / chains;
  });
}
