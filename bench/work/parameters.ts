import { paths, tensors, withTensors, type Params, type Tree } from "@lab/tensor-core";
import type { Inputs } from "./contest.ts";

const PREFIX = "params.";

/** A tree of parameters as inputs: each tensor by its path. */
export function asInputs(params: Tree): Inputs {
  const xs = tensors(params);
  return Object.fromEntries(paths(params).map((path, i) => [`${PREFIX}${path}`, xs[i]!]));
}

/** The parameters among the inputs, as `init` makes them; its own draws are freed. */
export function parametersOf<P extends Params>(inputs: Inputs, init: () => P): P {
  const like = init();
  const params = fromInputs(inputs, like);
  for (const x of tensors(like)) x.dispose();
  return params;
}

/** The parameters among the inputs, shaped like `like`. */
export function fromInputs<P extends Params>(inputs: Inputs, like: P): P {
  return withTensors(
    like,
    paths(like).map((path) => inputs[`${PREFIX}${path}`]!),
  );
}
