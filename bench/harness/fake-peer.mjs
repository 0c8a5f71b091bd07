// A contestant that computes nothing: its name and its faults come on the command line.
import { createInterface } from "node:readline";

const [, , speed, fault] = process.argv;
const turns = [];
const answers = {
  facts: () => ({ versions: { fake: "1" } }),
  write: () => ({}),
  ready: ({ settings }) => ({ seconds: 0.5, values: { loss: [fault === "wrong" ? settings.loss + 1 : settings.loss] } }),
  turn({ iterations, warm }) {
    if (fault === "dies" && turns.length > 2) {
      process.stderr.write("out of luck\n");
      process.exit(3);
    }
    turns.push([iterations, warm]);
    return { seconds: iterations * Number(speed), cpuBefore: turns.length, cpuAfter: turns.length };
  },
  memory: () => ({ peak: turns.length }),
};

for await (const line of createInterface({ input: process.stdin })) {
  const request = JSON.parse(line);
  const answer = fault === "refuses" && request.do === "ready" ? { error: "no such work" } : answers[request.do](request);
  process.stdout.write(`${JSON.stringify(answer)}\n`);
}
