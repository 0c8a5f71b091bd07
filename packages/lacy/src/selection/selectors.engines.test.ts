import fc from "fast-check";
import { exp, tensor2d, type Tensor2D } from "@tensorflow/tfjs-core";
import { engine, jit, key, scoped, split, uniform } from "@lab/tensor-core";
import { noLeaks } from "@lab/tensor-core/testing";
import { describe, expect, it } from "vitest";
import { factsOnly } from "./facts-only.ts";
import { ignored, ignoredFacts } from "./ignored.ts";
import { lacy } from "./lacy.ts";
import { random } from "./random.ts";
import { referenceFacts } from "./reference-facts.ts";
import { rho } from "./rho.ts";
import { judged, none, type Mask, type TokenSelector } from "./selector.ts";

await engine();

/** Everything that any selector may ask for, in plain numbers; a kind is 0 other, 1 fact, 2 grammar. */
type Table = {
  readonly batch: number;
  readonly loss: readonly number[];
  readonly reference: readonly number[];
  readonly noise: readonly number[];
  readonly kinds: readonly number[];
  readonly judged: readonly boolean[];
  readonly fraction: number;
};
type Evidence = {
  readonly loss: Tensor2D;
  readonly referenceLoss: Tensor2D;
  readonly noise: Tensor2D;
  readonly factual: Mask;
  readonly other: Mask;
  readonly judged: Mask;
  readonly counted?: Mask;
};

const evidenceOf = ({ batch, loss, reference, noise, kinds, judged: asked }: Table): Evidence => {
  const shape: [number, number] = [batch, loss.length / batch];
  const mask = (bits: readonly boolean[]): Mask => tensor2d(bits.map(Number), shape, "bool");
  return {
    loss: tensor2d([...loss], shape),
    referenceLoss: tensor2d([...reference], shape),
    noise: tensor2d([...noise], shape),
    factual: mask(kinds.map((kind) => kind === 1)),
    other: mask(kinds.map((kind) => kind === 0)),
    judged: mask(asked),
  };
};
const tableOf = (batch: number, time: number): fc.Arbitrary<Table> => {
  const size = { minLength: batch * time, maxLength: batch * time };
  const score = fc.array(fc.oneof({ weight: 9, arbitrary: fc.integer({ min: -4, max: 4 }) }, fc.constant(NaN)), size);
  return fc.record({
    batch: fc.constant(batch),
    loss: score,
    reference: score,
    noise: fc.array(fc.integer({ min: 0, max: 5 }), size),
    kinds: fc.array(fc.constantFrom(0, 1, 2), size),
    judged: fc.array(fc.boolean(), size),
    fraction: fc.double({ min: 0, max: 1, noNaN: true }),
  });
};
const table: fc.Arbitrary<Table> = fc.tuple(fc.integer({ min: 1, max: 3 }), fc.integer({ min: 1, max: 8 })).chain((shape) => tableOf(...shape));

type Trial = {
  readonly selector: (fraction: number) => TokenSelector<Evidence>;
  readonly score: (t: Table) => readonly number[];
  readonly eligible: (t: Table) => readonly boolean[];
};
const facts = ({ kinds }: Table): boolean[] => kinds.map((kind) => kind === 1);
const all = ({ kinds }: Table): boolean[] => kinds.map(() => true);
const SELECTORS: { readonly [name: string]: Trial } = {
  lacy: { selector: (fraction) => lacy({ fraction }), score: ({ loss }) => loss, eligible: facts },
  rho: { selector: (fraction) => rho({ fraction }), score: ({ loss, reference }) => loss.map((own, i) => reference[i]! - own), eligible: all },
  random: { selector: (fraction) => random({ fraction }), score: ({ noise }) => noise, eligible: all },
  factsOnly: { selector: (fraction) => factsOnly({ fraction }), score: ({ noise }) => noise, eligible: facts },
  referenceFacts: { selector: (fraction) => referenceFacts({ fraction }), score: ({ reference }) => reference, eligible: facts },
};
const each = <A, B>(record: { readonly [name: string]: A }, f: (value: A) => B): { readonly [name: string]: B } =>
  Object.fromEntries(Object.entries(record).map(([name, value]) => [name, f(value)]));
const chosen = (select: TokenSelector<Evidence>, t: Table): number[] => noLeaks(() => scoped(() => [...select(evidenceOf(t)).dataSync()]));

/** By brute force: the `count` highest of the eligible, earlier ones first where they tie. */
function highestOf(score: readonly number[], eligible: readonly boolean[], count: number): number[] {
  const order = score
    .map((_, i) => i)
    .filter((i) => eligible[i] === true && !Number.isNaN(score[i]))
    .toSorted((i, j) => score[j]! - score[i]! || i - j);
  const taken = new Set(order.slice(0, count));
  return score.map((_, i) => (taken.has(i) ? 1 : 0));
}

describe.each(Object.entries(SELECTORS))("laws of %s()", (name, { selector, score, eligible }) => {
  it(`${name}() has exactly min(K, eligible) positions, the highest, ties to the earlier, NaN never`, () => {
    fc.assert(
      fc.property(table, (t) => {
        expect(chosen(selector(t.fraction), t)).toEqual(highestOf(score(t), eligible(t), Math.round(t.fraction * t.loss.length)));
      }),
      { seed: 1, numRuns: 100 },
    );
  });

  it(`${name}() takes no position that only fills a row, counts none of them, and takes none at 0 and all that are eligible at 1`, () => {
    const bits = table.chain((t) => fc.tuple(fc.constant(t), fc.array(fc.boolean(), { minLength: t.loss.length, maxLength: t.loss.length })));
    fc.assert(
      fc.property(bits, ([t, counted]) => {
        const there = (given: readonly boolean[]): boolean[] => given.map((bit, i) => bit && counted[i]!);
        const size = counted.filter(Boolean).length;
        for (const fraction of [t.fraction, 0, 1]) {
          const found = noLeaks(() =>
            scoped(() => [
              ...selector(fraction)({ ...evidenceOf(t), counted: tensor2d(counted.map(Number), [t.batch, t.loss.length / t.batch], "bool") }).dataSync(),
            ]),
          );
          expect(found).toEqual(highestOf(score(t), there(eligible(t)), Math.round(fraction * size)));
        }
      }),
      { seed: 5, numRuns: 50 },
    );
  });

  it(`${name}() of a permuted batch is the permuted choice where no scores tie`, () => {
    const count = 12;
    const distinct: Table = {
      batch: 2,
      loss: Array.from({ length: count }, (_, i) => (i * 7) % count),
      reference: Array.from({ length: count }, (_, i) => 20 * ((i * 5) % count)),
      noise: Array.from({ length: count }, (_, i) => (i * 11 + 3) % count),
      kinds: Array.from({ length: count }, (_, i) => i % 3),
      judged: Array.from({ length: count }, () => true),
      fraction: 0.3,
    };
    const order = Array.from({ length: count }, (_, i) => (i * 5 + 2) % count);
    const moved = <T>(values: readonly T[]): T[] => order.map((from) => values[from]!);
    const permuted = {
      ...distinct,
      loss: moved(distinct.loss),
      reference: moved(distinct.reference),
      noise: moved(distinct.noise),
      kinds: moved(distinct.kinds),
    };
    expect(chosen(selector(0.3), permuted)).toEqual(moved(chosen(selector(0.3), distinct)));
  });

  it(`${name}() refuses a fraction that is none`, () => {
    expect(() => selector(1.01)).toThrow("expected a fraction in [0, 1], got 1.01");
  });
});

describe("rules", () => {
  const losses = Array.from({ length: 100 }, (_, i) => i);
  const t: Table = {
    batch: 4,
    loss: losses,
    reference: losses.map((x) => 3 * x),
    noise: losses,
    kinds: losses.map((i) => (i % 2 === 0 ? 1 : 0)),
    judged: losses.map((i) => i < 7),
    fraction: 0.15,
  };

  it("random(), factsOnly() and referenceFacts() delegate 15 % unless told", () => {
    for (const select of [random(), factsOnly(), referenceFacts()] as const) expect(chosen(select, t).reduce((a, b) => a + b, 0)).toBe(15);
  });

  it("judged and none are what they are told, whatever the budget", () => {
    expect(chosen(judged, t)).toEqual(t.judged.map(Number));
    expect(chosen(none, t)).toEqual(losses.map(() => 0));
  });

  it("lacy(), referenceFacts(), random() and factsOnly() do not change under a strictly increasing map of the loss or the noise", () => {
    fc.assert(
      fc.property(table, (one) =>
        scoped(() => {
          const evidence = evidenceOf(one);
          const { loss, referenceLoss, noise } = evidence;
          const mapped = { ...evidence, loss: exp<Tensor2D>(loss), referenceLoss: exp<Tensor2D>(referenceLoss), noise: exp<Tensor2D>(noise) };
          const of = { fraction: one.fraction };
          for (const select of [lacy(of), referenceFacts(of), random(of), factsOnly(of)])
            expect([...select(mapped).dataSync()]).toEqual([...select(evidence).dataSync()]);
        }),
      ),
      { seed: 4, numRuns: 50 },
    );
  });

  it("lacy() is the facts among the top n % of the batch, for the n at which they are K", () => {
    const even = t.kinds.map((kind) => kind === 1);
    const top = losses.map((loss) => loss >= 100 - 30);
    expect(chosen(lacy(), t)).toEqual(losses.map((_, i) => Number(even[i]! && top[i]!)));
  });

  it("every rule of 15 % has K = round(0.15 M) tokens in batches of any size where facts are as many, also of the positions that count", () => {
    const sized = (size: number): Table => ({
      ...t,
      batch: 1,
      ...Object.fromEntries((["loss", "reference", "noise"] as const).map((name) => [name, Array.from({ length: size }, (_, i) => i)])),
      kinds: Array<number>(size).fill(1),
      judged: Array<boolean>(size).fill(true),
    });
    const sum = (select: TokenSelector<Evidence>, size: number, counted: number): number =>
      scoped(() => {
        const there = tensor2d([Array.from({ length: size }, (_, i) => Number(i < counted))], [1, size], "bool");
        return [...select({ ...evidenceOf(sized(size)), counted: there }).dataSync()].reduce((total, bit) => total + bit, 0);
      });
    // 0.15 M is a half at 10, 30, 50…, which float32 misses on one side or the other.
    for (let size = 1; size <= 130; size += 3)
      for (const select of [lacy(), rho(), random(), factsOnly(), referenceFacts()] as const) {
        expect(chosen(select, sized(size)).reduce((a, b) => a + b)).toBe(Math.round(0.15 * size));
        expect(sum(select, size + 7, size)).toBe(Math.round(0.15 * size));
      }
    for (const size of [10, 30, 50, 70, 90, 110, 130, 1010, 2030]) expect(sum(lacy(), size + 1, size)).toBe(Math.round(0.15 * size));
  });

  it("rho() with a reference loss of zero is the lowest own loss", () => {
    const lowest = chosen(rho(), { ...t, reference: losses.map(() => 0) });
    expect(lowest).toEqual(losses.map((loss) => Number(loss < 15)));
  });

  it("random() of a Bernoulli count takes each token by itself, with probability 3/20, none at 0 and all at 1", () =>
    scoped(() => {
      const [size, fraction] = [20_000, 0.15];
      const drawn = (share: number): number[] => [
        ...random({ fraction: share, count: "bernoulli" })({ noise: uniform(key(3), [100, size / 100]) as Tensor2D }).dataSync(),
      ];
      const bits = drawn(fraction);
      const total = bits.reduce((a, b) => a + b, 0);
      // Binomial(20000, 3/20), and so are neighbours that are both taken, at 3/20 squared: within 5 standard errors.
      expect(Math.abs(total - size * fraction)).toBeLessThan(5 * Math.sqrt(size * fraction * (1 - fraction)));
      const pairs = bits.filter((bit, i) => bit === 1 && bits[i + 1] === 1).length;
      expect(Math.abs(pairs - size * fraction ** 2)).toBeLessThan(5 * Math.sqrt(size * fraction ** 2 * (1 + 2 * fraction)));
      expect([new Set(drawn(0)), new Set(drawn(1))]).toEqual([new Set([0]), new Set([1])]);
      expect(() => random({ count: "about" as "exact" })).toThrow('count must be "exact" or "bernoulli", got "about"');
    }));

  it("random() delegates each position with frequency K/M", () => {
    const [positions, draws, fraction] = [20, 2000, 0.15];
    const counts = scoped(() => {
      using step = jit((k: ReturnType<typeof key>) => random({ fraction })({ noise: uniform(k, [1, positions]) as Tensor2D }));
      const totals = new Float64Array(positions);
      let next = key(7);
      for (let i = 0; i < draws; i++) {
        const [now, later] = split(next);
        next = later;
        scoped(() =>
          step(now)
            .dataSync()
            .forEach((bit, at) => (totals[at]! += bit)),
        );
      }
      return totals;
    });
    // Each count is binomial(draws, 3/20): within 5 standard errors.
    for (const count of counts) expect(Math.abs(count - draws * fraction)).toBeLessThan(5 * Math.sqrt(draws * fraction * (1 - fraction)));
  });
});

describe("jit", () => {
  it("every rule is the same inside jit", () => {
    const selects = {
      ...Object.fromEntries(Object.entries(SELECTORS).map(([name, { selector }]) => [name, selector(0.4)])),
      ignored: ignored(lacy({ fraction: 0.2 }), { fraction: 0.5 }),
    };
    const all = (evidence: Evidence): { readonly [name: string]: Mask } => each(selects, (select) => select(evidence));
    // One graph for all rules, and one for a single token.
    using inside = jit(all);
    for (const [batch, time, numRuns] of [
      [2, 7, 20],
      [1, 1, 5],
    ] as const)
      fc.assert(
        fc.property(tableOf(batch, time), (t) =>
          scoped(() => {
            const bits = (masks: { readonly [name: string]: Mask }): object => each(masks, (mask) => [...mask.dataSync()]);
            expect(bits(inside(evidenceOf(t)))).toEqual(bits(all(evidenceOf(t))));
          }),
        ),
        { seed: 2, numRuns },
      );
    // Where the engine has no graphs, nothing is traced.
    expect(inside.traces).toBeLessThanOrEqual(2);
  });
});

describe("ignored()", () => {
  it("ignoredFacts() are the facts that are not delegated; ignored() adds the hardest others up to 15 %, and never a delegated token", () => {
    fc.assert(
      fc.property(table, fc.double({ min: 0, max: 1, noNaN: true }), (t, share) => {
        const calls = lacy({ fraction: t.fraction });
        const called = chosen(calls, t);
        const left = t.kinds.map((kind, i) => Number(kind === 1 && called[i] === 0));
        expect(chosen(ignoredFacts(calls), t)).toEqual(left);
        const room = Math.max(0, Math.round(share * t.loss.length) - left.reduce((a, b) => a + b, 0));
        const others = highestOf(
          t.loss,
          t.kinds.map((kind) => kind === 0),
          room,
        );
        expect(chosen(ignored(calls, { fraction: share }), t)).toEqual(left.map((bit, i) => Math.max(bit, others[i]!)));
      }),
      { seed: 3, numRuns: 100 },
    );
  });

  it("ignored() takes no position that only fills a row, and 15 % of those that count", () => {
    const kinds = Array.from({ length: 40 }, (_, i) => (i < 4 ? 1 : 0));
    const t: Table = { batch: 2, loss: kinds.map((_, i) => i), reference: [], noise: [], kinds, judged: [], fraction: 0 };
    const found = scoped(() => {
      const mask = (f: (i: number) => boolean): Mask =>
        tensor2d(
          kinds.map((_, i) => Number(f(i))),
          [2, 20],
          "bool",
        );
      const loss = tensor2d([...t.loss], [2, 20]);
      const evidence = { loss, factual: mask((i) => i < 4), other: mask((i) => i >= 4), counted: mask((i) => i > 0 && i < 21) };
      return [...ignored(lacy({ fraction: 0.05 }))(evidence).dataSync()].flatMap((bit, i) => (bit === 1 ? [i] : []));
    });
    // Of 20 that count one fact is called, 3, and three are ignored: the facts 1 and 2, and the hardest other.
    expect(found).toEqual([1, 2, 20]);
  });

  it("ignored() refuses a fraction that is none", () => {
    expect(() => ignored(lacy(), { fraction: -1 })).toThrow("expected a fraction in [0, 1], got -1");
  });
});
