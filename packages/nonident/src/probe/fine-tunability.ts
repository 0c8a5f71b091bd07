import {
  descent,
  foldIn,
  iterate,
  own,
  read,
  run,
  type Algorithm,
  type DescentInfo,
  type DescentState,
  type GradientTransform,
  type JitOptions,
  type Key,
  type Objective,
  type Params,
  type Tree,
} from "@lab/tensor-core";
import type { Probe } from "./probe.ts";

/** The loss at the start and after every so many steps, nats, and what it comes to. */
export type FineTuning = {
  readonly curve: readonly { readonly step: number; readonly loss: number }[];
  /** Σ of the curve's trapezoids, nats · steps: the smaller, the sooner learnt. */
  readonly area: number;
  /** The first step of the curve at or below each threshold; undefined where it never is. */
  readonly stepsTo: readonly { readonly threshold: number; readonly steps: number | undefined }[];
};

export type FineTunabilityOptions<P extends Params, S extends Tree> = {
  /** The loss of the batch that a key draws. */
  readonly objective: Objective<P, Key>;
  /** What the curve shows: a loss on data that do not change. */
  readonly evaluation: Objective<P, void>;
  readonly transform: GradientTransform<S>;
  readonly steps: number;
  /** Steps between two points of the curve. */
  readonly every?: number;
  /** Losses, nats. */
  readonly thresholds?: readonly number[];
  readonly jit?: JitOptions | false;
};

/**
 * k ↦ L(θₖ), θₖ₊₁ = θₖ + transform(∇ L(θₖ; batchₖ)): what fine-tuning makes of a model, by its parameters and not its function alone [Reizinger2024].
 *
 * Area ∫ L dk by trapezoids and the steps to thresholds sum it up. Two members of a pair are measured with one key: the same batches in the same order. All
 * steps between two points are one compiled call. A loss that is NaN reaches no threshold, and stays in the curve and the area.
 *
 * @throws RangeError unless steps is a positive multiple of every
 * @example
 * ```ts
 * import { scalar, square, type Scalar } from "@tensorflow/tfjs-core";
 * import { key, sgd } from "@lab/tensor-core";
 * import { fineTunability } from "@lab/nonident/symmetry";
 * const loss = ({ x }: { readonly x: Scalar }): Scalar => square(x);
 * const probe = fineTunability({ objective: loss, evaluation: loss, transform: sgd(0.25), steps: 2, thresholds: [10, 1] });
 * const { area, stepsTo } = await probe.measure({ x: scalar(4) }, key(0));
 * [area, stepsTo.map(({ steps }) => steps)]; // => [ 12.5, [ 1, 2 ] ]
 * ```
 */
export function fineTunability<P extends Params, S extends Tree>({
  objective,
  evaluation,
  transform,
  steps,
  every = 1,
  thresholds = [],
  jit = {},
}: FineTunabilityOptions<P, S>): Probe<P, FineTuning> {
  if (!(Number.isInteger(every) && every >= 1 && Number.isInteger(steps / every) && steps >= 1))
    throw new RangeError(`Cannot probe fine-tunability: expected steps to be a positive multiple of every, got ${steps} and ${every}`);
  const one = descent((params: P, _: void, key: Key) => objective(params, key), { transform });
  const many: Algorithm<P, DescentState<P, S>, Pick<DescentInfo, "loss">> = {
    init: one.init,
    step(key, state) {
      const next = iterate(every, (s: DescentState<P, S>, i) => one.step(foldIn(key, i), s)[0], state);
      return [next, { loss: evaluation(next.params) }];
    },
  };
  return {
    name: "fine-tunability",
    async measure(params, key) {
      using start = own(() => ({ loss: evaluation(params) }));
      const first = (await read(start.value)).loss.get();
      using tuned = await run(many, params, { key, steps: steps / every, record: (_, { loss }) => ({ loss }), jit });
      const losses = [first, ...Array.from({ length: steps / every }, (_, i) => tuned.trace.loss.get(i))];
      const curve = losses.map((loss, i) => ({ step: i * every, loss }));
      return {
        curve,
        area: losses.slice(1).reduce((sum, loss, i) => sum + (every * (losses[i]! + loss)) / 2, 0),
        stepsTo: thresholds.map((threshold) => ({ threshold, steps: curve.find(({ loss }) => loss <= threshold)?.step })),
      };
    },
  };
}
