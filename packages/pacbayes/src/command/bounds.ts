import type { Bound } from "../bounds/bound.ts";
import { catoni } from "../bounds/catoni.ts";
import { freeEnergyBound, freeEnergyCatoni } from "../bounds/free-energy.ts";
import { lambda } from "../bounds/lambda.ts";
import { maurer } from "../bounds/maurer.ts";
import { mcallester } from "../bounds/mcallester.ts";
import { quadratic } from "../bounds/quadratic.ts";
import { refinedTolstikhin } from "../bounds/refined-tolstikhin.ts";
import { tolstikhin } from "../bounds/tolstikhin.ts";

/** The numbers that a bound may be told, by their flags. */
export const NUMBERS = {
  risk: "r̂, the mean loss on the sample, in [0, 1]",
  kl: "KL(ρ‖π), nats",
  n: "Number of examples",
  delta: "Probability that the bound fails over the sample",
  lambda: "λ of lambda, and of the free energy",
  c: "C of catoni, fixed before the sample was seen",
  "free-energy": "F(λ) = −ln E_π[exp(−λ n r̂)], nats",
} as const;

export type NumberName = keyof typeof NUMBERS;

/** One bound as the command line knows it: which numbers it is told, its equation, and its value. */
type Entry = { readonly needs: readonly NumberName[]; readonly says: string; readonly value: (numbers: Readonly<Record<NumberName, number>>) => number };

const plain = (says: string, bound: Bound): Entry => ({
  needs: ["risk", "kl", "n", "delta"],
  says,
  value: ({ risk, kl, n, delta }) => bound({ empiricalRisk: risk, kl, n, delta }),
});

export const BOUNDS: { readonly [name: string]: Entry } = {
  maurer: plain("kl(r̂ ‖ R) ≤ (KL + ln(2√n/δ))/n [Maurer2004]", maurer),
  mcallester: plain("R ≤ r̂ + √((KL + ln(2√n/δ))/(2n)) [McAllester1999]", mcallester),
  quadratic: plain("R ≤ (√(r̂ + B) + √B)², B = (KL + ln(2√n/δ))/(2n) [PerezOrtiz2021]", quadratic),
  tolstikhin: plain("R ≤ r̂ + √(2 r̂ c) + 2c [Tolstikhin2013]", tolstikhin),
  "refined-tolstikhin": plain("R ≤ r̂ + √(2 r̂ c) + c", refinedTolstikhin),
  lambda: {
    needs: ["risk", "kl", "n", "delta", "lambda"],
    says: "R ≤ r̂/(1 − λ/2) + (KL + ln(2√n/δ))/(nλ(1 − λ/2)), all λ in (0, 2) at once [Thiemann2017]",
    value: (numbers) => lambda(numbers.lambda)({ empiricalRisk: numbers.risk, kl: numbers.kl, n: numbers.n, delta: numbers.delta }),
  },
  catoni: {
    needs: ["risk", "kl", "n", "delta", "c"],
    says: "R ≤ (1 − e^{−C r̂ − (KL + ln(1/δ))/n})/(1 − e^{−C}), C fixed beforehand [Catoni2007]",
    value: ({ risk, kl, n, delta, c }) => catoni(c)({ empiricalRisk: risk, kl, n, delta }),
  },
  "free-energy": {
    needs: ["free-energy", "lambda", "n", "delta"],
    says: "R(ρ_λ) ≤ (1 − e^{−(F + ln(2√n/δ))/n})/(1 − e^{−λ}), all λ at once",
    value: ({ lambda, n, delta, "free-energy": freeEnergy }) => freeEnergyBound({ lambda, freeEnergy, n, delta }),
  },
  "free-energy-catoni": {
    needs: ["free-energy", "lambda", "n", "delta"],
    says: "R(ρ_λ) ≤ (1 − e^{−(F + ln(1/δ))/n})/(1 − e^{−λ}), λ fixed beforehand [Catoni2007]",
    value: ({ lambda, n, delta, "free-energy": freeEnergy }) => freeEnergyCatoni({ lambda, freeEnergy, n, delta }),
  },
};
