import type { Gate, Outcome } from "./gate.ts";

/**
 * Runs gates in their order, as many at once as there are slots; a gate waits for those it needs, and is blocked when one of them did not pass.
 *
 * @throws RangeError if a gate needs one that comes later or is not there
 */
export async function schedule(
  gates: readonly Gate[],
  { slots, execute, report }: { readonly slots: number; execute(gate: Gate): Promise<Outcome>; report(outcome: Outcome): void },
): Promise<Outcome[]> {
  for (const [i, { name, needs = [] }] of gates.entries()) {
    const missing = needs.find((need) => !gates.slice(0, i).some((gate) => gate.name === need));
    if (missing !== undefined) throw new RangeError(`Cannot schedule ${name}: expected "${missing}" before it`);
  }
  const done = new Map<string, Outcome>();
  const running = new Map<Gate, Promise<void>>();
  const waiting = new Set(gates);
  const finish = (outcome: Outcome): void => {
    done.set(outcome.gate.name, outcome);
    report(outcome);
  };
  while (waiting.size > 0 || running.size > 0) {
    let free = slots - [...running.keys()].reduce((sum, gate) => sum + size(gate, slots), 0);
    for (const gate of waiting) {
      const needs = (gate.needs ?? []).map((name) => done.get(name));
      if (needs.includes(undefined)) continue;
      const broken = needs.find((outcome) => outcome!.status !== "passed");
      if (broken !== undefined) {
        waiting.delete(gate);
        finish({ gate, status: "blocked", seconds: 0, output: `Not run: it needs ${broken.gate.name}`, passed: 0, failed: 1 });
      } else if (size(gate, slots) <= free) {
        free -= size(gate, slots);
        waiting.delete(gate);
        running.set(
          gate,
          execute(gate).then((outcome) => {
            running.delete(gate);
            finish(outcome);
          }),
        );
      }
    }
    if (running.size > 0) await Promise.race(running.values());
  }
  return gates.map(({ name }) => done.get(name)!);
}

const size = (gate: Gate, slots: number): number => Math.min(gate.slots ?? 1, slots);
