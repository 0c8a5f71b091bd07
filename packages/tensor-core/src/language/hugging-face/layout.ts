import type { Tensor } from "@tensorflow/tfjs-core";
import type { Json } from "../../checkpoint.ts";
import type { DecoderParams } from "../../nn/decoder-params.ts";
import type { DecoderOptions, DecoderShape } from "../../nn/decoder-shape.ts";

/** What `config.json` says. */
export type Config = { readonly [name: string]: Json };
/** A weight by its published name. */
export type Weights = (name: string) => Tensor;

/** How one family of models publishes its parameters: the same numbers under other names, and in other shapes. */
export type Layout = {
  readonly modelType: string;
  config(shape: DecoderShape): Config;
  options(config: Config): DecoderOptions;
  weights(params: DecoderParams, shape: DecoderShape): { readonly [name: string]: Tensor };
  params(weights: Weights, shape: DecoderShape): DecoderParams;
};

/**
 * A whole number of a config.
 *
 * @throws RangeError where it is missing or none
 */
export function whole(config: Config, name: string, otherwise?: number): number {
  const value = config[name] ?? otherwise;
  if (!(typeof value === "number" && Number.isInteger(value) && value >= 1))
    throw new RangeError(`Cannot read a model: expected ${name} to be a whole number of at least 1, got ${JSON.stringify(value)}`);
  return value;
}

/** A positive number of a config, or what stands for a missing one. */
export function positive(config: Config, name: string, otherwise: number): number {
  const value = config[name] ?? otherwise;
  if (!(typeof value === "number" && value > 0))
    throw new RangeError(`Cannot read a model: expected ${name} to be a positive number, got ${JSON.stringify(value)}`);
  return value;
}

/** Refuses a config that asks for what the decoder does not do. */
export function expected(config: Config, name: string, values: readonly Json[]): void {
  const value = config[name] ?? values[0]!;
  if (!values.includes(value))
    throw new RangeError(`Cannot read a model: expected ${name} ${values.map((each) => JSON.stringify(each)).join(" or ")}, got ${JSON.stringify(value)}`);
}
