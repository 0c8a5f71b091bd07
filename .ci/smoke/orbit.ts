type Fields = Readonly<Record<string, unknown>>;

const isFields = (x: unknown): x is Fields => typeof x === "object" && x !== null && !Array.isArray(x);
const number = (x: unknown): x is number => typeof x === "number" && Number.isFinite(x);

/** Float32's rounding of log-probabilities through a few layers, with room. */
const SAME_FUNCTION = 1e-3;
/** An isometry's curve differs by rounding, which training carries on. */
const SAME_CURVE = 1e-2;

/** What is wrong with the JSON of the example of fine-tuning an orbit; nothing if all members are one function and the permuted one learns as the trained one does. */
export function orbitProblems(line: string): string[] {
  const result = parsed(line);
  if (result === undefined) return [`The last line is not a JSON object: ${line.slice(0, 120)}`];
  const members = Array.isArray(result["members"]) ? (result["members"] as readonly unknown[]).map((entry) => (isFields(entry) ? entry : {})) : [];
  return [
    ...(typeof result["engine"] === "string" && result["engine"] !== "" ? [] : ["engine: expected a name"]),
    ...(number(result["seconds"]) ? [] : ["seconds: expected a number"]),
    ...(members.length >= 8 ? [] : [`members: expected at least 8, got ${members.length}`]),
    ...members.flatMap(({ name, largestDifference }) =>
      number(largestDifference) && largestDifference >= 0 && largestDifference < SAME_FUNCTION
        ? []
        : [`members: ${String(name)} is another function, by ${String(largestDifference)}`],
    ),
    ...["sgd", "adam"].flatMap((optimizer) => curveProblems(optimizer, members)),
  ];
}

function curveProblems(optimizer: string, members: readonly Fields[]): string[] {
  const area = (member: Fields | undefined): unknown => {
    const of = member?.[optimizer];
    return isFields(of) && isFields(of["area"]) ? of["area"]["mean"] : undefined;
  };
  const areas = members.map(area);
  if (!areas.every((x) => number(x) && x > 0)) return [`members: expected areas under ${optimizer}`];
  const [trained, permuted, scaled] = ["as trained", "heads in another order", "values × 4, way out ÷ 4"].map(
    (name) => area(members.find((m) => m["name"] === name)) as number,
  );
  return [
    ...(Math.abs(permuted! / trained! - 1) < SAME_CURVE ? [] : [`${optimizer}: permuted heads learn otherwise, ${permuted} against ${trained}`]),
    ...(Math.abs(scaled! / trained! - 1) > 1e-6 ? [] : [`${optimizer}: rescaled values learn as if nothing had been done`]),
  ];
}

function parsed(line: string): Fields | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return isFields(value) ? value : undefined;
  } catch {
    return undefined;
  }
}
