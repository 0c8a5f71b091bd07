import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { cast, memory, type Tensor2D } from "@tensorflow/tfjs-core";
import {
  adamw,
  chain,
  clipByNorm,
  decoder,
  engine,
  key,
  own,
  readSync,
  tensors,
  warmupCosineSchedule,
  type Algorithm,
  type DecoderParams,
} from "@lab/tensor-core";
import { batches } from "@lab/tensor-core/data";
import { runLog } from "@lab/tensor-core/report";
import { afterAll, describe, expect, it } from "vitest";
import { lacy } from "../selection/lacy.ts";
import type { Mask } from "../selection/selector.ts";
import { pretrain, type PretrainInfo, type PretrainState, type TokenBatch } from "./pretrain.ts";
import { pretrained, type PretrainedOptions } from "./pretrained.ts";
import { LEXICON, sentences } from "./sentences.ts";
import { windows } from "./windows.ts";

await engine();

const made: string[] = [];
const folder = (): string => made[made.push(mkdtempSync(join(tmpdir(), "lab-lacy-"))) - 1]!;
afterAll(() => {
  for (const each of made) rmSync(each, { recursive: true, force: true });
});

const call = LEXICON.length;
const model = decoder({ vocabulary: call + 1, context: 22, layers: 1, channels: 16, heads: 2 });
type Batch = TokenBatch & { readonly factual: Tensor2D };
const rows = windows(sentences(64), { context: 22, separator: 0, call, flags: ["factual"] });
const transform = chain(clipByNorm(1), adamw(warmupCosineSchedule({ peak: 1e-2, warmup: 3, steps: 40 }), { weightDecay: 0.01 }));
const algorithm = pretrain(model, {
  calls: lacy({ fraction: 0.05 }),
  evidence: ({ factual }: Batch) => ({ factual: cast(factual, "bool") as Mask }),
  transform,
});
const options = (): Pick<PretrainedOptions<Batch>, "key" | "data"> => ({ key: key(1), data: batches(rows, { key: key(2), size: 4, dropLast: true }) });
type Trained = Awaited<ReturnType<typeof pretrained<never, Batch>>>;
const weights = (result: Trained): number[] => tensors(result.state.value.params).flatMap((x) => [...readSync({ x }).x.data]);
const typed = algorithm as unknown as Algorithm<DecoderParams, PretrainState<never>, PretrainInfo, Batch>;

async function trained(extra: Partial<PretrainedOptions<Batch>> & { readonly steps: number }): Promise<Trained> {
  using params = own(() => model.init(key(7)));
  return await pretrained(typed, params.value, { ...options(), ...extra });
}

describe("pretrained()", () => {
  it("pretrained() that was stopped twice and resumed ends with the bits of one that was not, and its log has each step once", async () => {
    const before = memory().numTensors;
    {
      using whole = await trained({ steps: 24 });
      const [path, at] = [join(folder(), "checkpoint"), folder()];
      const shown: (number | "over")[] = [];
      const progress = (start: number) => ({
        update: (step: number) => void (step === start && shown.push(start)),
        [Symbol.dispose]: () => void shown.push("over"),
      });
      for (const steps of [7, 16, 24]) {
        using log = runLog(at);
        using part = await trained({ steps, log, logEvery: 4, progress, checkpoint: { path, every: 5, resume: true } });
        if (steps < 24) continue;
        expect(weights(part)).toEqual(weights(whole));
        expect([...part.trace.loss.data]).toEqual([...whole.trace.loss.data]);
      }
      // Each session's display begins with the first step that it took itself.
      expect(shown).toEqual([1, "over", 8, "over", 17, "over"]);
      const lines = readFileSync(join(at, "log.jsonl"), "utf8")
        .trim()
        .split("\n")
        .map((line) => JSON.parse(line) as { step: number; loss: number });
      expect(lines.map(({ step }) => step)).toEqual([4, 7, 8, 12, 16, 20, 24]);
      expect(lines.at(-1)!.loss).toBe(whole.trace.loss.get(23));
      expect(whole.trace.loss.get(23)).toBeLessThan(whole.trace.loss.get(0) * 0.8);
    }
    expect(memory().numTensors).toBe(before);
  });

  it("pretrained() stops at the first step that reaches the true targets, and is resumed as it ended", async () => {
    const path = join(folder(), "checkpoint");
    // 88 positions a step, of which round(0.05 · 88) = 4 are called: 84 true targets, if there are so many facts.
    using first = await trained({ steps: 40, trueTargets: 800, checkpoint: { path, resume: true } });
    const counts = [...first.trace.trueTargets.data];
    expect([first.stopped, counts.length, counts.at(-1)]).toEqual([true, 10, 840]);
    using again = await trained({ steps: 40, trueTargets: 800, checkpoint: { path, resume: true } });
    expect([...again.trace.trueTargets.data]).toEqual(counts);
    expect(weights(again)).toEqual(weights(first));
  });

  it("pretrained() refuses numbers that are none", async () => {
    await expect(trained({ steps: 2, trueTargets: 0 })).rejects.toThrow("expected trueTargets to be a whole number of at least 1, got 0");
    await expect(trained({ steps: 2, logEvery: 1.5 })).rejects.toThrow("expected logEvery to be a whole number of at least 1, got 1.5");
  });
});
