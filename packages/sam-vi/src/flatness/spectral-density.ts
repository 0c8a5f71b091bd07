import { split, type Objective, type Params } from "@lab/tensor-core";
import { lineChart, type Chart } from "@lab/tensor-core/report";
import { checked, estimate } from "./estimate.ts";
import { hostNormal, hostProduct, type HessianOptions } from "./hessian.ts";
import { lanczos, type Ritz } from "./lanczos.ts";

/** φ at each of the points: the share of eigenvalues per unit, with its standard error over the probes. */
export type SpectralDensity = {
  readonly points: readonly { readonly eigenvalue: number; readonly density: number; readonly error: number }[];
  /** s: the deviation of the Gaussian that each eigenvalue is blurred by. */
  readonly width: number;
  /** The share of eigenvalues below zero. */
  readonly negative: number;
  /** Σ λ, from the same nodes. */
  readonly trace: number;
};

/**
 * φ(t) = (1/D) Σ N(t; λᵢ, s²) ≈ mean over probes of Σⱼ τⱼ² N(t; θⱼ, s²): the density of the Hessian's eigenvalues by stochastic Lanczos quadrature [Ghorbani2019, Algorithm 1].
 *
 * θ are the Ritz values of a normal probe and τ the first components of their eigenvectors. `error` is the standard error over the probes: NaN with one.
 *
 * @throws RangeError for a number of steps, probes or points that is none, or no batches
 * @example
 * ```ts
 * import { mul, square, sum, tensor1d, type Scalar, type Tensor1D } from "@tensorflow/tfjs-core";
 * import { key } from "@lab/tensor-core";
 * import { spectralDensity } from "@lab/sam-vi";
 * const loss = ({ w }: { readonly w: Tensor1D }): Scalar => sum(mul(square(w), tensor1d([1, 1, -3])));
 * const { negative } = await spectralDensity(loss, { w: tensor1d([1, 1, 1]) }, { key: key(0), probes: 200, steps: 3 });
 * Math.abs(negative - 1 / 3) < 0.1; // => true
 * ```
 */
export async function spectralDensity<P extends Params, Batch = void>(
  loss: Objective<P, Batch>,
  params: P,
  {
    key,
    steps = 80,
    probes = 4,
    width,
    points = 400,
    ...options
  }: HessianOptions<Batch> & {
    readonly steps?: number;
    readonly probes?: number;
    /** s; default: a hundredth of the range of the eigenvalues. */
    readonly width?: number;
    readonly points?: number;
  },
): Promise<SpectralDensity> {
  for (const [name, value] of Object.entries({ steps, probes, points })) checked(name, value, { least: 1, whole: true });
  if (width !== undefined) checked("width", width, { least: Number.MIN_VALUE });
  const product = hostProduct(loss, params, options);
  const nodes: Ritz[] = [];
  for (const probeKey of split(key, probes)) nodes.push(await lanczos((v) => product.call(v), await hostNormal(probeKey, params), { steps }));
  const all = nodes.flatMap(({ values }) => values);
  const [low, high] = [Math.min(...all), Math.max(...all)];
  const blur = width ?? Math.max((high - low) / 100, 1e-6 * Math.max(Math.abs(high), Math.abs(low)), Number.MIN_VALUE);
  const at = Array.from({ length: points }, (_, i) => low - 5 * blur + ((high - low + 10 * blur) * i) / Math.max(1, points - 1));
  const mass = (t: number) => nodes.map(({ values, weights }) => values.reduce((sum, theta, j) => sum + weights[j]! * gaussian(t - theta, blur), 0));
  const weighted = (f: (theta: number) => number): number =>
    estimate(nodes.map(({ values, weights }) => values.reduce((sum, theta, j) => sum + weights[j]! * f(theta), 0))).mean;
  return {
    points: at.map((eigenvalue) => {
      const { mean: density, error } = estimate(mass(eigenvalue));
      return { eigenvalue, density, error };
    }),
    width: blur,
    negative: weighted((theta) => (theta < 0 ? 1 : 0)),
    trace: product.dimension * weighted((theta) => theta),
  };
}

function gaussian(x: number, scale: number): number {
  return Math.exp(-0.5 * (x / scale) ** 2) / (scale * Math.sqrt(2 * Math.PI));
}

/**
 * The density of a Hessian's eigenvalues as a picture, its logarithm upwards: most lie near zero, and few far out.
 *
 * @throws RangeError if there are no points
 * @example
 * ```ts
 * import { spectrumChart } from "@lab/sam-vi";
 * const points = [{ eigenvalue: 0, density: 2, error: 0.1 }, { eigenvalue: 1, density: 1e-9, error: 0 }];
 * spectrumChart({ points, width: 0.1, negative: 0, trace: 1 }).rows.length; // => 2
 * ```
 */
export function spectrumChart({ points }: SpectralDensity, { title = "Eigenvalues of the Hessian" }: { readonly title?: string } = {}): Chart {
  // What a picture over many decades can show: a density below is as good as none.
  const floor = points.reduce((top, { density }) => Math.max(top, density), 0) * 1e-6;
  const above = (x: number): number => Math.max(floor, x);
  const rows = points.map(({ eigenvalue, density, error }) => ({
    eigenvalue,
    density: above(density),
    low: above(density - (Number.isNaN(error) ? 0 : error)),
    high: above(density + (Number.isNaN(error) ? 0 : error)),
  }));
  return lineChart(rows, { title, x: "eigenvalue", y: "density", band: ["low", "high"], points: false, yAxis: { scale: "log" } });
}
