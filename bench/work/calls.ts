import { jit, scoped } from "@lab/tensor-core";
import { add, matMul, memory, mul, ones, tanh, type Tensor2D } from "@tensorflow/tfjs-core";
import type { Contest, Inputs, Settings } from "./contest.ts";

export async function inputs(): Promise<Inputs> {
  return {};
}

/** Many calls of a small compiled function: what stays behind. */
export function ready(_: Inputs, { calls }: Settings): Contest {
  const x = ones([16, 16]) as Tensor2D;
  const step = jit((a: Tensor2D) => ({ y: tanh(add(matMul(a, a), mul(a, 2))) }));
  const iterate = (n: number): void => {
    for (let i = 0; i < n; i++) scoped(() => void step(x));
  };
  return {
    values() {
      iterate(calls! / 10);
      const marks = Array.from({ length: 11 }, (_unused, i) => {
        if (i > 0) iterate(calls! / 10);
        return { resident: process.memoryUsage.rss(), tensors: memory().numTensors };
      });
      return { resident: marks.map(({ resident }) => resident), tensors: marks.map(({ tensors }) => tensors) };
    },
    iterate,
  };
}
