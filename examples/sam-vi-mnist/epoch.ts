import { cast, clipByValue, floor, gather, mul, type Scalar, type Tensor1D } from "@tensorflow/tfjs-core";
import { foldIn, iterate, split, uniform, type Algorithm, type Batches, type Key, type Tree } from "@lab/tensor-core";
import type { Digits } from "./digits.ts";

/** Digits drawn with replacement. */
function drawn(key: Key, { images, labels }: Digits, batch: number): Digits {
  const n = labels.shape[0];
  // u may round up to one.
  const which: Tensor1D = cast(clipByValue(floor(mul(uniform(key, [batch]), n)), 0, n - 1), "int32");
  return { images: gather(images, which), labels: gather(labels, which) };
}

/** So many steps of an algorithm as one, each on a batch that it draws from all digits: one call into the engine, with no copies of batches. */
export function manySteps<Position, State extends Tree, Info extends { readonly loss: Scalar }>(
  { init, step }: Algorithm<Position, State, Info, Digits>,
  { steps, batch }: { readonly steps: number; readonly batch: number },
): Algorithm<Position, State, { readonly loss: Scalar }, Digits> {
  const one = (key: Key, state: State, all: Digits): { readonly state: State; readonly loss: Scalar } => {
    const [batchKey, stepKey] = split(key);
    const [next, { loss }] = step(stepKey, state, drawn(batchKey, all, batch));
    return { state: next, loss };
  };
  return {
    init,
    step(key, state, all) {
      const first = one(foldIn(key, 0), state, all);
      const last = iterate(steps - 1, ({ state }, i) => one(foldIn(foldIn(key, 1), i), state as State, all) as typeof first, first);
      return [last.state, { loss: last.loss }];
    },
  };
}

/** The same data at every step. */
export function always<Data>(data: Data): Batches<Data> {
  return {
    async *from() {
      for (;;) yield { value: data, [Symbol.dispose]: () => undefined };
    },
  };
}
