import {
  abs,
  add,
  dispose,
  div,
  engine,
  exp,
  fill,
  log,
  minimum,
  mul,
  Optimizer,
  scalar,
  serialization,
  sub,
  tidy,
  variable,
  zerosLike,
  type Scalar,
  type Tensor,
  type Variable,
} from "@tensorflow/tfjs-core";
import { foldIn, jit, key, norm, type Jitted, type Key, type MeanField } from "@lab/tensor-core";
import type { Direction } from "../direction/direction.ts";
import { pass, passAside, type Pass } from "./passes.ts";
import { directionOf, settings, type PerturbedSettings, type Settings } from "./settings.ts";

/** The trained variables' values, in their order. */
export type Weights = { readonly weights: readonly Tensor[] };

type NamedTensor = Awaited<ReturnType<Optimizer["getWeights"]>>[number];

/** The names under which learned scales are saved, after all that the base saves. */
const SCALE = /^logScale\/\d+$/;

/**
 * The step of `perturbed` for `LayersModel.compile`: g₁ = ∇L(w + σ ⊙ u) drives any other optimizer [Foret2021, Algorithm 1; Ujvary2022].
 *
 * `minimize` evaluates the loss as often as the direction asks for, and returns its first value: for "adversarial" that of the clean weights, for
 * "gaussian", which has one pass only, that of the perturbed ones. Moving averages are those of the first pass. Between calls the weights are
 * never perturbed, also if the loss throws. `iterations` and slots are those of the base. Layers that drop out draw anew in each pass, unless seeded.
 * `model.trainOnBatch`, unlike `fit`, returns each metric once more for every further pass, those of the first pass first: `trainedOnBatch` gives these alone.
 *
 * @throws TypeError for a base that is no optimizer or itself perturbs, RangeError for settings that no step can use
 * @example
 * ```ts
 * import { scalar, square, sub, train, variable, type Scalar } from "@tensorflow/tfjs-core";
 * import { PerturbedOptimizer } from "@lab/sam-vi/layers";
 * const w = variable(scalar(3));
 * const optimizer = new PerturbedOptimizer(train.sgd(0.25), { direction: "adversarial", rho: 1 });
 * optimizer.minimize(() => square(sub(w, 1)) as Scalar, true, [w])?.dataSync()[0]; // => 4
 * w.dataSync()[0]; // => 1.5
 * ```
 */
export class PerturbedOptimizer extends Optimizer {
  static readonly className = "PerturbedOptimizer";
  readonly base: Optimizer;
  #settings: Settings;
  #scales: readonly Variable[] = [];
  /** A direction that has a name needs one gradient at most: the rest is one call, where small operations by the weight would cost more than they compute. */
  readonly #looked: Jitted<(key: Key, posterior: MeanField<Weights>, grad: readonly Tensor[] | null) => Looked> = jit(
    (key: Key, posterior: MeanField<Weights>, grad: readonly Tensor[] | null) =>
      lookedAt(directionOf(this.#settings), key, posterior, () => ({ weights: grad ?? [] })),
    { xla: false },
  );
  /** Metrics of passes after the first: their reader, if there is one, is done before the next step. */
  #stale: readonly Tensor[] = [];

  constructor(base: Optimizer, given: PerturbedSettings) {
    super();
    if (!(base instanceof Optimizer))
      throw new TypeError(
        `Cannot perturb: expected an optimizer such as tf.train.momentum(0.1, 0.9), got ${typeof base === "string" ? `"${String(base)}"` : typeof base}`,
      );
    if (base instanceof PerturbedOptimizer) throw new TypeError("Cannot perturb: expected a plain optimizer as base, got one that perturbs");
    this.base = base;
    this.#settings = settings(given);
  }

  /** `Optimizer` takes for an instance whatever has its methods; this class does not. */
  static override [Symbol.hasInstance](x: unknown): boolean {
    return typeof x === "object" && x !== null && #settings in x;
  }

  /** ρ; assign to it between steps to follow a schedule. */
  get rho(): number {
    return this.#settings.rho;
  }

  set rho(rho: number) {
    this.#settings = settings({ ...this.#settings, rho });
  }

  override get iterations(): number {
    return this.base.iterations;
  }

  override minimize(f: () => Scalar, returnCost = false, varList?: Variable[]): Scalar | null {
    const variables = varList ?? Object.values(engine().registeredVariables).filter(({ trainable }) => trainable);
    if (variables.length === 0) throw new TypeError("Cannot minimize: expected at least one variable, got none");
    this.#forget();
    const value = tidy(() => this.#step(f, variables));
    if (returnCost) return value;
    value.dispose();
    return null;
  }

  #step(f: () => Scalar, variables: Variable[]): Scalar {
    const posterior = this.posterior(variables);
    const { mean } = posterior;
    let first: Pass | undefined;
    const at = (weights: readonly Tensor[]): Pass => {
      const moved = weights !== mean.weights;
      try {
        if (moved) variables.forEach((each, i) => each.assign(weights[i]!));
        if (first === undefined) return (first = pass(f, variables));
        const aside = passAside(f, variables);
        this.#stale = [...this.#stale, ...aside.kept];
        return aside;
      } finally {
        if (moved) variables.forEach((each, i) => each.assign(mean.weights[i]!));
      }
    };
    const gradOf = ({ grads }: Pass): Tensor[] => variables.map((each) => grads[each.name] ?? zerosLike(each));
    const { direction, seed } = this.#settings;
    const drawn = foldIn(key(seed), this.iterations);
    const looked =
      typeof direction === "function"
        ? lookedAt(direction, drawn, posterior, ({ weights }) => ({ weights: gradOf(at(weights)) }))
        : this.#looked(drawn, posterior, direction === "gaussian" ? null : gradOf(at(mean.weights)));
    const { grads } = at(looked.point);
    this.base.applyGradients(this.#received(variables, grads, posterior, looked.offset));
    return first!.value;
  }

  /** What the base receives: gradients in the order of the variables, then those of learned scales. */
  #received(variables: readonly Variable[], grads: Pass["grads"], { mean, logScale }: MeanField<Weights>, offset: readonly Tensor[]): NamedTensor[] {
    const { learned, weightDecay, clipNorm } = this.#settings;
    const { n = 1, priorMean = 0, priorScale = 1 } = learned ?? {};
    const pull = 1 / (n * priorScale ** 2);
    const means = variables.map((each, i) => {
      const g = grads[each.name];
      if (g === undefined) return undefined;
      const decayed = weightDecay === 0 ? g : add(g, mul(mean.weights[i]!, weightDecay));
      return learned === null ? decayed : add(decayed, mul(sub(mean.weights[i]!, priorMean), pull));
    });
    const scales = this.#scales.map((_, i) => {
      const { name } = variables[i]!;
      const g = grads[name] === undefined ? zerosLike(offset[i]!) : mul(grads[name], offset[i]!);
      return add(g, sub(mul(exp(mul(logScale.weights[i]!, 2)), pull), 1 / n));
    });
    const clipped = clipNorm === null ? means : clip(means, clipNorm);
    // A variable without a gradient keeps its place: the base finds its slots by position.
    const named = ({ name }: Variable, tensor: Tensor | undefined): NamedTensor => ({ name, tensor: tensor as Tensor });
    return [...variables.map((each, i) => named(each, clipped[i])), ...this.#scales.map((each, i) => named(each, scales[i]))];
  }

  /** N(w, σ²) over these variables: σ is ρ/√D, follows the weights, or is learned. The tensors belong to the enclosing scope. */
  posterior(variables: readonly Variable[]): MeanField<Weights> {
    const { rho, adaptive, eta, learned } = this.#settings;
    const weights = variables.map((each) => each.clone());
    const start = Math.log(rho / Math.sqrt(weights.reduce((sum, { size }) => sum + size, 0)));
    if (learned !== null && this.#scales.length === 0) this.#scales = variables.map(({ shape }) => tidy(() => variable(fill(shape, start), false)));
    if (learned !== null && this.#scales.some(({ shape }, i) => shape.join() !== weights[i]?.shape.join()))
      throw new TypeError(
        `Cannot perturb: the learned scales are of other variables, [${this.#scales.map(({ shape }) => `[${shape.join(", ")}]`).join(", ")}]`,
      );
    const follows = (w: Tensor): boolean => adaptive === "all" || (adaptive === "kernels" && w.rank > 1);
    return {
      mean: { weights },
      logScale: {
        weights: weights.map((w, i) => {
          if (learned !== null) return this.#scales[i]!.clone();
          return follows(w) ? add(log(add(abs(w), eta)), start) : scalar(start);
        }),
      },
    };
  }

  override applyGradients(gradients: Parameters<Optimizer["applyGradients"]>[0]): void {
    this.base.applyGradients(gradients);
  }

  #forget(): void {
    for (const x of this.#stale) if (!x.isDisposed) x.dispose();
    this.#stale = [];
  }

  override dispose(): void {
    this.#forget();
    dispose([...this.#scales]);
    this.#scales = [];
    this.#looked[Symbol.dispose]();
    this.base.dispose();
  }

  override async getWeights(): Promise<NamedTensor[]> {
    return [...(await this.base.getWeights()), ...this.#scales.map((tensor, i) => ({ name: `logScale/${i}`, tensor }))];
  }

  override async setWeights(weights: NamedTensor[]): Promise<void> {
    await this.base.setWeights(weights.filter(({ name }) => !SCALE.test(name)));
    dispose([...this.#scales]);
    this.#scales = weights.filter(({ name }) => SCALE.test(name)).map(({ tensor }) => variable(tensor, false));
  }

  /** @throws TypeError if the direction is a function of one's own, which no file can hold */
  override getConfig(): serialization.ConfigDict {
    const { direction, learned, ...plain } = this.#settings;
    if (typeof direction === "function") throw new TypeError("Cannot save this optimizer: its direction is a function; use one that has a name");
    return {
      base: { className: this.base.getClassName(), config: this.base.getConfig() },
      direction,
      learned: learned === null ? null : { ...learned },
      ...plain,
    };
  }

  static override fromConfig<T extends serialization.Serializable>(cls: serialization.SerializableConstructor<T>, config: serialization.ConfigDict): T {
    const { base, customObjects: _, ...given } = config as { base?: { className?: string; config?: serialization.ConfigDict }; customObjects?: unknown };
    const known = serialization.SerializationMap.getMap().classNameMap;
    const [baseClass, fromConfig] = known[base?.className ?? ""] ?? [];
    if (baseClass === undefined || fromConfig === undefined)
      throw new TypeError(
        `Cannot load an optimizer: its base "${base?.className}" is not registered; call tf.serialization.registerClass with its class before loading the model`,
      );
    return new cls(fromConfig(baseClass, base?.config ?? {}), given);
  }
}

serialization.registerClass(PerturbedOptimizer);

/** Where the loss is met, and how far from the weights. */
type Looked = { readonly point: readonly Tensor[]; readonly offset: readonly Tensor[] };

/** w + σ ⊙ u and σ ⊙ u. The directions know trees of any kind; these are the weights by number. */
function lookedAt(direction: Direction, key: Key, posterior: MeanField<Weights>, grad: (at: Weights) => Weights): Looked {
  const { weights: u } = direction<Weights>(key, posterior, grad);
  const offset = u.map((each, i) => mul(exp(posterior.logScale.weights[i]!), each));
  return { point: posterior.mean.weights.map((each, i) => add(each, offset[i]!)), offset };
}

/** The same gradients, scaled so that their norm is at most the limit. */
function clip(grads: readonly (Tensor | undefined)[], limit: number): (Tensor | undefined)[] {
  const factor = minimum(1, div(limit, norm(grads.filter((g) => g !== undefined))));
  return grads.map((g) => (g === undefined ? undefined : mul(g, factor)));
}
