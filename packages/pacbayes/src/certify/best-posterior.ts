import type { Confidence } from "./confidence.ts";
import { exactPosterior, type PosteriorCertificate } from "./exact-draws.ts";

/** What was drawn from one of several posteriors whose KL is known: the mean risk over `draws` draws, and their sample variance if wanted. */
export type PosteriorDraws = { readonly risk: number; readonly variance?: number; readonly kl: number; readonly draws: number };

/** The least certificate, which one it is, and all of them. */
export type BestPosterior = { readonly best: PosteriorCertificate; readonly at: number; readonly all: readonly PosteriorCertificate[] };

/**
 * The best of G posteriors that the same sample has trained, each certified with δ_r/G, so that it may be chosen after seeing all: by `exactPosterior`.
 *
 * `maurer` holds for all posteriors at once, so that δ is not shared. A fair comparison with a Gibbs posterior gives the mean-field Gaussian this choice, among
 * learning rates, objectives and starts, with the same loss, prior, n and confidence on both sides; the δ_F that an exact KL does not need may go to δ_r.
 *
 * @throws RangeError without a posterior, and as `exactPosterior`
 * @example
 * ```ts
 * import { bestPosterior } from "@lab/pacbayes";
 * const runs = [{ risk: 0.2, kl: 3000, draws: 5000 }, { risk: 0.25, kl: 1000, draws: 5000 }];
 * bestPosterior(runs, { n: 60_000 }).at; // => 1
 * ```
 */
export function bestPosterior(posteriors: readonly PosteriorDraws[], { deltaRisk = 0.01, ...confidence }: Omit<Confidence, "deltaEvidence">): BestPosterior {
  const all = posteriors.map((posterior) => exactPosterior(posterior, { ...confidence, deltaRisk: deltaRisk / posteriors.length }));
  if (all.length === 0) throw new RangeError("Cannot certify a posterior: expected at least one, got none");
  const at = all.reduce((least, { bound }, i) => (bound < all[least]!.bound ? i : least), 0);
  // What is certified is all of them at once: δ + δ_r may fail.
  const certified = all.map((one) => ({ ...one, confidence: 1 - one.delta - deltaRisk, deltaRisk }));
  return { best: certified[at]!, at, all: certified };
}
