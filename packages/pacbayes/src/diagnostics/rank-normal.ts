import normalQuantile from "@stdlib/stats-base-dists-normal-quantile";
import { mean, pooled, quantile } from "./draws.ts";

/** z = Φ⁻¹((rank − 3/8) / (N + 1/4)), ranks over all chains, ties averaged [Vehtari2021, Equation 14]. */
export function rankNormal(draws: readonly Float64Array[]): readonly Float64Array[] {
  const sorted = pooled(draws);
  const count = sorted.length;
  const z = new Map<number, number>();
  for (let first = 0; first < count;) {
    let last = first;
    while (last + 1 < count && sorted[last + 1] === sorted[first]) last++;
    const rank = 1 + (first + last) / 2;
    z.set(sorted[first]!, normalQuantile((rank - 3 / 8) / (count + 1 / 4), 0, 1));
    first = last + 1;
  }
  return draws.map((chain) => chain.map((x) => z.get(x)!));
}

/** |x − median|: what tells apart chains that agree in the mean and not in the spread. */
export function folded(draws: readonly Float64Array[]): readonly Float64Array[] {
  const sorted = pooled(draws);
  const median = sorted.length % 2 === 1 ? quantile(sorted, 0.5) : mean([sorted[sorted.length / 2 - 1]!, sorted[sorted.length / 2]!]);
  return draws.map((chain) => chain.map((x) => Math.abs(x - median)));
}
