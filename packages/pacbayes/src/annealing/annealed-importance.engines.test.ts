import { mul, square, zeros, type Tensor } from "@tensorflow/tfjs-core";
import { engine, key, own, run, type Params } from "@lab/tensor-core";
import { algorithmLaws } from "@lab/tensor-core/testing";
import { expect, it } from "vitest";
import { gaussianPrior, priorDraws } from "../gibbs/gaussian-prior.ts";
import { annealedEvidence } from "../evidence/annealed-evidence.ts";
import { hmc } from "../hmc/hmc.ts";
import { fixedSteps } from "../hmc/trajectory.ts";
import { annealedImportance } from "./annealed-importance.ts";

await engine();

type Weights = Params & { readonly u: Tensor };
const K = 6;
const energy = ({ u }: Weights): Tensor => mul(square(u), K / 2);
const ladder = [0, 0.05, 0.2, 0.5, 1];
/** F(1) of N(0, I₂) with U = ½ K ‖u‖². */
const Z = 1 / (1 + K);
const start = (chains: number): Weights => priorDraws(key(8), gaussianPrior<Weights>({ u: zeros([1, 2]) }, { scale: 1 }), { chains });

const known = new Map<number, Promise<readonly number[]>>();
function weights(stepSize: number): Promise<readonly number[]> {
  const drawn = known.get(stepSize) ?? annealed(stepSize, 4000);
  known.set(stepSize, drawn);
  return drawn;
}

async function annealed(stepSizes: number, chains: number): Promise<readonly number[]> {
  const annealing = annealedImportance(hmc(energy, { trajectory: fixedSteps(stepSizes < 0.05 ? 1 : 6) }), { ladder, stepSizes });
  using position = own(() => start(chains));
  using result = await run(annealing, position.value, { key: key(5), steps: ladder.length - 1, record: (_, info) => ({ energy: info.energy }) });
  const rows = ladder.slice(1).map((_, step) => Array.from({ length: chains }, (_, chain) => result.trace.energy.get(step, chain)));
  return annealedEvidence(rows, ladder).logWeights.map(Math.exp);
}

it.each([
  ["good moves", 0.25],
  ["a deliberately bad kernel, one tiny step", 0.001],
] as const)("annealedImportance() has E[Ẑ] = Z with %s", async (_, stepSize) => {
  const drawn = await weights(stepSize);
  const mean = drawn.reduce((s, w) => s + w, 0) / drawn.length;
  const sd = Math.sqrt(drawn.reduce((s, w) => s + (w - mean) ** 2, 0) / (drawn.length - 1));
  expect(Math.abs(mean - Z)).toBeLessThan((5 * sd) / Math.sqrt(drawn.length));
  // The effective draws that the five standard errors need.
  expect(drawn.reduce((s, w) => s + w, 0) ** 2 / drawn.reduce((s, w) => s + w * w, 0)).toBeGreaterThan(200);
});

it("annealedImportance() with good moves has weights that vary less than with a kernel that stands still", async () => {
  const spread = (drawn: readonly number[]): number => drawn.reduce((s, w) => s + w * w, 0) / drawn.reduce((s, w) => s + w, 0) ** 2;
  expect(spread(await weights(0.25))).toBeLessThan(0.8 * spread(await weights(0.001)));
});

for (const { says, holds } of algorithmLaws("annealedImportance()", {
  algorithm: annealedImportance(hmc(energy, { trajectory: fixedSteps(2) }), { ladder, stepSizes: [0.4, 0.3, 0.2, 0.1], moves: 2 }),
  position: () => start(3),
}))
  it(says, holds);

it("annealedImportance() names a schedule that makes no sense", () => {
  const sampler = hmc(energy, { trajectory: fixedSteps(2) });
  expect(() => annealedImportance(sampler, { ladder: [0.1, 1], stepSizes: 1 })).toThrow("first lambda to be 0, got 0.1");
  expect(() => annealedImportance(sampler, { ladder: [0], stepSizes: 1 })).toThrow("at least one interval, got none");
  expect(() => annealedImportance(sampler, { ladder, stepSizes: [1, 2] })).toThrow("expected 4 step sizes, got 2");
  expect(() => annealedImportance(sampler, { ladder, stepSizes: 0 })).toThrow("positive and finite, got 0");
  expect(() => annealedImportance(sampler, { ladder, stepSizes: 1, moves: 0 })).toThrow("moves must be a whole number of at least 1, got 0");
});
