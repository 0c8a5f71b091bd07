import fc from "fast-check";
import { cast, exp, tensor2d, type Tensor2D } from "@tensorflow/tfjs-core";
import { engine, jit, scoped } from "@lab/tensor-core";
import { noLeaks } from "@lab/tensor-core/testing";
import { describe, expect, it } from "vitest";
import { highest } from "./highest.ts";
import { lacy } from "./lacy.ts";
import { rho } from "./rho.ts";
import { every, factual, ownLoss, type Mask } from "./selector.ts";

await engine();

type Evidence = { readonly loss: Tensor2D; readonly factual: Mask };
type Table = { readonly scores: readonly number[]; readonly eligible: readonly boolean[]; readonly batch: number; readonly fraction: number };

const evidenceOf = ({ scores, eligible, batch }: Table): Evidence => ({
  loss: tensor2d([...scores], [batch, scores.length / batch]),
  factual: tensor2d(eligible.map(Number), [batch, scores.length / batch], "bool") as Mask,
});

/** By brute force: positions by score, earlier ones first where they tie. */
function oracle({ scores, eligible, fraction }: Table): number[] {
  const order = scores
    .map((_, i) => i)
    .filter((i) => eligible[i] === true && !Number.isNaN(scores[i]!))
    .toSorted((i, j) => (scores[j] === scores[i] ? i - j : scores[j]! - scores[i]!));
  const chosen = new Set(order.slice(0, Math.round(fraction * scores.length)));
  return scores.map((_, i) => (chosen.has(i) ? 1 : 0));
}

const selected = (table: Table): number[] =>
  noLeaks(() => scoped(() => [...highest(ownLoss, { among: factual, fraction: table.fraction })(evidenceOf(table)).dataSync()]));
const score = fc.oneof(fc.integer({ min: -3, max: 3 }), fc.constantFrom(NaN, Infinity, -Infinity, 0.5));
const tableOf = (batch: number, time: number): fc.Arbitrary<Table> => {
  const size = { minLength: batch * time, maxLength: batch * time };
  return fc.record({
    batch: fc.constant(batch),
    scores: fc.array(score, size),
    eligible: fc.array(fc.boolean(), size),
    fraction: fc.double({ min: 0, max: 1, noNaN: true }),
  });
};
const table: fc.Arbitrary<Table> = fc.tuple(fc.integer({ min: 1, max: 3 }), fc.integer({ min: 1, max: 7 })).chain((shape) => tableOf(...shape));

describe("highest()", () => {
  it("highest() is the brute-force choice: a subset of the eligible, exactly min(K, eligible), ties to the earlier position, NaN never", () => {
    fc.assert(
      fc.property(table, (t) => {
        expect(selected(t)).toEqual(oracle(t));
      }),
      { seed: 1, numRuns: 300 },
    );
  });

  it("highest() does not change under a strictly increasing map of the score", () => {
    const finite = table.map((t) => ({ ...t, scores: t.scores.map((s) => (Number.isFinite(s) ? s : 0)) }));
    fc.assert(
      fc.property(finite, (t) =>
        scoped(() => {
          const mapped = highest(({ loss }: Evidence) => exp(loss), { among: factual, fraction: t.fraction })(evidenceOf(t));
          expect([...mapped.dataSync()]).toEqual(selected(t));
          return true;
        }),
      ),
      { seed: 2, numRuns: 50 },
    );
  });

  it("highest() of fraction 0 is none, of fraction 1 all that are eligible, and of fewer facts than the budget all facts", () => {
    const t: Table = { batch: 1, scores: [5, 4, 3, 2, 1], eligible: [true, false, true, false, true], fraction: 0 };
    expect(selected(t)).toEqual([0, 0, 0, 0, 0]);
    expect(selected({ ...t, fraction: 1 })).toEqual([1, 0, 1, 0, 1]);
    expect(selected({ ...t, fraction: 0.8 })).toEqual([1, 0, 1, 0, 1]);
    expect(selected({ ...t, fraction: 0.4 })).toEqual([1, 0, 1, 0, 0]);
  });

  it("highest() of one token, and of scores that all tie", () => {
    expect(selected({ batch: 1, scores: [7], eligible: [true], fraction: 0.5 })).toEqual([1]);
    expect(selected({ batch: 2, scores: [1, 1, 1, 1], eligible: [true, true, true, true], fraction: 0.5 })).toEqual([1, 1, 0, 0]);
  });

  it("highest() is the same inside jit", () => {
    const select = highest(ownLoss, { among: factual, fraction: 0.3 });
    using inside = jit((evidence: Evidence) => select(evidence));
    fc.assert(
      fc.property(tableOf(2, 6), (t) => scoped(() => (expect([...inside(evidenceOf(t)).dataSync()]).toEqual([...select(evidenceOf(t)).dataSync()]), true))),
      { seed: 3, numRuns: 20 },
    );
  });

  it("highest() refuses a fraction outside [0, 1], and masks of another shape", () => {
    for (const fraction of [-0.1, 1.1, NaN])
      expect(() => highest(ownLoss, { among: every, fraction })).toThrow(`expected a fraction in [0, 1], got ${fraction}`);
    scoped(() => {
      const other = cast(tensor2d([[1, 1, 1]]), "bool") as Mask;
      expect(() => lacy()({ loss: tensor2d([[1, 2]]), factual: other })).toThrow(
        "Cannot apply highest: expected a tensor of shape [batch=1, time=2], got [1, 3]",
      );
    });
  });
});

describe("rules", () => {
  it("lacy() delegates the hardest facts, and no token that is none", () => {
    expect(
      scoped(() => [...lacy({ fraction: 0.4 })({ loss: tensor2d([[9, 1, 5, 2, 3]]), factual: tensor2d([0, 1, 1, 1, 0], [1, 5], "bool") as Mask }).dataSync()]),
    ).toEqual([0, 0, 1, 1, 0]);
  });

  it("rho() delegates the lowest excess loss", () => {
    expect(scoped(() => [...rho({ fraction: 0.4 })({ loss: tensor2d([[9, 1, 5, 2, 3]]), referenceLoss: tensor2d([[1, 1, 6, 0, 5]]) }).dataSync()])).toEqual([
      0, 0, 1, 0, 1,
    ]);
  });

  it("both delegate 15 % unless told", () => {
    const losses = Array.from({ length: 100 }, (_, i) => i);
    const count = (mask: Mask): number => Array.from(mask.dataSync()).reduce((s, x) => s + x, 0);
    const [a, b] = scoped(() => [
      count(
        lacy()({
          loss: tensor2d([losses]),
          factual: tensor2d(
            losses.map(() => 1),
            [1, 100],
            "bool",
          ) as Mask,
        }),
      ),
      count(rho()({ loss: tensor2d([losses]), referenceLoss: tensor2d([losses.map((x) => x / 2)]) })),
    ]);
    expect([a, b]).toEqual([15, 15]);
  });
});
