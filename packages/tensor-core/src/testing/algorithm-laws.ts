import type { Algorithm } from "../algorithm.ts";
import { jit, type JitOptions } from "../jit.ts";
import { own, scoped } from "../memory.ts";
import { key } from "../random/key.ts";
import { split } from "../random/split.ts";
import type { Tree } from "../tree/tree.ts";
import { borrowing, sameNumbers, sameStructure, steadyCount, type Law } from "./law.ts";

/** An algorithm, and where to try it. */
export type AlgorithmTrial<Position extends Tree, State extends Tree, Info extends Tree, Data> = {
  readonly algorithm: Algorithm<Position, State, Info, Data>;
  /** Makes a position; called within a scope that frees it. */
  readonly position: () => Position;
  /** Makes the data of a step. */
  readonly data?: () => Data;
  /** How far a compiled step may be from a plain one, relative to the larger of 1 and the value: rounding in another order. */
  readonly within?: number;
  /** How the step is compiled: plain graphs are made several times as fast as XLA's. */
  readonly jit?: JitOptions;
};

/** Float32 rounding in another order over one step: not derived, √10³ unit roundoffs of 2⁻²⁴ as of a thousand additions. */
const WITHIN = 2e-5;

/**
 * What every `Algorithm` obeys: `init` and `step` are pure, borrow their arguments, keep the state's structure and the number of tensors, and `jit(step)` equals `step`.
 *
 * Each law is a sentence and a check that throws; hand both to any test runner.
 *
 * @example
 * ```ts
 * import { add, scalar, type Scalar } from "@tensorflow/tfjs-core";
 * import { normal, type Sampler } from "@lab/tensor-core";
 * import { algorithmLaws } from "@lab/tensor-core/testing";
 * type At = { readonly x: Scalar };
 * const walk: Sampler<At, At, {}> = { init: (x) => x, step: (k, { x }) => [{ x: add(x, normal(k)) }, {}] };
 * const laws = algorithmLaws("walk", { algorithm: walk, position: () => ({ x: scalar(0) }) });
 * for (const { holds } of laws) await holds();
 * laws.length; // => 6
 * ```
 */
export function algorithmLaws<Position extends Tree, State extends Tree, Info extends Tree, Data>(
  name: string,
  { algorithm, position, data = () => undefined as Data, within = WITHIN, jit: how = {} }: AlgorithmTrial<Position, State, Info, Data>,
): readonly Law[] {
  const [first, second] = split(key(15));
  const both = (pair: readonly [State, Info]): Tree => ({ state: pair[0], info: pair[1] });
  const law = (says: string, check: (state: State) => void): Law => ({ says: `${name} ${says}`, holds: () => scoped(() => check(algorithm.init(position()))) });
  return [
    law("gives the same state and info for the same key", (state) => {
      const batch = data();
      sameNumbers("the same step twice from one key to agree", both(algorithm.step(first, state, batch)), both(algorithm.step(first, state, batch)));
    }),
    law("starts in the same state from the same position", () => {
      const at = position();
      sameNumbers("two starts from one position to agree", algorithm.init(at), algorithm.init(at));
    }),
    law("borrows its arguments", (state) => {
      const at = position();
      borrowing("the position", at, () => algorithm.init(at));
      const batch = data();
      borrowing("the state", state, () => borrowing("the data", batch as Tree, () => algorithm.step(first, state, batch)));
    }),
    law("keeps the structure, shapes and dtypes of its state and info", (state) => {
      const [one, info] = algorithm.step(first, state, data());
      const [two, after] = algorithm.step(second, one, data());
      sameStructure("a step to keep the structure of the state", one, state);
      sameStructure("a step to keep the structure of the state", two, state);
      sameStructure("a step to keep the structure of the info", after, info);
    }),
    law("keeps the number of tensors over steps", () => {
      using state = own(() => algorithm.init(position()));
      const keys = split(first, 12);
      steadyCount("a step", 10, (i) => {
        using batch = own(() => data() as Tree);
        using info = state.advance((s) => algorithm.step(keys[i]!, s, batch.value as Data));
      });
    }),
    law("takes the same step when compiled", (state) => {
      const batch = data();
      using step = jit(algorithm.step.bind(algorithm), how);
      sameNumbers("a compiled step to equal a plain one", both(step(first, state, batch)), both(algorithm.step(first, state, batch)), within);
      // A second key, without a new trace: what is drawn must depend on the key of the call.
      sameNumbers("a compiled step to follow its key", both(step(second, state, batch)), both(algorithm.step(second, state, batch)), within);
    }),
  ];
}
