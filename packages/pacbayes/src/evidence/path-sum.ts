import { checkedRungs, type EnergyDraws } from "./checked-rungs.ts";
import { quadratureWeights, type SumKind } from "./quadrature-weights.ts";

/**
 * Σᵢ ωᵢ Uᵢ(t), the quadrature of F(λ) at each draw t of all rungs together, less λ U(t) for the KL: a series whose error by `batchMeans` holds for rungs that
 * exchange states, which are dependent.
 *
 * Every rung has as many chains and draws, drawn at the same times; draws stay [chain][draw].
 *
 * @throws RangeError unless λ starts at 0 and increases, all rungs having chains of the same number and length
 * @example
 * ```ts
 * import { pathSum } from "@lab/pacbayes";
 * const rungs = [{ lambda: 0, energies: [[2, 4, 2, 4]] }, { lambda: 1, energies: [[1, 1, 3, 3]] }];
 * pathSum(rungs, { of: "trapezoid" }); // => [ Float64Array(4) [ 1.5, 2.5, 2.5, 3.5 ] ]
 * ```
 */
export function pathSum(rungs: readonly EnergyDraws[], { of, kl = false }: { readonly of: SumKind; readonly kl?: boolean }): readonly Float64Array[] {
  checkedRungs("pathSum", rungs);
  const shape = rungs[0]!.energies;
  const odd = rungs.find(({ energies }) => energies.length !== shape.length || energies[0]!.length !== shape[0]!.length);
  if (odd !== undefined) throw new RangeError(`Cannot apply pathSum: expected every rung to have ${shape.length} chains of ${shape[0]!.length} draws`);
  const weights = quadratureWeights(
    rungs.map(({ lambda }) => lambda),
    of,
  );
  if (kl) weights[rungs.length - 1]! -= rungs.at(-1)!.lambda;
  return Array.from(shape, (chain, c) =>
    Float64Array.from({ length: chain.length }, (_, t) => rungs.reduce((sum, { energies }, i) => sum + weights[i]! * energies[c]![t]!, 0)),
  );
}
