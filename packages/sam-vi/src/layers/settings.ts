import type { Direction } from "../direction/direction.ts";
import { adversarial } from "../direction/adversarial.ts";
import { ellipsoidal } from "../direction/ellipsoidal.ts";
import { gaussian } from "../direction/gaussian.ts";
import { mixed } from "../direction/mixed.ts";

/** A direction that a saved model can name. */
export type DirectionName = "adversarial" | "ellipsoidal" | "gaussian" | "mixed";

/** What a perturbing optimizer does beyond its base. */
export type PerturbedSettings = {
  /** Where to look: by its name, or a function of one's own, which cannot be saved with a model. */
  readonly direction: DirectionName | Direction;
  /** The radius; where the scale is learned, only the one that it starts from. */
  readonly rho?: number;
  /** Noise mixed into the adversarial direction; for "mixed" only. */
  readonly kappa?: number;
  /** Which weights σ is proportional to, as |w| + η [Kwon2021]: none, all, or those of rank two and more, beside which biases and the like have σ = ρ/√D. */
  readonly adaptive?: "none" | "all" | "kernels";
  readonly eta?: number;
  /** Learn ln σ of each weight by the base optimizer, for this many examples and this prior: mean-field variational inference. */
  readonly learned?: { readonly n: number; readonly priorMean?: number; readonly priorScale?: number } | null;
  /** c: adds c w to the gradient that the base receives; it has no part in the direction. */
  readonly weightDecay?: number;
  /** The gradient that the base receives has at most this norm. */
  readonly clipNorm?: number | null;
  /** Of the noise; step i draws from foldIn(key(seed), i), also after a model was saved and loaded. */
  readonly seed?: number;
};

/** All of them, checked. */
export type Settings = Required<PerturbedSettings>;

const DIRECTIONS: { readonly [Name in DirectionName]: (settings: Settings) => Direction } = {
  adversarial: () => adversarial(),
  ellipsoidal: () => ellipsoidal(),
  gaussian: () => gaussian(),
  mixed: ({ kappa }) => mixed({ kappa }),
};

/** The function behind a direction's name. */
export function directionOf(settings: Settings): Direction {
  return typeof settings.direction === "function" ? settings.direction : DIRECTIONS[settings.direction](settings);
}

const isPositive = (x: number): boolean => x > 0 && x < Infinity;
const isAtLeastZero = (x: number): boolean => x >= 0 && x < Infinity;

function checked(what: string, value: number, holds: (x: number) => boolean, expected: string): void {
  if (!(typeof value === "number" && holds(value))) throw new RangeError(`Cannot perturb: expected ${what} ${expected}, got ${String(value)}`);
}

/**
 * Settings with their defaults.
 *
 * @throws RangeError for a number that none of the steps can use; TypeError for an unknown direction or adaptivity
 */
export function settings({
  direction,
  rho = 0.05,
  kappa = 1,
  adaptive = "none",
  eta = 0,
  learned = null,
  weightDecay = 0,
  clipNorm = null,
  seed = 0,
}: PerturbedSettings): Settings {
  if (typeof direction !== "function" && !Object.hasOwn(DIRECTIONS, direction))
    throw new TypeError(`Cannot perturb: expected a direction among ${Object.keys(DIRECTIONS).join(", ")}, got "${String(direction)}"`);
  if (!["none", "all", "kernels"].includes(adaptive))
    throw new TypeError(`Cannot perturb: expected adaptive to be "none", "all" or "kernels", got "${String(adaptive)}"`);
  checked("rho", rho, isAtLeastZero, "in [0, ∞)");
  checked("kappa", kappa, isAtLeastZero, "in [0, ∞)");
  checked("eta", eta, isAtLeastZero, "in [0, ∞)");
  checked("weightDecay", weightDecay, isAtLeastZero, "in [0, ∞)");
  checked("seed", seed, Number.isSafeInteger, "to be a whole number");
  if (clipNorm !== null) checked("clipNorm", clipNorm, isPositive, "in (0, ∞)");
  if (learned !== null) {
    checked("n", learned.n, (n) => n >= 1 && n < Infinity, "of at least 1");
    checked("a prior's scale", learned.priorScale ?? 1, isPositive, "in (0, ∞)");
    checked("a prior's mean", learned.priorMean ?? 0, Number.isFinite, "to be finite");
    checked("rho", rho, isPositive, "in (0, ∞) where the scale is learned");
    if (adaptive !== "none") throw new TypeError(`Cannot perturb: a scale is learned or follows the weights, got both`);
  }
  return { direction, rho, kappa, adaptive, eta, learned, weightDecay, clipNorm, seed };
}
