import { Matrix } from "ml-matrix";

/** What a network says inside of N inputs: one row of D numbers for each. */
export type Features = readonly (readonly number[])[];

/** The rows as a matrix, checked: at least `fewest` of them, all of one length, all finite. */
export function matrixOf(caller: string, features: Features, fewest = 2): Matrix {
  const width = features[0]?.length ?? 0;
  if (features.length < fewest || width === 0)
    throw new RangeError(`Cannot measure by ${caller}: expected at least ${fewest} rows of at least one number, got ${features.length} of ${width}`);
  features.forEach((row, i) => {
    if (row.length !== width || !row.every(Number.isFinite))
      throw new RangeError(`Cannot measure by ${caller}: expected rows of ${width} finite numbers, got [${row.join(", ")}] in row ${i}`);
  });
  return new Matrix(features.map((row) => [...row]));
}

/** Two sets of features of the same inputs. */
export function sameInputs(caller: string, x: Features, y: Features, fewest?: number): readonly [Matrix, Matrix] {
  if (x.length !== y.length) throw new RangeError(`Cannot measure by ${caller}: expected features of the same inputs, got ${x.length} and ${y.length} rows`);
  return [matrixOf(caller, x, fewest), matrixOf(caller, y, fewest)];
}

/** The labels of the rows, one each. */
export function labelled(caller: string, features: Features, labels: readonly number[]): readonly number[] {
  if (labels.length !== features.length)
    throw new RangeError(`Cannot measure by ${caller}: expected a label for each of ${features.length} rows, got ${labels.length}`);
  return [...new Set(labels)].toSorted((a, b) => a - b);
}

/** The columns about their means. */
export function centred(x: Matrix): Matrix {
  return x.clone().center("column") as Matrix;
}
