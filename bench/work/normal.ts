import { key, normal, readSync, scoped, split } from "@lab/tensor-core";
import { mean, pow, square } from "@tensorflow/tfjs-core";
import type { Contest, Inputs, Settings } from "./contest.ts";

export async function inputs(): Promise<Inputs> {
  return {};
}

/** A million standard normals. */
export function ready(_: Inputs, { n }: Settings): Contest {
  let next = key(0);
  return {
    values() {
      const moments = scoped(() => {
        const z = normal(key(1), [n!]);
        return [mean(z), mean(square(z)), mean(pow(z, 4))].map((x) => readSync(x).data[0]!);
      });
      return { moments };
    },
    iterate(times) {
      for (let i = 0; i < times; i++) {
        const [now, later] = split(next);
        next = later;
        scoped(() => void normal(now, [n!]));
      }
    },
  };
}
