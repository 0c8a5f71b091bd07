import type { Tensor } from "@tensorflow/tfjs-core";
import type { Values } from "../harness/contestant.ts";

export type Settings = { readonly [name: string]: number };
export type Inputs = { readonly [name: string]: Tensor };

/** What our side of a work gives to the bench, as the peers' do. */
export type Contest = {
  /** The numbers that must agree, from the initial state; called once, before any iteration. */
  values(): Values | Promise<Values>;
  /** Runs so many iterations; their results are there when it returns. */
  iterate(n: number): void | Promise<void>;
  /** What the iterations since the last call drew, by chain. */
  drawn?(): readonly (readonly number[])[];
};

/** Our side of a work. */
export type Module = {
  /** What every contestant starts from; parameters under `params.`, then their path. */
  inputs(settings: Settings): Promise<Inputs>;
  ready(inputs: Inputs, settings: Settings): Contest;
};
