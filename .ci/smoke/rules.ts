type Fields = Readonly<Record<string, unknown>>;

const isFields = (x: unknown): x is Fields => typeof x === "object" && x !== null && !Array.isArray(x);
const number = (x: unknown): boolean => typeof x === "number" && Number.isFinite(x);
const word = (x: unknown): boolean => typeof x === "string" && x !== "";
/** A mean and the standard deviation over seeds. */
const spread = (x: unknown): boolean => isFields(x) && number(x["mean"]) && number(x["sd"]) && (x["sd"] as number) >= 0;
const share = (x: unknown): boolean => spread(x) && (x as { mean: number }).mean >= 0 && (x as { mean: number }).mean <= 1;

const REGIME: Readonly<Record<string, (x: unknown) => boolean>> = {
  name: word,
  seeds: (x) => Number.isSafeInteger(x) && (x as number) > 0,
  testLoss: spread,
  klPerSequence: spread,
  oodR1: share,
  oodR2Completion: share,
  idR1: share,
};
const NAMES = ["max likelihood", "adversarial", "oracle"];
/** H of 128 equally likely strings over 257 positions. */
const FLOOR = Math.log(128) / 257;
/** Losses are sums of some 33 000 float32 terms. */
const ROUNDING = 1e-5;

/** What is wrong with the JSON of the example of rule extrapolation; nothing if it has its fields, every regime, and no loss below the floor. */
export function rulesProblems(line: string): string[] {
  const result = parsed(line);
  if (result === undefined) return [`The last line is not a JSON object: ${line.slice(0, 120)}`];
  const regimes = (Array.isArray(result["regimes"]) ? (result["regimes"] as readonly unknown[]) : []).map((regime) => (isFields(regime) ? regime : {}));
  const missing = NAMES.filter((name) => !regimes.some((regime) => regime["name"] === name));
  return [
    ...(word(result["engine"]) ? [] : ["engine: expected a name"]),
    ...(number(result["seconds"]) ? [] : ["seconds: expected a number"]),
    ...(Math.abs((result["floor"] as number) - FLOOR) < 1e-12 ? [] : [`floor: expected ${FLOOR}, got ${String(result["floor"])}`]),
    ...(missing.length === 0 ? [] : [`regimes: expected ${missing.join(", ")} too`]),
    ...regimes.flatMap((regime, i) => [
      ...Object.entries(REGIME).flatMap(([name, holds]) => (holds(regime[name]) ? [] : [`regimes[${i}].${name}: unexpected ${JSON.stringify(regime[name])}`])),
      ...impossible(regime).map((problem) => `regimes[${i}].${problem}`),
    ]),
  ];
}

/** A loss below the entropy, or a divergence below zero or above what the loss leaves for it. */
function impossible({ testLoss, klPerSequence }: Fields): string[] {
  if (!spread(testLoss) || !spread(klPerSequence)) return [];
  const [loss, kl] = [(testLoss as { mean: number }).mean, (klPerSequence as { mean: number }).mean];
  return [
    ...(loss >= FLOOR - ROUNDING ? [] : [`testLoss: ${loss} is below the floor`]),
    ...(kl >= -257 * ROUNDING && kl <= 257 * (loss - FLOOR + ROUNDING) ? [] : [`klPerSequence: expected 0 ≤ KL ≤ 257 (loss − floor), got ${kl}`]),
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
