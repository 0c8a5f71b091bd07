import { readFileSync } from "node:fs";
import { scalar, tensor, type Tensor } from "@tensorflow/tfjs-core";
import { describe, expect, it } from "vitest";
import { applyUpdates } from "../autodiff.ts";
import { engine } from "../engine.ts";
import { scoped } from "../memory.ts";
import { adam, adamw } from "./adam.ts";
import { clipByNorm, clipByValue } from "./clip.ts";
import { momentum } from "./momentum.ts";
import {
  constantSchedule,
  cosineSchedule,
  exponentialSchedule,
  joinedSchedule,
  linearSchedule,
  piecewiseSchedule,
  warmupCosineSchedule,
  type Schedule,
} from "./schedule.ts";
import { sgd } from "./sgd.ts";
import { chain, type GradientTransform } from "./transform.ts";
import { addDecayedWeights } from "./weight-decay.ts";

await engine();

type Golden = {
  readonly steps: number;
  readonly params: Readonly<Record<string, { readonly shape: number[]; readonly values: number[] }>>;
  readonly transforms: Readonly<Record<string, readonly Readonly<Record<string, readonly number[]>>[]>>;
  readonly schedules: Readonly<Record<string, readonly number[]>>;
};
const golden = JSON.parse(readFileSync(new URL("../../../../golden/gradient/optax.json", import.meta.url), "utf8")) as Golden;

const transforms: Readonly<Record<string, GradientTransform>> = {
  sgd: sgd(0.1),
  sgdCosine: sgd(cosineSchedule({ from: 0.1, steps: 8 })),
  momentum: momentum(0.1, { decay: 0.9 }),
  nesterov: momentum(0.1, { decay: 0.8, nesterov: true }),
  adam: adam(0.1),
  adamOther: adam(0.05, { b1: 0.7, b2: 0.95, eps: 1e-3 }),
  adamw: adamw(0.1, { weightDecay: 0.05 }),
  adamwMasked: adamw(0.1, { weightDecay: 0.05, among: (path) => path === "kernel" }),
  clipByNorm: chain(clipByNorm(2), sgd(0.1)),
  clipByValue: chain(clipByValue(0.6), sgd(0.1)),
  decayed: chain(addDecayedWeights(0.2), sgd(0.1)),
};

const schedules: Readonly<Record<string, Schedule>> = {
  constant: constantSchedule(0.3),
  linear: linearSchedule({ from: 1, to: 0.2, steps: 12 }),
  cosine: cosineSchedule({ from: 0.5, to: 0.05, steps: 15 }),
  exponential: exponentialSchedule({ from: 0.5, rate: 0.7, steps: 4 }),
  exponentialBounded: exponentialSchedule({ from: 0.5, rate: 0.7, steps: 4, bound: 0.2 }),
  piecewise: piecewiseSchedule(1, { 5: 0.5, 11: 0.1 }),
  warmupCosine: warmupCosineSchedule({ from: 0.01, peak: 1, to: 0.05, warmup: 5, steps: 18 }),
  joined: joinedSchedule([linearSchedule({ from: 0, to: 1, steps: 4 }), constantSchedule(0.5), exponentialSchedule({ from: 1, rate: 0.5, steps: 2 })], [4, 9]),
};

/** Ten float32 steps on numbers of size 3 with updates of size 1: ten roundings of 3 · 2⁻²⁴ in the parameters and a few in each update. */
const WITHIN = 5e-6;

/** The gradients of golden/gradient/generate.py. */
function gradient(step: number): Record<string, Tensor> {
  return Object.fromEntries(
    Object.entries(golden.params).map(([name, { shape, values }]) => [
      name,
      tensor(
        values.map((_, i) => Math.sin(1 + 0.7 * i + 1.3 * step) * (1 + step) * (name === "bias" ? 0.5 : 1)),
        shape,
      ),
    ]),
  );
}

describe("against optax", () => {
  it("every golden transform and schedule has a counterpart", () => {
    expect(Object.keys(transforms)).toEqual(Object.keys(golden.transforms));
    expect(Object.keys(schedules)).toEqual(Object.keys(golden.schedules));
  });

  for (const [name, transform] of Object.entries(transforms)) {
    it(`${name} takes optax's path over ten steps`, () => {
      scoped(() => {
        let params: Record<string, Tensor> = Object.fromEntries(
          Object.entries(golden.params).map(([leaf, { shape, values }]) => [leaf, tensor(values, shape)]),
        );
        let state = transform.init(params);
        for (const [step, expected] of golden.transforms[name]!.entries()) {
          const [updates, next] = transform.update(gradient(step), state, params);
          params = applyUpdates(params, updates);
          state = next;
          for (const [leaf, values] of Object.entries(expected)) {
            const found = params[leaf]!.dataSync();
            values.forEach((value, i) => expect(Math.abs(found[i]! - value), `${leaf}[${i}] after step ${step}`).toBeLessThan(WITHIN));
          }
        }
      });
    });
  }

  for (const [name, schedule] of Object.entries(schedules)) {
    it(`the ${name} schedule has optax's values`, () => {
      // Values are at most 1 and come of at most five float32 operations.
      golden.schedules[name]!.forEach((value, t) =>
        expect(Math.abs(scoped(() => schedule(scalar(t))).dataSync()[0]! - value), `at ${t}`).toBeLessThan(5 * 2 ** -23),
      );
    });
  }
});

describe("bad input", () => {
  it("a transform's options are checked before any tensor exists", () => {
    expect(() => sgd(-1)).toThrow("Cannot descend: expected a learning rate in [0, ∞), got -1");
    expect(() => sgd(NaN)).toThrow(RangeError);
    expect(() => adam(0.1, { b1: 1 })).toThrow("Cannot scale by Adam: expected b1 in [0, 1), got 1");
    expect(() => adam(0.1, { eps: -1 })).toThrow("expected eps ≥ 0, got -1");
    expect(() => adamw(0.1, { weightDecay: -1 })).toThrow("expected a weight decay in [0, ∞), got -1");
    expect(() => momentum(0.1, { decay: 1.5 })).toThrow("expected a decay in [0, 1), got 1.5");
    expect(() => clipByNorm(0)).toThrow("Cannot clip by norm: expected a limit above 0, got 0");
    expect(() => clipByValue(NaN)).toThrow("expected a limit above 0, got NaN");
  });

  it("a schedule's options are checked", () => {
    expect(() => linearSchedule({ from: 0, to: 1, steps: 0 })).toThrow("expected steps to be a whole number of at least 1, got 0");
    expect(() => constantSchedule(Infinity)).toThrow("expected value to be finite, got Infinity");
    expect(() => exponentialSchedule({ from: 1, rate: 0, steps: 3 })).toThrow("expected rate to be positive, got 0");
    expect(() => piecewiseSchedule(1, { 0.5: 2 })).toThrow("expected steps to be whole numbers of at least 0, got 0.5");
    expect(() => joinedSchedule([constantSchedule(1)], [3])).toThrow("expected one boundary fewer than schedules, got 1 and 1");
    expect(() => joinedSchedule([constantSchedule(1), constantSchedule(2), constantSchedule(3)], [3, 3])).toThrow("expected increasing whole boundaries");
    expect(() => warmupCosineSchedule({ peak: 1, warmup: 5, steps: 5 })).toThrow("expected more than its 5 steps in all, got 5");
  });

  it("clipByNorm() lets a gradient that is NaN be seen", () => {
    const [u] = scoped(() => [...(clipByNorm(1).update({ x: tensor([NaN, 1]) }, {}, { x: tensor([0, 0]) })[0]["x"] as Tensor).dataSync()]);
    expect(u).toBeNaN();
  });
});
