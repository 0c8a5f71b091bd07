import { bestLambda, catoni, lambda, maurer, mcallester, quadratic, refinedTolstikhin, tolstikhin, type Certificate } from "@lab/pacbayes";
import type { Study } from "./study.ts";

/** Fixed before any sample was seen, as the theorem asks. */
const CATONI = 1;

/** Every bound at the two best posteriors: zero-one loss, point values. */
export function allBounds({
  setting: { n, delta },
  best,
  baseline: { chosen },
}: Study): readonly { readonly bound: string; readonly gibbs: number; readonly meanField: number; readonly choice: string }[] {
  const at = ({ risk01, kl }: { readonly risk01: number; readonly kl: number }): Certificate => ({ empiricalRisk: risk01, kl, n, delta });
  const [gibbs, meanField] = [at({ risk01: best.risk01, kl: best.klUpper }), at(chosen)];
  const row = (bound: string, of: (certificate: Certificate) => number, choice = "") => ({ bound, gibbs: of(gibbs), meanField: of(meanField), choice });
  return [
    row("Maurer (binary kl)", maurer),
    row("refined Tolstikhin–Seldin", refinedTolstikhin),
    row("quadratic", quadratic),
    row("λ, at its best λ", (certificate) => lambda(bestLambda(certificate))(certificate), "free: uniform in λ"),
    row("Tolstikhin–Seldin", tolstikhin),
    row("McAllester", mcallester),
    row("Catoni", catoni(CATONI), `C = ${CATONI}, fixed beforehand`),
  ];
}
