export { axes, ShapeError } from "./shapes.ts";
export { applyUpdates, hvp, valueAndGrad, type ValueAndGrad } from "./autodiff.ts";
export type { Algorithm, LogDensity, Objective, Sampler } from "./algorithm.ts";
export { own, Owned, read, readSync, scoped, type HostArray, type HostTree } from "./memory.ts";
export { key, type Key } from "./random/key.ts";
export { add, axpy, dot, mul, norm, scale, sub, where, zerosLike } from "./tree/arithmetic.ts";
export { map, paths, size, tensors, withTensors, type Leaf, type Params, type Tree } from "./tree/tree.ts";
export { iterate, jit, type GraphReport, type JitOptions, type Jitted } from "./jit.ts";
