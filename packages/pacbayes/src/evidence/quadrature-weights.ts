/** Left sum, right sum or trapezoid, of an integrand that does not increase. */
export type SumKind = "upper" | "lower" | "trapezoid";

/** The weight of each rung's energy in the sum over all intervals. */
export function quadratureWeights(lambdas: readonly number[], kind: SumKind): number[] {
  const weights = lambdas.map(() => 0);
  for (let i = 0; i + 1 < lambdas.length; i++) {
    const step = lambdas[i + 1]! - lambdas[i]!;
    weights[i]! += kind === "upper" ? step : kind === "lower" ? 0 : step / 2;
    weights[i + 1]! += kind === "lower" ? step : kind === "upper" ? 0 : step / 2;
  }
  return weights;
}
