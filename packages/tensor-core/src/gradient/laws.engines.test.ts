import { scalar, square, sub, sum, tensor1d, type Scalar, type Tensor } from "@tensorflow/tfjs-core";
import { describe, expect, it } from "vitest";
import { engine } from "../engine.ts";
import { scoped } from "../memory.ts";
import { add } from "../tree/arithmetic.ts";
import type { Params, Tree } from "../tree/tree.ts";
import { algorithmLaws } from "../testing/algorithm-laws.ts";
import { transformLaws } from "../testing/transform-laws.ts";
import { adam, adamw, scaleByAdam } from "./adam.ts";
import { clipByNorm, clipByValue } from "./clip.ts";
import { descent } from "./descent.ts";
import { scaleBy, scaleBySchedule } from "./learning-rate.ts";
import { momentum } from "./momentum.ts";
import { cosineSchedule, piecewiseSchedule, warmupCosineSchedule } from "./schedule.ts";
import { sgd } from "./sgd.ts";
import { chain, type GradientTransform } from "./transform.ts";
import { addDecayedWeights } from "./weight-decay.ts";

await engine();

const transforms: Readonly<Record<string, GradientTransform>> = {
  "sgd(0.1)": sgd(0.1),
  "sgd(warm-up and cosine)": sgd(warmupCosineSchedule({ peak: 1, warmup: 2, steps: 6 })),
  "momentum(0.1)": momentum(0.1),
  "momentum(0.1, Nesterov)": momentum(0.1, { nesterov: true }),
  "adam(0.1)": adam(0.1),
  "adam(0.1, b1 = 0)": adam(0.1, { b1: 0 }),
  "scaleByAdam()": scaleByAdam(),
  "scaleBySchedule(piecewise)": scaleBySchedule(piecewiseSchedule(1, { 2: 0.5 })),
  "scaleBy(2)": scaleBy(2),
  "clipByNorm(1)": clipByNorm(1),
  "clipByValue(0.5)": clipByValue(0.5),
  "chain()": chain(),
};

describe("GradientTransform", () => {
  for (const [name, transform] of Object.entries(transforms)) for (const { says, holds } of transformLaws(name, { transform })) it(says, holds);
  for (const { says, holds } of transformLaws("adamw(0.1)", { transform: adamw(cosineSchedule({ from: 0.1, steps: 9 })), decays: true })) it(says, holds);
  for (const { says, holds } of transformLaws("addDecayedWeights(0.1)", { transform: addDecayedWeights(0.1), decays: true })) it(says, holds);

  const lawful = async (transform: GradientTransform<Tree>, decays = false): Promise<string[]> => {
    const outcomes = await Promise.all(
      transformLaws("it", { transform, decays }).map(
        async ({ says, holds }) =>
          [
            says,
            await Promise.resolve()
              .then(holds)
              .then(
                () => true,
                () => false,
              ),
          ] as const,
      ),
    );
    return outcomes.filter(([, held]) => !held).map(([says]) => says);
  };

  it("transformLaws() notice a transform that moves by itself, or does not decay", async () => {
    expect(await lawful({ init: () => ({}), update: (updates, state) => [add(updates, { deep: [{ kernel: scalar(1) }], bias: scalar(1) }), state] })).toContain(
      "it does not move without a gradient",
    );
    expect(await lawful(sgd(1), true)).toEqual(["it moves by decay alone without a gradient"]);
  });

  it("transformLaws() notice a count that is a number: each step is a new trace", async () => {
    const counting: GradientTransform<{ readonly count: number }> = {
      init: () => ({ count: 0 }),
      update: (updates, { count }) => [updates, { count: count + 1 }],
    };
    const broken = await lawful(counting as GradientTransform);
    const { nativeBackend } = await import("../engine/native-backend.ts");
    expect(broken.includes("it makes the same updates when compiled, in one trace")).toBe(nativeBackend() !== undefined);
  });
});

describe("descent()", () => {
  type Point = { readonly x: Tensor };
  const bowl = ({ x }: Point, { centre }: { readonly centre: Tensor }): Scalar => sum(square(sub(x, centre)));
  const trial = { position: (): Point => ({ x: tensor1d([3, -1]) }), data: () => ({ centre: tensor1d([1, 1]) }) };
  for (const { says, holds } of algorithmLaws("descent(bowl)", { algorithm: descent(bowl, { transform: adamw(0.1) }), ...trial })) it(says, holds);

  it("descent() goes x − 2 η (x − c) on a bowl, and reports the loss and the gradient's norm before the step", () => {
    const algorithm = descent(bowl, { transform: sgd(0.25) });
    const [loss, gradNorm, x] = scoped(() => {
      const [state, info] = algorithm.step({} as never, algorithm.init(trial.position()), trial.data());
      return [info.loss.dataSync()[0], info.gradNorm.dataSync()[0], [...state.params.x.dataSync()]];
    });
    expect(loss).toBe(8);
    expect(gradNorm).toBeCloseTo(Math.sqrt(32), 5);
    expect(x).toEqual([2, 0]);
  });

  it("descent() names a parameter that the objective does not use", () => {
    const algorithm = descent((params: Params) => sum(square(params["x"] as Tensor)) as Scalar, { transform: sgd(0.1) });
    expect(() => scoped(() => void algorithm.step({} as never, algorithm.init({ x: scalar(1), idle: scalar(2) }), undefined))).toThrow(
      /does not depend on "idle"/,
    );
  });
});
