import * as tf from "@tensorflow/tfjs-core";
import { describe, expect, it } from "vitest";
import { engine } from "./engine.ts";
import { nativeBackend } from "./engine/native-backend.ts";
import { jit } from "./jit.ts";
import { compositions } from "./jit/operations/compositions.ts";
import { elementwise } from "./jit/operations/elementwise.ts";
import { layout } from "./jit/operations/layout.ts";
import { linear } from "./jit/operations/linear.ts";
import type { Operation } from "./jit/operations/operation.ts";
import { reductions } from "./jit/operations/reductions.ts";

await engine();
const UNIT = 2 ** -24;
/** What an engine's exp, tanh, … may be off by, in units: not derived, twice what TensorFlow and XLA document for their approximations. */
const FUNCTION_ROUNDINGS = 16;

/** The results of an operation, then the gradients of a weighted sum of its float results. */
function withGradients({ f, gradient = [] }: Operation): (...xs: tf.Tensor[]) => tf.Tensor[] {
  const results = (...xs: tf.Tensor[]): tf.Tensor[] => {
    const y = f(...xs);
    return y instanceof tf.Tensor ? [y] : [...y];
  };
  return (...xs) => {
    const values = results(...xs);
    const at = xs.map((_, i) => i).filter((i) => (gradient === "every" ? xs[i]!.dtype === "float32" : gradient.includes(i)));
    if (at.length === 0) return values;
    const weighted = (...ys: tf.Tensor[]): tf.Tensor => {
      const all = xs.map((x, i) => (at.includes(i) ? ys[at.indexOf(i)]! : x));
      const terms = results(...all)
        .filter(({ dtype }) => dtype === "float32")
        .map((y) => tf.sum(tf.mul(y, tf.reshape(tf.linspace(0.5, 1, Math.max(y.size, 1)), y.shape))));
      return tf.addN(terms);
    };
    return [...values, ...tf.grads(weighted)(at.map((i) => xs[i]!))];
  };
}

/** Two float32 evaluations of a sum of L terms of size at most m differ by at most 2 γ_L L m, γ_L ≈ L u [Higham2002, section 4.2]. */
function tolerance({ terms = 1, largest = 1 }: Operation): number {
  return 2 * (terms + FUNCTION_ROUNDINGS) * UNIT * terms * largest;
}

function agree(actual: readonly tf.Tensor[], expected: readonly tf.Tensor[], within: number): void {
  expect(actual.map(({ dtype, shape }) => [dtype, shape])).toEqual(expected.map(({ dtype, shape }) => [dtype, shape]));
  expected.forEach((e, i) => {
    const [xs, ys] = [actual[i]!.dataSync(), e.dataSync()];
    ys.forEach((y, j) => {
      const x = xs[j]!;
      const same = Object.is(x, y) || x === y || (e.dtype === "float32" && Math.abs(x - y) <= within * Math.max(1, Math.abs(y)));
      expect(same, `result ${i}, element ${j}: expected ${y} within ${within}, got ${x}`).toBe(true);
    });
  });
}

const families = { elementwise, reductions, layout, linear, compositions };
for (const [family, operations] of Object.entries(families)) {
  describe(`jit() of ${family} operations`, () => {
    for (const [name, operation] of Object.entries(operations)) {
      it(`jit() equals ${name}, values and gradients, with XLA and without`, () => {
        tf.tidy(() => {
          const f = withGradients(operation);
          for (const xla of [true, false]) {
            using jitted = jit(f, { xla });
            for (const draw of [0, 1]) {
              const inputs = operation.inputs.map((values) => values(draw));
              agree(jitted(...inputs), f(...inputs), tolerance(operation));
            }
            if (nativeBackend() === undefined) continue;
            expect(jitted.traces).toBe(1);
            expect(jitted.graphs[0]!.fallback === undefined || operation.withoutXla !== undefined, jitted.graphs[0]!.fallback).toBe(true);
          }
        });
      });
    }
  });
}
