import { add, cos, fill, sin, type Tensor } from "@tensorflow/tfjs-core";
import { scaleBy } from "../gradient/learning-rate.ts";
import { chain, type GradientTransform } from "../gradient/transform.ts";
import { jit } from "../jit.ts";
import { own, scoped } from "../memory.ts";
import { zerosLike } from "../tree/arithmetic.ts";
import { map, type Params, type Tree } from "../tree/tree.ts";
import { borrowing, sameNumbers, sameStructure, steadyCount, type Law } from "./law.ts";

/** A gradient transform, and what is peculiar to it. */
export type TransformTrial<State extends Tree> = {
  readonly transform: GradientTransform<State>;
  /** Whether parameters move without a gradient, as weight decay moves them. */
  readonly decays?: boolean;
};

/** Float32 rounding in another order over one step, relative to the larger of 1 and the value: not derived. */
const WITHIN = 1e-5;
const STEPS = 12;

const params = (): Params => ({ deep: [{ kernel: fill([2, 3], 0.5) }], bias: fill([3], -2) });
const gradient = (at: Params, step: number): Params => map((x) => add(sin(add(x, step)), cos(fill(x.shape, step * 1.7))) as Tensor, at);

/** The updates of a few steps on made gradients, and the last state. */
function rolled(transform: GradientTransform, at: Params, steps = 4): { readonly updates: readonly Params[]; readonly state: Tree } {
  let state = transform.init(at);
  const updates = Array.from({ length: steps }, (_, i) => {
    const [out, next] = transform.update(gradient(at, i), state, at);
    state = next;
    return out;
  });
  return { updates, state };
}

/**
 * What every `GradientTransform` obeys: pure and borrowing, updates like the parameters, a state of one structure, no move without a gradient,
 * `chain` associative with the empty chain as its unit, one trace for all steps, and `jit(update)` equal to `update`.
 *
 * @example
 * ```ts
 * import { adam } from "@lab/tensor-core";
 * import { transformLaws } from "@lab/tensor-core/testing";
 * const laws = transformLaws("adam(0.1)", { transform: adam(0.1) });
 * for (const { holds } of laws) await holds();
 * laws.length; // => 7
 * ```
 */
export function transformLaws<State extends Tree>(name: string, { transform, decays = false }: TransformTrial<State>): readonly Law[] {
  const law = (says: string, check: (at: Params) => void): Law => ({ says: `${name} ${says}`, holds: () => scoped(() => check(params())) });
  return [
    law("gives the same updates twice, in the shapes of the parameters", (at) => {
      const once = rolled(transform, at);
      sameNumbers("a second pass to agree", { ...rolled(transform, at) }, { ...once });
      for (const updates of once.updates) sameStructure("updates like the parameters", updates, at);
    }),
    law("borrows its arguments", (at) => {
      const [grads, state] = [gradient(at, 0), transform.init(at)];
      borrowing("the parameters", at, () => borrowing("the gradients", grads, () => borrowing("the state", state, () => transform.update(grads, state, at))));
    }),
    law("keeps the structure, shapes and dtypes of its state", (at) => {
      sameStructure("a state like the first", rolled(transform, at).state, transform.init(at));
    }),
    law(decays ? "moves by decay alone without a gradient" : "does not move without a gradient", (at) => {
      const still = zerosLike(at);
      const [updates] = transform.update(still, transform.init(at), at);
      if (!decays) return sameNumbers("no update", updates, still);
      const moved = (() => {
        try {
          sameNumbers("no update", updates, still);
          return false;
        } catch {
          return true;
        }
      })();
      if (!moved) throw new Error("Expected decay to move the parameters, got no update");
    }),
    law("makes associative chains, of which the empty one is the unit", (at) => {
      const [before, after] = [scaleBy(0.5), scaleBy(-3)];
      const expected = rolled(chain(before, transform, after), at).updates;
      for (const grouped of [chain(chain(before, transform), after), chain(before, chain(transform, after)), chain(before, chain(), transform, after)])
        sameNumbers("a chain grouped otherwise to agree", [...rolled(grouped, at).updates], [...expected]);
    }),
    law("keeps the number of tensors over steps", (at) => {
      using state = own(() => transform.init(at));
      steadyCount("an update", STEPS, (i) => {
        using updates = state.advance((s) => {
          const [out, next] = transform.update(gradient(at, i), s, at);
          return [next, out] as const;
        });
      });
    }),
    law("makes the same updates when compiled, in one trace", (at) => {
      using update = jit(transform.update.bind(transform));
      sameNumbers(
        "compiled updates to equal plain ones",
        [...rolled({ init: transform.init.bind(transform), update: update as GradientTransform["update"] }, at).updates],
        [...rolled(transform, at).updates],
        WITHIN,
      );
      if (update.traces > 1) throw new Error(`Expected one trace for all steps, got ${update.traces}`);
    }),
  ];
}
