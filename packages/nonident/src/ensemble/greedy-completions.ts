import {
  add,
  argMax,
  cast,
  equal,
  gather,
  matMul,
  mul,
  notEqual,
  oneHot,
  range,
  reshape,
  scalar,
  softmax,
  split as parts,
  sub,
  tensor2d,
  tile,
  zeros,
  type Scalar,
  type Tensor,
} from "@tensorflow/tfjs-core";
import { jit, own, read, reluNetwork, type Sequence, type Token } from "@lab/tensor-core";
import { affine, normed } from "./affine.ts";
import { sinusoids, type EnsembleParams, type PostNormEnsemble } from "./post-norm-ensemble.ts";

/** What a member says after a prompt, and whether it stopped by itself. */
export type Completion = { readonly prompt: Sequence; readonly completion: Sequence; readonly finished: boolean };

export type GreedyCompletionsOptions = {
  readonly start: Token;
  readonly end: Token;
  /** The most tokens of a completion, its end included. */
  readonly longest: number;
};

type Cache = { readonly keys: Tensor; readonly values: Tensor };
/** The last tokens [member, prompt], which positions hold a token that is no padding [member, prompt, time], and the caches. */
type State = { readonly last: Tensor; readonly seen: Tensor; readonly caches: readonly Cache[] };

/**
 * ŷₜ = argmax p(· | x ŷ₍<t₎) until the end symbol: the greedy completions of each member, one list per member in the order of the prompts.
 *
 * Keys and values of earlier positions are kept; each new token of all members and prompts is one compiled call. The first of equal probabilities wins.
 *
 * @throws RangeError unless there are prompts, all of one length, that with the completion fit the context
 * @example
 * ```ts
 * import { key, own, split } from "@lab/tensor-core";
 * import { greedyCompletions, postNormEnsemble } from "@lab/nonident";
 * const two = postNormEnsemble({ vocabulary: 5, context: 16, channels: 4, heads: 2, hidden: 8, layers: 1 });
 * using params = own(() => two.init(split(key(0), 2)));
 * const said = await greedyCompletions([two, params.value], [[0, 1]], { start: 2, end: 3, longest: 4 });
 * [said.length, said[0].length]; // => [ 2, 1 ]
 * ```
 */
export async function greedyCompletions(
  [ensemble, params]: readonly [PostNormEnsemble, EnsembleParams],
  prompts: readonly Sequence[],
  { start, end, longest }: GreedyCompletionsOptions,
): Promise<readonly (readonly Completion[])[]> {
  const { context, channels, heads, layers } = ensemble.options;
  const length = prompts[0]?.length ?? -1;
  if (length < 0 || prompts.some((prompt) => prompt.length !== length)) throw new RangeError("Cannot complete prompts: expected some, all of one length");
  const time = 1 + length + longest;
  if (!(Number.isInteger(longest) && longest >= 1 && time - 1 <= context))
    throw new RangeError(`Cannot complete prompts: expected 1 ≤ longest ≤ ${context - length} in a context of ${context}, got ${longest}`);
  const members = params.table.shape[0];
  const step = compiledStep(ensemble);
  const empty = (): Tensor => zeros([members, prompts.length * heads, time, channels / heads]);
  using state = own((): State => ({
    last: zeros([members, prompts.length], "int32"),
    seen: zeros([members, prompts.length, time]),
    caches: Array.from({ length: layers }, () => ({ keys: empty(), values: empty() })),
  }));
  const given = [prompts.map(() => start), ...Array.from({ length }, (_, t) => prompts.map((prompt) => prompt[t]!))];
  const said = Array.from({ length: members }, () => prompts.map((): Token[] => []));
  const stopped = said.map((of) => of.map(() => false));
  for (let t = 0; t < time - 1 && stopped.some((of) => of.includes(false)); t++) {
    using next = state.advance(({ last, seen, caches }) => {
      const fed = given[t];
      const input =
        fed === undefined
          ? last
          : tensor2d(
              Array.from({ length: members }, () => fed),
              [members, fed.length],
              "int32",
            );
      const after = step(params, { last: input, seen, caches }, scalar(t));
      return [after, { last: after.last }];
    });
    if (t < length) continue;
    const { last } = await read(next.value);
    for (const [m, of] of said.entries())
      for (const [i, tokens] of of.entries()) {
        if (stopped[m]![i]!) continue;
        const token = last.get(m, i);
        if (token === end) stopped[m]![i] = true;
        else tokens.push(token);
      }
  }
  return said.map((of, m) => of.map((completion, i) => ({ prompt: prompts[i]!, completion, finished: stopped[m]![i]! })));
}

type Step = (params: EnsembleParams, state: State, position: Scalar) => State;
const compiled = new WeakMap<PostNormEnsemble, Step>();

/** The step of an ensemble, compiled once however often it speaks. */
function compiledStep(ensemble: PostNormEnsemble): Step {
  const known = compiled.get(ensemble);
  if (known !== undefined) return known;
  const step = jit((params: EnsembleParams, state: State, position: Scalar) => spoken(ensemble.options, [params, state], position));
  compiled.set(ensemble, step);
  return step;
}

/** One more token of every member and prompt. */
function spoken(options: PostNormEnsemble["options"], [params, { last, seen: before, caches }]: readonly [EnsembleParams, State], position: Scalar): State {
  const { vocabulary, channels, heads, eps, padding = -1 } = options;
  const [members, count] = last.shape as [number, number];
  const depth = channels / heads;
  const time = caches[0]!.keys.shape[2]!;
  const here = reshape(cast(equal(range(0, time, 1, "float32"), position), "float32"), [time, 1]);
  const meant = reshape(cast(notEqual(last, padding), "float32"), [members, count, 1]);
  const seen = add(before, mul(meant, reshape(here, [1, 1, time])));
  const hidden = tile(reshape(mul(sub(1, seen), -1e9), [members, count, 1, 1, time]), [1, 1, heads, 1, 1]);
  const mask = reshape(hidden, [members, count * heads, 1, time]);
  const place = gather(sinusoids(time, channels), cast(position, "int32"));
  let x: Tensor = add(mul(matMul(oneHot(last, vocabulary, 1, 0, "float32"), params.table), Math.sqrt(channels)), place);
  const kept: Cache[] = [];
  for (const [i, block] of params.blocks.entries()) {
    const [q, k, v] = parts(affine(block.qkv, x), 3, 2).map((y) => reshape(y, [members, count * heads, 1, depth])) as [Tensor, Tensor, Tensor];
    const stored = (cache: Tensor, now: Tensor): Tensor => add(mul(cache, sub(1, here)), mul(now, here));
    const [keys, values] = [stored(caches[i]!.keys, k), stored(caches[i]!.values, v)];
    kept.push({ keys, values });
    const weights = softmax(add(mul(matMul(q, keys, false, true), 1 / Math.sqrt(depth)), mask));
    x = normed(block.attentionNorm, add(x, affine(block.out, reshape(matMul(weights, values), [members, count, channels]))), eps);
    x = normed(block.denseNorm, add(x, reluNetwork(x, block)), eps);
  }
  return { last: cast(argMax(affine(params.head, x), -1), "int32"), seen, caches: kept };
}
