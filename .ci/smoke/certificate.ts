type Fields = Readonly<Record<string, unknown>>;

/** A probability, or an error rate. */
const rate = (x: unknown): boolean => number(x) && (x as number) >= 0 && (x as number) <= 1;
const number = (x: unknown): boolean => typeof x === "number" && Number.isFinite(x);
const count = (x: unknown): boolean => Number.isSafeInteger(x) && (x as number) >= 0;
const engine = (x: unknown): boolean => typeof x === "string" && /^(native|wasm|cpu)/.test(x);

const RUNG = { lambda: number, risk01: rate, testError01: rate, klUpper: number, kl: number, klLower: number, bound01: rate };
const MEAN_FIELD = { risk01: rate, kl: number, bound01: rate };
const DIAGNOSTICS = { maxRhat: number, minEss: number, divergences: count, acceptance: rate };

/** What is wrong with the JSON of the PAC-Bayes example; nothing if it has its fields and they can be true together. */
export function certificateProblems(line: string): string[] {
  const result = parsed(line);
  if (result === undefined) return [`The last line is not a JSON object: ${line.slice(0, 120)}`];
  const { ladder, best, meanField, diagnostics } = result;
  const rungs = Array.isArray(ladder) ? (ladder as readonly Fields[]) : [];
  return [
    ...lacking("", result, { engine, seconds: number, n: count, parameters: count }),
    ...(rungs.length < 2 ? ["ladder: expected at least two temperatures"] : []),
    ...rungs.flatMap((rung, i) => [...lacking(`ladder[${i}].`, rung, RUNG), ...contradictions(`ladder[${i}]`, rung)]),
    ...(isFields(best) && rate(best["bound01"]) ? [] : ["best: expected the rung with the lowest bound01"]),
    ...lacking("meanField.", meanField, MEAN_FIELD),
    ...lacking("diagnostics.", diagnostics, DIAGNOSTICS),
  ];
}

function lacking(prefix: string, found: unknown, fields: Readonly<Record<string, (x: unknown) => boolean>>): string[] {
  if (!isFields(found)) return [`${prefix || "JSON"}: expected an object, got ${JSON.stringify(found)}`];
  return Object.entries(fields).flatMap(([name, holds]) => (holds(found[name]) ? [] : [`${prefix}${name}: unexpected ${JSON.stringify(found[name])}`]));
}

/** A lower sum above an upper one, or a bound below the risk that it bounds. */
function contradictions(where: string, rung: Fields): string[] {
  const [lower, kl, upper] = [rung["klLower"] as number, rung["kl"] as number, rung["klUpper"] as number];
  return [
    ...(lower > kl || kl > upper ? [`${where}: expected klLower ≤ kl ≤ klUpper, got ${lower}, ${kl}, ${upper}`] : []),
    ...((rung["bound01"] as number) < (rung["risk01"] as number)
      ? [`${where}: bound01 ${String(rung["bound01"])} is below risk01 ${String(rung["risk01"])}`]
      : []),
  ];
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
