import {
  add,
  clipByValue,
  customGrad,
  div,
  less,
  log,
  maximum,
  minimum,
  mul,
  onesLike,
  sqrt,
  square,
  sub,
  where,
  type GradSaveFunc,
  type Tensor,
} from "@tensorflow/tfjs-core";

/**
 * What a mean-field Gaussian descends, from its risk and its KL, [run] each; differentiable in both, float32.
 *
 * An objective is no certificate: it rounds, and sees one draw of the risk.
 */
export type BoundObjective = (risk: Tensor, kl: Tensor) => Tensor;

/** The sample's size and the bound's δ. */
export type ObjectiveOptions = { readonly n: number; readonly delta: number };

const budget = (kl: Tensor, { n, delta }: ObjectiveOptions): Tensor => div(add(kl, Math.log((2 * Math.sqrt(n)) / delta)), n);

/**
 * fquad = (√(r̂ + B) + √B)², B = (KL + ln(2√n/δ))/(2n): the objective form of `quadratic` [PerezOrtiz2021, Equation 8].
 *
 * @throws RangeError unless n is a whole number of at least 8 and δ in (0, 1)
 * @example
 * ```ts
 * import { tensor1d } from "@tensorflow/tfjs-core";
 * import { quadraticObjective } from "@lab/pacbayes";
 * quadraticObjective({ n: 60_000, delta: 0.05 })(tensor1d([0.02]), tensor1d([100])).dataSync()[0].toFixed(5); // => "0.03054"
 * ```
 */
export function quadraticObjective(options: ObjectiveOptions): BoundObjective {
  checked(options);
  return (risk, kl) => {
    const half = div(budget(kl, options), 2);
    return square(add(sqrt(add(risk, half)), sqrt(half)));
  };
}

/**
 * kl⁻¹(r̂, c), c = (KL + ln(2√n/δ))/n, with gradients by implicit differentiation: ∂p/∂r̂ = −kl_q/kl_p, ∂p/∂c = 1/kl_p [GarciaPerez2025].
 *
 * kl_q = ln(q(1 − p)/(p(1 − q))), kl_p = (p − q)/(p(1 − p)), at q = r̂ and p = kl⁻¹: the objective form of `maurer`. Bisection in float32, 24 halvings.
 *
 * @throws RangeError unless n is a whole number of at least 8 and δ in (0, 1)
 * @example
 * ```ts
 * import { tensor1d } from "@tensorflow/tfjs-core";
 * import { maurerObjective } from "@lab/pacbayes";
 * maurerObjective({ n: 60_000, delta: 0.05 })(tensor1d([0.02]), tensor1d([100])).dataSync()[0].toFixed(5); // => "0.02964"
 * ```
 */
export function maurerObjective(options: ObjectiveOptions): BoundObjective {
  checked(options);
  const inverse = customGrad((q, c, save) => {
    const [risk, limit] = [clipByValue(q as Tensor, EDGE, 1 - EDGE), c as Tensor];
    const p = klInverse(risk, limit);
    (save as GradSaveFunc)([risk, p]);
    const gradFunc = (dy: Tensor, saved: Tensor[]): Tensor[] => {
      const [risk, p] = saved as [Tensor, Tensor];
      const byRisk = log(div(mul(risk, sub(1, p)), mul(p, sub(1, risk))));
      const byBound = div(maximum(sub(p, risk), EDGE), mul(p, sub(1, p)));
      return [div(mul(dy, mul(byRisk, -1)), byBound), div(dy, byBound)];
    };
    return { value: p, gradFunc };
  });
  return (risk, kl) => inverse(risk, budget(kl, options));
}

/** Keeps logarithms finite in float32. */
const EDGE = 1e-6;

function klInverse(q: Tensor, c: Tensor): Tensor {
  let low = q;
  let high: Tensor = minimum(add(q, sqrt(div(c, 2))), onesLike(q));
  high = clipByValue(high, EDGE, 1 - EDGE);
  for (let i = 0; i < 24; i++) {
    const middle = div(add(low, high), 2);
    const kl = add(mul(q, log(div(q, middle))), mul(sub(1, q), log(div(sub(1, q), sub(1, middle)))));
    const inside = less(kl, c);
    low = where(inside, middle, low);
    high = where(inside, high, middle);
  }
  return high;
}

function checked({ n, delta }: ObjectiveOptions): void {
  if (!(Number.isInteger(n) && n >= 8)) throw new RangeError(`Cannot form an objective: n must be a whole number of at least 8, got ${n}`);
  if (!(delta > 0 && delta < 1)) throw new RangeError(`Cannot form an objective: delta must be in (0, 1), got ${delta}`);
}
