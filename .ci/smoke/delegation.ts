type Fields = Readonly<Record<string, unknown>>;
type Checks = Readonly<Record<string, (x: unknown) => boolean>>;

const number = (x: unknown): x is number => typeof x === "number" && Number.isFinite(x);
const isFields = (x: unknown): x is Fields => typeof x === "object" && x !== null && !Array.isArray(x);
const word = (x: unknown): boolean => typeof x === "string" && x !== "";
const count = (x: unknown): boolean => Number.isSafeInteger(x) && (x as number) > 0;
const share = (x: unknown): boolean => number(x) && x >= 0 && x <= 1;
const loss = (x: unknown): boolean => number(x) && x >= 0;
/** Of no claims, or no gaps, there is no share. */
const shareOrNull = (x: unknown): boolean => x === null || share(x);
/** A share between the ends of its interval. */
const interval = (x: unknown): boolean => {
  if (!isFields(x)) return false;
  const [value, low, high] = [x["value"], x["low"], x["high"]];
  if (value === null) return low === null && high === null;
  return share(value) && number(low) && number(high) && low <= (value as number) && (value as number) <= high;
};

const CORPUS: Checks = { documents: count, tokens: count, factRate: share };
const METHOD: Checks = {
  name: word,
  trainSteps: count,
  trueTargets: count,
  callRate: share,
  factualPrecision: interval,
  leakage: shareOrNull,
  callLoss: loss,
  nonCallLoss: loss,
};
const METHODS = ["no call, calls at random", "no call, calls in doubt", "random", "rho", "pattern", "facts only", "lacy"];
/** What the last step may have trained beyond the target, and what a budget of few decisions may be missed by. */
const [OVERSHOOT, MISSED] = [0.05, 0.05];

/** What is wrong with the JSON of the LaCy example; nothing if it has its fields, every rule, equal true targets, and budgets that were kept. */
export function delegationProblems(line: string): string[] {
  const result = parsed(line);
  if (result === undefined) return [`The last line is not a JSON object: ${line.slice(0, 120)}`];
  const methods = Array.isArray(result["methods"]) ? (result["methods"] as readonly unknown[]).map((each) => (isFields(each) ? each : {})) : [];
  const missing = METHODS.filter((name) => !methods.some((each) => each["name"] === name));
  return [
    ...(word(result["engine"]) ? [] : ["engine: expected a name"]),
    ...(number(result["seconds"]) ? [] : ["seconds: expected a number"]),
    ...(number(result["tokensPerSecond"]) || result["tokensPerSecond"] === null ? [] : ["tokensPerSecond: expected a number"]),
    ...unexpected("corpus", isFields(result["corpus"]) ? result["corpus"] : {}, CORPUS),
    ...(missing.length === 0 ? [] : [`methods: expected ${missing.join(", ")} too`]),
    ...methods.flatMap((each, i) => [...unexpected(`methods[${i}]`, each, METHOD), ...unkept(`methods[${i}]`, each)]),
    ...unequal(methods),
  ];
}

function unexpected(where: string, fields: Fields, checks: Checks): string[] {
  return Object.entries(checks).flatMap(([name, holds]) => (holds(fields[name]) ? [] : [`${where}.${name}: unexpected ${JSON.stringify(fields[name])}`]));
}

/** Budgets that the calls are not near to. */
function unkept(where: string, { budgets }: Fields): string[] {
  if (!Array.isArray(budgets) || budgets.length < 2) return [`${where}.budgets: expected at least two`];
  return (budgets as readonly unknown[]).flatMap((each, i) => {
    const { budget, callRate } = isFields(each) ? each : {};
    const kept = share(budget) && share(callRate) && Math.abs((callRate as number) - (budget as number)) <= (budget === 0 ? 0 : MISSED);
    return kept ? [] : [`${where}.budgets[${i}]: expected calls at ${JSON.stringify(budget)}, got ${JSON.stringify(callRate)}`];
  });
}

/** Rules are compared at equal numbers of positions trained towards their true token, but for the last step's surplus. */
function unequal(methods: readonly Fields[]): string[] {
  const targets = methods.map(({ trueTargets }) => trueTargets).filter(number);
  const [least, most] = [Math.min(...targets), Math.max(...targets)];
  return targets.length > 0 && most > least * (1 + OVERSHOOT) ? [`methods: expected equal true targets, got ${least} to ${most}`] : [];
}

function parsed(line: string): Fields | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return isFields(value) ? value : undefined;
  } catch {
    return undefined;
  }
}
