import { tensor1d, tensor2d } from "@tensorflow/tfjs-core";
import { expect, test } from "vitest";
import { engine } from "../engine.ts";
import { scoped } from "../memory.ts";
import { noLeaks } from "../testing/no-leaks.ts";
import { gelu } from "./activation.ts";
import { negativeLogLikelihood } from "./cross-entropy.ts";
import { layerNorm } from "./layer-norm.ts";

await engine();

test("NaN and infinity are not lost in one pass", () => {
  noLeaks(() =>
    scoped(() => {
      const x = tensor2d([
        [Number.NaN, 1, 2],
        [1, 2, 3],
        [Number.POSITIVE_INFINITY, 0, 0],
      ]);
      const loss = [...negativeLogLikelihood(x, tensor1d([0, 1, 1], "int32")).dataSync()];
      expect([Number.isNaN(loss[0]!), Number.isFinite(loss[1]!), Number.isFinite(loss[2]!)]).toEqual([true, true, false]);
      const rows = [
        ...layerNorm(3)
          .apply({ scale: tensor1d([1, 1, 1]), bias: tensor1d([0, 0, 0]) }, x)
          .dataSync(),
      ];
      expect(rows.map(Number.isNaN)).toEqual([true, true, true, false, false, false, true, true, true]);
      expect(gelu(tensor1d([Number.NaN, 1e30, -1e30])).dataSync()).toEqual(Float32Array.of(Number.NaN, 1e30, -0));
    }),
  );
});
