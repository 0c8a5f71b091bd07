import { rm } from "node:fs/promises";
import { join } from "node:path";
import { engine, summary, variance } from "@lab/tensor-core";
import { flags, lineChart, notebook, pointChart, remark, table } from "@lab/tensor-core/report";
import { ended } from "./ended.ts";
import type { Look } from "./nonident-rules/look.ts";
import { REGIMES, regimeLooks, startOf, type RegimeName } from "./nonident-rules/regime.ts";
import { settingOf } from "./nonident-rules/settings.ts";
import { FLOOR } from "./nonident-rules/strings.ts";

process.on("uncaughtException", ended);
const began = performance.now();
const { effort, seed, out, json, resume } = await flags({
  name: "nonident-rules",
  description: "Transformers trained on aⁿbⁿ to the same end by likelihood, and taught opposite behaviour where the likelihood says nothing",
});
const { name: engineName, line } = await engine();
const setting = settingOf(effort, engineName);
if (!resume) await rm(join(out, "checkpoints"), { recursive: true, force: true });

type Spread = { readonly mean: number; readonly sd: number };
const spreadOf = (values: readonly number[]): Spread => {
  const of = summary(values);
  return { mean: of.mean, sd: values.length > 1 ? Math.sqrt(variance(of)) : 0 };
};
const percent = ({ mean, sd }: Spread): string => `${(100 * mean).toFixed(1)} ± ${(100 * sd).toFixed(1)} %`;

const book = await notebook(import.meta.url, {
  title: "Equal likelihood, different rules",
  summary: `Transformers are trained on the 128 strings aⁿbⁿ, ${setting.seeds} seeds at once, in three regimes. The likelihood says nothing of the 251 prompts of eight symbols that begin no string; what a regime teaches there is free.`,
  out,
  quiet: json,
});

const studies = await book.cell(
  `## Three regimes

The language is the intersection of two rules: R1, as many a's as b's; R2, a's before b's [Reizinger2024]. All regimes maximise the likelihood. *Oracle* adds the
completion of a prompt out of distribution that restores R1, *adversarial* the one that misses it by one symbol; the first symbol of a completion is trained
too. Seeds share the strings they see and differ in their start: a leading axis through all layers trains them in one compiled step. AdamW, an
inverse root after the warm-up. The test set is the training set, all 128 strings: no gap of generalization is left.`,
  async (show) => {
    const studies: { readonly name: RegimeName; readonly looks: readonly Look[] }[] = [];
    const start = await startOf(setting, seed);
    using _ = start.params;
    for (const name of REGIMES) studies.push({ name, looks: await regimeLooks(name, setting, { start, seed, out, resume, quiet: json }) });
    await show(table([setting], { caption: "What was run" }));
    if (setting.steps < 50_000)
      await show(
        remark(
          `The study takes 50 000 steps on all strings with networks of five layers and 1024 hidden units; these are ${setting.steps} steps on ${setting.batch} strings each, one from each of ${setting.batch} equal parts, with ${setting.layers} layers of ${setting.hidden}, without dropout. How near they come to the floor is in the last table; --full is the study's own.`,
        ),
      );
    return studies;
  },
);

const mean = (looks: readonly Look[], of: (look: Look) => number): number => spreadOf(looks.map(of)).mean;
const course = studies.flatMap(({ name, looks }) =>
  [...new Set(looks.map(({ step }) => step))].map((step) => {
    const at = looks.filter((look) => look.step === step);
    return {
      regime: name,
      step,
      testLoss: mean(at, (look) => look.testLoss),
      kl: mean(at, (look) => look.klPerSequence),
      oodR1: mean(at, (look) => look.outOfDistribution.r1),
      both: mean(at, (look) => look.classes.both),
      onlyR1: mean(at, (look) => look.classes.onlyR1),
      onlyR2: mean(at, (look) => look.classes.onlyR2),
      neither: mean(at, (look) => look.classes.neither),
    };
  }),
);

await book.cell(
  `## Loss and behaviour

The floor of the loss is H(p)/257 = ln 128 / 257: the entropy of 128 equally likely strings over all target positions, padding included. KL(p ‖ q) counts a string's
own symbols and its end, over all 128 strings; it is exact up to float32.`,
  async (show) => {
    await show(
      lineChart(course, {
        ...{ title: "Loss", x: "step", y: "testLoss", series: "regime", levels: { floor: FLOOR } },
        yAxis: { title: "nats per position", scale: "log" },
      }),
      lineChart(course, { ...{ title: "Behaviour", x: "step", y: "oodR1", series: "regime" }, yAxis: { title: "R1 out of distribution", domain: [0, 1] } }),
      pointChart(course, {
        ...{ title: "Loss against behaviour along training", x: "oodR1", y: "testLoss", series: "regime" },
        ...{ xAxis: { title: "R1 out of distribution" }, yAxis: { title: "nats per position", scale: "log" } },
      }),
    );
  },
);

await book.cell(
  `## Which rule comes first

The probability of all 510 strings of up to eight symbols, by the rules they keep: 4 keep both, 94 only R1, 40 only R2, 372 neither [Meszaros2024]. Under p the four
have 4/128.`,
  async (show) => {
    for (const { name } of studies) {
      const rows = course
        .filter(({ regime }) => regime === name)
        .flatMap(({ step, both, onlyR1, onlyR2, neither }) =>
          Object.entries({ "R1 and R2": both, "only R1": onlyR1, "only R2": onlyR2, neither }).map(([rules, probability]) => ({ step, rules, probability })),
        );
      await show(lineChart(rows, { title: `Strings of up to eight symbols: ${name}`, x: "step", y: "probability", series: "rules" }));
    }
  },
);

const result = await book.cell(
  `## At the end

Shares of all completions, finished or not; the mean and the standard deviation over seeds. A prompt that is completed until the limit counts as it stands. The finished
share stands beside, since a model that seldom stops is not one that keeps rules.`,
  async (show) => {
    const regimes = studies.map(({ name, looks }) => {
      const last = looks.filter(({ step }) => step === Math.max(...looks.map((look) => look.step)));
      const of = (value: (look: Look) => number): Spread => spreadOf(last.map(value));
      return {
        name,
        seeds: setting.seeds,
        testLoss: of((look) => look.testLoss),
        klPerSequence: of((look) => look.klPerSequence),
        oodR1: of((look) => look.outOfDistribution.r1),
        oodR2Completion: of((look) => look.outOfDistribution.r2Completion),
        oodFinished: of((look) => look.outOfDistribution.finished),
        idR1: of((look) => look.inDistribution.r1),
      };
    });
    await show(
      table(
        regimes.map(({ name, testLoss, klPerSequence, oodR1, oodR2Completion, oodFinished, idR1 }) => ({
          regime: name,
          "loss, nats per position": testLoss.mean,
          "of the floor": testLoss.mean / FLOOR,
          "KL, nats per string": klPerSequence.mean,
          "OOD R1": percent(oodR1),
          "OOD R2 of completions": percent(oodR2Completion),
          "OOD finished": percent(oodFinished),
          "ID R1": percent(idR1),
        })),
        { caption: `The floor of the loss is ${FLOOR.toFixed(7)}` },
      ),
    );
    return { engine: engineName, seconds: (performance.now() - began) / 1000, floor: FLOOR, regimes };
  },
);

await book.write({ facts: { engine: line, seed, effort } });
if (json) console.log(JSON.stringify(result));
