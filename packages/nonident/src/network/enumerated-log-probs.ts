import { concat, fill, tensor2d, type Tensor2D } from "@tensorflow/tfjs-core";
import { jit, own, read, type Token } from "@lab/tensor-core";
import type { NetworkLogProbs } from "./network-log-ratios.ts";

export type EnumeratedLogProbsOptions = {
  /** What every row begins with. */
  readonly start: Token;
  /** The symbol that closes a string. */
  readonly end: Token;
  /** The symbols of the strings, without the end. */
  readonly symbols: readonly Token[];
  /** The most symbols of a string, the end not counted. */
  readonly longest: number;
  /** Rows of one forward pass. */
  readonly atOnce?: number;
};

/** By length 0 … longest: entry i is of the i-th string of that length, read as a number with the symbols as its digits, the first symbol the highest. */
export type EnumeratedLogProbs = {
  /** ln p(x end), nats. */
  readonly strings: readonly Float64Array[];
  /** ln p(x…), of all sequences that begin with x, nats. */
  readonly prefixes: readonly Float64Array[];
};

/** As many strings as may be enumerated: their values fit in memory. */
const MOST = 2 ** 24;

/**
 * ln p(x end) and ln p(x…) of **every** string x of up to `longest` symbols, through a network, by p(xv…) = p(x…) p(v | x).
 *
 * One forward pass over a string of the greatest length gives the conditionals of all its prefixes, so only those strings are passed through, in batches; a
 * conditional that several share is read once. Conditionals are float32 of the network, sums of their logarithms float64.
 *
 * @throws RangeError for symbols that repeat or hold the end, sizes that are no whole number of at least 1, or more than 2²⁴ strings of the greatest length
 * @example
 * ```ts
 * import { log, reshape, tensor1d, tile, type Tensor2D } from "@tensorflow/tfjs-core";
 * import { enumeratedLogProbs } from "@lab/nonident";
 * const coin = (tokens: Tensor2D) => tile(reshape(log(tensor1d([0.5, 0.25, 0.25])), [1, 1, 3]), [...tokens.shape, 1]);
 * const { strings } = await enumeratedLogProbs(coin, { start: 0, end: 2, symbols: [0, 1], longest: 2 });
 * [...strings[2]!].map((l) => Math.exp(l).toFixed(6)); // => [ '0.062500', '0.031250', '0.031250', '0.015625' ]
 * ```
 */
export async function enumeratedLogProbs(
  network: NetworkLogProbs,
  { start, end, symbols, longest, atOnce = 512 }: EnumeratedLogProbsOptions,
): Promise<EnumeratedLogProbs> {
  const base = symbols.length;
  const count = base ** longest;
  if (base === 0 || new Set(symbols).size !== base || symbols.includes(end))
    throw new RangeError(`Cannot enumerate strings: expected different symbols other than the end ${end}, got [${symbols.join(", ")}]`);
  for (const [name, value] of Object.entries({ longest, atOnce }))
    if (!(Number.isInteger(value) && value >= 1))
      throw new RangeError(`Cannot enumerate strings: expected ${name} to be a whole number of at least 1, got ${value}`);
  if (!(count <= MOST)) throw new RangeError(`Cannot enumerate strings: expected at most ${MOST} of the greatest length, got ${count}`);

  const conditionals = jit((tokens: Tensor2D) => ({ logProbs: network(tokens) }), { xla: false });
  const prefixes = Array.from({ length: longest + 1 }, (_, length) => new Float64Array(base ** length));
  const strings = prefixes.map((of) => new Float64Array(of.length));
  for (let from = 0; from < count; from += atOnce) {
    const size = Math.min(atOnce, count - from);
    using part = own(() => {
      const rows = Array.from({ length: size }, (_, i) => Array.from({ length: longest }, (_unused, t) => symbols[digit(from + i, longest - 1 - t)]!));
      const begun = concat([fill([size, 1], start, "int32"), tensor2d(rows, [size, longest], "int32")], 1) as Tensor2D;
      return conditionals(begun);
    });
    const { data, shape } = (await read(part.value)).logProbs;
    const [time, vocabulary] = [shape[1]!, shape[2]!];
    for (let i = 0; i < size; i++) {
      for (let length = 0; length <= longest; length++) {
        const below = base ** (longest - length);
        // The first row that begins with a prefix is the one that speaks for it.
        if ((from + i) % below !== 0) continue;
        const [index, at] = [(from + i) / below, (i * time + length) * vocabulary];
        const before = prefixes[length]![index]!;
        strings[length]![index] = before + data[at + end]!;
        if (length < longest) for (const [d, symbol] of symbols.entries()) prefixes[length + 1]![index * base + d] = before + data[at + symbol]!;
      }
    }
  }
  return { strings, prefixes };

  /** The digit of i at a place, the last being 0. */
  function digit(i: number, place: number): number {
    return Math.floor(i / base ** place) % base;
  }
}
