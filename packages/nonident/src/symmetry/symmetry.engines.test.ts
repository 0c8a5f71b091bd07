import {
  cast,
  gather,
  matMul,
  mul,
  neg,
  mean,
  oneHot,
  round,
  sum,
  sub,
  logSoftmax,
  tensor1d,
  tensor2d,
  add,
  type Scalar,
  type Tensor,
  type Tensor2D,
} from "@tensorflow/tfjs-core";
import {
  adam,
  applyUpdates,
  decoder,
  engine,
  foldIn,
  GPT2,
  key,
  LLAMA,
  map,
  mlp,
  normal,
  own,
  readSync,
  scoped,
  sgd,
  tensors,
  valueAndGrad,
  type DecoderParams,
  type GradientTransform,
  type MlpParams,
} from "@lab/tensor-core";
import { noLeaks } from "@lab/tensor-core/testing";
import { describe, expect, it } from "vitest";
import { foldedValueBias, permutedHeads, transformedQueryKey, transformedValueOut } from "./attention-heads.ts";
import { permutedInner, rescaledInner } from "./dense-half.ts";
import { deepened, widened, withDeadUnits } from "./expansion.ts";
import { float64Logits } from "./float64-decoder.ts";
import { permutedUnits, rescaledUnits } from "./hidden-units.ts";
import { deepenedMlp, factored, widenedUnits, withHiddenLayer } from "./mlp-layers.ts";
import type { Network } from "./network.ts";
import { centredWriters, foldedNorms, untied } from "./norm-folding.ts";
import { rotatedResidual, shiftedUnembedding } from "./residual-stream.ts";
import { householder, type SquareMatrix } from "./square-matrix.ts";

await engine();

const SEQUENCES = [
  [1, 4, 2, 0, 3],
  [3, 3, 0, 1, 4],
];
/** Rotary, RMS norms, shared keys; and GPT-2's with a head of its own. */
const llama = decoder({ vocabulary: 5, context: 6, layers: 2, channels: 8, heads: 4, keyValueHeads: 2, inner: 6, architecture: LLAMA }).shape;
const rotary2 = decoder({ vocabulary: 5, context: 6, layers: 2, channels: 8, heads: 2, inner: 6, architecture: LLAMA }).shape;
const gpt = decoder({ vocabulary: 5, context: 6, layers: 2, channels: 8, heads: 2, inner: 6, architecture: GPT2 }).shape;
const gated = decoder({ ...gpt, tied: true, architecture: { ...GPT2, dense: "swiglu" } }).shape;

/** Parameters of order one; dyadic ones are multiples of 1/16 of less than two, so that sums and products of few of them are exact in float32. */
function drawn(shape: Network["shape"], { dyadic }: { readonly dyadic: boolean }): Network {
  let i = 0;
  const params = map(
    (x) => {
      const noise = mul(normal(foldIn(key(5), i++), x.shape), 0.4);
      const own = x.rank === 1 && i > 0 ? add(noise, 1) : noise;
      return (dyadic ? mul(round(mul(own, 4)), 0.25) : own) as typeof x;
    },
    decoder(shape).init(key(3)),
  );
  // A gain is a power of two, which a bias may be divided by.
  const gain = (x: Tensor): Tensor => (dyadic ? tensor1d([1, 2, 0.5, 1, 2, 1, 0.5, 4]) : x);
  return { shape, params: { ...params, norm: { ...params.norm, scale: gain(params.norm.scale) } } as DecoderParams };
}

const SHEAR = (n: number): SquareMatrix => Array.from({ length: n }, (_, i) => Array.from({ length: n }, (_, j) => (i === j ? 1 : j === i + 1 ? 2 : 0)));
/** The orthogonal matrix of halves, [[1, 1, 1, −1], …] / 2: exact, no signed permutation; rows sum to one. */
const HALVES: SquareMatrix = Array.from({ length: 4 }, (_, i) => Array.from({ length: 4 }, (_, j) => (i + j === 3 ? -0.5 : 0.5)));
const twice = (matrix: SquareMatrix): SquareMatrix => [...matrix.map((row) => [...row, 0, 0, 0, 0]), ...matrix.map((row) => [0, 0, 0, 0, ...row])];
/** A complex number for each of two planes: (j, j + 2). */
const TURNS: SquareMatrix = [
  [2, 0, 0, 0],
  [0, 0, 0, 1],
  [0, 0, 2, 0],
  [0, -1, 0, 0],
];
const same = (network: Network): Network => network;

type Case = {
  readonly name: string;
  readonly shape: Network["shape"];
  readonly moved: (network: Network) => Network;
  /** What undoes it, where the map is of a group. */
  readonly back?: (network: Network) => Network;
  /** Where it starts from: what it folds or unties first is no part of it. */
  readonly from?: (network: Network) => Network;
  /** Whether gains stay at one: folded ones are no parameters. */
  readonly held?: boolean;
  readonly sgd: boolean;
  readonly adam: boolean;
};
const at = { layer: 1, head: 1 };
const inner = [3, 0, 5, 1, 4, 2];
const undone = inner.map((_, i) => inner.indexOf(i));
const CASES: readonly Case[] = [
  { name: "permutedInner()", shape: gpt, moved: (x) => permutedInner(x, inner, at), back: (x) => permutedInner(x, undone, at), sgd: true, adam: true },
  {
    name: "permutedInner() of SwiGLU",
    shape: llama,
    moved: (x) => permutedInner(x, inner, at),
    back: (x) => permutedInner(x, undone, at),
    sgd: true,
    adam: true,
  },
  { name: "permutedHeads()", shape: gpt, moved: (x) => permutedHeads(x, [1, 0], at), back: (x) => permutedHeads(x, [1, 0], at), sgd: true, adam: true },
  {
    name: "permutedHeads() in groups",
    shape: llama,
    moved: (x) => permutedHeads(x, [3, 2, 0, 1], at),
    back: (x) => permutedHeads(x, [2, 3, 1, 0], at),
    sgd: true,
    adam: true,
  },
  {
    name: "rescaledInner()",
    shape: llama,
    moved: (x) => rescaledInner(x, [4, 0.25, -8, 4, 4, 0.5], at),
    back: (x) => rescaledInner(x, [0.25, 4, -0.125, 0.25, 0.25, 2], at),
    sgd: false,
    adam: false,
  },
  {
    name: "rescaledInner() of signs",
    shape: llama,
    moved: (x) => rescaledInner(x, [1, -1, 1, -1, -1, 1], at),
    back: (x) => rescaledInner(x, [1, -1, 1, -1, -1, 1], at),
    sgd: true,
    adam: true,
  },
  { name: "transformedQueryKey() by a shear", shape: gpt, moved: (x) => transformedQueryKey(x, SHEAR(4), at), sgd: false, adam: false },
  {
    name: "transformedQueryKey() by a rotation",
    shape: gpt,
    moved: (x) => transformedQueryKey(x, HALVES, at),
    back: (x) => transformedQueryKey(x, HALVES, at),
    sgd: true,
    adam: false,
  },
  { name: "transformedQueryKey() of planes", shape: rotary2, moved: (x) => transformedQueryKey(x, TURNS, at), sgd: false, adam: false },
  {
    name: "transformedQueryKey() of shared keys",
    shape: llama,
    moved: (x) =>
      transformedQueryKey(
        x,
        [
          [2, 2],
          [-2, 2],
        ],
        at,
      ),
    sgd: false,
    adam: false,
  },
  { name: "transformedValueOut() by a shear", shape: gpt, moved: (x) => transformedValueOut(x, SHEAR(4), at), sgd: false, adam: false },
  {
    name: "transformedValueOut() by a rotation",
    shape: gpt,
    moved: (x) => transformedValueOut(x, HALVES, at),
    back: (x) => transformedValueOut(x, HALVES, at),
    sgd: true,
    adam: false,
  },
  { name: "transformedValueOut() of shared values", shape: llama, moved: (x) => transformedValueOut(x, SHEAR(2), at), sgd: false, adam: false },
  {
    name: "rotatedResidual() between RMS norms",
    shape: llama,
    moved: (x) => rotatedResidual(x, twice(HALVES)),
    back: (x) => rotatedResidual(x, twice(HALVES)),
    from: foldedNorms,
    held: true,
    sgd: true,
    adam: false,
  },
  {
    name: "rotatedResidual() between layer norms",
    shape: gpt,
    moved: (x) => rotatedResidual(x, twice(HALVES)),
    back: (x) => rotatedResidual(x, twice(HALVES)),
    from: foldedNorms,
    held: true,
    sgd: true,
    adam: false,
  },
  { name: "foldedNorms() of layer norms", shape: gpt, moved: foldedNorms, sgd: false, adam: false },
  { name: "foldedNorms() of layer norms and a gate", shape: gated, moved: foldedNorms, sgd: false, adam: false },
  { name: "foldedNorms() of RMS norms", shape: llama, moved: foldedNorms, sgd: false, adam: false },
  { name: "centredWriters()", shape: gpt, moved: centredWriters, from: untied, sgd: true, adam: true },
  {
    name: "shiftedUnembedding()",
    shape: gpt,
    moved: (x) => shiftedUnembedding(untied(x), [1, -2, 0.5, 1, 0, 0, 2, 1]),
    back: (x) => shiftedUnembedding(x, [-1, 2, -0.5, -1, 0, 0, -2, -1]),
    from: untied,
    sgd: true,
    adam: true,
  },
  { name: "untied()", shape: gpt, moved: untied, sgd: false, adam: false },
  { name: "foldedValueBias()", shape: gpt, moved: foldedValueBias, sgd: false, adam: false },
  { name: "widened()", shape: gpt, moved: (x) => widened(x, [0, 0, 0, 4]), sgd: false, adam: false },
  { name: "withDeadUnits()", shape: llama, moved: (x) => withDeadUnits(x, { key: key(8), units: 2, deviation: 0.5 }), sgd: false, adam: false },
  { name: "deepened()", shape: gpt, moved: (x) => deepened(x, 1, { key: key(9) }), sgd: false, adam: false },
];

const batch = (): Tensor2D => tensor2d(SEQUENCES, [2, 5], "int32");
/** log p of each next token: what a shift of all logits leaves alone. */
const logProbs = ({ shape, params }: Network): Tensor => logSoftmax(decoder(shape).apply(params, batch()));
const numbers = (body: () => Tensor): number[] => {
  using x = own(body);
  const host = readSync({ x: x.value }).x;
  return Array.from(host.data as ArrayLike<number>);
};
const apart = (a: readonly number[], b: readonly number[]): number => {
  expect(a).toHaveLength(b.length);
  return Math.max(...a.map((x, i) => Math.abs(x - b[i]!)));
};
const normalised = (row: readonly number[]): number[] => {
  const top = Math.max(...row);
  const log = top + Math.log(row.reduce((total, x) => total + Math.exp(x - top), 0));
  return row.map((x) => x - log);
};
/** Tokens are weighed unlike, so that no gradient vanishes by symmetry. */
function stepped({ shape, params }: Network, transform: GradientTransform, held: boolean): Network {
  const weights = mul(oneHot(cast(gather(batch(), [1, 0]), "int32"), 5), 1);
  const loss = (at: DecoderParams): Scalar => neg(mean(sum(mul(logSoftmax(decoder(shape).apply(at, batch())), weights), -1)));
  const { grad } = valueAndGrad(loss)(params);
  const next = applyUpdates(params, transform.update(grad, transform.init(params), params)[0]);
  return { shape, params: held ? withGains(next, params) : next };
}

function withGains(to: DecoderParams, { norm, blocks }: DecoderParams): DecoderParams {
  return {
    ...to,
    norm: { ...to.norm, scale: norm.scale },
    blocks: to.blocks.map((block, i) => {
      const { attentionNorm, denseNorm } = blocks[i]!;
      return {
        ...block,
        attentionNorm: { ...block.attentionNorm, scale: attentionNorm.scale },
        denseNorm: { ...block.denseNorm, scale: denseNorm.scale },
      };
    }),
  };
}

describe.each(CASES)("$name", ({ shape, moved, from = same, held = false, ...effect }) => {
  it("is the same function in float64, where the map itself is exact", () => {
    scoped(() => {
      const base = drawn(shape, { dyadic: true });
      const other = moved(base);
      // Parameters and maps are dyadic, so that float32 holds every moved one; what is left is float64's rounding of some hundred sums of order ten.
      for (const tokens of SEQUENCES) {
        const [a, b] = [base, other].map((each) => float64Logits(each.shape, each.params, tokens).flatMap(normalised));
        expect(apart(a!, b!)).toBeLessThan(1e-12);
      }
      expect(String(tensors(other.params).map((x) => [...x.dataSync()]))).not.toBe(String(tensors(base.params).map((x) => [...x.dataSync()])));
      return [];
    });
  });

  it("is the same function in float32", () => {
    // 2⁻²⁴ relative rounding, some 10² operations deep, values of order ten.
    const base = (): Network => drawn(shape, { dyadic: false });
    expect(
      apart(
        numbers(() => logProbs(moved(base()))),
        numbers(() => logProbs(base())),
      ),
    ).toBeLessThan(1e-4);
  });

  it.each([
    ["gradient descent", sgd(0.05), effect.sgd],
    ["Adam", adam(0.02, { eps: 1e-5 }), effect.adam],
  ] as const)("changes what a step of %s does, or not, as its geometry says", (_, transform, commutes) => {
    const base = (): Network => from(drawn(shape, { dyadic: false }));
    const [a, b] = [numbers(() => logProbs(stepped(base(), transform, held))), numbers(() => logProbs(stepped(moved(base()), transform, held)))];
    // Not derived: a hundred times the rounding above; the steps move log-probabilities by tenths.
    if (commutes) expect(apart(a, b)).toBeLessThan(1e-3);
    else expect(apart(a, b)).toBeGreaterThan(3e-3);
  });

  it("leaves no tensor behind", async () => {
    await noLeaks(() => {
      using kept = own(() => moved(drawn(shape, { dyadic: false })).params);
      expect(tensors(kept.value).length).toBeGreaterThan(0);
    });
  });
});

it.each(CASES.filter(({ back }) => back !== undefined))("$name is undone by its inverse", ({ shape, moved, back, from = same }) => {
  scoped(() => {
    const base = from(drawn(shape, { dyadic: true }));
    const again = back!(moved(base));
    tensors(again.params).forEach((x, i) => expect([...x.dataSync()].map((e) => e + 0)).toEqual([...tensors(base.params)[i]!.dataSync()].map((e) => e + 0)));
    return [];
  });
});

describe("the laws of the groups", () => {
  const exact = (network: Network): number[] => tensors(network.params).flatMap((x) => [...x.dataSync()].map((e) => e + 0));

  it("maps by I change nothing, and one map after another is the map by the product", () => {
    scoped(() => {
      const base = drawn(gpt, { dyadic: true });
      const identity = SHEAR(4).map((row, i) => row.map((_, j) => (i === j ? 1 : 0)));
      const product = HALVES.map((_, i) => SHEAR(4)[0]!.map((_, j) => HALVES[0]!.reduce((total, _, k) => total + SHEAR(4)[i]![k]! * HALVES[k]![j]!, 0)));
      for (const symmetry of [transformedQueryKey, transformedValueOut]) {
        expect(exact(symmetry(base, identity, at))).toEqual(exact(base));
        expect(exact(symmetry(symmetry(base, SHEAR(4), at), HALVES, at))).toEqual(exact(symmetry(base, product, at)));
      }
      const order = [1, 2, 0, 4, 5, 3];
      const composed = order.map((place) => inner[place]!);
      expect(exact(permutedInner(permutedInner(base, inner, at), order, at))).toEqual(exact(permutedInner(base, composed, at)));
      expect(exact(foldedNorms(foldedNorms(base)))).toEqual(exact(foldedNorms(base)));
      expect(exact(foldedValueBias(foldedValueBias(base)))).toEqual(exact(foldedValueBias(base)));
      return [];
    });
  });

  it("shiftedUnembedding() shifts all logits of a position alike", () => {
    scoped(() => {
      const base = untied(drawn(gpt, { dyadic: false }));
      const moved = shiftedUnembedding(base, [1, 2, 3, 4, 5, 6, 7, 8]);
      const [a, b] = [base, moved].map(({ shape, params }) => decoder(shape).apply(params, batch()));
      const shifts = readSync({ x: sub(b!, a!) }).x;
      expect(Math.abs(shifts.get(0, 2, 0))).toBeGreaterThan(1e-2);
      expect(shifts.get(0, 2, 4)).toBeCloseTo(shifts.get(0, 2, 0), 4);
      return [];
    });
  });
});

describe("refusals", () => {
  const base = (shape: Network["shape"]): Network => drawn(shape, { dyadic: false });
  it.each<[string, () => Network]>([
    ["expected blocks [[a, b], [−b, a]]", () => transformedQueryKey(base(rotary2), HALVES, at)],
    [
      "expected an invertible matrix",
      () =>
        transformedQueryKey(
          base(gpt),
          HALVES.map(() => [1, 2, 3, 4]),
          at,
        ),
    ],
    ["expected a matrix of 4 × 4, got 2 × 2", () => transformedValueOut(base(gpt), SHEAR(2), at)],
    [
      "expected finite entries",
      () =>
        transformedValueOut(
          base(gpt),
          SHEAR(4).map((row) => row.map((x) => x / 0)),
          at,
        ),
    ],
    ["expected the head of keys and values to be a whole number from 0 to 1, got 2", () => transformedValueOut(base(gpt), SHEAR(4), { layer: 0, head: 2 })],
    ["expected the layer to be a whole number from 0 to 1, got 7", () => permutedInner(base(gpt), inner, { layer: 7 })],
    ["expected each of 0 to 5 once, got [0, 0, 1, 2, 3, 4]", () => permutedInner(base(gpt), [0, 0, 1, 2, 3, 4], at)],
    ["to stay together, got [0, 2, 1, 3]", () => permutedHeads(base(llama), [0, 2, 1, 3], at)],
    ["expected a dense half of swiglu, got gelu", () => rescaledInner(base(gpt), [1, 1, 1, 1, 1, 1], at)],
    ["expected 6 finite factors that are not zero", () => rescaledInner(base(llama), [1, 0, 1, 1, 1, 1], at)],
    ["expected an orthogonal matrix", () => rotatedResidual(base(llama), SHEAR(8))],
    ["layer norms ask for rows that all sum to 1", () => rotatedResidual(base(gpt), householder([[1, 2, 3, 4, 5, 6, 7, 8]]))],
    ["expected layer norms, got rms", () => centredWriters(base(llama))],
    ["expected a head of its own", () => shiftedUnembedding(base(gpt), [1, 1, 1, 1, 1, 1, 1, 1])],
    ["expected a network with biases", () => foldedValueBias(base(llama))],
    ["expected a copy's unit to be a whole number from 0 to 5, got 6", () => widened(base(gpt), [6])],
    ["expected the place to be a whole number from 0 to 2, got 3", () => deepened(base(gpt), 3, { key: key(1) })],
    ["expected a whole number of at least 1, got 0", () => withDeadUnits(base(gpt), { key: key(1), units: 0 })],
  ])("%s", (message, refused) => {
    expect(() => scoped(() => refused().params)).toThrow(message);
  });

  it("householder() with keepMean is orthogonal and keeps the vector of ones", () => {
    const q = householder(
      [
        [1, 2, 3],
        [0, 1, 5],
      ],
      { keepMean: true },
    );
    q.forEach((row) => expect(row.reduce((total, x) => total + x, 0)).toBeCloseTo(1, 12));
    q.forEach((row, i) => q.forEach((other, j) => expect(row.reduce((total, x, k) => total + x * other[k]!, 0)).toBeCloseTo(i === j ? 1 : 0, 12)));
    expect(() => householder([[2, 2]], { keepMean: true })).toThrow("not zero beside its mean");
    expect(() => householder([])).toThrow("expected directions of one length");
  });
});

describe("perceptrons", () => {
  const network = mlp([3, 4, 4, 2]);
  const params = (): MlpParams => map((x) => add(x, mul(normal(key(x.size), x.shape), 0.3)) as typeof x, network.init(key(2)));
  const x = (): Tensor2D => normal(key(4), [5, 3]) as Tensor2D;
  const output = (of: MlpParams): Tensor => mlp([3, ...of.layers.map(({ bias }) => bias.size)]).apply(of, x());
  const step = (of: MlpParams): MlpParams =>
    applyUpdates(of, sgd(0.1).update(valueAndGrad((at: MlpParams) => mean(mul(output(at), output(at))) as Scalar)(of).grad, sgd(0.1).init(of) as never, of)[0]);
  const CHANGES: readonly [string, (of: MlpParams) => MlpParams, boolean][] = [
    ["permutedUnits()", (of) => withHiddenLayer(of, 1, (layer) => permutedUnits(layer, tensor1d([2, 0, 3, 1], "int32"))), true],
    ["rescaledUnits()", (of) => withHiddenLayer(of, 0, (layer) => rescaledUnits(layer, tensor1d([4, 2, 1, 0.25]))), false],
    ["widenedUnits()", (of) => withHiddenLayer(of, 0, (layer) => widenedUnits(layer, [1, 1, 3])), false],
    ["deepenedMlp()", (of) => deepenedMlp(of, 1), false],
  ];

  it.each(CHANGES)("%s keeps the function, and a step of gradient descent or not", (_, changed, commutes) => {
    // Sums of four float32 terms of order one.
    expect(
      apart(
        numbers(() => output(changed(params()))),
        numbers(() => output(params())),
      ),
    ).toBeLessThan(1e-5);
    const away = apart(
      numbers(() => output(step(changed(params())))),
      numbers(() => output(step(params()))),
    );
    if (commutes) expect(away).toBeLessThan(1e-5);
    else expect(away).toBeGreaterThan(1e-3);
  });

  it("factored() is the kernel as a product of two", () => {
    scoped(() => {
      const kernel = normal(key(1), [3, 2]) as Tensor2D;
      const [u, v] = factored(kernel, [
        [2, 1],
        [0, 4],
      ]);
      expect(apart([...matMul(u, v).dataSync()], [...kernel.dataSync()])).toBeLessThan(1e-6);
      return [];
    });
  });

  it("withHiddenLayer(), widenedUnits() and deepenedMlp() refuse a layer or unit that is none", () => {
    expect(() => scoped(() => withHiddenLayer(params(), 2, (layer) => layer))).toThrow("expected the layer to be a whole number from 0 to 1, got 2");
    expect(() => scoped(() => withHiddenLayer(params(), 0, (layer) => widenedUnits(layer, [4])))).toThrow("from 0 to 3, got 4");
    expect(() => scoped(() => deepenedMlp(params(), -1))).toThrow("from 0 to 1, got -1");
  });
});
