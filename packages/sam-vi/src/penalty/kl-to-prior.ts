import { div, fill, type Scalar } from "@tensorflow/tfjs-core";
import { map, meanFieldKl, type MeanField, type Params } from "@lab/tensor-core";

/** What a posterior pays, in the unit of the loss. */
export type Penalty = <P extends Params>(posterior: MeanField<P>) => Scalar;
/** N(mean, scale² I) before the data were seen. */
export type Prior = { readonly mean?: number; readonly scale?: number };

/**
 * KL(q ‖ N(m₀, σ₀² I))/n = (1/n) Σᵢ [((μᵢ − m₀)² + σᵢ²)/(2σ₀²) − ln σᵢ + ln σ₀ − ½], nats per example: the penalty of a **mean** log loss over n examples [Blundell2015, Equation 1].
 *
 * With a summed loss, or one averaged over tokens, n is another number. The prior must not depend on the data.
 *
 * @throws RangeError unless n is at least 1, the prior's scale positive and its mean finite
 * @example
 * ```ts
 * import { ones } from "@tensorflow/tfjs-core";
 * import { meanField } from "@lab/tensor-core";
 * import { klToPrior } from "@lab/sam-vi";
 * klToPrior({ n: 8 })(meanField({ w: ones([4]) }, { scale: 1 })).dataSync()[0]; // => 0.25
 * ```
 */
export function klToPrior({ n, prior: { mean = 0, scale = 1 } = {} }: { readonly n: number; readonly prior?: Prior }): Penalty {
  if (!(n >= 1 && n < Infinity)) throw new RangeError(`Cannot weigh a KL: expected n of at least 1, got ${n}`);
  if (!(scale > 0 && scale < Infinity && Number.isFinite(mean)))
    throw new RangeError(`Cannot weigh a KL: expected a prior with a finite mean and a scale in (0, ∞), got ${mean} and ${scale}`);
  return (posterior) => {
    const constant = (value: number): typeof posterior.mean => map((x) => fill(x.shape, value), posterior.mean);
    return div(meanFieldKl(posterior, { mean: constant(mean), logScale: constant(Math.log(scale)) }), n);
  };
}
