import type { Judge } from "../judge/judge.ts";

/** A token that a model proposes where another one stands: what it was, and what was before. */
export type Proposal = {
  readonly context: string;
  readonly proposed: string;
  readonly actual: string;
  /** What follows the true token, as far as it should be seen. */
  readonly continuation?: string;
  /** Loss of the true token, nats. */
  readonly loss: number;
  readonly kind: "factual" | "grammatical" | "other";
};

/** A proposal with what became of it: whether it is the true token, and whether it could stand there; undefined where the judge did not say. */
export type Assessed = Proposal & { readonly isExact: boolean; readonly isAcceptable: boolean | undefined };

/**
 * Whether a proposed token is acceptable: the context with it agrees, in fact and logic, with the true continuation and keeps its meaning [Ujvary2026]. An exact token always is.
 *
 * The question is ours; the paper's is not published.
 *
 * @example
 * ```ts
 * import { assessed } from "@lab/lacy";
 * const proposal = { context: "Mozart was born in", proposed: " Vienna", actual: " Salzburg", loss: 7.3, kind: "factual" } as const;
 * (await assessed(proposal, async () => "NO")).isAcceptable; // => false
 * ```
 */
export async function assessed(proposal: Proposal, judge: Judge): Promise<Assessed> {
  const { context, proposed, actual, continuation = "" } = proposal;
  if (proposed === actual) return { ...proposal, isExact: true, isAcceptable: true };
  const answer = await judge(
    [
      "A text goes on with a true piece, and a writer proposes another piece in its place.",
      `Text so far: ${JSON.stringify(context)}`,
      `True piece: ${JSON.stringify(actual)}, after which the text goes on: ${JSON.stringify(continuation)}`,
      `Proposed piece: ${JSON.stringify(proposed)}`,
      "Can the text go on from the proposed piece so that it states the same facts with the same meaning? Answer YES or NO only.",
    ].join("\n"),
  );
  return { ...proposal, isExact: false, isAcceptable: yesOrNo(answer) };
}

/** YES and NO as booleans; undefined for any other answer, such as a refusal. */
export function yesOrNo(answer: string): boolean | undefined {
  const word = /[a-z]+/i.exec(answer)?.[0].toLowerCase();
  return word === "yes" || word === "true" ? true : word === "no" || word === "false" ? false : undefined;
}

/** Proposals of one kind whose loss is in [from, to): how many, and the shares that are exact and acceptable. */
export type LossBin = {
  readonly kind: Proposal["kind"];
  readonly from: number;
  readonly to: number;
  readonly count: number;
  readonly accuracy: number;
  /** Of those that the judge answered. */
  readonly acceptability: number;
};

/**
 * Accuracy and acceptability by loss and kind of token [Ujvary2026]: what the loss tells, and what it does not.
 *
 * @throws RangeError unless the edges increase
 * @example
 * ```ts
 * import { lossBins } from "@lab/lacy";
 * const one = { context: "", proposed: "a", actual: "b", loss: 1, kind: "other", isExact: false, isAcceptable: true } as const;
 * lossBins([one], [0, 2]).map(({ count, accuracy, acceptability }) => [count, accuracy, acceptability]); // => [ [ 1, 0, 1 ] ]
 * ```
 */
export function lossBins(proposals: readonly Assessed[], edges: readonly number[]): LossBin[] {
  if (edges.length < 2 || edges.some((edge, i) => i > 0 && !(edge > edges[i - 1]!)))
    throw new RangeError(`Cannot group losses: expected edges that increase, got [${edges.join(", ")}]`);
  return (["factual", "other", "grammatical"] as const).flatMap((kind) =>
    edges.slice(1).flatMap((to, i): LossBin[] => {
      const from = edges[i]!;
      const within = proposals.filter((each) => each.kind === kind && each.loss >= from && each.loss < to);
      const answered = within.filter(({ isAcceptable }) => isAcceptable !== undefined);
      if (within.length === 0) return [];
      const share = (list: readonly Assessed[], holds: (each: Assessed) => boolean): number => list.filter(holds).length / list.length;
      return [
        {
          kind,
          from,
          to,
          count: within.length,
          accuracy: share(within, ({ isExact }) => isExact),
          acceptability: share(answered, ({ isAcceptable }) => isAcceptable === true),
        },
      ];
    }),
  );
}
