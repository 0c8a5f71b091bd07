import { rm } from "node:fs/promises";
import { join } from "node:path";
import { cast, floor, gather, max, mean, abs, sub, logSoftmax, mul, slice, sum, exp } from "@tensorflow/tfjs-core";
import {
  adam,
  chain,
  clipByNorm,
  decoder,
  descent,
  engine,
  foldIn,
  key,
  own,
  read,
  run,
  sgd,
  size,
  uniform,
  type DecoderParams,
  type GradientTransform,
  type Key,
  type Tree,
} from "@lab/tensor-core";
import { flags, lineChart, notebook, remark, table } from "@lab/tensor-core/report";
import { aNbN, aNbNaN } from "@lab/nonident";
import { fineTunability, type FineTuning, type Network } from "@lab/nonident/symmetry";
import { ended } from "./ended.ts";
import { orbit } from "./nonident-finetune/orbit.ts";
import { settingOf } from "./nonident-finetune/settings.ts";
import { lossOn, rowsOf, VOCABULARY } from "./nonident-finetune/strings.ts";

process.on("uncaughtException", ended);
const began = performance.now();
const { effort, seed, out, json, resume } = await flags({
  name: "nonident-finetune",
  description: "One function, many networks: members of a symmetry orbit of one trained decoder, fine-tuned side by side",
});
const { name: engineName, line } = await engine();
const setting = settingOf(effort, engineName);
if (!resume) await rm(join(out, "checkpoints"), { recursive: true, force: true });
const root = key(seed);
const { largest, layers, channels, heads } = setting;
const length = 3 * largest + 2;
const model = decoder({ vocabulary: VOCABULARY, context: length, layers, channels, heads, tied: false });

const book = await notebook(import.meta.url, {
  title: "Equal functions, different fine-tuning",
  summary:
    "A network is more than its function: rotations, rescalings, copies and silent parts leave every probability as it is, and yet gradients see them. So two models of equal likelihood, equal in all that they say, need not learn the next thing alike.",
  out,
  quiet: json,
});

using data = own(() => ({ first: rowsOf(aNbN({ largest }), length), second: rowsOf(aNbNaN({ largest }), length) }));
const { first, second } = data.value;
using initial = own(() => model.init(foldIn(root, 0)));
using learnt = await book.cell(
  `## One trained decoder

A decoder of ${layers} layers and ${channels} channels learns {aⁿbⁿ : n ≤ ${largest}}, all strings at each step, by Adam for ${setting.steps} steps.`,
  async (show) => {
    const algorithm = descent((params: DecoderParams) => lossOn(model, params, first), { transform: adam(3e-3) });
    const { state, trace } = await run(algorithm, initial.value, {
      key: foldIn(root, 1),
      steps: setting.steps,
      record: (_, { loss }) => ({ loss }),
      finite: ["loss"],
      ...(json ? {} : { progress: "training" }),
      checkpoint: { path: join(out, "checkpoints", "trained"), every: 500, resume, config: { ...setting, seed } },
    });
    const losses = Array.from(trace.loss.data);
    const floorOfLoss = Math.log(largest) / (length - 1);
    await show(remark(`The loss came to ${losses.at(-1)!.toFixed(5)} nats per position; no model of these strings can go below ${floorOfLoss.toFixed(5)}.`));
    return state;
  },
);
const trained: Network = { shape: model.shape, params: learnt.value.params };

const TRANSFORMS: readonly (readonly [name: "sgd" | "adam", transform: () => GradientTransform<Tree>])[] = [
  ["sgd", () => chain(clipByNorm(0.5), sgd(0.05)) as unknown as GradientTransform<Tree>],
  ["adam", () => adam(1e-3) as unknown as GradientTransform<Tree>],
];
/** `early` and `more`: the loss after the first steps, and the area, less those of the network as trained, seed by seed. */
type Tuned = {
  readonly optimizer: "sgd" | "adam";
  readonly early: Estimate;
  readonly area: Estimate;
  readonly more: Estimate;
  readonly last: Estimate;
  readonly curve: FineTuning["curve"];
};
type Found = { readonly name: string; readonly parameters: number; readonly largestDifference: number; readonly kl: number; readonly tuned: readonly Tuned[] };
type Estimate = { readonly mean: number; readonly standardError: number };
const estimate = (values: readonly number[]): Estimate => {
  const average = values.reduce((total, v) => total + v, 0) / values.length;
  const square = values.reduce((total, v) => total + (v - average) ** 2, 0) / Math.max(1, values.length - 1);
  return { mean: average, standardError: Math.sqrt(square / values.length) };
};
const difference = ({ mean: value, standardError }: Estimate): string => `${value.toPrecision(2)} ± ${standardError.toPrecision(1)}`;

const asTrained = new Map<string, readonly FineTuning[]>();

async function tuned(network: Network): Promise<readonly Tuned[]> {
  const of = decoder(network.shape);
  const all: Tuned[] = [];
  for (const [optimizer, transform] of TRANSFORMS) {
    const probe = fineTunability({
      objective: (params: DecoderParams, at: Key) => lossOn(of, params, gather(second, cast(floor(mul(uniform(at, [8]), largest * (1 - 1e-6))), "int32"))),
      evaluation: (params: DecoderParams) => lossOn(of, params, second),
      transform: transform(),
      steps: setting.tuningSteps,
      every: setting.every,
    });
    const runs: FineTuning[] = [];
    for (let i = 0; i < setting.seeds; i++) runs.push(await probe.measure(network.params, foldIn(foldIn(root, 2), i)));
    const curve = runs[0]!.curve.map(({ step }, i) => ({ step, loss: runs.reduce((total, one) => total + one.curve[i]!.loss, 0) / runs.length }));
    // The first member is the network as trained.
    const before = asTrained.get(optimizer) ?? runs;
    asTrained.set(optimizer, before);
    const less = (of: (one: FineTuning) => number): Estimate => estimate(runs.map((one, i) => of(one) - of(before[i]!)));
    all.push({
      optimizer,
      early: less((one) => one.curve.find(({ step }) => step === setting.every)!.loss),
      area: estimate(runs.map(({ area }) => area)),
      more: less(({ area }) => area),
      last: estimate(runs.map((one) => one.curve.at(-1)!.loss)),
      curve,
    });
  }
  return all;
}

const members = await book.cell(
  `## Its orbit

Each member is made from the trained decoder without training. How far it is from it in what it says: the largest difference of a log-probability on any prefix of any string, and
KL(trained ‖ member), the mean over strings of its sum over positions. Then each is fine-tuned on {aⁿbⁿaⁿ : n ≤ ${largest}} for ${setting.tuningSteps} steps of gradient descent, its gradient clipped to a norm of 0.5, and of Adam, with the
same ${setting.seeds} seeds for the order of the strings.`,
  async (show) => {
    const found: Found[] = [];
    for (const { name, moved } of orbit({ ...setting, key: foldIn(root, 3) })) {
      using member = own(() => moved(trained));
      const network = member.value as Network;
      using distance = own(() => {
        const tokens = slice(first, [0, 0], [largest, length - 1]);
        const [p, q] = [model.apply(trained.params, tokens), decoder(network.shape).apply(network.params, tokens)].map((logits) => logSoftmax(logits));
        return { most: max(abs(sub(p!, q!))), kl: mean(sum(sum(mul(exp(p!), sub(p!, q!)), -1), -1)) };
      });
      const { most, kl } = await read(distance.value);
      found.push({ name, parameters: size(network.params), largestDifference: most.get(), kl: kl.get(), tuned: await tuned(network) });
    }
    await show(
      table(
        found.map(({ name, parameters, largestDifference, kl, tuned: [bySgd, byAdam] }) => ({
          member: name,
          parameters,
          "largest |Δ ln p|": largestDifference.toExponential(1),
          "KL, nats per string": kl.toExponential(1),
          "early, SGD": difference(bySgd!.early),
          "early, Adam": difference(byAdam!.early),
          "area, SGD": difference(bySgd!.more),
          "area, Adam": difference(byAdam!.more),
        })),
        {
          caption: `More than as trained: the loss after ${setting.every} steps, nats per position, and the area under it, nats · steps; mean and standard error over ${setting.seeds} seeds`,
        },
      ),
      ...TRANSFORMS.map(([optimizer]) =>
        lineChart(
          found.flatMap(({ name, tuned: both }) => both.find((one) => one.optimizer === optimizer)!.curve.map((point) => ({ ...point, member: name }))),
          {
            ...{ title: optimizer === "sgd" ? "Gradient descent" : "Adam", x: "step", y: "loss", series: "member", points: false },
            ...{ xAxis: { title: "steps" }, yAxis: { title: "nats per position on aⁿbⁿaⁿ" } },
          },
        ),
      ),
      remark(
        "Differences are taken seed by seed, and those below two standard errors say nothing. A permutation takes the same steps, and what rounding adds has not grown much after the first of them; over all steps rounding alone parts the curves. A rotation would take the same steps of gradient descent if all gains of the norms were one; to rotate, they are folded into the weights that follow, whose steps are others then. Rescaled, copied and silent parts take other steps too, though nobody could tell these networks apart by what they say.",
      ),
    );
    return found;
  },
);

const result = {
  engine: engineName,
  seconds: (performance.now() - began) / 1000,
  members: members.map(({ tuned: both, ...member }) => ({
    ...member,
    ...Object.fromEntries(both.map(({ optimizer, curve: _, ...rest }) => [optimizer, rest])),
  })),
};
await book.write({ facts: { engine: line, seed, effort } });
if (json) console.log(JSON.stringify(result));
