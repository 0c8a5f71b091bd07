import { compensatedSum } from "@lab/tensor-core";

/** The target label of each example, and what a source model says of its own classes: probabilities, one row per example. */
export type Labelled = { readonly labels: readonly number[]; readonly source: readonly (readonly number[])[] };

function checked(caller: string, { labels, source }: Labelled): void {
  if (labels.length === 0 || labels.length !== source.length)
    throw new RangeError(`Cannot score by ${caller}: expected as many labels as rows, and one at least, got ${labels.length} and ${source.length}`);
  for (const row of source) {
    const total = compensatedSum(row);
    if (row.length !== source[0]!.length || row.some((x) => !(x >= 0)) || !(Math.abs(total - 1) < 1e-4))
      throw new RangeError(`Cannot score by ${caller}: expected rows of ${source[0]!.length} probabilities that sum to 1, got [${row.join(", ")}]`);
  }
}

/** P(y | z) = Σ_{i: yᵢ = y} θᵢ[z] / Σᵢ θᵢ[z]; source classes of probability zero have none. */
function conditional({ labels, source }: Labelled): (label: number, z: number) => number {
  const classes = source[0]!.length;
  const totals = Array.from({ length: classes }, (_, z) => compensatedSum(source.map((row) => row[z]!)));
  const joint = new Map<number, number[]>();
  for (const label of new Set(labels)) {
    const rows = source.filter((_, i) => labels[i] === label);
    joint.set(
      label,
      totals.map((_, z) => compensatedSum(rows.map((row) => row[z]!))),
    );
  }
  return (label, z) => (totals[z]! > 0 ? joint.get(label)![z]! / totals[z]! : 0);
}

/**
 * LEEP = (1/N) Σᵢ ln Σ_z P(yᵢ | z) θᵢ[z], the mean log-likelihood of the predictor that reads target labels off a source model's classes, nats: at most
 * 0, higher where transfer is easier [Nguyen2020].
 *
 * Source classes that no example gives probability are left out.
 *
 * @throws RangeError unless there is one row of probabilities, all of one length, for each label
 * @example
 * ```ts
 * import { leep } from "@lab/nonident";
 * leep({ labels: [0, 1], source: [[1, 0], [0, 1]] }); // => 0
 * ```
 */
export function leep(examples: Labelled): number {
  checked("LEEP", examples);
  const of = conditional(examples);
  const terms = examples.source.map((row, i) => Math.log(compensatedSum(row.map((theta, z) => theta * of(examples.labels[i]!, z)))));
  return compensatedSum(terms) / terms.length;
}

/**
 * NCE = −H(Y | Z) = (1/N) Σᵢ ln P(yᵢ | zᵢ), Z the likeliest source class, nats: at most 0 [Tran2019].
 *
 * The first of equally likely classes counts.
 *
 * @throws RangeError as `leep`
 * @example
 * ```ts
 * import { nce } from "@lab/nonident";
 * nce({ labels: [0, 1], source: [[0.9, 0.1], [0.8, 0.2]] }).toFixed(6); // => '-0.693147'
 * ```
 */
export function nce(examples: Labelled): number {
  checked("NCE", examples);
  const source = examples.source.map((row) => {
    const likeliest = row.indexOf(Math.max(...row));
    return row.map((_, z) => Number(z === likeliest));
  });
  return leep({ labels: examples.labels, source });
}
