import { contestant } from "../harness/contestant.ts";
import { ours } from "../harness/launches.ts";
import { readable } from "../harness/scores.ts";
import { spread } from "../harness/spread.ts";
import type { Finding } from "./checks.ts";

/** Seconds that all strings of up to fourteen symbols may take. */
const MOST = 10;
const ROUNDS = 3;

/** ln p of every string of up to 14 symbols of two, through a transformer that has been trained for some steps. */
export async function enumeration({ threads }: { readonly threads: number }): Promise<Finding> {
  const one = contestant({ ...ours(threads), name: "ours" });
  try {
    const { values } = await one.ready({ work: "probes-enumeration", module: "enumeration", inputs: "", settings: { longest: 14, steps: 20 } });
    const [strings, mass] = [values["strings"]![0]!, values["mass"]![0]!];
    const seconds: number[] = [];
    for (let i = 0; i < ROUNDS; i++) seconds.push((await one.turn(1, 0)).seconds);
    const { median } = spread(seconds);
    return {
      report: { strings, mass, seconds, most: MOST },
      text: `probes-enumeration: ${strings} strings of 1 to 14 symbols in ${readable(median)}, compilation included, less than ${MOST} s ${median < MOST ? "✓" : "✗"}; with the empty string they hold ${mass.toFixed(4)} of the probability`,
    };
  } finally {
    await one.end();
  }
}
