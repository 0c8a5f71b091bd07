import { rm } from "node:fs/promises";
import { join } from "node:path";
import { decoder, engine, foldIn, key, own, size, split, type Decoder, type Key } from "@lab/tensor-core";
import { flags, keyFigures, lineChart, notebook, remark, table } from "@lab/tensor-core/report";
import { calibration, none } from "@lab/lacy";
import { corpus } from "@lab/lacy/corpus";
import type { EndpointLog } from "@lab/lacy/serve";
import { ended, mistaken } from "./ended.ts";
import { cascade } from "./lacy-pretrain/cascade.ts";
import { budgetColumns, lossColumns, methodColumns, percent, type MethodRow } from "./lacy-pretrain/columns.ts";
import { serviceOf, toldByEndpoint } from "./lacy-pretrain/endpoint.ts";
import { heldOutMeter } from "./lacy-pretrain/held-out.ts";
import { gaps, leakage } from "./lacy-pretrain/leakage.ts";
import { evidence, methodsNamed, named, type Method } from "./lacy-pretrain/methods.ts";
import { rowsOf, withReference } from "./lacy-pretrain/rows.ts";
import { isReduced, learningOf, settingsOf, type Learner } from "./lacy-pretrain/settings.ts";
import { subjectsOf } from "./lacy-pretrain/subjects.ts";
import { attributed, told, type Measure, type Told } from "./lacy-pretrain/told.ts";
import { trained } from "./lacy-pretrain/trained.ts";
import { differences, verdict, type Difference } from "./lacy-pretrain/verdicts.ts";

process.on("uncaughtException", ended);
const began = performance.now();
const { effort, seed, out, json, resume, data, only } = await flags({
  name: "lacy-pretrain",
  description: "Six rules for which tokens a small language model delegates, trained alike and held against a table of facts in a cascade",
  data: "A folder of JSON Lines or Parquet with titles, texts and facts; default: LAB_DATA, else ../shared/data, else WordNet",
  only: "The rules whose name has this text in it; the model without calls is always trained",
});
const { name: engineName, line } = await engine();
const settings = settingsOf(effort, engineName);
/** Compiling takes longer than a short run. */
const xla = effort !== "smoke";
const [rowKey, heldOutKey, largeKey, smallKey, writeKey, calibrationKey] = split(key(seed), 6) as [Key, Key, Key, Key, Key, Key];

const chosen = async () => ({
  rules: methodsNamed(only),
  source: await corpus({ data, from: join(import.meta.dirname, "..") }),
  service: await serviceOf(process.env),
});
// A mistake in --only, --data or the endpoint's variables ends it here.
const { rules, source, service } = await chosen().catch(mistaken);

const book = await notebook(import.meta.url, {
  title: "Which tokens should a small language model delegate?",
  summary: `A small decoder learns from the openings of documents, and delegates 15 % of the tokens to one larger model, by six rules. Then all write about the same subjects at the same budgets of calls, and a table of facts judges.${
    isReduced(effort, engineName) ? ` The ${engineName} engine is slow: this run is smaller than on the native one.` : ""
  }`,
  out,
  quiet: json,
});

const { subjects, train, factRate, tokens, gamma } = await book.cell(
  `## Openings, their facts, and the judge

Each document is its title on a line of its own and the sentences that fit into ${settings.characters} characters. The title is given, and is no fact. A parser, \`compromise\`, says which words are facts, at their first mention;
the pattern, a word with a digit or with a capital where no sentence begins, is its control. The judge reads claims from a text by patterns of its own and holds them against the document's table: on
the true openings nearly all should be supported, and with the tables of other subjects what is left is chance.`,
  async (show) => {
    const subjects = await subjectsOf(source, settings);
    const train = rowsOf(rowKey, subjects.train, { ...subjects, ...settings });
    const ids = subjects.train.reduce((n, { ids }) => n + ids.length, 0);
    const rate = (name: "factual" | "pattern"): number => subjects.train.reduce((n, { flags }) => n + flags[name].reduce((a, b) => a + b, 0), 0) / ids;
    const { truth, chance, gamma } = calibration(subjects.train, calibrationKey);
    await show(
      keyFigures({
        corpus: source.name.startsWith("WordNet") ? source.name : "a folder",
        documents: subjects.train.length,
        tokens: ids,
        "facts, % of tokens": 100 * rate("factual"),
        "by the pattern, %": 100 * rate("pattern"),
        "judge on true openings, %": 100 * truth.score,
        "by chance, %": 100 * chance.score,
        "claims of a true opening": gamma,
      }),
    );
    return { subjects, train, factRate: rate("factual"), tokens: ids, gamma };
  },
);

// Only now: documents that cannot be read have ended it before.
const folder = join(out, "checkpoints");
if (!resume) await rm(folder, { recursive: true, force: true });
const { tokenizer, separator, call } = subjects;
const network = ({ layers, channels, heads }: Learner): Decoder => decoder({ vocabulary: call + 1, context: settings.context, layers, channels, heads });
const [small, large] = [network(settings.small), network(settings.large)];
const weights = (model: Decoder): number => {
  using params = own(() => model.init(key(0)));
  return size(params.value);
};
const config = { learning: JSON.stringify(learningOf(settings)), corpus: source.name, seed, engine: engineName };
const shared = { size: settings.batch, quiet: json, checkpoints: { folder, every: settings.checkpointEvery, resume, config } };
const subjectsTold = subjects.train.slice(0, settings.told);
const write = { subjects: subjectsTold, tokenizer, separator, tokens: settings.tokens, gamma };

const { larger, referred } = await book.cell(
  `## The larger model

It learns the same rows for ${settings.large.steps} steps of ${settings.batch} × ${settings.context} tokens and never calls. It is whom the small ones call, and the reference of \`rho\`.`,
  async (show) => {
    const larger = await trained(largeKey, {
      ...shared,
      name: "larger",
      model: large,
      rows: train,
      learner: settings.large,
      calls: none,
      evidence: () => ({}),
      fraction: 0,
    });
    const referred = withReference(train, { model: large, params: larger.params, size: settings.batch });
    await show(
      keyFigures({ weights: weights(large), "weights of the small one": weights(small), steps: larger.steps, "last loss, nats": larger.losses.at(-1)! }),
    );
    return { larger, referred };
  },
);
using _larger = larger;

const { rows, all, asked } = await book.cell(
  `## Six rules

The same small decoder from the same weights sees the same rows in the same order under each rule, until as many positions were trained towards their true token as in ${settings.small.steps} steps without
calls. **no call** learns every token; **random** delegates any; **rho** those that the larger model knows least better; **pattern** the hardest of the pattern's facts; **facts only** any of the parser's
facts; **lacy** the hardest of them. At inference a rule calls where the margin of \`<CALL>\` over the best own token is highest; the model without calls is its own control, calling at random or where it is in doubt.

Leakage: the share of facts that a model writes, with calls off, after the true words before them. Losses are on ${subjects.heldOut.length} other documents: on the 15 % of tokens that a model would call, and on
the others, each beside the model without calls on the same tokens.`,
  async (show) => {
    const heldOut = rowsOf(heldOutKey, subjects.heldOut, { ...subjects, ...settings, orders: 1 });
    using meter = heldOutMeter(small, { rows: heldOut, size: settings.batch, fraction: settings.fraction, xla });
    using leak = leakage(small, { gaps: gaps(subjectsTold, tokenizer), tokens: settings.cloze, separator, tokenizer, xla });
    using writer = cascade({ small, large, xla });
    const learnt = (rule: Method) =>
      trained(smallKey, {
        ...shared,
        name: rule.name,
        model: small,
        rows: referred,
        learner: settings.small,
        fraction: rule.name === "no call" ? 0 : settings.fraction,
        calls: rule.calls(settings.fraction),
        evidence,
      });
    const rows: MethodRow[] = [];
    const all: Told[] = [];
    const asked: (Told & { readonly log: Readonly<EndpointLog> })[] = [];
    using baseline = await learnt(rules[0]!);
    for (const rule of rules) {
      using other = rule.name === "no call" ? undefined : await learnt(rule);
      const model = other ?? baseline;
      const stored = leak(model.params);
      for (const score of rule.scores) {
        const name = named(rule, score);
        const losses = meter(model.params, baseline.params, score === "margin" ? "margin" : "doubt");
        const found = settings.budgets.map((budget) =>
          told(writeKey, writer, { ...write, name, score, budget, history: losses.scores[score], small: model.params, large: larger.params }),
        );
        all.push(...found);
        const headline = found.find(({ budget }) => budget === settings.headline) ?? found.at(-1)!;
        if (service !== undefined && score === "margin")
          asked.push(
            await toldByEndpoint(writeKey, service, {
              ...write,
              name,
              budget: settings.headline,
              subjects: subjectsTold.slice(0, settings.asked),
              history: losses.scores.margin,
              small,
              params: model.params,
              cache: join(out, "answers"),
            }),
          );
        rows.push({ name, model, leakage: stored, heldOut: losses, told: headline });
      }
    }
    const alone = { ...write, score: "draw" as const, history: [], small: baseline.params, large: larger.params };
    all.push(told(writeKey, writer, { ...alone, name: "larger alone", budget: 1 }));
    await show(
      table(rows.map(methodColumns), { caption: `At a budget of ${percent(settings.headline)} of the tokens` }),
      table(rows.map(lossColumns), { caption: "Training, and losses on other documents, nats per token" }),
    );
    if (asked.length > 0)
      await show(
        table(
          asked.map((each) => ({ ...budgetColumns(each), asked: each.log.asked, failed: each.log.failed })),
          { caption: `With ${service!.model} behind the endpoint as the larger model, on ${settings.asked} subjects at most` },
        ),
      );
    return { rows, all, asked };
  },
);

const found = (measure: Measure): Difference[] => differences(foldIn(writeKey, 2), all, measure);
const compared = [found("precision"), found("penalised")].filter((each) => each.length > 0);
await book.cell(
  `## Does lacy win?

Factual precision is the mean over ${subjectsTold.length} subjects of supported/(supported + contradicted) claims, with 95 % bootstrap intervals over subjects. Subjects of whom nothing is claimed that the table
knows are left out, so precision can be had by saying little: the penalised score counts them as 0. Differences are in points, paired by subject, each "ahead" or "behind" where its own 95 % interval says so;
one seed, no correction for the number of comparisons.`,
  async (show) => {
    const endless = all.find(({ name }) => name === "larger alone")!;
    const curves = all.filter((each) => each !== endless);
    await show(
      table(all.map(budgetColumns), { caption: "What is written at each budget" }),
      lineChart(
        curves.map(({ name, callRate, precision: { value, low, high } }) => ({
          name,
          called: 100 * callRate,
          value: 100 * value,
          low: 100 * low,
          high: 100 * high,
        })),
        {
          title: "Factual precision against calls",
          x: "called",
          y: "value",
          series: "name",
          xAxis: { title: "tokens by the larger model, %" },
          yAxis: { title: "factual precision, %" },
          ...(Number.isFinite(endless.precision.value) && { levels: { "larger alone": 100 * endless.precision.value } }),
        },
      ),
      ...compared.map((each) => remark(verdict(each))),
    );
    const example = all.find(({ name, budget }) => name === rows.at(-1)!.name && budget === settings.headline);
    if (example !== undefined)
      await show(
        table(
          subjectsTold.slice(0, 5).map(({ title }, i) => ({ title, text: attributed(example.written[i]!, tokenizer).replaceAll(/\s+/g, " ").slice(0, 240) })),
          { caption: `What ${example.name} writes at ${percent(example.budget)}; the larger model's words are in ⟦brackets⟧` },
        ),
      );
  },
);

await book.write({ facts: { engine: line, seed, effort, corpus: source.name } });
const number = (x: number): number | null => (Number.isFinite(x) ? x : null);
const interval = ({ value, low, high }: Told["precision"]): object => ({ value: number(value), low: number(low), high: number(high) });
if (json)
  console.log(
    JSON.stringify({
      engine: engineName,
      seconds: (performance.now() - began) / 1000,
      corpus: { documents: subjects.train.length, tokens, factRate },
      methods: rows.map(({ name, model, leakage, heldOut, told: at }) => ({
        name,
        trainSteps: model.steps,
        trueTargets: model.trueTargets,
        callRate: at.callRate,
        trainCallRate: model.callRate,
        factualPrecision: interval(at.precision),
        leakage: number(leakage),
        callLoss: heldOut.callLoss,
        nonCallLoss: heldOut.nonCallLoss,
        callsOnFacts: heldOut.callsOnFacts,
        perplexity: heldOut.perplexity,
        budgets: all
          .filter((each) => each.name === name)
          .map(({ budget, callRate, precision, penalised }) => ({ budget, callRate, penalised, ...interval(precision) })),
      })),
      larger: interval(all.at(-1)!.precision),
      ...(service !== undefined && {
        endpoint: {
          model: service.model,
          methods: asked.map(({ name, callRate, precision, log }) => ({ name, callRate, factualPrecision: interval(precision), ...log })),
        },
      }),
      differences: compared.flat().map(({ value, low, high, ...of }) => ({ ...of, ...interval({ value, low, high }) })),
      tokensPerSecond: number(rows.at(-1)!.model.tokensPerSecond),
    }),
  );
