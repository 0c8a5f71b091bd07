import { rm } from "node:fs/promises";
import { join } from "node:path";
import { engine, foldIn, key, type Autoregressive } from "@lab/tensor-core";
import { flags, lineChart, notebook, remark, table } from "@lab/tensor-core/report";
import {
  coinPrompts,
  inContext,
  logRatioDraws,
  normalInterval,
  sequenceKl,
  type Behaviour,
  type InContextPrompts,
  type Interval,
  type Measurement,
} from "@lab/nonident";
import { ended } from "./ended.ts";
import { biases, coinDocuments, COINS, coinTwins, EXACT, FLIPS, stoppedCoins } from "./nonident-icl/coins.ts";
import { certified, delimited, gincTwin, K, SHOTS, shotsCurve, smallWorld, VOCABULARY } from "./nonident-icl/ginc-world.ts";
import { settingOf } from "./nonident-icl/settings.ts";
import { trained } from "./nonident-icl/trained.ts";

process.on("uncaughtException", ended);
const began = performance.now();
const { effort, seed, out, json, resume } = await flags({
  name: "nonident-icl",
  description: "Learning in context, exact and learnt: models within a small divergence of each other that stop learning from their prompt",
});
const { name: engineName, line } = await engine();
const setting = settingOf(effort, engineName);
if (!resume) await rm(join(out, "checkpoints"), { recursive: true, force: true });
const root = key(seed);

const COIN_SHOTS = [0, 1, 2, 4, 8, 16];
/** One line of a chart: the accuracy of a model after so many shots. */
type Point = { readonly model: string; readonly shots: number } & Pick<Measurement, "value" | "lower" | "upper">;
const points = (model: string, found: Behaviour, shots: readonly number[]): readonly Point[] =>
  shots.map((n) => {
    const { value, lower, upper } = found[`accuracy, ${n} shots`]!;
    return { model, shots: n, value, lower, upper };
  });
const perModel = async (
  models: readonly (readonly [name: string, model: Autoregressive])[],
  { prompts, shots, at }: { readonly prompts: InContextPrompts; readonly shots: readonly number[]; readonly at: number },
): Promise<readonly Point[]> => {
  const all: Point[] = [];
  for (const [name, model] of models)
    all.push(...points(name, await inContext({ prompts, shots, draws: setting.prompts }).measure(model, foldIn(root, at)), shots));
  return all;
};
const drawnKl = async (p: Autoregressive, q: Autoregressive, longest: number): Promise<Interval> => {
  const { conditionalKls } = await logRatioDraws(foldIn(root, 9), [p, q], { end: undefined, longest, draws: setting.draws });
  return normalInterval(conditionalKls, { alpha: 0.05 });
};
const limits = ({ value, lower, upper }: Interval): string => `${value.toFixed(3)} [${lower.toFixed(3)}, ${upper.toFixed(3)}]`;
const chance = (x: number | undefined): string => (x === undefined ? "nothing certified" : x.toPrecision(3));

const book = await notebook(import.meta.url, {
  title: "Learning in context is not identified",
  summary:
    "A model that mixes hidden concepts learns from its prompt: its predictive is a posterior. The likelihood hardly looks at prompts of many examples, so a model within a small divergence may stop learning there. Exact predictives, decoders trained on their documents, and twins whose divergence is known.",
  out,
  quiet: json,
});

const coins = await book.cell(
  `## One coin of two

A coin is drawn, which falls on heads in one flip of ten or in six of ten, and ${setting.coins.length} flips of it are shown. The exact predictive mixes both coins by
their posterior. A decoder learns from ${setting.coins.documents} such documents in ${setting.coins.steps} steps. Beside them stands a model that learns from the first two flips
alone: q(· | s) = p(· | s) while s has fewer than two tokens, then what p says at the start [Reizinger2024].`,
  async (show) => {
    const learner = setting.coins;
    const documents = coinDocuments(foldIn(root, 1), learner);
    const options = { out, resume, quiet: json, ...learner };
    using decoder = await trained(foldIn(root, 2), documents, { ...options, name: "coins", vocabulary: 2 });
    const stopped = await stoppedCoins([0, 1, 2, 3]);
    const { value: kl } = await sequenceKl([EXACT, decoder.model], { end: undefined, longest: FLIPS });
    const whole = await drawnKl(EXACT, decoder.model, learner.length);
    const models = [["exact", EXACT] as const, ["decoder", decoder.model] as const, ["stops after 2", stopped[2]!.model] as const];
    const shots = await perModel(models, { prompts: coinPrompts(COINS), shots: COIN_SHOTS, at: 3 });
    const unseen = await biases(decoder.model, { flips: setting.flips, length: learner.length - 1, seed });
    await show(
      lineChart(shots, {
        ...{ title: "Which coin is it?", x: "shots", y: "value", series: "model", band: ["lower", "upper"] as const },
        ...{ xAxis: { title: "flips in the prompt" }, yAxis: { title: "right answers", domain: [0, 1] } },
      }),
      lineChart(
        unseen.flatMap(({ bias, exact, trained: learnt }) => [
          { bias, predicted: exact, model: "exact" },
          { bias, predicted: learnt, model: "decoder" },
          { bias, predicted: bias, model: "the coin itself" },
        ]),
        {
          ...{ title: "Coins that were never shown", x: "bias", y: "predicted", series: "model", points: false },
          ...{ xAxis: { title: "chance of heads" }, yAxis: { title: `mean P(heads) after ${learner.length - 1} flips`, domain: [0, 1] } },
        },
      ),
      remark(
        `KL(exact ‖ decoder) is ${kl.toFixed(4)} nats over ten flips, by enumeration, and ${limits(whole)} nats over ${learner.length}, from ${setting.draws} draws. Neither model can follow a coin beyond the two that it knows: the posterior stays between their biases.`,
      ),
      table(
        stopped.map(({ after, kl: cost }) => ({ "learns from": after === 1 ? "1 flip" : `${after} flips`, "KL(p ‖ q), nats per ten flips": cost })),
        { caption: "What it costs to stop learning: the first predictive is the base rate, so none and one agree" },
      ),
    );
    return { kl, klWhole: whole, shots, stop: stopped.map(({ after, kl: cost }) => ({ after, kl: cost })), biases: unseen };
  },
);

const twins = await book.cell(
  `## Twins of the coins

q equals p but after n₀ or more heads in a row, where it exchanges heads and tails. Each edited prefix s costs p(s…) (p₁ − p₂) ln(p₁/p₂), and all of them together are
exactly KL(p ‖ q). The certificate says what this divergence alone guarantees of the run of n₀ heads: a bound on the total variation of the two answers. Where
nothing is certified, the likelihood leaves the answer free.`,
  async (show) => {
    const found = await coinTwins([1, 2, 3, 4, 5, 6, 7, 8, 9]);
    await show(
      table(
        found.map(({ from, kl, enumerated, probability, heads: [ofP, ofQ], certifiedTv }) => ({
          "heads in a row": from,
          "p(run…)": probability,
          "KL claimed": kl,
          "KL enumerated": enumerated,
          "P(heads), p": ofP,
          "P(heads), q": ofQ,
          TV: Math.abs(ofP - ofQ),
          "TV certified below": chance(certifiedTv),
        })),
        { caption: "Nats per ten flips" },
      ),
      lineChart(
        found.map(({ from, kl }) => ({ from, kl })),
        { title: "What a swap costs", x: "from", y: "kl", xAxis: { title: "n₀, heads in a row" }, yAxis: { title: "KL(p ‖ q), nats", scale: "log" } },
      ),
    );
    return found;
  },
);

const world = smallWorld(1111);
const ginc = await book.cell(
  `## A small GINC

Documents of ${setting.ginc.length} tokens, each of one of four hidden Markov models of 36 states over ${VOCABULARY} tokens [Xie2022]. A prompt of n shots is n examples of ${K} tokens, each closed
by a delimiter, then ${K - 1} tokens of a last one; right is the token that the prompt's concept would go on with. Prompts are no documents: values jump between examples. The
generator's transitions are mixed with one part in five of the uniform distribution, so that no concept excludes its own prompts. The exact posterior predictive of the four is
compared with a decoder trained on ${setting.ginc.documents} documents in ${setting.ginc.steps} steps, and with a twin that answers from four shots on by exchanging its two likeliest tokens.`,
  async (show) => {
    const learner = setting.ginc;
    const documents = world.documents(foldIn(root, 4), learner);
    using decoder = await trained(foldIn(root, 5), documents, { out, resume, quiet: json, ...learner, name: "ginc", vocabulary: VOCABULARY });
    const twin = gincTwin(world.exact, world.learnt, { from: 4, length: learner.length });
    const models = [["exact", world.exact] as const, ["decoder", decoder.model] as const, ["twin from 4 shots", twin.model] as const];
    const shots = await perModel(models, { prompts: world.prompts, shots: SHOTS, at: 6 });
    const unseen = await perModel(models.slice(0, 2), { prompts: world.unseen, shots: SHOTS, at: 7 });
    const kl = await drawnKl(world.exact, decoder.model, learner.length);
    const axes = { xAxis: { title: "shots" }, yAxis: { title: "right answers", domain: [0, 1] as const } };
    await show(
      lineChart(shots, { title: "Accuracy against shots", x: "shots", y: "value", series: "model", band: ["lower", "upper"], ...axes }),
      lineChart(unseen, { title: "Concepts that were never shown", x: "shots", y: "value", series: "model", band: ["lower", "upper"], ...axes }),
      table(
        SHOTS.map((n) => ({ shots: n, ...Object.fromEntries(shots.filter((point) => point.shots === n).map(({ model, ...of }) => [model, limits(of)])) })),
        { caption: `Shares of ${setting.prompts} prompts, with 95 % limits` },
      ),
      remark(`KL(exact ‖ decoder) is ${limits(kl)} nats per document of ${learner.length} tokens, from ${setting.draws} draws.`),
    );
    return { kl, shots, unseen };
  },
);

const gincTwins = await book.cell(
  `## Twins of GINC

A twin answers **all** prompts of at least n₀ shots otherwise. Its divergence is at most ln(V/δ) Σ P(delimiters where n examples have them), n ≥ n₀: the probabilities are exact, by the
forward algorithm, and ln(V/δ) is the most that an edited answer, which holds δ = 0.2 of the uniform distribution, can cost. The last table asks one prompt of each number of
shots: its probability, how far the twin from four shots on is from p there, and what the divergence certifies.`,
  async (show) => {
    const found = [0, 1, 2, 4, 8].map((from) => gincTwin(world.exact, world.learnt, { from, length: setting.ginc.length }));
    const patterns = delimited(world.learnt, 8);
    const prompts = await certified(world.exact, found[3]!, { prompts: world.prompts, from: foldIn(root, 8) });
    const curve = shotsCurve(world.learnt, [1, 0.1, 0.01, 0.001, 1e-4, 1e-5, 1e-6]);
    await show(
      table(
        found.map(({ from, klAtMost }) => ({ "from shots": from, "P(delimiters)": patterns[from]!, "KL(p ‖ q) at most": klAtMost })),
        { caption: "Nats per document" },
      ),
      lineChart(curve, { title: "n₀(ε)", x: "epsilon", y: "shots", xAxis: { title: "ε, nats", scale: "log" }, yAxis: { title: "shots" } }),
      table(
        prompts.map(({ shots, tokens, probability, tv, certifiedTv }) => ({
          ...{ shots, tokens, "p(prompt…)": probability.toExponential(1), "TV, next token": tv, "TV certified below": chance(certifiedTv) },
        })),
        { caption: "The twin from four shots on" },
      ),
    );
    return { twins: found.map(({ from, klAtMost }) => ({ from, klAtMost })), curve, prompts };
  },
);

const result = {
  engine: engineName,
  seconds: (performance.now() - began) / 1000,
  coins: { ...coins, twins },
  ginc: { ...ginc, ...gincTwins },
};
await book.write({ facts: { engine: line, seed, effort } });
if (json) console.log(JSON.stringify(result));
