import { mul, neg, slice, sum, tensor2d, type Scalar, type Tensor } from "@tensorflow/tfjs-core";
import { adamw, applyUpdates, engine, key, map, own, read, scoped, size, split, tensors, valueAndGrad } from "@lab/tensor-core";
import { noLeaks } from "@lab/tensor-core/testing";
import { expect, it } from "vitest";
import { greedyCompletions } from "./greedy-completions.ts";
import { postNormEnsemble, type EnsembleParams } from "./post-norm-ensemble.ts";

await engine();

const ensemble = postNormEnsemble({ vocabulary: 5, context: 16, channels: 6, heads: 3, hidden: 7, layers: 2, padding: 4 });
const keys = split(key(3), 3);
const batch = (): Tensor =>
  tensor2d(
    [
      [2, 0, 1, 3, 4, 4],
      [2, 0, 0, 1, 1, 3],
    ],
    [2, 6],
    "int32",
  );
const only = (params: EnsembleParams, i: number): EnsembleParams => map((x) => slice(x, [i, 0, 0], [1, x.shape[1]!, x.shape[2]!]), params);
const trained = (params: EnsembleParams): EnsembleParams => {
  const transform = adamw(0.01, { weightDecay: 0.01, eps: 1e-3 });
  let [now, state] = [params, transform.init(params)];
  for (let i = 0; i < 3; i++) {
    const { grad } = valueAndGrad((p: EnsembleParams) => neg(sum(mul(slice(ensemble.logProbs(p, batch()), [0, 0, 0, 1], [-1, -1, -1, 1]), 0.1))) as Scalar)(
      now,
    );
    const [updates, next] = transform.update(grad, state, now);
    [now, state] = [applyUpdates(now, updates), next];
  }
  return now;
};
const numbers = (params: EnsembleParams): number[] => tensors(scoped(() => params)).flatMap((x) => [...x.dataSync()]);

it.each([
  { vocabulary: 5, channels: 10, heads: 5, layers: 5, parameters: 110_075 },
  { vocabulary: 5, channels: 8, heads: 4, layers: 3, parameters: 53_293 },
  { vocabulary: 5, channels: 10, heads: 5, layers: 7, parameters: 154_063 },
  { vocabulary: 6, channels: 10, heads: 5, layers: 7, parameters: 154_084 },
  { vocabulary: 7, channels: 10, heads: 5, layers: 7, parameters: 154_105 },
])("postNormEnsemble() of the studies has $parameters parameters a member", ({ parameters, ...shape }) => {
  const study = postNormEnsemble({ ...shape, context: 258, hidden: 1024 });
  expect(scoped(() => size(study.init([key(0)])))).toBe(parameters);
});

it("postNormEnsemble() trains members at once as one by one", () => {
  const together = scoped(() => trained(ensemble.init(keys)));
  for (const [i, k] of keys.entries()) {
    const alone = numbers(scoped(() => trained(ensemble.init([k]))));
    const among = numbers(scoped(() => only(together, i)));
    // The gradient of key biases is 0 but for rounding, which Adam's usual ε would blow up to whole steps: hence 10⁻³. Rounding of 10⁻⁶ then moves a
    // step of 0.01 by 10⁻⁵. Not derived for what comes through the net.
    expect(Math.max(...alone.map((x, j) => Math.abs(x - among[j]!)))).toBeLessThan(1e-4);
  }
  expect(numbers(scoped(() => only(together, 0)))).not.toEqual(numbers(scoped(() => only(together, 1))));
});

it("logProbs() sum to one, and do not depend on later tokens or on padding", () => {
  using params = own(() => ensemble.init(keys));
  const at = (tokens: number[]): number[] => [
    ...scoped(() => slice(ensemble.logProbs(params.value, tensor2d([tokens], [1, tokens.length], "int32")), [0, 0, 0, 0], [-1, -1, 3, -1])).dataSync(),
  ];
  const values = at([2, 0, 1]);
  for (const [i, x] of at([2, 0, 1, 3, 4]).entries()) expect(x).toBeCloseTo(values[i]!, 5);
  for (const [i, x] of at([2, 0, 1, 0, 0]).entries()) expect(x).toBeCloseTo(values[i]!, 5);
  for (let row = 0; row < values.length; row += 5) expect(values.slice(row, row + 5).reduce((s, x) => s + Math.exp(x), 0)).toBeCloseTo(1, 5);
});

it("greedyCompletions() says at each position what logProbs() finds likeliest, member by member", async () => {
  await noLeaks(async () => {
    using params = own(() => ensemble.init(keys));
    const said = await greedyCompletions(
      [ensemble, params.value],
      [
        [0, 1, 1],
        [1, 0, 0],
      ],
      { start: 2, end: 3, longest: 6 },
    );
    expect(said).toHaveLength(3);
    for (const [m, of] of said.entries())
      for (const { prompt, completion, finished } of of) {
        const whole = [2, ...prompt, ...completion, ...(finished ? [3] : [])];
        using found = own(() => ({ x: ensemble.logProbs(only(params.value, m), tensor2d([whole], [1, whole.length], "int32")) }));
        const { x } = await read(found.value);
        for (let t = prompt.length; t + 1 < whole.length; t++) {
          const row = [0, 1, 2, 3, 4].map((v) => x.get(0, 0, t, v));
          // A tie within rounding may fall either way.
          expect(Math.max(...row) - row[whole[t + 1]!]!).toBeLessThan(1e-5);
        }
        expect(completion.length).toBeLessThanOrEqual(6);
      }
  });
});

it("postNormEnsemble() refuses heads that do not divide the channels", () => {
  expect(() => postNormEnsemble({ vocabulary: 5, context: 8, channels: 5, heads: 2, hidden: 4, layers: 1 })).toThrow("multiple of 2 heads, got 5");
});
