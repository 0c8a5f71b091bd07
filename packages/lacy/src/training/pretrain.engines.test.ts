import {
  add,
  cast,
  equal,
  fill,
  mul,
  onesLike,
  scalar,
  slice,
  sum,
  tensor2d,
  where,
  zeros,
  type Scalar,
  type Tensor,
  type Tensor2D,
} from "@tensorflow/tfjs-core";
import {
  adamw,
  decoder,
  descent,
  engine,
  jit,
  key,
  LLAMA,
  negativeLogLikelihood,
  scoped,
  sgd,
  uniform,
  type DecoderParams,
  type Key,
  type Params,
} from "@lab/tensor-core";
import { algorithmLaws, noLeaks } from "@lab/tensor-core/testing";
import { describe, expect, it } from "vitest";
import { ignoredFacts } from "../selection/ignored.ts";
import { lacy } from "../selection/lacy.ts";
import { random } from "../selection/random.ts";
import type { Mask } from "../selection/selector.ts";
import { forwardSteps, pretrain, type TokenBatch } from "./pretrain.ts";
import { windows } from "./windows.ts";

await engine();

const vocabulary = 12;
const CALL = vocabulary - 1;
const [rows, time] = [4, 6];
const model = decoder({ vocabulary, context: time, layers: 1, channels: 8, heads: 2, architecture: LLAMA, tied: false });
type Facts = TokenBatch & { readonly factual: Tensor2D };

const ids = (seed: number): Tensor2D => cast(mul(uniform(key(seed), [rows, time]), CALL), "int32") as Tensor2D;
const batch = (): Facts => ({ tokens: ids(1), targets: ids(2), factual: cast(mul(uniform(key(3), [rows, time]), 2), "int32") as Tensor2D });
const facts = ({ factual }: Facts): { readonly factual: Mask } => ({ factual: cast(factual, "bool") as Mask });
const none = (): Mask => cast(zeros([rows, time]), "bool") as Mask;
const numbers = (x: Tensor): number[] => [...x.dataSync()];
const flat = (params: Params): number[] =>
  Object.values(params).flatMap((x) => (Array.isArray(x) ? x.flatMap((p: Params) => flat(p)) : "dataSync" in x ? numbers(x as Tensor) : flat(x as Params)));
const transform = sgd(0.5);

describe("pretrain()", () => {
  const laws = algorithmLaws("pretrain()", {
    algorithm: pretrain(model, { calls: lacy(), evidence: facts, transform: adamw(1e-2), accumulate: 2 }),
    position: () => model.init(key(7)),
    data: batch,
    // Adam divides by √v̂, near zero at first: rounding moves single weights by a share of the learning rate. Not derived.
    within: 2e-3,
  });
  for (const { says, holds } of laws) it(says, holds);

  it("pretrain() that calls nothing takes the step of ordinary pre-training on the vocabulary without <CALL>", () =>
    noLeaks(() =>
      scoped(() => {
        const params = model.init(key(7));
        const [{ params: ours }, info] = ((a) => a.step(key(0), a.init(params), batch()))(pretrain(model, { calls: none, evidence: () => ({}), transform }));
        const ordinary = descent(
          (at: DecoderParams, { tokens, targets }: Facts) =>
            sum<Scalar>(mul(negativeLogLikelihood(slice(model.apply(at, tokens), [0, 0, 0], [rows, time, CALL]), targets), 1 / (rows * time))),
          { transform },
        );
        const [{ params: theirs }, plain] = ordinary.step(key(0), ordinary.init(params), batch());
        expect(numbers(info.loss)[0]).toBeCloseTo(numbers(plain.loss)[0]!, 5);
        const [a, b] = [flat(ours), flat(theirs)];
        a.forEach((x, i) => expect(Math.abs(x - b[i]!)).toBeLessThan(1e-6));
        // And bit for bit the same as a choice of none of the facts.
        const empty = pretrain(model, { calls: lacy({ fraction: 0 }), evidence: facts, transform });
        expect(flat(empty.step(key(0), empty.init(params), batch())[0].params)).toEqual(a);
      }),
    ));

  it("pretrain() counts the true targets: 340 steps without calls are 400 at exactly 15 %", () =>
    scoped(() => {
      const all = { ...batch(), factual: fill([rows, time], 1, "int32") as Tensor2D };
      // 24 positions, of which 25 % are six.
      const algorithm = pretrain(model, { calls: lacy({ fraction: 0.25 }), evidence: facts, transform });
      let state = algorithm.init(model.init(key(7)));
      for (let i = 0; i < 4; i++) {
        const [next, info] = algorithm.step(key(i), state, all);
        expect(numbers(info.callRate)[0]).toBeCloseTo(0.25, 6);
        state = next;
      }
      expect(numbers(state.trueTargets)).toEqual([3 * 24]);
      expect([
        forwardSteps(340, { called: 0.15 }),
        forwardSteps(340, { called: 0 }),
        forwardSteps(340, { called: 0.15, ignored: 0.1 }),
        forwardSteps(7, { called: 0.25 }),
      ]).toEqual([400, 340, 454, 10]);
    }));

  it("pretrain() in parts takes the step of the whole batch where the choice is the same", () =>
    noLeaks(() =>
      scoped(() => {
        const params = model.init(key(7));
        const step = (accumulate: number): readonly number[] => {
          const algorithm = pretrain(model, { calls: ({ loss }) => cast(onesLike(loss), "bool") as Mask, evidence: facts, transform, accumulate });
          const [{ params: after }, info] = algorithm.step(key(0), algorithm.init(params), batch());
          return [...numbers(info.loss), ...numbers(info.callLoss), ...flat(after)];
        };
        const whole = step(1);
        for (const parts of [2, 4]) step(parts).forEach((x, i) => expect(Math.abs(x - whole[i]!)).toBeLessThan(1e-5));
        expect(() => step(3)).toThrow("expected a batch of a multiple of 3 rows, got 4");
        expect(() => step(0.5)).toThrow("expected accumulate to be a whole number of at least 1, got 0.5");
      }),
    ));

  it("pretrain() of global scope takes the step of the whole batch in parts: the choice is among all tokens, each of which weighs the same", () =>
    noLeaks(() =>
      scoped(() => {
        const params = model.init(key(7));
        // Facts in the first rows alone, and a last row half filled: parts differ in both.
        const given: Facts = { ...batch(), factual: tensor2d([1, 1, 1, 1, 1, 1, 1, 0, 1, 0, 0, 0, ...Array<number>(12).fill(0)], [rows, time], "int32") };
        const counted = tensor2d([...Array<number>(21).fill(1), 0, 0, 0], [rows, time], "int32");
        for (const [normaliseBy, rankBy] of [
          ["all", "q"],
          ["kept", "p"],
        ] as const) {
          const step = (accumulate: number, scope: "forward" | "global"): { readonly rate: number; readonly all: readonly number[] } => {
            const rules = { calls: lacy({ fraction: 0.25 }), ignores: ignoredFacts(lacy({ fraction: 0.25 })) };
            const algorithm = pretrain(model, { ...rules, evidence: facts, transform, accumulate, scope, normaliseBy, rankBy });
            const [{ params: after, trueTargets }, info] = algorithm.step(key(0), algorithm.init(params), { ...given, counted });
            return { rate: numbers(info.callRate)[0]!, all: [...numbers(info.loss), ...numbers(info.callLoss), ...numbers(trueTargets), ...flat(after)] };
          };
          const whole = step(1, "forward");
          // 21 positions count, 5 of them are called; a part of 12 calls 3 at most, and there are facts in the first alone.
          expect([whole.rate, step(2, "forward").rate].map((rate) => Math.round(rate * 21))).toEqual([5, 3]);
          for (const parts of [2, 4]) step(parts, "global").all.forEach((x, i) => expect(Math.abs(x - whole.all[i]!)).toBeLessThan(1e-5));
        }
        const algorithm = pretrain(model, { calls: lacy({ fraction: 0.25 }), evidence: facts, transform, accumulate: 2, scope: "global", selectionWarmup: 1 });
        using compiled = jit((k: Key, state: ReturnType<typeof algorithm.init>, b: Facts) => algorithm.step(k, state, b), { xla: false });
        const start = { ...algorithm.init(params), steps: scalar(1, "int32") };
        const [inside, outside] = [compiled(key(0), start, given), algorithm.step(key(0), start, given)];
        expect([numbers(inside[1].callRate), numbers(inside[0].steps)]).toEqual([numbers(outside[1].callRate), [2]]);
        const [a, b] = [flat(inside[0].params), flat(outside[0].params)];
        a.forEach((x, i) => expect(Math.abs(x - b[i]!)).toBeLessThan(1e-5));
        expect(() => pretrain(model, { calls: none, evidence: facts, transform, scope: "all" as "global" })).toThrow(
          'scope must be "forward" or "global", got "all"',
        );
      }),
    ));

  it("pretrain() calls and ignores nothing before its selection has warmed up, and then as ever", () =>
    noLeaks(() =>
      scoped(() => {
        const rules = { calls: lacy({ fraction: 0.25 }), ignores: ignoredFacts(lacy({ fraction: 0.25 })), evidence: facts, transform };
        const [warming, at, plain] = [
          pretrain(model, { ...rules, selectionWarmup: 2 }),
          pretrain(model, rules),
          pretrain(model, { ...rules, calls: none, ignores: none }),
        ];
        let state = warming.init(model.init(key(7)));
        for (let i = 0; i < 3; i++) {
          const [next, info] = warming.step(key(i), state, batch());
          const [other, theirs] = (i < 2 ? plain : at).step(key(i), state, batch());
          expect([flat(next.params), numbers(info.callRate), numbers(info.ignoreRate)]).toEqual([
            flat(other.params),
            numbers(theirs.callRate),
            numbers(theirs.ignoreRate),
          ]);
          expect([numbers(info.callRate)[0]! > 0, numbers(info.ignoreRate)[0]! > 0]).toEqual([i >= 2, i >= 2]);
          state = next;
        }
        expect(() => pretrain(model, { ...rules, selectionWarmup: -1 })).toThrow("expected selectionWarmup to be a whole number of at least 0, got -1");
      }),
    ));

  it("pretrain() learns nothing from positions that only fill a row: other tokens there change no number", () =>
    noLeaks(() =>
      scoped(() => {
        const counted = tensor2d([1, 1, 1, 1, 1, 1, 1, 1, 1, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0], [rows, time], "int32");
        const segments = where(cast(counted, "bool"), zeros([rows, time], "int32"), fill([rows, time], 1, "int32")) as Tensor2D;
        const algorithm = pretrain(model, { calls: lacy({ fraction: 0.2 }), evidence: facts, transform });
        const step = (given: Facts): readonly number[] => {
          const [{ params, trueTargets }, info] = algorithm.step(key(0), algorithm.init(model.init(key(7))), { ...given, counted, segments });
          return [...numbers(info.loss), ...numbers(info.callRate), ...numbers(trueTargets), ...flat(params)];
        };
        const here = cast(counted, "bool");
        const other = { ...batch(), tokens: where(here, batch().tokens, ids(8)) as Tensor2D, targets: where(here, batch().targets, ids(9)) as Tensor2D };
        expect(step(other)).toEqual(step(batch()));
      }),
    ));

  it("pretrain() calls 15 % of the positions that count, by noise too, and none that only fills a row", () =>
    scoped(() => {
      const counted = tensor2d(
        Array.from({ length: rows * time }, (_, i) => Number(i % 6 < 5)),
        [rows, time],
        "int32",
      );
      const by = { evidence: (_: Facts, now: Key) => ({ noise: uniform(now, [rows, time]) as Tensor2D }), transform };
      const algorithm = pretrain(model, { calls: random({ fraction: 0.25 }), ...by });
      for (let seed = 0; seed < 5; seed++) {
        const [, info] = algorithm.step(key(seed), algorithm.init(model.init(key(7))), { ...batch(), counted });
        expect(numbers(info.callRate)[0]).toBeCloseTo(5 / 20, 6);
      }
    }));

  it("the embedding of <CALL> is never read, and its noise follows the key", () =>
    scoped(() => {
      const params = model.init(key(7));
      const moved = {
        ...params,
        tokens: add(params.tokens, mul(cast(equal(tensor2d([...Array(vocabulary).keys()], [vocabulary, 1]), CALL), "float32"), 5)) as Tensor2D,
      };
      expect(numbers(model.apply(moved, ids(1)))).toEqual(numbers(model.apply(params, ids(1))));
      const algorithm = pretrain(model, {
        calls: random({ fraction: 0.25 }),
        evidence: (_: Facts, now: Key) => ({ noise: uniform(now, [rows, time]) as Tensor2D }),
        transform,
      });
      const loss = (seed: number): number => numbers(algorithm.step(key(seed), algorithm.init(params), batch())[1].loss)[0]!;
      expect([loss(1) === loss(1), loss(1) === loss(2)]).toEqual([true, false]);
    }));
});

describe("windows()", () => {
  it("windows() keeps every token and flag at its target, and each document apart", () => {
    const documents = [
      { ids: [1, 2, 3], flags: { factual: [1, 0, 1] } },
      { ids: [4], flags: { factual: [1] } },
      { ids: [5, 6, 7, 8], flags: { factual: [0, 0, 1, 1] } },
    ];
    const { fields, size } = windows(documents, { context: 4, separator: 0, call: 9, flags: ["factual"] });
    expect(size).toBe(2);
    expect([...fields.tokens.data]).toEqual([0, 1, 2, 3, 0, 4, 0, 5]);
    expect([...fields.targets.data]).toEqual([1, 2, 3, 0, 4, 0, 5, 6]);
    expect([...fields.segments.data]).toEqual([0, 0, 0, 0, 0, 0, 1, 1]);
    expect([...fields.factual.data]).toEqual([1, 0, 1, 0, 1, 0, 0, 0]);
  });

  it("windows() refuses <CALL> in a text, flags that do not fit, and too few tokens", () => {
    const options = { context: 4, separator: 0, call: 9, flags: ["factual"] } as const;
    expect(() => windows([{ ids: [1, 2, 9, 3] }], options)).toThrow("expected tokens below <CALL>, 9, got 9");
    expect(() => windows([{ ids: [1, 2, 3, 3], flags: { factual: [1] } }], options)).toThrow('expected 4 flags "factual" of document 0, got 1');
    expect(() => windows([{ ids: [1, 2] }], options)).toThrow("expected more than 4 tokens, got 3");
  });
});
