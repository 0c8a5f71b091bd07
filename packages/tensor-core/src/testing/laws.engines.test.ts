import { add, cast, mul, scalar, square, stack, sum, tensor1d, type Scalar, type Tensor } from "@tensorflow/tfjs-core";
import { describe, expect, it } from "vitest";
import type { Algorithm } from "../algorithm.ts";
import { engine } from "../engine.ts";
import { nativeBackend } from "../engine/native-backend.ts";
import { key } from "../random/key.ts";
import { normal } from "../random/draw.ts";
import { algorithmLaws } from "./algorithm-laws.ts";
import type { Law } from "./law.ts";
import { samplerLaws } from "./sampler-laws.ts";

await engine();

type Walk = { readonly x: Tensor };
type Info = { readonly length: Scalar };
const position = (): Walk => ({ x: tensor1d([1, -2]) });
const reported = (x: Tensor): Info => ({ length: sum(square(x)) });

/** x ← x/2 + √¾ z: leaves N(0, I) as it is. */
const half: Algorithm<Walk, Walk, Info> = {
  init: (start) => start,
  step(k, { x }) {
    const next = add(mul(x, 0.5), mul(normal(k, [2]), Math.sqrt(0.75)));
    return [{ x: next }, reported(next)];
  },
};

async function broken(laws: readonly Law[]): Promise<string[]> {
  const outcomes = await Promise.all(
    laws.map(
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
}

const breaking = (step: Algorithm<Walk, Walk, Info>["step"], init = half.init): Promise<string[]> =>
  broken(algorithmLaws("it", { algorithm: { init, step }, position }));

describe("algorithmLaws()", () => {
  for (const { says, holds } of algorithmLaws("x ← x/2 + √¾ z", { algorithm: half, position })) it(says, holds);

  it("algorithmLaws() notice a step that does not follow its key", async () => {
    let calls = 0;
    expect(await breaking((_key, { x }) => [{ x: add(x, normal(key(calls++), [2])) }, reported(x)])).toEqual(
      expect.arrayContaining(["it gives the same state and info for the same key", "it takes the same step when compiled"]),
    );
  });

  it("algorithmLaws() notice a step that frees its argument", async () => {
    const stolen = await breaking((k, state) => {
      const result = half.step(k, state);
      state.x.dispose();
      return result;
    });
    expect(stolen).toContain("it borrows its arguments");
  });

  it("algorithmLaws() notice a state that grows, or changes its dtype", async () => {
    expect(await breaking((_key, { x }) => [{ x: stack([x, x]) }, reported(x)])).toContain("it keeps the structure, shapes and dtypes of its state and info");
    expect(await breaking((_key, { x }) => [{ x: cast(x, "int32") }, reported(x)])).toContain(
      "it keeps the structure, shapes and dtypes of its state and info",
    );
  });

  it("algorithmLaws() notice tensors that are kept from step to step", async () => {
    const { keep } = await import("@tensorflow/tfjs-core");
    const hoard: Tensor[] = [];
    const hoarding = await breaking((k, state) => {
      hoard.push(keep(scalar(0)));
      return half.step(k, state);
    });
    expect(hoarding).toContain("it keeps the number of tensors over steps");
    for (const x of hoard) if (!x.isDisposed) x.dispose();
  });

  it("algorithmLaws() notice a step that reads a tensor, where there are graphs", async () => {
    const reading = await breaking((k, { x }) => (x.dataSync()[0]! > 1e9 ? [{ x }, reported(x)] : half.step(k, { x })));
    expect(reading).toEqual(nativeBackend() === undefined ? [] : ["it takes the same step when compiled"]);
  });

  it("algorithmLaws() notice a start that is not the same twice", async () => {
    let calls = 0;
    expect(await breaking(half.step, ({ x }) => ({ x: add(x, calls++) }))).toContain("it starts in the same state from the same position");
  });
});

const moments = { "the coordinates": { of: ({ x }: Walk) => x, truth: 0 }, "the squared length": { of: ({ x }: Walk) => sum(square(x)), truth: 2 } };

describe("samplerLaws()", () => {
  for (const { says, holds } of samplerLaws("x ← x/2 + √¾ z", { algorithm: half, position, expectations: moments })) it(says, holds);

  it("samplerLaws() notice a wrong target, and a step without chance", async () => {
    const wide: typeof half = { ...half, step: (k, { x }) => [{ x: add(mul(x, 0.5), normal(k, [2])) }, reported(x)] };
    expect(await broken(samplerLaws("it", { algorithm: wide, position, expectations: moments }))).toEqual(["it has the expectation of the squared length"]);
    const still: typeof half = { ...half, step: (_key, { x }) => [{ x: mul(x, 0.5) }, reported(x)] };
    expect(await broken(samplerLaws("it", { algorithm: still, position, expectations: moments }))).toContain("it draws otherwise from another key");
  });
});
