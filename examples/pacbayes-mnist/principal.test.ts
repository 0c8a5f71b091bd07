import { matMul, mul, scalar, tensor1d, tensor2d, transpose, type Tensor, type Tensor2D } from "@tensorflow/tfjs-core";
import { engine, key, normal, own } from "@lab/tensor-core";
import { noLeaks } from "@lab/tensor-core/testing";
import { expect, it } from "vitest";
import { principal } from "./principal.ts";
import type { Sample } from "./sample.ts";

await engine();

it("principal() turns digits into uncorrelated coordinates and keeps all inner products, those of test digits with them", () =>
  noLeaks(async () => {
    using mixed = own(() => {
      const mixing = tensor2d([
        [2, 0, 0],
        [1, 1, 0],
        [0, 3, 0.1],
      ]);
      const x = matMul(mixing, normal(key(1), [3, 50]) as Tensor2D) as Tensor2D;
      const held = mul(normal(key(2), [3, 7]), scalar(2)) as Tensor2D;
      return { train: { x, y: tensor1d([]) }, test: { x: held, y: tensor1d([]) } };
    });
    using turned = await principal(mixed.value);
    using products = own(() => {
      const of = ({ train, test }: Sample): Tensor => matMul(transpose(train.x) as Tensor2D, test.x);
      return { before: of(mixed.value), after: of(turned.value), second: matMul(turned.value.train.x, turned.value.train.x, false, true) };
    });
    const { before, after, second } = products.value;
    // Sums of three, and of fifty, float32 products.
    const [a, b, moments] = [before.dataSync(), after.dataSync(), second.dataSync()];
    const most = Math.max(...a.map(Math.abs), 1);
    a.forEach((x, i) => expect(Math.abs(x - b[i]!)).toBeLessThan(20 * 2 ** -23 * most));
    const largest = Math.max(...moments);
    for (const [i, j] of [
      [0, 1],
      [0, 2],
      [1, 2],
    ] as const)
      expect(Math.abs(moments[3 * i + j]!)).toBeLessThan(60 * 2 ** -23 * largest);
  }));
