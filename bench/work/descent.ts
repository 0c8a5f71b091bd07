import { jit, key, own, readSync, type Algorithm, type DescentInfo, type Params, type Tree } from "@lab/tensor-core";
import type { Contest } from "./contest.ts";

/** Steps of training on one batch: the losses of the first ones must agree. */
export function training<P extends Params, S extends Tree, Batch extends Tree>(
  algorithm: Algorithm<P, S, DescentInfo, Batch>,
  { params, batch, checkedSteps, xla }: { readonly params: P; readonly batch: Batch; readonly checkedSteps: number; readonly xla: boolean },
): Contest {
  const step = jit((state: S, data: Batch) => algorithm.step(key(0), state, data), { xla });
  const state = own(() => algorithm.init(params));
  return {
    values() {
      using fresh = own(() => algorithm.init(params));
      const losses = Array.from({ length: checkedSteps }, () => {
        using info = fresh.advance((s) => step(s, batch));
        return readSync(info.value.loss).data[0]!;
      });
      return { losses };
    },
    iterate(n) {
      for (let i = 0; i < n; i++) state.advance((s) => step(s, batch))[Symbol.dispose]();
    },
  };
}
