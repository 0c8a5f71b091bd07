import { expect, test } from "vitest";
import type { Contestant } from "./contestant.ts";
import { interleave } from "./interleave.ts";

/** A contestant that notes its turns. */
function noted(name: string, seconds: number, notes: string[]): Contestant {
  const none = (): never => {
    throw new Error("not asked for");
  };
  return {
    name,
    turn(iterations, warm) {
      notes.push(`${name} ${iterations}+${warm}`);
      return Promise.resolve({ seconds: iterations * seconds, cpuBefore: 0, cpuAfter: 2 * seconds * (iterations + warm) });
    },
    facts: none,
    write: none,
    ready: none,
    memory: none,
    end: none,
  };
}

test("interleave() begins each round with another contestant and warms each turn up", async () => {
  const notes: string[] = [];
  const laps = await interleave([noted("a", 0.01, notes), noted("b", 0.05, notes), noted("c", 9, notes)], { rounds: 3, turn: 0.5 });
  // Two turns of each calibrate.
  expect(notes.slice(6)).toEqual(["a 50+5", "b 10+1", "c 1+1", "b 10+1", "c 1+1", "a 50+5", "c 1+1", "a 50+5", "b 10+1"]);
  expect(laps.get("c")!.seconds).toEqual([9, 9, 9]);
  // Two threads' worth, warming up included.
  for (const processor of laps.get("b")!.processor) expect(processor).toBeCloseTo(0.1, 10);
});

test("interleave() caps the iterations of a turn", async () => {
  const laps = await interleave([noted("a", 1e-9, [])], { rounds: 1, turn: 0.5 });
  expect(laps.get("a")!.iterations).toBe(1000);
});
