import { add, mean, reshape, square, sub, tensor1d, type Scalar, type Tensor } from "@tensorflow/tfjs-core";
import { engine, key, mlp, normal, readSync, scoped, tensors, withTensors } from "@lab/tensor-core";
import { noLeaks } from "@lab/tensor-core/testing";
import { expect, test } from "vitest";
import { permutedUnits, type HiddenLayer } from "../symmetry/hidden-units.ts";
import { hessianTrace } from "./hessian-trace.ts";
import { lossBarrier } from "./loss-barrier.ts";
import { matchedUnits } from "./matched-units.ts";

await engine();

const network = mlp([3, 6, 2]);
type Network = ReturnType<typeof network.init>;
const asLayer = ({ layers }: Network): HiddenLayer => ({ up: layers[0]!, down: layers[1]! });
const asNetwork = ({ up, down }: HiddenLayer): Network => ({ layers: [up, down] });

test("matchedUnits() finds the order that undoes a permutation, and the barrier to the permuted network is gone", () => {
  noLeaks(() =>
    scoped(() => {
      const layer = asLayer(network.init(key(1)));
      const order = [3, 0, 5, 1, 4, 2];
      const other = permutedUnits(layer, tensor1d(order, "int32"));
      const found = matchedUnits(layer, other);
      expect(order.map((_, i) => order[found.order[i]!])).toEqual([0, 1, 2, 3, 4, 5]);
      const x = normal(key(2), [20, 3]);
      const out = (each: HiddenLayer): Tensor => network.apply(asNetwork(each), x);
      const target = out(layer);
      const loss = (params: HiddenLayer): Scalar => mean(square(sub(out(params), target)));
      const apart = lossBarrier(loss, [layer, other], { points: 5 });
      expect(apart.losses[0]!).toBeLessThan(1e-9);
      expect(apart.losses.at(-1)!).toBeLessThan(1e-9);
      expect(apart.barrier).toBeGreaterThan(1e-3);
      expect(lossBarrier(loss, [layer, found.layer], { points: 5 }).barrier).toBeLessThan(1e-9);
    }),
  );
});

test("hessianTrace() is the sum of the second derivatives, within five of its standard errors", () => {
  noLeaks(() =>
    scoped(() => {
      const params = network.init(key(3));
      const [x, y] = [normal(key(4), [30, 3]), normal(key(5), [30, 2])];
      const loss = (p: typeof params): Scalar => mean(square(sub(network.apply(p, x), y)));
      const { trace, standardError } = hessianTrace(loss, params, { key: key(6), draws: 200 });
      // Second differences of the loss along every axis, in float32: steps of 2⁻⁵ leave a rounding of 2⁻²³ · L / 2⁻¹⁰ each.
      const step = 2 ** -5;
      const at = readSync(loss(params)).data[0]!;
      const leaves = tensors(params);
      let exact = 0;
      leaves.forEach((leaf, n) => {
        for (let i = 0; i < leaf.size; i++) {
          const moved = (by: number): number => {
            const shift = reshape(tensor1d(Array.from({ length: leaf.size }, (_, j) => (i === j ? by : 0))), leaf.shape);
            return readSync(loss(withTensors(params, leaves.with(n, add(leaf, shift))))).data[0]!;
          };
          exact += (moved(step) - 2 * at + moved(-step)) / step ** 2;
        }
      });
      expect(Math.abs(trace - exact)).toBeLessThan(5 * standardError + 0.02 * Math.abs(exact));
    }),
  );
});

test("bad numbers of points and draws are refused", () => {
  const loss = (): Scalar => mean(tensor1d([1]));
  expect(() => lossBarrier(loss, [{}, {}], { points: 1 })).toThrow("expected at least 2 points, got 1");
  expect(() => hessianTrace(loss, {}, { key: key(0), draws: 1 })).toThrow("expected at least 2 draws, got 1");
  scoped(() => {
    const a = asLayer(mlp([2, 3, 1]).init(key(1)));
    const b = asLayer(mlp([2, 4, 1]).init(key(1)));
    expect(() => matchedUnits(a, b)).toThrow("expected layers of [2, 3] and [3, 1], got [2, 4] and [4, 1]");
  });
});
