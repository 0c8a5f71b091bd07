import { determinant, inverse, Matrix } from "ml-matrix";

/** Rows of numbers, as many as columns: a map of row vectors, x ↦ x G. */
export type SquareMatrix = readonly (readonly number[])[];

/** What counts as equal of entries of order one that were rounded to float32. */
const ROUNDING = 1e-6;

/** A matrix of `size` rows and columns, all finite. */
function checked(caller: string, matrix: SquareMatrix, size: number): Matrix {
  const widths = [...new Set(matrix.map((row) => row.length))];
  if (matrix.length !== size || widths.length !== 1 || widths[0] !== size)
    throw new RangeError(`Cannot ${caller}: expected a matrix of ${size} × ${size}, got ${matrix.length} × ${widths.join(" or ")}`);
  if (!matrix.flat().every(Number.isFinite)) throw new RangeError(`Cannot ${caller}: expected finite entries, got [${matrix.flat().join(", ")}]`);
  return new Matrix(matrix.map((row) => [...row]));
}

/** G⁻¹ in float64. */
export function inverted(caller: string, matrix: SquareMatrix, size: number): SquareMatrix {
  const of = checked(caller, matrix, size);
  const volume = of.to2DArray().reduce((product, row) => product * Math.hypot(...row), 1);
  // Hadamard: |det G| ≤ Π ‖row‖; a share below float32's rounding is no inverse that float32 could hold.
  if (!(Math.abs(determinant(of)) > 1e-7 * volume)) throw new RangeError(`Cannot ${caller}: expected an invertible matrix, got determinant ${determinant(of)}`);
  return inverse(of).to2DArray();
}

/** Throws unless Q Qᵀ = I. */
export function refuseNonOrthogonal(caller: string, matrix: SquareMatrix, size: number): void {
  const of = checked(caller, matrix, size);
  const away = Math.max(...Matrix.sub(of.mmul(of.transpose()), Matrix.eye(size)).to1DArray().map(Math.abs));
  if (!(away <= ROUNDING)) throw new RangeError(`Cannot ${caller}: expected an orthogonal matrix, got one whose Q Qᵀ is ${away} from I`);
}

/** Whether the matrix takes the vector of ones to itself or its negative, so that it commutes with taking off the mean. */
export function keepsMean(matrix: SquareMatrix): boolean {
  const sums = matrix.map((row) => row.reduce((total, x) => total + x, 0));
  return [1, -1].some((sign) => sums.every((x) => Math.abs(x - sign) <= ROUNDING * matrix.length));
}

/** Whether the matrix is of blocks [[a, b], [−b, a]] on the planes (j, j + size/2): those that commute with the turn of every plane by its own angle. */
export function commutesWithRotary(matrix: SquareMatrix): boolean {
  const half = matrix.length / 2;
  const within = ROUNDING * Math.max(...matrix.flat().map(Math.abs));
  const at = (i: number, j: number): number => matrix[i]![j]!;
  return matrix.every((row, i) =>
    row.every((x, j) => {
      if (i % half !== j % half) return Math.abs(x) <= within;
      const partner = at((i + half) % (2 * half), (j + half) % (2 * half));
      return Math.abs(x - (i === j ? partner : -partner)) <= within;
    }),
  );
}

/** The transpose. */
export function transposed(matrix: SquareMatrix): SquareMatrix {
  return matrix.map((_, i) => matrix.map((row) => row[i]!));
}

/**
 * Π (I − 2 v vᵀ / ‖v‖²): an orthogonal matrix by one reflection for each direction [Householder1958]. Every orthogonal matrix of n rows is one of at most n.
 *
 * With `keepMean` the directions lose their means first, and the product keeps the vector of ones, as layer norms ask of a rotation of the residual
 * stream. `directions` [reflection, channel] are finite; float64.
 *
 * @throws RangeError unless there is a direction, all of one length, none zero
 * @example
 * ```ts
 * import { householder } from "@lab/nonident/symmetry";
 * householder([[1, 1]]).map((row) => row.map((x) => Math.round(x))); // => [ [ 0, -1 ], [ -1, 0 ] ]
 * ```
 */
export function householder(directions: readonly (readonly number[])[], { keepMean = false }: { readonly keepMean?: boolean } = {}): SquareMatrix {
  const size = directions[0]?.length ?? 0;
  if (size === 0 || directions.some((v) => v.length !== size))
    throw new RangeError(`Cannot reflect: expected directions of one length, got lengths [${directions.map((v) => v.length).join(", ")}]`);
  const product = directions.reduce((q, direction) => {
    const mean = keepMean ? direction.reduce((total, x) => total + x, 0) / size : 0;
    const v = direction.map((x) => x - mean);
    const square = v.reduce((total, x) => total + x * x, 0);
    if (!(square > 0 && square < Infinity))
      throw new RangeError(`Cannot reflect: expected a direction that is not zero${keepMean ? " beside its mean" : ""}, got [${direction.join(", ")}]`);
    return q.mmul(
      Matrix.sub(
        Matrix.eye(size),
        Matrix.columnVector(v)
          .mmul(Matrix.rowVector(v))
          .mul(2 / square),
      ),
    );
  }, Matrix.eye(size));
  return product.to2DArray();
}
