import { chains, effectiveSampleSize, energyFraction, rHat } from "@lab/pacbayes";
import type { HostArray } from "@lab/tensor-core";

/** What was drawn at one λ: [chain][draw]. */
export type Rung = {
  readonly lambda: number;
  /** n·r̂ and the zero-one risk as recorded, [draw, chain]. */
  readonly column: HostArray;
  readonly column01: HostArray;
  readonly energies: readonly Float64Array[];
  readonly risk01s: readonly Float64Array[];
  readonly clamped: readonly Float64Array[];
  readonly testError01: number;
  readonly sampling: Sampling;
};

/** How it went; leapfrogs are per trajectory, gradients those of all chains with the warm-up's. */
export type Sampling = {
  readonly step: number;
  readonly leapfrogs: number;
  readonly acceptance: number;
  readonly divergences: number;
  readonly bfmi: number;
  readonly gradients: number;
};

export const R_HAT_TARGET = 1.01;
export const ESS_TARGET = 400;

/** Whether n·r̂ and the zero-one risk both reach the targets. NaN does not. */
export function reaches({ energies, risk01s }: Pick<Rung, "energies" | "risk01s">): boolean {
  return [energies, risk01s].every((draws) => rHat(draws) <= R_HAT_TARGET && effectiveSampleSize(draws) >= ESS_TARGET);
}

type Columns<Name extends string> = { readonly [N in Name]: HostArray };

/** Exact draws of the prior: no Markov chain, so nothing to watch. */
export function exactRung(trace: Columns<"likelihood" | "risk01" | "clamped" | "test01">): Rung {
  const sampling = { step: Number.NaN, leapfrogs: 0, acceptance: 1, divergences: 0, bfmi: Number.NaN, gradients: 0 };
  return { ...drawn(trace), lambda: 0, sampling };
}

export function rungOf(
  lambda: number,
  trace: Columns<"likelihood" | "risk01" | "clamped" | "test01" | "hamiltonian" | "acceptance" | "divergent" | "steps" | "stepSize">,
  warm: Columns<"steps">,
): Rung {
  const of = trace.acceptance.shape[1]!;
  return {
    ...drawn(trace),
    lambda,
    sampling: {
      step: average(trace.stepSize),
      leapfrogs: average(trace.steps),
      acceptance: average(trace.acceptance),
      divergences: total(trace.divergent),
      bfmi: Math.min(...energyFraction(chains(trace.hamiltonian))),
      gradients: of * (total(trace.steps) + total(warm.steps)),
    },
  };
}

function drawn({ likelihood, risk01, clamped, test01 }: Columns<"likelihood" | "risk01" | "clamped" | "test01">): Omit<Rung, "lambda" | "sampling"> {
  return {
    column: likelihood,
    column01: risk01,
    energies: chains(likelihood),
    risk01s: chains(risk01),
    clamped: chains(clamped),
    testError01: average(test01),
  };
}

export function meanOf(draws: readonly Float64Array[]): number {
  return average({ data: draws.flatMap((draw) => [...draw]) });
}

export function varianceOf(draws: readonly Float64Array[]): number {
  const [all, centre] = [draws.flatMap((draw) => [...draw]), meanOf(draws)];
  return all.reduce((sum, x) => sum + (x - centre) ** 2, 0) / (all.length - 1);
}

/** Of all draws of a recorded column. */
export function average(column: { readonly data: ArrayLike<number> }): number {
  return total(column) / column.data.length;
}

function total({ data }: { readonly data: ArrayLike<number> }): number {
  return Array.from(data).reduce((sum, x) => sum + x, 0);
}

export type Diagnostics = {
  readonly maxRhat: number;
  readonly minEss: number;
  readonly divergences: number;
  readonly acceptance: number;
  readonly gradients: number;
};

/** The worst of all rungs, over n·r̂ and the zero-one risk: functionals that a permutation of hidden units leaves alone. */
export function diagnosticsOf(rungs: readonly Rung[]): Diagnostics {
  // Exact draws of the first rung need no diagnosis.
  const sampled = rungs.slice(1);
  const functionals = sampled.flatMap(({ energies, risk01s }) => [energies, risk01s]);
  const sum = (of: (sampling: Sampling) => number): number => sampled.reduce((s, { sampling }) => s + of(sampling), 0);
  return {
    maxRhat: Math.max(...functionals.map((draws) => rHat(draws))),
    minEss: Math.min(...functionals.map((draws) => effectiveSampleSize(draws))),
    divergences: sum(({ divergences }) => divergences),
    acceptance: sum(({ acceptance }) => acceptance) / sampled.length,
    gradients: sum(({ gradients }) => gradients),
  };
}
