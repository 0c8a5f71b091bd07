import { join } from "node:path";
import { readFile, rename, writeFile } from "node:fs/promises";
import { minimum, mul, pow, maximum, type Scalar } from "@tensorflow/tfjs-core";
import { adamw, descent, foldIn, key, own, run, split, type Owned } from "@lab/tensor-core";
import { postNormEnsemble, type EnsembleParams, type PostNormEnsemble } from "@lab/nonident";
import { look, nats, type Look } from "./look.ts";
import { objective } from "./objective.ts";
import type { Setting } from "./settings.ts";
import { languageRows, PADDING, regimeRows, TARGETS, VOCABULARY } from "./strings.ts";

export const REGIMES = ["max likelihood", "adversarial", "oracle"] as const;
export type RegimeName = (typeof REGIMES)[number];

export type RegimeOptions = { readonly seed: number; readonly out: string; readonly resume: boolean; readonly quiet: boolean };

/** η min(t/w, √(w/t)): up to the peak in w steps, then down by the inverse root; t = count + 1. */
const inverseRoot =
  (peak: number, warmUp: number) =>
  (count: Scalar): Scalar => {
    const t = maximum(count, 0.5) as Scalar;
    return mul(minimum(mul(t, 1 / warmUp), pow(mul(t, 1 / warmUp), -0.5)), peak) as Scalar;
  };

export type Start = {
  readonly ensemble: PostNormEnsemble;
  readonly params: Owned<EnsembleParams>;
  readonly sums: ReturnType<typeof nats>;
  readonly looks: readonly Look[];
};

/** Where all regimes start: the networks of each seed, and what they do before they have learnt anything. */
export async function startOf(setting: Setting, seed: number): Promise<Start> {
  const { seeds, channels, heads, hidden, layers, dropout, longest, hidesPadding } = setting;
  const ensemble = postNormEnsemble({
    ...{ channels, heads, hidden, layers },
    vocabulary: VOCABULARY,
    context: TARGETS + 1,
    rate: dropout,
    ...(hidesPadding ? { padding: PADDING } : {}),
  });
  const params = own(() => ensemble.init(split(foldIn(key(seed), 0), seeds)));
  const sums = nats(ensemble);
  return { ensemble, params, sums, looks: await look([ensemble, params.value], { step: 0, longest, sums }) };
}

/** All seeds of one regime, trained at once from the same starts, and what they do every so many steps. */
export async function regimeLooks(
  name: RegimeName,
  setting: Setting,
  { start, seed, out, resume, quiet }: RegimeOptions & { readonly start: Start },
): Promise<readonly Look[]> {
  const { steps, every, longest } = setting;
  const { ensemble, params, sums } = start;
  using data = own(() => ({ language: languageRows(), ...(name === "max likelihood" ? {} : { extra: regimeRows(name) }) }));
  const { language, extra } = data.value as { language: ReturnType<typeof languageRows>; extra?: ReturnType<typeof regimeRows> };
  const algorithm = descent(objective(ensemble, [language, extra], setting), {
    transform: adamw(inverseRoot(setting.rate, setting.warmUp), { weightDecay: 0.01 }),
  });
  const folder = join(out, "checkpoints", name.replaceAll(" ", "-"));
  const looks: Look[] = [...start.looks];
  for (let until = every; until <= steps; until += every) {
    const kept = join(folder, `looks-${until}.json`);
    // One run, taken in pieces: each goes on from the checkpoint of the one before.
    using reached = await run(algorithm, params.value, {
      key: foldIn(key(seed), 1),
      steps: until,
      record: (_, { loss }) => ({ loss }),
      finite: ["loss"],
      // Wide rows and narrow channels: the engine's own kernels are as fast, and need no minute of compiling.
      jit: { xla: false },
      ...(quiet ? {} : { progress: `${name}, to step ${until}` }),
      checkpoint: { path: folder, resume: until > every || resume, config: { name, ...setting } },
    });
    const known = resume
      ? await readFile(kept, "utf8").then(
          (text) => JSON.parse(text) as Look[],
          () => undefined,
        )
      : undefined;
    const found = known ?? (await look([ensemble, reached.state.value.params], { step: until, longest, sums }));
    if (known === undefined) {
      await writeFile(`${kept}.part`, JSON.stringify(found));
      await rename(`${kept}.part`, kept);
    }
    looks.push(...found);
  }
  return looks;
}
