import { EigenvalueDecomposition, Matrix } from "ml-matrix";

/** Eigenvalues θ of the small tridiagonal matrix, largest first, the squares of their eigenvectors' first components, and |β s| of their last ones. */
export type Ritz = {
  readonly values: readonly number[];
  readonly weights: readonly number[];
  /** Some eigenvalue of A is this near to θ, if the products are exact [Parlett1998, §13.2]. */
  readonly residuals: readonly number[];
};

const dot = (a: Float64Array, b: Float64Array): number => {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!;
  return sum;
};

/**
 * The Ritz values of a symmetric A in the Krylov space of v, Av, …, A^{m−1}v, by the Lanczos recursion with full reorthogonalisation [Lanczos1950; Golub2013, §10.3].
 *
 * Every vector is made orthogonal to all before it, twice, in float64. The space may turn out invariant sooner: then it ends there, and the values are exact.
 */
export async function lanczos(
  product: (v: Float64Array) => Promise<Float64Array>,
  start: Float64Array,
  { steps, done = () => false }: { readonly steps: number; readonly done?: (ritz: Ritz) => boolean },
): Promise<Ritz> {
  const length = Math.sqrt(dot(start, start));
  const basis = [start.map((x) => x / length)];
  const [diagonal, beside]: [number[], number[]] = [[], []];
  for (;;) {
    const v = basis.at(-1)!;
    const w = Float64Array.from(await product(v));
    diagonal.push(dot(v, w));
    for (let pass = 0; pass < 2; pass++)
      for (const u of basis) {
        const c = dot(u, w);
        for (let i = 0; i < w.length; i++) w[i]! -= c * u[i]!;
      }
    const beta = Math.sqrt(dot(w, w));
    const ritz = ritzOf(diagonal, beside, beta);
    const scale = Math.max(...ritz.values.map(Math.abs));
    // A NaN ends it too.
    if (!(beta > 1e-10 * scale) || basis.length === steps || basis.length === start.length || done(ritz)) return ritz;
    beside.push(beta);
    basis.push(w.map((x) => x / beta));
  }
}

function ritzOf(diagonal: readonly number[], beside: readonly number[], beta: number): Ritz {
  const n = diagonal.length;
  const matrix = Matrix.zeros(n, n);
  diagonal.forEach((a, i) => matrix.set(i, i, a));
  beside.forEach((b, i) => {
    matrix.set(i, i + 1, b);
    matrix.set(i + 1, i, b);
  });
  if (diagonal.some(Number.isNaN)) return { values: diagonal.map(() => NaN), weights: diagonal.map(() => 1 / n), residuals: diagonal.map(() => NaN) };
  const { realEigenvalues, eigenvectorMatrix } = new EigenvalueDecomposition(matrix, { assumeSymmetric: true });
  const order = realEigenvalues.map((_, i) => i).sort((i, j) => realEigenvalues[j]! - realEigenvalues[i]!);
  return {
    values: order.map((i) => realEigenvalues[i]!),
    weights: order.map((i) => eigenvectorMatrix.get(0, i) ** 2),
    residuals: order.map((i) => Math.abs(beta * eigenvectorMatrix.get(n - 1, i))),
  };
}
