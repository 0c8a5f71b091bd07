import { tensor1d, tensor2d, type Tensor1D, type Tensor2D } from "@tensorflow/tfjs-core";
import { extended, generation, jit, key, keyValueCache, own, readSync, type Decoder, type DecoderParams, type Token, type Tokenizer } from "@lab/tensor-core";
import { factLeakage, holdsAnswer, type Answered } from "@lab/lacy";
import { silenced } from "./silenced.ts";
import { heading, type Subject } from "./subjects.ts";

/** The true opening up to a fact, and the values that go on truly. */
export type Gap = { readonly prompt: readonly Token[]; readonly answers: readonly string[] };

/** Each fact of the openings that does not stand in the words before it, where it could be copied from. */
export function gaps(subjects: readonly Subject[], tokenizer: Tokenizer): Gap[] {
  return subjects.flatMap(({ title, text, facts, prompt }) =>
    facts.flatMap(([attribute, value, start]): Gap[] => {
      const before = text.slice(0, start).trimEnd();
      if (holdsAnswer(heading(title) + before, [value])) return [];
      const answers = facts.filter(([name]) => name === attribute).map(([, each]) => each);
      return [{ prompt: [...prompt, ...tokenizer.encode(before)], answers }];
    }),
  );
}

/** Texts that are written together. */
const STREAMS = 64;

export type Leakage = Disposable & ((params: DecoderParams) => number);

/** The share of gaps that a decoder of one shape fills truly with calls off, within so many tokens, greedily: what it has stored. */
export function leakage(
  model: Decoder,
  {
    gaps: all,
    tokens,
    separator,
    tokenizer,
    xla,
  }: { readonly gaps: readonly Gap[]; readonly tokens: number; readonly separator: Token; readonly tokenizer: Tokenizer; readonly xla: boolean },
): Leakage {
  const fitting = all.filter(({ prompt }) => 1 + prompt.length + tokens <= model.shape.context);
  const width = 1 + Math.max(0, ...fitting.map(({ prompt }) => prompt.length));
  const alone = silenced(model);
  const next = generation(alone, { tokens, temperature: 0, end: separator });
  const filled = jit(
    (params: DecoderParams, prompts: Tensor2D, counts: Tensor1D) => {
      const cache = keyValueCache(alone, STREAMS, { capacity: width + tokens });
      return { tokens: next(key(0), params, extended(alone, params, { cache, tokens: prompts, counts })).tokens };
    },
    { xla },
  );
  const measured = (params: DecoderParams): number => {
    const answered: Answered[] = [];
    for (let from = 0; from < fitting.length; from += STREAMS) {
      const asked = Array.from({ length: STREAMS }, (_, i) => [separator, ...(fitting[from + i] ?? fitting[from]!).prompt]);
      using found = own(() => {
        const rows = asked.flatMap((each) => Array.from({ length: width }, (_, i) => each[i] ?? separator));
        return filled(
          params,
          tensor2d(rows, [STREAMS, width], "int32"),
          tensor1d(
            asked.map(({ length }) => length),
            "int32",
          ),
        );
      });
      const { data } = readSync(found.value).tokens;
      fitting.slice(from, from + STREAMS).forEach(({ answers }, i) => {
        const own = Array.from(data.subarray(i * tokens, (i + 1) * tokens)).filter((token) => token !== separator);
        answered.push({ generation: tokenizer.decode(own), answers });
      });
    }
    return factLeakage(answered);
  };
  return Object.assign(measured, { [Symbol.dispose]: () => filled[Symbol.dispose]() });
}
