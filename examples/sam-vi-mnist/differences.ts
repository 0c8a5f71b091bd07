import { ENDLESS, type RunRow, type Spread } from "./comparison.ts";

/** How many standard errors of a difference count as one: two seeds or three give no more than a hint. */
const APART = 2;

/** What the numbers of one data set say against SGD, and what they do not. */
export function differences(runs: readonly RunRow[]): string {
  const base = runs.find(({ algorithm }) => algorithm === "SGD");
  if (base === undefined) return "There is no SGD to compare with.";
  const others = runs.filter((run) => run !== base);
  const sentence = (what: string, of: (run: RunRow) => Spread, higher: boolean): string => {
    const sign = (run: RunRow): number => {
      const [a, b] = [of(run), of(base)];
      const error = Math.hypot(a.se, b.se);
      return !(Math.abs(a.mean - b.mean) > APART * error) ? 0 : a.mean > b.mean === higher ? 1 : -1;
    };
    const named = (wanted: number): string =>
      others
        .filter((run) => sign(run) === wanted)
        .map(({ algorithm, kappa }) => (kappa === null ? algorithm : `MixSAM(${kappa === ENDLESS ? "∞" : kappa})`))
        .join(", ") || "none";
    return `${what}: better than SGD by more than ${APART} standard errors: ${named(1)}; worse: ${named(-1)}.`;
  };
  return [
    sentence("Accuracy", ({ accuracy }) => accuracy, true),
    sentence("NLL", ({ nll }) => nll, false),
    sentence("ECE", ({ ece }) => ece, false),
    sentence("Sharpness", ({ sharpness }) => sharpness, false),
  ].join(" ");
}
