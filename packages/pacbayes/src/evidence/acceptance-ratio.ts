import { bisection } from "@lab/tensor-core";
import { mean } from "../diagnostics/draws.ts";
import { monteCarloError } from "../diagnostics/monte-carlo-error.ts";
import { checkedRungs, type EnergyDraws, type FreeEnergyEstimate } from "./checked-rungs.ts";

/**
 * F(λ_k) = Σ ΔFᵢ, where ΔF solves Σ_{draws of i} 1/(1 + (mᵢ/mᵢ₊₁) e^{ΔᵢU − ΔF}) = Σ_{draws of i+1} 1/(1 + (mᵢ₊₁/mᵢ) e^{ΔF − ΔᵢU}): Bennett's acceptance ratio
 * between neighbouring rungs [Bennett1976, Equation 12].
 *
 * No quadrature, and for each interval the smallest variance among estimators from draws of its two ends. Errors by the delta method: each rung's draws enter the two intervals
 * beside it, and the energy of the KL, as one series; rungs are taken for independent, which those that exchange states are not.
 *
 * @throws RangeError unless λ starts at 0 and increases, each rung with chains of equal length of at least 4 draws
 * @example
 * ```ts
 * import { acceptanceRatio } from "@lab/pacbayes";
 * // A constant energy of 3 nats: F(λ) = 3 λ.
 * const energies = [[3, 3, 3, 3], [3, 3, 3, 3]];
 * acceptanceRatio([{ lambda: 0, energies }, { lambda: 0.5, energies }])[1]!.freeEnergy.toFixed(9); // => "1.500000000"
 * ```
 */
export function acceptanceRatio(rungs: readonly EnergyDraws[]): readonly FreeEnergyEstimate[] {
  const draws = checkedRungs("acceptanceRatio", rungs);
  let [freeEnergy, settled] = [0, 0];
  // What the rung's draws did to the interval below it.
  let below: Chains | undefined = draws[0]?.map((chain) => chain.map(() => 0));
  return rungs.map(({ lambda }, k) => {
    const here = draws[k];
    if (k > 0) {
      const lower = draws[k - 1];
      if (lower === undefined || here === undefined || below === undefined) below = undefined;
      else {
        const pair = between(lower, here, lambda - rungs[k - 1]!.lambda);
        freeEnergy += pair.freeEnergy;
        settled += monteCarloError(combined(below, pair.lower, -1)) ** 2;
        below = pair.upper;
      }
    }
    if (here === undefined || below === undefined) return { lambda, freeEnergy: NaN, freeEnergyError: NaN, kl: NaN, klError: NaN };
    return {
      lambda,
      freeEnergy,
      freeEnergyError: Math.sqrt(settled + monteCarloError(below) ** 2),
      kl: freeEnergy - lambda * mean(here.map(mean)),
      klError: Math.sqrt(settled + monteCarloError(combined(below, here, -lambda)) ** 2),
    };
  });
}

type Chains = readonly Float64Array[];

/** ΔF, and each draw's relative share in either sum: ΔF moves with the mean of the upper less that of the lower. */
function between(lower: Chains, upper: Chains, step: number): { readonly freeEnergy: number; readonly lower: Chains; readonly upper: Chains } {
  const works = (chains: Chains): Chains => chains.map((chain) => chain.map((u) => step * u));
  const [first, second] = [works(lower), works(upper)];
  const tilt = Math.log(count(first) / count(second));
  const sides = (f: number): readonly [Chains, Chains] => [
    first.map((chain) => chain.map((w) => 1 / (1 + Math.exp(tilt + w - f)))),
    second.map((chain) => chain.map((w) => 1 / (1 + Math.exp(f - w - tilt)))),
  ];
  const total = (chains: Chains, at: (w: number) => number): number => {
    let sum = 0;
    for (const chain of chains) for (let i = 0; i < chain.length; i++) sum += at(chain[i]!);
    return sum;
  };
  const falls = (f: number): boolean => total(first, (w) => 1 / (1 + Math.exp(tilt + w - f))) < total(second, (w) => 1 / (1 + Math.exp(f - w - tilt)));
  const all = [...first, ...second];
  // The difference of both sums increases in f, from −1 per draw to 1 over this bracket.
  const slack = Math.abs(tilt) + 50;
  const from = Math.min(...all.map((chain) => chain.reduce((least, w) => Math.min(least, w)))) - slack;
  const to = Math.max(...all.map((chain) => chain.reduce((most, w) => Math.max(most, w)))) + slack;
  const freeEnergy = bisection(falls, { from, to }).holds;
  const [forward, backward] = sides(freeEnergy);
  return { freeEnergy, lower: relative(forward), upper: relative(backward) };
}

const count = (chains: Chains): number => chains.length * chains[0]!.length;
const average = (chains: Chains): number => mean(chains.map(mean));

function relative(chains: Chains): Chains {
  const centre = average(chains);
  return chains.map((chain) => chain.map((x) => x / centre));
}

/** x + factor · y, draw by draw. */
function combined(xs: Chains, ys: Chains, factor: number): Chains {
  return xs.map((chain, i) => chain.map((x, t) => x + factor * ys[i]![t]!));
}
