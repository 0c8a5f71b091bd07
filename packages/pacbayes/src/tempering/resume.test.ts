import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { mul, scalar, square, type Tensor } from "@tensorflow/tfjs-core";
import { engine, key, normal, own, run, type Algorithm, type Columns, type Params, type Tree } from "@lab/tensor-core";
import { expect, it } from "vitest";
import { adapted } from "../hmc/adapted.ts";
import { chees } from "../hmc/chees.ts";
import { hmc } from "../hmc/hmc.ts";
import { nuts } from "../hmc/nuts.ts";
import { jitteredSteps, lasting } from "../hmc/trajectory.ts";
import { windowed } from "../hmc/windowed.ts";
import { mala } from "../langevin/mala.ts";
import { annealed } from "./annealed.ts";
import { replicaExchange } from "./replica-exchange.ts";

await engine();

type Point = Params & { readonly u: Tensor };
const energy = ({ u }: Point): Tensor => mul(square(u), 2);
const move = hmc(energy, { trajectory: lasting(1.2, { most: 5 }) });
const ladder = [0, 0.5, 2];
const CHAINS = 6;

/** What a run of 12 steps records, in one go and in two, the second from the first one's checkpoint; as bits. */
async function bothWays<Start extends Tree, State extends Tree, Info extends Tree & { readonly likelihood: Tensor }>(
  sampler: Algorithm<Start, State, Info>,
  start: () => Start,
): Promise<readonly [string, string]> {
  const folders = await Promise.all([0, 1].map(() => mkdtemp(join(tmpdir(), "lab-resume-"))));
  try {
    const drawn = async (folder: string, steps: number): Promise<string> => {
      using from = own(start);
      const record = (_: State, { likelihood }: Info): Columns => ({ likelihood });
      using result = await run(sampler, from.value, { key: key(4), steps, record, checkpoint: { path: folder, every: 4, resume: true } });
      const { data } = result.trace["likelihood"]!;
      return Buffer.from(Float32Array.from(data).buffer).toString("hex");
    };
    const whole = await drawn(folders[0]!, 12);
    await drawn(folders[1]!, 5);
    return [whole, await drawn(folders[1]!, 12)];
  } finally {
    await Promise.all(folders.map((folder) => rm(folder, { recursive: true, force: true })));
  }
}

const position = (): { readonly position: Point; readonly stepSize: Tensor } => ({ position: { u: normal(key(3), [CHAINS, 2]) }, stepSize: scalar(0.4) });
const single = (): ReturnType<typeof position> & { readonly lambda: Tensor } => ({ ...position(), lambda: mul(square(normal(key(5), [CHAINS])), 1) });

it.each([
  ["replicaExchange(), annealed and adapted,", () => bothWays(adapted(annealed(replicaExchange(move, { ladder }), { steps: 6 })), position)],
  ["chees()", () => bothWays(chees(energy, { mostSteps: 5 }), single)],
  ["hmc()", () => bothWays(hmc(energy, { trajectory: jitteredSteps(4) }), single)],
  ["mala()", () => bothWays(mala(energy), single)],
  ["nuts()", () => bothWays(nuts(energy, { mostDoublings: 3 }), single)],
  ["windowed()", () => bothWays(windowed(energy, { trajectory: lasting(1, { most: 5 }), steps: 20 }), single)],
] as const)("%s stopped and resumed from its checkpoint gives the bits of a run in one go", async (_, both) => {
  const [whole, resumed] = await both();
  expect(whole.length).toBe(12 * CHAINS * 8);
  expect(resumed).toBe(whole);
});
