type Fields = Readonly<Record<string, unknown>>;
type Rules = Readonly<Record<string, (x: unknown) => boolean>>;

/** A probability, or an error rate. */
const rate = (x: unknown): boolean => number(x) && (x as number) >= 0 && (x as number) <= 1;
const number = (x: unknown): boolean => typeof x === "number" && Number.isFinite(x);
const notNegative = (x: unknown): boolean => number(x) && (x as number) >= 0;
const positive = (x: unknown): boolean => number(x) && (x as number) > 0;
const count = (x: unknown): boolean => Number.isSafeInteger(x) && (x as number) >= 0;
const text = (x: unknown): boolean => typeof x === "string" && x !== "";
const engine = (x: unknown): boolean => typeof x === "string" && /^(native|wasm|cpu)/.test(x);

const SETTING: Rules = {
  name: text,
  classes: count,
  n: count,
  inputs: count,
  parameters: count,
  sigmaPrior: positive,
  gap01: number,
  maxRhat: positive,
  minEss: positive,
  divergences: count,
  acceptance: rate,
  gradients: count,
};
const POSTERIOR: Rules = {
  risk01: rate,
  klOverN: notNegative,
  klOverNError: notNegative,
  bound01: rate,
  boundCe: rate,
  method: text,
  testError01: rate,
};
const RUNG: Rules = { lambda: notNegative, risk01: rate, testError01: rate, klUpper: notNegative, kl: notNegative, klLower: notNegative, bound01: rate };

/** What is wrong with the JSON of the PAC-Bayes example; nothing if it has its fields and they can be true together. */
export function certificateProblems(line: string): string[] {
  const result = parsed(line);
  if (result === undefined) return [`The last line is not a JSON object: ${line.slice(0, 120)}`];
  const settings = Array.isArray(result["settings"]) ? (result["settings"] as readonly unknown[]) : [];
  return [
    ...lacking("", result, { engine, seconds: number }),
    ...(settings.length === 0 ? ["settings: expected at least one"] : []),
    ...settings.flatMap((setting, i) => settingProblems(`settings[${i}]`, setting)),
  ];
}

function settingProblems(where: string, setting: unknown): string[] {
  const missing = lacking(`${where}.`, setting, SETTING);
  if (!isFields(setting)) return missing;
  const { hmc, meanField, gap01, ladder } = setting;
  const rungs = Array.isArray(ladder) ? (ladder as readonly unknown[]) : [];
  const posteriors = Object.entries({ hmc, meanField }).flatMap(([name, posterior]) => [
    ...lacking(`${where}.${name}.`, posterior, POSTERIOR),
    ...(isFields(posterior) ? belowItsRisk(`${where}.${name}`, posterior) : []),
  ]);
  const gap = isFields(hmc) && isFields(meanField) ? (meanField["bound01"] as number) - (hmc["bound01"] as number) : Number.NaN;
  return [
    ...missing,
    ...posteriors,
    // Not `>`: a NaN is a contradiction.
    ...(Math.abs(gap - (gap01 as number)) <= 1e-9 ? [] : [`${where}.gap01: expected the difference of the two bounds, ${gap}, got ${String(gap01)}`]),
    ...(rungs.length < 2 ? [`${where}.ladder: expected at least two temperatures`] : []),
    ...rungs.flatMap((rung, k) => {
      const at = `${where}.ladder[${k}]`;
      return [...lacking(`${at}.`, rung, RUNG), ...(isFields(rung) ? [...belowItsRisk(at, rung), ...crossedSums(at, rung)] : [])];
    }),
  ];
}

function lacking(prefix: string, found: unknown, fields: Rules): string[] {
  if (!isFields(found)) return [`${prefix || "JSON"}: expected an object, got ${JSON.stringify(found)}`];
  return Object.entries(fields).flatMap(([name, holds]) => (holds(found[name]) ? [] : [`${prefix}${name}: unexpected ${JSON.stringify(found[name])}`]));
}

/** A bound below the risk that it bounds. */
function belowItsRisk(where: string, { bound01, risk01 }: Fields): string[] {
  return (bound01 as number) < (risk01 as number) ? [`${where}: bound01 ${String(bound01)} is below risk01 ${String(risk01)}`] : [];
}

/** A lower sum above an upper one. */
function crossedSums(where: string, rung: Fields): string[] {
  const [lower, kl, upper] = [rung["klLower"] as number, rung["kl"] as number, rung["klUpper"] as number];
  return lower > kl || kl > upper ? [`${where}: expected klLower ≤ kl ≤ klUpper, got ${lower}, ${kl}, ${upper}`] : [];
}

const isFields = (x: unknown): x is Fields => typeof x === "object" && x !== null && !Array.isArray(x);

function parsed(line: string): Fields | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return isFields(value) ? value : undefined;
  } catch {
    return undefined;
  }
}
