import { tensor } from "@tensorflow/tfjs-core";
import { dot, hvp, map, normalLike, own, rademacher, read, size, split, tensors, type Key, type Objective, type Params } from "@lab/tensor-core";
import { compiled } from "./compiled.ts";
import { batchesOf, checked, estimate, type Estimate, type Over } from "./estimate.ts";
import { lanczos } from "./lanczos.ts";
import { eachOf } from "./sharpness.ts";

export type HessianOptions<Batch> = Over<Batch> & {
  readonly key: Key;
  /** h of the central difference of gradients that stands for the Hessian, along a unit vector; default: that of `hvp`. */
  readonly step?: number;
};

/** The difference's options, without a step that is not there. */
const difference = (step: number | undefined): { step?: number } => (step === undefined ? {} : { step });

/**
 * tr ∇²L ≈ mean of vᵀ ∇²L v over random signs v: Hutchinson's estimator, unbiased, with variance 2 Σ_{i≠j} Hᵢⱼ² of one draw [Hutchinson1990].
 *
 * `error` is the standard error over the draws. Products are central differences of gradients: on ReLU networks the Hessian is that of a slightly smoothed loss.
 *
 * @throws RangeError unless draws is a whole number ≥ 2, or for no batches
 * @example
 * ```ts
 * import { square, sum, tensor1d, type Tensor1D } from "@tensorflow/tfjs-core";
 * import { key } from "@lab/tensor-core";
 * import { hessianTrace } from "@lab/sam-vi";
 * const { mean } = await hessianTrace(({ w }: { readonly w: Tensor1D }) => sum(square(w)), { w: tensor1d([1, 2, 3]) }, { key: key(0), draws: 4 });
 * mean.toFixed(2); // => '6.00'
 * ```
 */
export async function hessianTrace<P extends Params, Batch = void>(
  loss: Objective<P, Batch>,
  params: P,
  { key, draws = 100, step, ...over }: HessianOptions<Batch> & { readonly draws?: number },
): Promise<Estimate> {
  const batches = batchesOf(over);
  checked("draws", draws, { least: 2, whole: true });
  const quadratic = compiled(loss, { measure: "trace", jit: over.jit, step }, (key: Key, params: P, batch: Batch) => {
    const keys = split(key, tensors(params).length);
    let i = 0;
    const v = map((x) => rademacher(keys[i++]!, x.shape), params);
    return dot(v, hvp((at: P) => loss(at, batch), difference(step))(params, v));
  });
  const values: number[] = [];
  for (const drawKey of split(key, draws)) values.push(estimate(await eachOf(batches, (batch) => quadratic(drawKey, params, batch))).mean);
  return estimate(values);
}

/** v ↦ ∇²L v on the host, in float64 beside float32 gradients; the mean over the batches. */
export type HostProduct = { readonly dimension: number; call(v: Float64Array): Promise<Float64Array> };

/** The Hessian of a loss as a product with vectors on the host. */
export function hostProduct<P extends Params, Batch>(loss: Objective<P, Batch>, params: P, { step, ...over }: Omit<HessianOptions<Batch>, "key">): HostProduct {
  const batches = batchesOf(over);
  const product = compiled(loss, { measure: "product", jit: over.jit, step }, (params: P, v: P, batch: Batch) =>
    hvp((at: P) => loss(at, batch), difference(step))(params, v),
  );
  return {
    dimension: size(params),
    async call(v) {
      const total = new Float64Array(v.length);
      using direction = own(() => shaped(params, v));
      for (const batch of batches) {
        using image = own(() => product(params, direction.value, batch));
        let at = 0;
        for (const { data } of await read(tensors(image.value))) for (let i = 0; i < data.length; i++) total[at++]! += data[i]! / batches.length;
      }
      return total;
    },
  };
}

/** Numbers in the shape of a tree. */
function shaped<P extends Params>(like: P, numbers: Float64Array): P {
  let at = 0;
  return map((x) => tensor(Float32Array.from(numbers.subarray(at, (at += x.size))), x.shape), like);
}

/** A normal vector on the host. */
export async function hostNormal(key: Key, like: Params): Promise<Float64Array> {
  using z = own(() => tensors(normalLike(key, like)));
  return Float64Array.from((await read(z.value)).flatMap(({ data }) => [...data]));
}

/** An eigenvalue with the norm of its residual, ‖∇²L x − λ x‖: some eigenvalue of the Hessian lies that near, as far as the products are exact. */
export type Eigenvalue = { readonly value: number; readonly error: number };
/** The largest eigenvalues in falling order, the least one, and how many products they took. */
export type HessianEigenvalues = { readonly largest: readonly Eigenvalue[]; readonly least: Eigenvalue; readonly products: number };

/**
 * λ₁ ≥ λ₂ ≥ … of ∇²L, and its least eigenvalue, by Lanczos with full reorthogonalisation from a random start [Lanczos1950; Golub2013, §10.3].
 *
 * Ends when the largest ones have errors below `tolerance` λ₁, or after `steps` products. An eigenvalue of several dimensions is seen once. λ₁ of full-batch
 * descent hovers near 2/η. Products are central differences of float32 gradients: expect three digits, and statistics of batches held fixed.
 *
 * @throws RangeError for a count or a number of steps that is none, or no batches
 * @example
 * ```ts
 * import { mul, square, sum, tensor1d, type Scalar, type Tensor1D } from "@tensorflow/tfjs-core";
 * import { key } from "@lab/tensor-core";
 * import { hessianEigenvalues } from "@lab/sam-vi";
 * const loss = ({ w }: { readonly w: Tensor1D }): Scalar => sum(mul(square(w), tensor1d([1, 2, 3])));
 * const { largest } = await hessianEigenvalues(loss, { w: tensor1d([1, 1, 1]) }, { key: key(0), count: 2 });
 * largest.map(({ value }) => Math.round(value)); // => [ 6, 4 ]
 * ```
 */
export async function hessianEigenvalues<P extends Params, Batch = void>(
  loss: Objective<P, Batch>,
  params: P,
  {
    key,
    count = 1,
    steps = 100,
    tolerance = 1e-3,
    ...options
  }: HessianOptions<Batch> & { readonly count?: number; readonly steps?: number; readonly tolerance?: number },
): Promise<HessianEigenvalues> {
  checked("count", count, { least: 1, whole: true });
  checked("steps", steps, { least: count, whole: true });
  const product = hostProduct(loss, params, options);
  const ritz = await lanczos((v) => product.call(v), await hostNormal(key, params), {
    steps,
    done: ({ values, residuals }) => values.length > count && residuals.slice(0, count).every((error) => error < tolerance * Math.abs(values[0]!)),
  });
  const pairs = ritz.values.map((value, i) => ({ value, error: ritz.residuals[i]! }));
  return { largest: pairs.slice(0, count), least: pairs.at(-1)!, products: pairs.length };
}
