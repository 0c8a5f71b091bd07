type Fields = Readonly<Record<string, unknown>>;

const isFields = (x: unknown): x is Fields => typeof x === "object" && x !== null && !Array.isArray(x);
const number = (x: unknown): x is number => typeof x === "number" && Number.isFinite(x);
const list = (x: unknown): readonly Fields[] => (Array.isArray(x) ? (x as readonly unknown[]).map((entry) => (isFields(entry) ? entry : {})) : []);

/** Of ten flips, learning from none, one, two and three of them. */
const STOPPED = [0.875084, 0.875084, 0.837906, 0.774211];
/** Of divergences that are sums of float64 terms. */
const ROUNDING = 1e-9;

/** What is wrong with the JSON of the example of learning in context; nothing if it has its fields, the known costs, and certificates that hold. */
export function inContextProblems(line: string): string[] {
  const result = parsed(line);
  if (result === undefined) return [`The last line is not a JSON object: ${line.slice(0, 120)}`];
  const [coins, ginc] = [result["coins"], result["ginc"]].map((part) => (isFields(part) ? part : {})) as [Fields, Fields];
  return [
    ...(typeof result["engine"] === "string" && result["engine"] !== "" ? [] : ["engine: expected a name"]),
    ...(number(result["seconds"]) ? [] : ["seconds: expected a number"]),
    ...(number(coins["kl"]) && coins["kl"] >= -ROUNDING ? [] : [`coins.kl: expected a divergence, got ${String(coins["kl"])}`]),
    ...stopProblems(list(coins["stop"])),
    ...list(coins["twins"]).flatMap(({ from, kl, enumerated, heads, certifiedTv }) => {
      if (!number(kl) || !number(enumerated) || Math.abs(kl - enumerated) > ROUNDING) return [`coins.twins: ${String(kl)} is not what enumeration finds`];
      const [p, q] = Array.isArray(heads) ? (heads as number[]) : [];
      return number(certifiedTv) && !(Math.abs(p! - q!) <= certifiedTv) ? [`coins.twins: the certificate of ${String(from)} heads does not hold`] : [];
    }),
    ...(list(coins["twins"]).length > 0 ? [] : ["coins.twins: expected some"]),
    ...shotProblems("coins", list(coins["shots"]), ["exact", "decoder"]),
    ...shotProblems("ginc", list(ginc["shots"]), ["exact", "decoder", "twin from 4 shots"]),
    ...twinProblems(list(ginc["shots"])),
    ...(list(ginc["twins"]).every(({ klAtMost }, i, all) => number(klAtMost) && klAtMost >= 0 && (i === 0 || klAtMost <= (all[i - 1]!["klAtMost"] as number)))
      ? []
      : ["ginc.twins: expected divergences that fall with the shots"]),
  ];
}

function stopProblems(stop: readonly Fields[]): string[] {
  return STOPPED.flatMap((truth, after) => {
    const kl = stop.find((one) => one["after"] === after)?.["kl"];
    return number(kl) && Math.abs(kl - truth) < 1e-6 ? [] : [`coins.stop: expected ${truth} after ${after}, got ${String(kl)}`];
  });
}

function shotProblems(part: string, shots: readonly Fields[], models: readonly string[]): string[] {
  const shares = shots.every(({ value, lower, upper }) => number(value) && 0 <= (lower as number) && (lower as number) <= value && value <= (upper as number));
  return [
    ...models.filter((name) => !shots.some(({ model }) => model === name)).map((name) => `${part}.shots: expected ${name} too`),
    ...(shares && shots.every(({ upper }) => number(upper) && upper <= 1) ? [] : [`${part}.shots: expected shares within their limits`]),
  ];
}

/** Before four shots a twin is the exact model; the shares are of the same prompts. */
function twinProblems(shots: readonly Fields[]): string[] {
  const of = (name: string, n: unknown): unknown => shots.find(({ model, shots: at }) => model === name && at === n)?.["value"];
  return [0, 1, 2].filter((n) => of("exact", n) !== of("twin from 4 shots", n)).map((n) => `ginc.shots: the twin differs after ${n} shots`);
}

function parsed(line: string): Fields | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return isFields(value) ? value : undefined;
  } catch {
    return undefined;
  }
}
