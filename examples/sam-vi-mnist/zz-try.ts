import { engine, key, lenet, mlp, own, size } from "@lab/tensor-core";
import { loadedDigits, parts, withLabelNoise } from "./digits.ts";
import { benchOf } from "./trained.ts";
import { settingsOf } from "./settings.ts";
const { name } = await engine();
const settings = settingsOf("default", name);
const which = process.argv[2] as "mlp" | "lenet";
const xla = process.argv[3] !== "0";
const scale = settings.models[which]!;
const raw = await loadedDigits(key(0), scale, undefined);
const noise = Number(process.argv[4] ?? 0.4);
using data = parts({ sample: withLabelNoise(key(1), raw.sample, noise), held: raw.held }, scale);
const network: any = which === "mlp" ? mlp([784, ...settings.hidden, 10]) : lenet();
using p = own(() => network.init(key(0))) as any;
const bench = benchOf(network, size(p.value), { scale, settings, jit: { xla } });
for (const learner of bench.learners) {
  for (const rate of settings.rates) for (const rho of settings.radii) {
    const t0 = performance.now();
    using f = await bench.trained(key(3), learner, { rate, rho, kappa: 1 }, data.value);
    const t1 = performance.now();
    const s = await bench.scored(key(4), f, data.value.test);
    const t2 = performance.now();
    const fl = await bench.flatness(key(5), f, data.value.measured);
    const t3 = performance.now();
    console.log(learner.name, rate, rho, JSON.stringify({ ...s, ...fl }, (_, x) => typeof x === "number" ? Number(x.toPrecision(4)) : x), "train", (t1-t0|0), "score", (t2-t1|0), "flat", (t3-t2|0));
    if (!learner.tunes.includes("rho")) break;
  }
}
