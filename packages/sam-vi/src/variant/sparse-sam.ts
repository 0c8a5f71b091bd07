import { cast, concat, equal, gather, greaterEqual, min, mod, onesLike, reshape, square, topk, type Scalar } from "@tensorflow/tfjs-core";
import { add, iterate, map, size, tensors, valueAndGrad, zerosLike, type Objective, type Params, type Tree } from "@lab/tensor-core";
import { adversarial } from "../direction/adversarial.ts";
import { masked } from "../direction/masked.ts";
import { perturbedGradient } from "../perturbed-gradient.ts";
import { withMemory, type MemoryOptions, type WithMemory } from "../with-memory.ts";

/** Σ (∂ᵢ ln p)² over the first `examples` examples of a batch, one gradient each: the diagonal of the empirical Fisher information, times their number. */
function fisherDiagonal<P extends Params, Batch extends Tree>(
  loss: Objective<P, Batch>,
  { mean, batch, examples }: { mean: P; batch: Batch; examples: number },
): P {
  const one = (i: Scalar): Batch => map((x) => gather(x, reshape(i, [1])), batch);
  const summed = (total: P, i: Scalar): P =>
    add(
      total,
      map((g) => square(g), valueAndGrad((params: P) => loss(params, one(i)))(mean).grad),
    );
  return iterate(examples, summed, zerosLike(mean));
}

/** Ones at the `kept` largest entries of a tree, all leaves together, and zeros elsewhere; entries that tie with the last one are kept too. */
function largestMask<P extends Params>(tree: P, kept: number): P {
  const flat = concat(tensors(tree).map((x) => reshape(x, [x.size])));
  const threshold = min<Scalar>(topk(flat, kept).values);
  return map((x) => cast(greaterEqual(x, threshold), "float32"), tree);
}

/**
 * θ ← θ + transform(∇L(θ + mask ⊙ ρ g₀/‖g₀‖)): sparse SAM, whose mask keeps the entries of largest Fisher information [Mi2022]. Two gradients a step.
 *
 * The norm is taken before the mask. Every `refresh` steps the mask is chosen anew from the squared gradients of the first `examples` examples of the batch,
 * each tensor of which has the examples as its first axis. Of the two ways to choose a mask this is the one by Fisher information. Not stable SAM, which
 * shares its initials.
 *
 * @throws RangeError unless rho is finite and not negative, 0 ≤ sparsity < 1, and examples and refresh are whole numbers of at least 1
 * @example
 * ```ts
 * import { square, sub, sum, type Scalar, type Tensor1D } from "@tensorflow/tfjs-core";
 * import { sgd } from "@lab/tensor-core";
 * import { sparseSam } from "@lab/sam-vi";
 * const loss = ({ w }: { readonly w: Tensor1D }, { x }: { readonly x: Tensor1D }): Scalar => sum(square(sub(w, x)));
 * sparseSam(loss, { sparsity: 0.5, transform: sgd(0.1) }).gradientsPerStep; // => 2
 * ```
 */
export function sparseSam<P extends Params, Batch extends Tree>(
  loss: Objective<P, Batch>,
  {
    rho = 0.05,
    sparsity = 0.5,
    examples = 16,
    refresh = 1000,
    ...options
  }: MemoryOptions & { readonly sparsity?: number; readonly examples?: number; readonly refresh?: number },
): WithMemory<P, P, Batch> {
  if (!(sparsity >= 0 && sparsity < 1)) throw new RangeError(`Cannot choose a mask: expected sparsity in [0, 1), got ${sparsity}`);
  for (const [name, value] of Object.entries({ examples, refresh }))
    if (!(Number.isInteger(value) && value >= 1))
      throw new RangeError(`Cannot choose a mask: expected ${name} to be a whole number of at least 1, got ${value}`);
  return withMemory(loss, {
    ...options,
    rho,
    gradientsPerStep: 2,
    memory: (mean) => map((x) => onesLike(x), mean),
    glance({ at, key, posterior, count, memory, batch }) {
      const { mean } = posterior;
      const least = Math.min(examples, ...tensors(batch).map((x) => x.shape[0] ?? 1));
      const kept = Math.max(1, Math.round((1 - sparsity) * size(mean)));
      const stale: Scalar = cast(equal(mod(count, refresh), 0), "int32");
      const mask = iterate(stale, () => largestMask(fisherDiagonal(loss, { mean, batch, examples: least }), kept), memory);
      const look = perturbedGradient(at, posterior, { key, direction: masked(adversarial(), mask) });
      return { loss: look.loss, grad: look.grad.mean, memory: mask };
    },
  });
}
