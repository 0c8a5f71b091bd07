import {
  descent,
  jit,
  key,
  lenet,
  map,
  mlp,
  momentum,
  normalLike,
  own,
  readSync,
  softmaxCrossEntropy,
  type Algorithm,
  type Key,
  type Params,
  type Tree,
} from "@lab/tensor-core";
import { ivon, mfvi, sam, type Direction } from "@lab/sam-vi";
import { reshape, type Scalar, type Tensor } from "@tensorflow/tfjs-core";
import type { Contest, Inputs, Settings } from "./contest.ts";
import { digits } from "./mlp.ts";
import { asInputs, fromInputs, parametersOf } from "./parameters.ts";

type Batch = { readonly x: Tensor; readonly y: Tensor };
type Trained = Algorithm<Params, Tree, { readonly loss: Scalar }, Batch>;

/** What `settings.algorithm` counts. */
export const ALGORITHMS = ["base", "sam", "mfvi", "ivon"] as const;
/** What `settings.network` counts. */
export const NETWORKS = ["mlp", "lenet"] as const;

type Network = { init(key: Key): Params; apply(params: Params, x: Tensor): Tensor };
const networks = { mlp: mlp([784, 100, 10]), lenet: lenet() } as unknown as { readonly [name in (typeof NETWORKS)[number]]: Network };
const networkOf = ({ network }: Settings): Network => networks[NETWORKS[network!]!];

export async function inputs(settings: Settings): Promise<Inputs> {
  const { batch, checkedSteps, network } = settings;
  const { x, y } = await digits(batch!);
  const params = networkOf(settings).init(key(0));
  const noise = Array.from({ length: checkedSteps! }, (_, step) => {
    const named = asInputs(normalLike(key(step + 1), params));
    return Object.fromEntries(Object.entries(named).map(([name, z]) => [`noise.${step}.${name}`, z]));
  });
  return Object.assign({ x: NETWORKS[network!] === "lenet" ? reshape(x, [batch!, 28, 28, 1]) : x, y, ...asInputs(params) }, ...noise) as Inputs;
}

/** An algorithm that draws its own noise, or is given it. */
export function algorithmOf(settings: Settings, noise?: Direction): Trained {
  const { learningRate, rho, n } = settings;
  const network = networkOf(settings);
  const loss = (params: Params, { x, y }: Batch): Scalar => softmaxCrossEntropy(network.apply(params, x), y);
  const transform = momentum(learningRate!);
  const given = noise === undefined ? {} : { noise };
  const algorithms: { readonly [name in (typeof ALGORITHMS)[number]]: () => unknown } = {
    base: () => descent(loss, { transform }),
    sam: () => sam(loss, { rho: rho!, transform }),
    mfvi: () => mfvi(loss, { n: n!, rho: rho!, transform, ...given }),
    ivon: () => ivon(loss, { learningRate: learningRate!, ess: n!, ...given }),
  };
  return algorithms[ALGORITHMS[settings.algorithm!]!]() as Trained;
}

/** One step of SAM, mean-field VI, IVON or their base optimiser on a fixed batch: the losses of the first ones, with noise that is given, must agree. */
export function ready(given: Inputs, settings: Settings): Contest {
  const { checkedSteps, xla } = settings;
  const { x, y } = given as { x: Tensor; y: Tensor };
  const batch = { x, y };
  const params = parametersOf(given, () => networkOf(settings).init(key(0)));
  const algorithm = algorithmOf(settings);
  const step = jit((k: Key, state: Tree, data: Batch) => algorithm.step(k, state, data), { xla: xla === 1 });
  const state = own(() => algorithm.init(params));
  let taken = 0;
  return {
    values() {
      using fresh = own(() => algorithm.init(params));
      const losses = Array.from({ length: checkedSteps! }, (_, i) => {
        const ofStep = Object.fromEntries(
          Object.entries(given).flatMap(([name, z]) => (name.startsWith(`noise.${i}.`) ? [[name.slice(`noise.${i}.`.length), z]] : [])),
        );
        const z = fromInputs(ofStep, params);
        const listed: Direction = (_key, { mean }) => map((_, zi) => zi, mean, z);
        using info = fresh.advance((s) => algorithmOf(settings, listed).step(key(i), s, batch));
        return readSync(info.value.loss).data[0]!;
      });
      return { losses };
    },
    iterate(count) {
      for (let i = 0; i < count; i++) state.advance((s) => step(key(taken++), s, batch))[Symbol.dispose]();
    },
  };
}
