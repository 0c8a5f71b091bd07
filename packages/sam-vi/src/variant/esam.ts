import { cast, div, exp, gather, mean as average, mul, sub, topk, type Scalar, type Tensor1D } from "@tensorflow/tfjs-core";
import { add, bernoulli, map, split, tensors, valueAndGrad, type Params, type Tree } from "@lab/tensor-core";
import { onSphere } from "../direction/sphere.ts";
import { withMemory, type MemoryOptions, type WithMemory } from "../with-memory.ts";

/** The losses of the examples of a batch, [example]; each tensor of the batch has the examples as its first axis. */
export type ExampleLosses<P extends Params, Batch extends Tree> = (params: P, batch: Batch) => Tensor1D;

/**
 * θ ← θ + transform(∇L_S(θ + ε)), ε = ρ g₀/(β ‖g₀‖) on a random share β of the tensors, S the share γ of the examples whose loss ε raised most: efficient SAM
 * [Du2022, Algorithm 1]. 1 + γ gradients and one more pass forward a step.
 *
 * Each tensor sits out the perturbation of a step with probability 1 − β, by the step's key; it is still updated. ⌈γ n⌉ of n examples are kept.
 *
 * @throws RangeError unless rho is finite and not negative, and beta and gamma are in (0, 1]
 * @example
 * ```ts
 * import { square, sub, sum, type Tensor1D, type Tensor2D } from "@tensorflow/tfjs-core";
 * import { sgd } from "@lab/tensor-core";
 * import { esam } from "@lab/sam-vi";
 * type Batch = { readonly x: Tensor2D };
 * const losses = ({ w }: { readonly w: Tensor1D }, { x }: Batch): Tensor1D => sum(square(sub(x, w)), 1);
 * esam(losses, { gamma: 0.5, transform: sgd(0.1) }).gradientsPerStep; // => 1.5
 * ```
 */
export function esam<P extends Params, Batch extends Tree>(
  losses: ExampleLosses<P, Batch>,
  { rho = 0.05, beta = 0.5, gamma = 0.5, ...options }: MemoryOptions & { readonly beta?: number; readonly gamma?: number },
): WithMemory<P, null, Batch> {
  for (const [name, share] of Object.entries({ beta, gamma }))
    if (!(share > 0 && share <= 1)) throw new RangeError(`Cannot leave out tensors and examples: expected ${name} in (0, 1], got ${share}`);
  const loss = (params: P, batch: Batch): Scalar => average(losses(params, batch));
  return withMemory(loss, {
    ...options,
    rho,
    gradientsPerStep: 1 + gamma,
    memory: () => null,
    glance({ at, key, posterior: { mean, logScale }, batch }) {
      const keys = split(key, tensors(mean).length + 1);
      let i = 0;
      const chosen = (): Scalar => div(cast(bernoulli(keys[++i]!, beta, []), "float32"), beta);
      const offset = map((u, l) => mul(mul(u, exp(l)), chosen()), onSphere(at(mean).grad), logScale);
      const there = add(mean, offset);
      const before = losses(mean, batch);
      const rise = sub(losses(there, batch), before);
      const { indices } = topk(rise, Math.ceil(gamma * rise.size - 1e-9));
      const part = map((x) => gather(x, indices), batch);
      const { value, grad } = valueAndGrad((params: P) => loss(params, part))(there);
      return { loss: value, grad, memory: null };
    },
  });
}
