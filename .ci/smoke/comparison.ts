type Fields = Readonly<Record<string, unknown>>;

const number = (x: unknown): boolean => typeof x === "number" && Number.isFinite(x);
const isFields = (x: unknown): x is Fields => typeof x === "object" && x !== null && !Array.isArray(x);
/** A mean and its standard error. */
const spread = (x: unknown): boolean => isFields(x) && number(x["mean"]) && number(x["se"]) && (x["se"] as number) >= 0;
const share = (x: unknown): boolean => spread(x) && (x as { mean: number }).mean >= 0 && (x as { mean: number }).mean <= 1;
const word = (x: unknown): boolean => typeof x === "string" && x !== "";
const numberOrNull = (x: unknown): boolean => x === null || number(x);
const count = (x: unknown): boolean => Number.isSafeInteger(x) && (x as number) > 0;

const RUN: Readonly<Record<string, (x: unknown) => boolean>> = {
  algorithm: word,
  dataset: word,
  model: word,
  kappa: numberOrNull,
  rho: numberOrNull,
  seeds: count,
  accuracy: share,
  nll: spread,
  ece: share,
  sharpness: spread,
  gradientEvaluations: count,
};
const ALGORITHMS = ["SGD", "SAM", "ASAM", "RandomSAM", "MixSAM", "MFVI", "VariationalSAM", "IVON", "bSAM"];

/** What is wrong with the JSON of the SAM example; nothing if it has its fields, every algorithm, and equal budgets. */
export function comparisonProblems(line: string): string[] {
  const result = parsed(line);
  if (result === undefined) return [`The last line is not a JSON object: ${line.slice(0, 120)}`];
  const runs = Array.isArray(result["runs"]) ? (result["runs"] as readonly unknown[]) : [];
  const fields = runs.map((run) => (isFields(run) ? run : {}));
  const missing = ALGORITHMS.filter((name) => !fields.some(({ algorithm }) => algorithm === name));
  return [
    ...(word(result["engine"]) ? [] : ["engine: expected a name"]),
    ...(number(result["seconds"]) ? [] : ["seconds: expected a number"]),
    ...(missing.length === 0 ? [] : [`runs: expected ${missing.join(", ")} too`]),
    ...fields.flatMap((run, i) =>
      Object.entries(RUN).flatMap(([name, holds]) => (holds(run[name]) ? [] : [`runs[${i}].${name}: unexpected ${JSON.stringify(run[name])}`])),
    ),
    ...unequal(fields),
  ];
}

/** Budgets of one network on one data set that are not equal. */
function unequal(runs: readonly Fields[]): string[] {
  const budgets = new Map<string, Set<unknown>>();
  for (const { model, dataset, gradientEvaluations } of runs) {
    const name = `${String(model)}, ${String(dataset)}`;
    budgets.set(name, (budgets.get(name) ?? new Set()).add(gradientEvaluations));
  }
  return [...budgets].flatMap(([name, seen]) => (seen.size === 1 ? [] : [`${name}: expected equal numbers of gradients, got ${[...seen].join(", ")}`]));
}

function parsed(line: string): Fields | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return isFields(value) ? value : undefined;
  } catch {
    return undefined;
  }
}
