import type { Scalar } from "@tensorflow/tfjs-core";
import type { Key } from "./random/key.ts";
import type { Params, Tree } from "./tree/tree.ts";

/**
 * A seeded iteration. Everything in the library that repeats is one: samplers, optimisers, pre-training.
 *
 * `init` and `step` are pure: they borrow their arguments, free nothing and read nothing. `State` is what the next step needs, `Info` the rest;
 * a numerical failure is a field of `Info`, a caller's mistake throws before any tensor exists. What changes from step to step is a tensor:
 * a number in the state is structure, and `jit` retraces when it changes.
 */
export interface Algorithm<Position, State extends Tree, Info extends Tree, Data = void> {
  init(position: Position): State;
  step(key: Key, state: State, data: Data): readonly [State, Info];
}

/** Draws from a fixed target: an algorithm that needs no data. */
export type Sampler<P extends Params, State extends Tree, Info extends Tree> = Algorithm<P, State, Info>;

/** ln π(position) up to a constant, nats. */
export type LogDensity<P extends Params> = (position: P) => Scalar;
/** What is descended: the mean loss of a batch at some parameters. */
export type Objective<P extends Params, Batch> = (params: P, batch: Batch) => Scalar;
