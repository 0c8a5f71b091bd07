import * as z from "zod/mini";
import en from "zod/v4/locales/en.js";
import { brief } from "./brief.ts";
import { centralLimit, type AsymptoticCertificate, type RungEstimate } from "./central-limit.ts";
import { exactDraws, exactPosterior, type GibbsCertificate, type PosteriorCertificate, type RungDraws } from "./exact-draws.ts";
import { withoutMixing, type AnnealedCertificate, type AnnealedWeights, type WithoutMixingOptions } from "./without-mixing.ts";

const fraction = z.number().check(z.minimum(0), z.maximum(1));
const whole = z.int().check(z.minimum(0));
const numberOrNaN = z.custom<number>((value) => typeof value === "number" && Math.abs(value) !== Infinity, "expected a finite number or NaN");
const confidence = { n: whole, delta: z.optional(fraction), deltaEvidence: z.optional(fraction) };
const sampled = { ...confidence, deltaRisk: z.optional(fraction) };
const errors = z.optional(z.array(z.number().check(z.minimum(0))));

/** The numbers that each method is told, its ladder and its options in one record. */
export type CertifyInputs = {
  readonly "exact-draws": { readonly ladder: readonly RungDraws[] } & Parameters<typeof exactDraws>[1];
  readonly "exact-posterior": Parameters<typeof exactPosterior>[0] & Parameters<typeof exactPosterior>[1];
  readonly "central-limit": { readonly ladder: readonly RungEstimate[] } & Parameters<typeof centralLimit>[1];
  readonly "without-mixing": AnnealedWeights & WithoutMixingOptions;
};

/** How the numbers of a record were turned into certificates. */
export type CertifyMethod = keyof CertifyInputs;

/** What each way to certify is told: the numbers that its certificates follow from. */
const INPUTS: { readonly [M in CertifyMethod]: z.ZodMiniType } = {
  "exact-draws": z.strictObject({
    ladder: z.array(
      z.strictObject({
        lambda: z.number(),
        risk: numberOrNaN,
        variance: z.optional(numberOrNaN),
        risk01: z.optional(numberOrNaN),
        variance01: z.optional(numberOrNaN),
        draws: whole,
      }),
    ),
    ...sampled,
    distance: z.optional(fraction),
  }),
  "exact-posterior": z.strictObject({
    risk: numberOrNaN,
    variance: z.optional(numberOrNaN),
    kl: numberOrNaN,
    draws: whole,
    n: whole,
    delta: z.optional(fraction),
    deltaRisk: z.optional(fraction),
  }),
  "central-limit": z.strictObject({
    ladder: z.array(
      z.strictObject({ lambda: z.number(), risk: numberOrNaN, error: numberOrNaN, risk01: z.optional(numberOrNaN), error01: z.optional(numberOrNaN) }),
    ),
    ...sampled,
    replications: z.optional(whole),
    freeEnergyErrors: errors,
  }),
  "without-mixing": z.strictObject({
    lambda: z.number(),
    logWeights: z.array(z.custom<number>((value) => typeof value === "number" && value !== Infinity, "expected a number below infinity, or NaN")),
    ...confidence,
    compared: z.optional(whole),
    lambdaFixed: z.optional(z.boolean()),
    level: z.optional(z.number()),
  }),
};

/** What a certificate is of, in words; a prior says why it does not depend on the sample. */
export type About = {
  readonly loss: string;
  readonly prior: string;
  readonly posterior?: string | undefined;
  readonly sample?: string | undefined;
};

export type AnyCertificate = GibbsCertificate | PosteriorCertificate | AsymptoticCertificate | AnnealedCertificate;

/** A certificate that can be checked by who has nothing but it. */
export type CertificateRecord<M extends CertifyMethod = CertifyMethod> = {
  readonly format: "pacbayes-certificate";
  readonly version: 1;
  readonly method: M;
  readonly about: About;
  readonly inputs: CertifyInputs[M];
  readonly certificates: readonly AnyCertificate[];
};

const about = z.strictObject({
  loss: z.string().check(z.minLength(1)),
  prior: z.string().check(z.minLength(1)),
  posterior: z.optional(z.string()),
  sample: z.optional(z.string()),
});
const recorded = z.strictObject({
  format: z.literal("pacbayes-certificate"),
  version: z.literal(1),
  method: z.enum(Object.keys(INPUTS) as [CertifyMethod]),
  about,
  inputs: z.unknown(),
  certificates: z.array(z.unknown()),
});

/**
 * The certificates that follow from the numbers, with the numbers: loss, prior, n, m, δ, assumption and bound in one record, by `exactDraws`, `exactPosterior`,
 * `centralLimit` or `withoutMixing`.
 *
 * `inputs` holds the ladder and the options of the method. `verification` repeats the arithmetic from the record alone; that the draws are what they are said to
 * be, it cannot tell.
 *
 * @throws TypeError for numbers that the method does not take, naming the field; RangeError as the method
 * @example
 * ```ts
 * import { certificateRecord } from "@lab/pacbayes";
 * const record = certificateRecord("exact-posterior", {
 *   about: { loss: "zero-one", prior: "N(0, 0.04²), fixed before the sample was seen" },
 *   inputs: { risk: 0.2, kl: 3000, draws: 5000, n: 60_000 },
 * });
 * record.certificates[0]!.bound.toFixed(4); // => "0.3655"
 * ```
 */
export function certificateRecord<M extends CertifyMethod>(
  method: M,
  given: { readonly about: About; readonly inputs: CertifyInputs[M] },
): CertificateRecord<M> {
  const inputs = checkedInputs(method, given.inputs);
  return {
    format: "pacbayes-certificate",
    version: 1,
    method,
    about: checked(about, given.about, "about"),
    inputs,
    certificates: certificates(method, inputs),
  };
}

/** Whether a record's certificates follow from its numbers, and every way in which they do not. */
export type Verification = { readonly valid: boolean; readonly differences: readonly string[]; readonly recomputed: readonly AnyCertificate[] };

/**
 * Repeats a record's arithmetic from its numbers alone, and compares everything that it states: bounds, intervals, assumption, confidence.
 *
 * Numbers may differ by 1e-12 of themselves, an upper KL of the free energy that it is left of, since logarithms round differently on other machines; words may not. What cannot be told from numbers is whether
 * the assumption holds.
 *
 * @throws TypeError for what is no record of a certificate, naming the field; RangeError for numbers that certify nothing
 * @example
 * ```ts
 * import { certificateRecord, verification } from "@lab/pacbayes";
 * const about = { loss: "zero-one", prior: "N(0, 0.04²)" };
 * const record = certificateRecord("exact-posterior", { about, inputs: { risk: 0.2, kl: 3000, draws: 5000, n: 60_000 } });
 * const forged = { ...record, certificates: [{ ...record.certificates[0], bound: 0.3 }] };
 * [verification(record).valid, verification(forged).differences.length]; // => [ true, 1 ]
 * ```
 */
export function verification(record: unknown): Verification {
  const { method, inputs, certificates: stated } = checked(recorded, record, "record");
  const recomputed = certificates(method, checkedInputs(method, inputs));
  const differences = unlike(stated, recomputed, { path: "certificates" });
  return { valid: differences.length === 0, differences, recomputed };
}

/** The schema of a method yields its inputs, which the compiler cannot see through the index. */
function checkedInputs<M extends CertifyMethod>(method: M, inputs: unknown): CertifyInputs[M] {
  return checked<unknown>(INPUTS[method], inputs, "inputs") as CertifyInputs[M];
}

function certificates(method: CertifyMethod, inputs: CertifyInputs[CertifyMethod]): readonly AnyCertificate[] {
  // What the method's own schema has checked.
  const given = defined(inputs) as never;
  const { ladder, ...options } = given as { readonly ladder: never; readonly n: number };
  if (method === "exact-draws") return exactDraws(ladder, options);
  if (method === "central-limit") return centralLimit(ladder, options);
  return [method === "exact-posterior" ? exactPosterior(given, given) : withoutMixing(given, given)];
}

/** Without the keys whose value is undefined, at every depth: to the methods an option that is not given is absent. */
function defined(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(defined);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).flatMap(([key, inner]) => (inner === undefined ? [] : [[key, defined(inner)]])));
}

function unlike(stated: unknown, follows: unknown, { path, size }: { readonly path: string; readonly size?: unknown }): readonly string[] {
  if (typeof stated === "object" && stated !== null && typeof follows === "object" && follows !== null) {
    const [a, b] = [stated, follows] as [Readonly<Record<string, unknown>>, Readonly<Record<string, unknown>>];
    return [...new Set([...Object.keys(a), ...Object.keys(b)])].flatMap((key) =>
      unlike(a[key], b[key], {
        path: Array.isArray(follows) ? `${path}[${key}]` : `${path}.${key}`,
        // A KL is what is left of a free energy, and rounded as that is.
        size: b[key === "klUpper" ? "freeEnergyUpper" : key],
      }),
    );
  }
  // Anything is near infinity by a share of it.
  const near = typeof stated === "number" && Number.isFinite(follows) && Math.abs(stated - (follows as number)) <= 1e-12 * Math.abs(size as number);
  return near || Object.is(stated, follows) ? [] : [`${path}: ${String(stated)} is stated, ${String(follows)} follows`];
}

function checked<T>(schema: z.ZodMiniType<T>, value: unknown, what: string): T {
  const parsed = schema.safeParse(value, { error: en().localeError });
  if (parsed.success) return parsed.data;
  const { path, message } = parsed.error.issues[0]!;
  const came = path.reduce<unknown>((at, step) => (at as Readonly<Record<PropertyKey, unknown>>)[step], value);
  const got = message.includes("received") ? "" : `, got ${brief(came)}`;
  throw new TypeError(`Cannot read a certificate: ${[what, ...path].join(".")}: ${message}${got}`);
}
