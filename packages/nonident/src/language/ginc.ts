import { foldIn, key as keyOf, uniformNumbers, type Key, type Sequence, type Token } from "@lab/tensor-core";
import { hiddenMarkovMixture, type HiddenMarkov } from "./hidden-markov.ts";
import { uniformWholeNumber } from "./uniform-whole-number.ts";

export type GincOptions = {
  readonly key?: Key;
  readonly values?: number;
  readonly slots?: number;
  readonly vocabulary?: number;
  /** How many hidden Markov models; the first half is for pre-training. */
  readonly concepts?: number;
  /** τ of the weights of permutations in a transition, softmax(u/τ): small, few of them matter. */
  readonly temperature?: number;
  readonly startTemperature?: number;
  /** How much of a value's transition is to stay. */
  readonly identity?: number;
  /** How much of each block is uniform: with none, a delimiter may be impossible under the concept that a prompt is of. */
  readonly spread?: number;
};

/** A prompt of examples, each of k tokens and a delimiter, and what should follow. */
export type GincPrompt = { readonly tokens: Sequence; readonly label: Token };

/** The generative in-context world: concepts that share their emissions and differ in how slots follow each other. */
export type Ginc = {
  readonly concepts: readonly HiddenMarkov[];
  /** `memory[value][slot]`: the token that this state emits; slot 0 is the delimiter, token 0. */
  readonly memory: readonly (readonly Token[])[];
  /** A document of one concept, drawn from the given ones. */
  readonly document: (key: Key, options: { readonly length: number; readonly among?: readonly number[] }) => Sequence;
  /** `shots` examples of `k` tokens of a concept, and a test input of k − 1; the label is that concept's likeliest next token. */
  readonly prompt: (key: Key, options: { readonly concept: number; readonly shots: number; readonly k: number }) => GincPrompt;
};

const softmax = (us: ArrayLike<number>, temperature: number): number[] => {
  const weights = Array.from(us, (u) => Math.exp((u - 0.5) / temperature));
  const total = weights.reduce((x, y) => x + y, 0);
  return weights.map((w) => w / total);
};

function permutation(from: Key, m: number): number[] {
  const order = Array.from({ length: m }, (_, i) => i);
  for (let i = m - 1; i > 0; i--) {
    const j = Number(uniformWholeNumber(foldIn(from, i), BigInt(i + 1)));
    [order[i], order[j]] = [order[j]!, order[i]!];
  }
  return order;
}

/** (1 − c) Σᵢ wᵢ Πᵢ + c/m over m random permutation matrices of size m, w = softmax((u − ½)/τ), c the spread. */
function block(from: Key, m: number, { temperature, spread }: { readonly temperature: number; readonly spread: number }): number[][] {
  const weights = softmax(uniformNumbers(foldIn(from, 0), m), temperature);
  const matrix = Array.from({ length: m }, () => new Array<number>(m).fill(spread / m));
  weights.forEach((w, i) => permutation(foldIn(from, i + 1), m).forEach((to, row) => (matrix[row]![to]! += (1 - spread) * w)));
  return matrix;
}

function chosen(from: Key, probabilities: readonly number[]): number {
  let left = uniformNumbers(from, 1)[0]!;
  const found = probabilities.findIndex((share) => (left -= share) < 0);
  return found >= 0 ? found : probabilities.findLastIndex((share) => share > 0);
}

/**
 * GINC: documents of mixtures of hidden Markov models whose state is (value, slot) [Xie2022, Section 4].
 *
 * T[(v, s) → (v′, s′)] = slot[s, s′] · value[v, v′]: one block of slots for each concept, one of values for all, (1 − c) block + c I with c = 0.9; a
 * block is Σᵢ wᵢ Πᵢ over random permutations, doubly stochastic. State (v, s) emits the token `memory[v][s]` alone, slot 0 the delimiter 0. The start is
 * softmax((u − ½)/10). A `spread` above 0, which the authors' generator lacks, keeps every transition possible: a
 * prompt is then never excluded by the concept that it is of. Numbers come from the key, not from the authors' seeds: the same distribution of worlds, not the same worlds.
 *
 * @throws RangeError for fewer than 2 values, slots or tokens, no concept, or a spread outside [0, 1]
 * @example
 * ```ts
 * import { key } from "@lab/tensor-core";
 * import { ginc } from "@lab/nonident";
 * const world = ginc({ key: key(1), values: 4, slots: 3, vocabulary: 10, concepts: 2 });
 * const { tokens } = world.prompt(key(2), { concept: 0, shots: 2, k: 3 });
 * [tokens.length, tokens[3], tokens[7]]; // => [ 10, 0, 0 ]
 * ```
 */
export function ginc({
  key: from = keyOf(1111),
  values = 10,
  slots = 10,
  vocabulary = 50,
  concepts: count = 10,
  temperature = 0.1,
  startTemperature = 10,
  identity = 0.9,
  spread = 0,
}: GincOptions = {}): Ginc {
  for (const [name, size, least] of [
    ["values", values, 2],
    ["slots", slots, 2],
    ["tokens", vocabulary, 2],
    ["concepts", count, 1],
  ] as const)
    if (!(Number.isInteger(size) && size >= least)) throw new RangeError(`Cannot make a world: expected at least ${least} ${name}, got ${size}`);
  if (!(spread >= 0 && spread <= 1)) throw new RangeError(`Cannot make a world: expected a spread in [0, 1], got ${spread}`);
  const states = values * slots;
  const drawn = uniformNumbers(foldIn(from, 0), states);
  const memory = Array.from({ length: values }, (_, v) =>
    Array.from({ length: slots }, (__, s) => (s === 0 ? 0 : 1 + Math.floor(drawn[v * slots + s]! * (vocabulary - 1)))),
  );
  const emissions = memory.flatMap((row) => row.map((token) => Array.from({ length: vocabulary }, (_, v) => Number(v === token))));
  const value = block(foldIn(from, 1), values, { temperature, spread }).map((row, i) => row.map((x, j) => (1 - identity) * x + (i === j ? identity : 0)));
  const concepts = Array.from({ length: count }, (_, concept): HiddenMarkov => {
    const slot = block(foldIn(foldIn(from, 2), concept), slots, { temperature, spread });
    return {
      start: softmax(uniformNumbers(foldIn(foldIn(from, 3), concept), states), startTemperature),
      transitions: Array.from({ length: states }, (__, h) =>
        Array.from({ length: states }, (___, to) => slot[h % slots]![to % slots]! * value[Math.floor(h / slots)]![Math.floor(to / slots)]!),
      ),
      emissions,
    };
  });
  const rolled = (steps: Key, first: number, { transitions }: HiddenMarkov, length: number): number[] => {
    const path = [first];
    while (path.length < length) path.push(chosen(foldIn(steps, path.length), transitions[path.at(-1)!]!));
    return path;
  };
  const emitted = (path: readonly number[]): Token[] => path.map((h) => memory[Math.floor(h / slots)]![h % slots]!);
  return {
    concepts,
    memory,
    document(key, { length, among = Array.from({ length: Math.ceil(count / 2) }, (_, i) => i) }) {
      const concept = concepts[among[Number(uniformWholeNumber(foldIn(key, 0), BigInt(among.length)))]!]!;
      return emitted(rolled(foldIn(key, 1), chosen(foldIn(key, 2), concept.start), concept, length));
    },
    prompt(key, { concept, shots, k }) {
      const model = concepts[concept];
      if (model === undefined) throw new RangeError(`Cannot prompt: expected a concept below ${count}, got ${concept}`);
      if (!(Number.isInteger(shots) && shots >= 0 && Number.isInteger(k) && k >= 2))
        throw new RangeError(`Cannot prompt: expected at least 0 shots of at least 2 tokens, got ${shots} of ${k}`);
      const slot = 1 + Number(uniformWholeNumber(foldIn(key, 0), BigInt(slots - 1)));
      const example = (i: number): Token[] => {
        const first = Number(uniformWholeNumber(foldIn(foldIn(key, 1), i), BigInt(values))) * slots + slot;
        return emitted(rolled(foldIn(foldIn(key, 2), i), first, model, k));
      };
      const test = example(shots).slice(0, k - 1);
      const start = Array.from({ length: states }, (_, h) => (h % slots === slot ? 1 / values : 0));
      const next = hiddenMarkovMixture([{ ...model, start }]).logProbs(test);
      return { tokens: [...Array.from({ length: shots }, (_, i) => [...example(i), 0]).flat(), ...test], label: next.indexOf(Math.max(...next)) };
    },
  };
}
