import { norm, ones, square, sub, sum, tensor1d, tensor2d, zeros, type Scalar, type Tensor } from "@tensorflow/tfjs-core";
import { engine, key, own, scoped } from "@lab/tensor-core";
import { png } from "@lab/tensor-core/report";
import { noLeaks } from "@lab/tensor-core/testing";
import { describe, expect, it } from "vitest";
import { connection, filterNormalised, landscape, type LandscapePoint } from "./landscape.ts";
import { connectionChart, landscapeChart } from "./landscape-chart.ts";
import { spectrumChart } from "./spectral-density.ts";

await engine();

type W = { readonly w: Tensor };
const wells = ({ w }: W): Scalar => sum(square(sub(square(w), 1)));

describe("landscapes", () => {
  it("filterNormalised() has the norm of each filter, differs by key, and leaves biases alone", () =>
    noLeaks(() =>
      scoped(() => {
        const params = {
          conv: ones([3, 3, 2, 4]),
          dense: tensor2d([
            [1, 0],
            [2, 0],
            [2, 0],
          ]),
          bias: ones([4]),
        };
        const [one, other] = [filterNormalised(key(0), params), filterNormalised(key(1), params)];
        for (const x of sum(square(one.conv), [0, 1, 2]).dataSync()) expect(x).toBeCloseTo(18, 3);
        expect([...norm(one.dense, 2, 0).dataSync()].map((x) => Math.round(x * 1e4) / 1e4)).toEqual([3, 0]);
        expect([...one.bias.dataSync()]).toEqual([0, 0, 0, 0]);
        expect(norm(sub(one.conv, other.conv)).dataSync()[0]).toBeGreaterThan(1);
      }),
    ));

  it("landscape() is the loss at each point of its grid, a slowest, averaged over batches", async () => {
    const loss = ({ w }: W, shift: Tensor): Scalar => sum(square(sub(w, shift)));
    const points = await noLeaks(async () => {
      using given = own(() => ({
        params: { w: tensor1d([1, 2]) },
        directions: [{ w: tensor1d([1, 0]) }, { w: tensor1d([0, 3]) }],
        batches: [tensor1d([0, 0]), tensor1d([2, 0])],
      }));
      return await landscape(loss, given.value.params, { ...given.value, span: 2, points: 5 });
    });
    expect(points).toHaveLength(25);
    for (const [i, { a, b, loss, error }] of points.entries()) {
      expect([a, b]).toEqual([-2 + Math.floor(i / 5), -2 + (i % 5)]);
      const [one, other] = [(1 + a) ** 2 + (2 + 3 * b) ** 2, (1 + a - 2) ** 2 + (2 + 3 * b) ** 2];
      expect(loss).toBeCloseTo((one + other) / 2, 4);
      expect(error).toBeCloseTo(Math.abs(one - other) / 2, 4);
    }
  });

  it("connection() finds the barrier between two wells, and none inside one", async () => {
    await noLeaks(async () => {
      using ends = own(() => ({ left: { w: tensor1d([-1]) }, right: { w: tensor1d([1]) }, near: { w: tensor1d([0.9]) } }));
      const { left, right, near } = ends.value;
      const { points, barrier } = await connection(wells, left, { to: right, points: 13, margin: 0.25 });
      expect([barrier.height, barrier.t]).toEqual([1, 0.5]);
      expect([points[0]!.t, points.at(-1)!.t]).toEqual([-0.25, 1.25]);
      // Outside of the segment the loss is higher than on it, and is no barrier.
      expect(points[0]!.loss).toBeGreaterThan(1);
      expect((await connection(wells, right, { to: near })).barrier.height).toBeLessThan(1e-3);
      const none = ({ w }: W): Scalar => sum(square(sub(w, NaN)));
      expect((await connection(none, left, { to: right })).barrier.height).toBeNaN();
    });
  });

  it("landscape() and connection() refuse what they cannot use", async () => {
    using at = own(() => ({ w: zeros([2]) }));
    await expect(landscape(wells, at.value, { directions: [] })).rejects.toThrow("expected one or two directions, got 0");
    await expect(landscape(wells, at.value, { directions: [at.value], span: 0 })).rejects.toThrow("span");
    await expect(connection(wells, at.value, { to: at.value, points: 1 })).rejects.toThrow("points to be a whole number of at least 2, got 1");
  });
});

describe("pictures", () => {
  const grid: LandscapePoint[] = [-1, 0, 1].flatMap((a) => [-1, 0, 1].map((b) => ({ a, b, loss: 0.1 + a ** 2 + 9 * b ** 2, error: NaN })));
  const spectrum = {
    points: [-1, 0, 1].map((eigenvalue) => ({ eigenvalue, density: Math.exp(-30 * eigenvalue ** 2), error: 0.01 })),
    width: 0.1,
    negative: 0.2,
    trace: 3,
  };

  it.each([
    ["a plane", landscapeChart(grid, { title: "A plane" })],
    ["a line", landscapeChart(grid.filter(({ b }) => b === 0))],
    ["a way", connectionChart({ points: [0, 0.5, 1].map((t) => ({ t, loss: t, error: 0.1 })), barrier: { height: 0, t: 0, error: 0 } })],
    ["a spectrum", spectrumChart(spectrum)],
  ])("%s becomes an image", async (_, picture) => {
    const image = await png(picture, { width: 300 });
    expect([...image.subarray(1, 4)]).toEqual([..."PNG"].map((c) => c.charCodeAt(0)));
    expect(picture.alt.length).toBeGreaterThan(10);
  });
});
