import { add as plus, cast, div, equal, exp, maximum, mul, scalar, sqrt, sum, type Scalar, type Tensor } from "@tensorflow/tfjs-core";
import { add, applyUpdates, iterate, map, mul as times, sub, zerosLike, type Objective, type Params } from "@lab/tensor-core";
import { heldScale, type Named } from "../at-radius.ts";
import { batchGradient } from "../batch-gradient.ts";
import { refuseEmpty } from "../chunks.ts";
import { onSphere } from "../direction/sphere.ts";
import type { MemoryOptions } from "../with-memory.ts";

/** cos of the angle between two tensors; 0 where one is zero. */
function cosine(a: Tensor, b: Tensor): Scalar {
  const length = (x: Tensor): Scalar => maximum(sqrt(sum(mul(x, x))), 1e-30);
  return div(div(sum(mul(a, b)), length(a)), length(b));
}

/**
 * k times φ ← φ + ρ ∇L(φ)/‖∇L(φ)‖ and fast ← fast + transform(∇L(φ)); then θ ← θ + α (fast − θ): Lookbehind-SAM [Mordido2024]. k + 1 gradients a step.
 *
 * φ and fast start at θ. The gradient with which one inner step descends is that with which the next one ascends. With `alpha: "adaptive"` it is
 * (1 + cos(first, total displacement))/2 for each tensor.
 *
 * @throws RangeError unless rho is finite and not negative, steps a whole number of at least 1 and alpha in (0, 1]
 * @example
 * ```ts
 * import { square, sum, type Tensor1D } from "@tensorflow/tfjs-core";
 * import { sgd } from "@lab/tensor-core";
 * import { lookbehind } from "@lab/sam-vi";
 * lookbehind(({ w }: { readonly w: Tensor1D }) => sum(square(w)), { steps: 5, transform: sgd(0.1) }).gradientsPerStep; // => 6
 * ```
 */
export function lookbehind<P extends Params, Batch = void>(
  loss: Objective<P, Batch>,
  { rho = 0.05, steps = 5, alpha = 0.5, microBatches = 1, transform }: MemoryOptions & { readonly steps?: number; readonly alpha?: number | "adaptive" },
): Named<P, Batch> {
  if (!(Number.isInteger(steps) && steps >= 1)) throw new RangeError(`Cannot look behind: expected steps to be a whole number of at least 1, got ${steps}`);
  if (alpha !== "adaptive" && !(alpha > 0 && alpha <= 1)) throw new RangeError(`Cannot look behind: expected alpha in (0, 1] or "adaptive", got ${alpha}`);
  const held = heldScale(transform, { rho });
  return {
    gradientsPerStep: steps + 1,
    init(mean) {
      const posterior = { mean, logScale: held.logScale(mean) };
      return { posterior, transform: held.transform.init(posterior), count: scalar(0) };
    },
    step(_key, { posterior, transform: before, count }, batch) {
      refuseEmpty(batch);
      const at = batchGradient(loss, batch, { microBatches });
      const sigma = map((l) => exp(l), posterior.logScale);
      const clean = at(posterior.mean);
      const still = zerosLike(posterior.logScale);
      const start = { ascended: posterior.mean, grad: clean.grad, fast: posterior, transform: before, first: still, loss: clean.value };
      const end = iterate(
        steps,
        ({ ascended, grad, fast, transform: memory, first }, i) => {
          const higher = add(ascended, times(onSphere(grad), sigma));
          const there = at(higher);
          const [updates, after] = held.transform.update({ mean: there.grad, logScale: still }, memory, fast);
          const begins = cast(equal(i, 0), "float32");
          return {
            ascended: higher,
            grad: there.grad,
            fast: { mean: applyUpdates(fast.mean, updates.mean), logScale: fast.logScale },
            transform: after,
            first: map((d, u) => plus(d, mul(u, begins)), first, updates.mean),
            loss: there.value,
          };
        },
        start,
      );
      const moved = sub(end.fast.mean, posterior.mean);
      const share = (d: Tensor, first: Tensor): number | Tensor => (alpha === "adaptive" ? mul(plus(cosine(first, d), 1), 0.5) : alpha);
      const mean = map((m, d, first) => plus(m, mul(d, share(d, first))), posterior.mean, moved, end.first);
      return [
        { posterior: { mean, logScale: posterior.logScale }, transform: end.transform, count: plus(count, 1) },
        { loss: end.loss, penalty: scalar(0), cleanLoss: clean.value },
      ];
    },
  };
}
