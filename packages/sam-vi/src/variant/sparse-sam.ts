import { cast, concat, equal, gather, greaterEqual, min, mod, onesLike, reshape, square, topk, zerosLike as zeros, type Scalar } from "@tensorflow/tfjs-core";
import { add, foldIn, iterate, map, size, tensors, valueAndGrad, zerosLike, type Objective, type Params, type Tree } from "@lab/tensor-core";
import { adversarial } from "../direction/adversarial.ts";
import { masked } from "../direction/masked.ts";
import { perturbedGradient } from "../perturbed-gradient.ts";
import { droppedAndGrown } from "./dropped-and-grown.ts";
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

/** Tells the key of a mask's draws from those of the step. */
const MASK = 1;

/** Ones at the `kept` largest entries of a tree, all leaves together, and zeros elsewhere; entries that tie with the last one are kept too. */
function largestMask<P extends Params>(tree: P, kept: number): P {
  const flat = concat(tensors(tree).map((x) => reshape(x, [x.size])));
  const threshold = min<Scalar>(topk(flat, kept).values);
  return map((x) => cast(greaterEqual(x, threshold), "float32"), tree);
}

/**
 * θ ← θ + transform(∇L(θ + mask ⊙ ρ g₀/‖g₀‖)): sparse SAM, whose mask keeps the entries of largest Fisher information, or drops and grows [Mi2022]. Two
 * gradients a step.
 *
 * The norm is taken before the mask. Every `refresh` steps the mask is chosen anew: by `fisher` from the squared gradients of the first `examples` examples of
 * the batch, each tensor of which has the examples as its first axis; by `drop-and-grow` it begins at random, drops the entries of smallest gradient of the
 * batch and grows as many others at random: at first the part `turnover` of what it keeps, then fewer along a cosine, none from step `horizon` on. Not stable
 * SAM, which shares its initials.
 *
 * @throws RangeError unless rho is finite and not negative, 0 ≤ sparsity < 1, 0 ≤ turnover ≤ 1, and examples, refresh and horizon are whole numbers of at
 * least 1
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
    choice = "fisher",
    turnover = 0.5,
    horizon = 10_000,
    ...options
  }: MemoryOptions & {
    readonly sparsity?: number;
    readonly examples?: number;
    readonly refresh?: number;
    /** How the mask is chosen. */
    readonly choice?: "fisher" | "drop-and-grow";
    readonly turnover?: number;
    readonly horizon?: number;
  },
): WithMemory<P, P, Batch> {
  if (!(sparsity >= 0 && sparsity < 1)) throw new RangeError(`Cannot choose a mask: expected sparsity in [0, 1), got ${sparsity}`);
  if (!(turnover >= 0 && turnover <= 1)) throw new RangeError(`Cannot choose a mask: expected turnover in [0, 1], got ${turnover}`);
  for (const [name, value] of Object.entries({ examples, refresh, horizon }))
    if (!(Number.isInteger(value) && value >= 1))
      throw new RangeError(`Cannot choose a mask: expected ${name} to be a whole number of at least 1, got ${value}`);
  return withMemory(loss, {
    ...options,
    rho,
    gradientsPerStep: 2,
    memory: (mean) => map((x) => (choice === "fisher" ? onesLike(x) : zeros(x)), mean),
    glance({ at, key, posterior, count, memory, batch }) {
      const { mean } = posterior;
      const least = Math.min(examples, ...tensors(batch).map((x) => x.shape[0] ?? 1));
      const kept = Math.max(1, Math.round((1 - sparsity) * size(mean)));
      const stale: Scalar = cast(equal(mod(count, refresh), 0), "int32");
      const chosen = (mask: P): P => {
        if (choice === "fisher") return largestMask(fisherDiagonal(loss, { mean, batch, examples: least }), kept);
        const { grad } = valueAndGrad((params: P) => loss(params, batch))(mean);
        return droppedAndGrown(mask, { grad, key: foldIn(key, MASK), count, turnover: { kept, fraction: turnover, horizon } });
      };
      const mask = iterate(stale, chosen, memory);
      const look = perturbedGradient(at, posterior, { key, direction: masked(adversarial(), mask) });
      return { loss: look.loss, grad: look.grad.mean, memory: mask };
    },
  });
}
