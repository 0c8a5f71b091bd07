import type { Tensor } from "@tensorflow/tfjs-core";
import { own, scoped } from "../memory.ts";
import { key } from "../random/key.ts";
import { split } from "../random/split.ts";
import { run } from "../run.ts";
import type { Tree } from "../tree/tree.ts";
import { algorithmLaws, type AlgorithmTrial } from "./algorithm-laws.ts";
import { numbers, type Law } from "./law.ts";
import { expectation } from "./monte-carlo.ts";

/** A sampler on a target whose expectations are known. */
export type SamplerTrial<Position extends Tree, State extends Tree, Info extends Tree> = AlgorithmTrial<Position, State, Info, void> & {
  /** Quantities of the state, by name: each a scalar, or one per chain, [chain]; and their expectations. */
  readonly expectations: { readonly [name: string]: { readonly of: (state: State) => Tensor; readonly truth: number } };
  readonly seed?: number;
  readonly warmup?: number;
  readonly draws?: number;
  /** The effective draws that each quantity must be worth. */
  readonly ess?: number;
};

/**
 * What every sampler obeys beyond `algorithmLaws`: another key draws otherwise, and the expectations of a known target come out,
 * within 5 standard errors once the draws are worth enough.
 *
 * @example
 * ```ts
 * import { add, mul, scalar, type Scalar } from "@tensorflow/tfjs-core";
 * import { normal, type Sampler } from "@lab/tensor-core";
 * import { samplerLaws } from "@lab/tensor-core/testing";
 * type At = { readonly x: Scalar };
 * const half: Sampler<At, At, {}> = { init: (x) => x, step: (k, { x }) => [{ x: add(mul(x, 0.5), mul(normal(k), Math.sqrt(0.75))) }, {}] };
 * const laws = samplerLaws("half", { algorithm: half, position: () => ({ x: scalar(0) }), expectations: { x: { of: ({ x }) => x, truth: 0 } } });
 * for (const { holds } of laws) await holds();
 * laws.at(-1)?.says; // => 'half has the expectation of x'
 * ```
 */
export function samplerLaws<Position extends Tree, State extends Tree, Info extends Tree>(
  name: string,
  { expectations, seed = 0, warmup = 200, draws = 2000, ess = 200, ...trial }: SamplerTrial<Position, State, Info>,
): readonly Law[] {
  const { algorithm, position } = trial;
  const [one, other] = split(key(seed));
  const columns = Object.entries(expectations);
  let chains: Promise<{ readonly [name: string]: readonly number[][] }> | undefined;

  async function drawn(): Promise<{ readonly [name: string]: readonly number[][] }> {
    const record = (state: State): { readonly [name: string]: Tensor } => Object.fromEntries(columns.map(([column, { of }]) => [column, of(state)]));
    using start = own(position);
    using warm = await run(algorithm, start.value, { key: one, steps: warmup });
    const going = { ...algorithm, init: (state: State) => state };
    using result = await run(going, warm.state.value, { key: other, steps: draws, record });
    return Object.fromEntries(
      columns.map(([column]) => {
        const array = result.trace[column]!;
        const count = array.shape[1] ?? 1;
        return [column, Array.from({ length: count }, (_, chain) => Array.from({ length: draws }, (_, t) => array.data[t * count + chain]!))];
      }),
    );
  }

  return [
    ...algorithmLaws(name, trial),
    {
      says: `${name} draws otherwise from another key`,
      holds: () =>
        scoped(() => {
          const state = algorithm.init(position());
          const [[a], [b]] = [algorithm.step(one, state), algorithm.step(other, state)];
          const text = (tree: Tree): string =>
            numbers(tree)
              .map(({ array }) => array.data.join())
              .join(";");
          if (text(a) === text(b)) throw new Error("Expected another key to draw otherwise: two keys gave the same state");
        }),
    },
    ...columns.map(([column, { truth }]): Law => ({
      says: `${name} has the expectation of ${column}`,
      async holds() {
        expectation((await (chains ??= drawn()))[column]!, truth, { ess });
      },
    })),
  ];
}
