import { cast, type Tensor2D } from "@tensorflow/tfjs-core";
import { adamw, decoder, engine, key, own, readSync, type DecoderParams } from "@lab/tensor-core";
import { batches, fullBatch } from "@lab/tensor-core/data";
import { expect, it } from "vitest";
import { tokenLoss } from "../evidence/token-loss.ts";
import { lacy } from "../selection/lacy.ts";
import { none, type Mask } from "../selection/selector.ts";
import { pretrain, type TokenBatch } from "./pretrain.ts";
import { pretrained } from "./pretrained.ts";
import { windows, type TokenDocument } from "./windows.ts";

await engine();

const [NAMES, TRADES, TOWNS] = [48, 12, 24];
/** "Name1 the trade4 was born in town7 .": two facts for each name, in words that all sentences share. */
const [SEPARATOR, THE, WAS, BORN, IN, STOP, WORDS] = [0, 1, 2, 3, 4, 5, 6];
const [TRADE, TOWN] = [2, 6];
const call = WORDS + NAMES + TRADES + TOWNS;
const sentence = (name: number): TokenDocument<"factual"> => {
  const [trade, town] = [WORDS + NAMES + ((name * 7) % TRADES), WORDS + NAMES + TRADES + ((name * 5 + (name >> 2)) % TOWNS)];
  const ids = [WORDS + name, THE, trade, WAS, BORN, IN, town, STOP];
  return { ids, flags: { factual: ids.map((_, t) => (t === TRADE || t === TOWN ? 1 : 0)) } };
};
const context = 9;
const order = { context, separator: SEPARATOR, call, flags: ["factual"] } as const;
// One sentence, its separator before it, is a row; the last has no target after its stop.
const rows = windows([...Array.from({ length: NAMES }, (_, name) => sentence(name)), sentence(0)], order);
type Batch = TokenBatch & { readonly factual: Tensor2D };

const model = decoder({ vocabulary: call + 1, context, layers: 1, channels: 32, heads: 2 });
const evidence = ({ factual }: Batch): { readonly factual: Mask } => ({ factual: cast(factual, "bool") as Mask });
const transform = adamw(1e-2, { weightDecay: 0 });
const rules = {
  baseline: pretrain(model, { calls: none, evidence, transform }),
  // 2 of 9 tokens are facts, 15 % are called: the harder ones at each step.
  lacy: pretrain(model, { calls: lacy(), evidence, transform }),
};
const [size, steps] = [16, 240];

/** The mean loss of tokens that are no facts, and the share of facts that stand first after the true words before them, calls off. */
function measured(params: DecoderParams): { readonly grammar: number; readonly leakage: number } {
  using seen = own(() => {
    const { tokens, targets, segments, factual } = fullBatch(rows);
    const logits = model.apply(params, tokens, { segments });
    return { logits, loss: tokenLoss(logits, targets), factual, targets };
  });
  const { logits, loss, factual, targets } = readSync(seen.value);
  let [grammar, others, leaked, facts] = [0, 0, 0, 0];
  for (let i = 0; i < targets.size; i++) {
    if (Number(factual.data[i]) === 0) {
      grammar += Number(loss.data[i]);
      others++;
      continue;
    }
    facts++;
    const own = Array.from({ length: call }, (_, v) => Number(logits.data[i * (call + 1) + v]));
    leaked += Number(own.indexOf(Math.max(...own)) === Number(targets.data[i]));
  }
  return { grammar: grammar / others, leakage: leaked / facts };
}

async function learnt(rule: keyof typeof rules, seed: number): Promise<ReturnType<typeof measured> & { readonly trueTargets: number; readonly steps: number }> {
  using params = own(() => model.init(key(seed)));
  using result = await pretrained(rules[rule], params.value, {
    key: key(100 + seed),
    data: batches(rows, { key: key(200 + seed), size, dropLast: true }),
    steps: 2 * steps,
    trueTargets: steps * size * context,
  });
  return { ...measured(result.state.value.params), trueTargets: Number([...result.trace.trueTargets.data].at(-1)), steps: result.steps };
}

it.each([1, 2, 3])(
  "lacy() learns the grammar of a tiny corpus as well as no calls do, and leaks fewer of its facts, at equal true targets, seed %i",
  async (seed) => {
    const [baseline, ours] = [await learnt("baseline", seed), await learnt("lacy", seed)];
    expect(baseline.steps).toBe(steps);
    expect(ours.steps).toBeGreaterThan(steps);
    expect(Math.abs(ours.trueTargets / baseline.trueTargets - 1)).toBeLessThan(0.01);
    // The facts were there to be learnt.
    expect(baseline.leakage).toBeGreaterThan(0.7);
    // Within 0.05 nats: not derived.
    expect(ours.grammar).toBeLessThan(baseline.grammar + 0.05);
    expect(ours.leakage).toBeLessThan(baseline.leakage - 0.2);
  },
);
