import { engine, variableGrads, type NamedTensorMap, type Scalar, type Tensor, type Variable } from "@tensorflow/tfjs-core";

/** The loss of a batch and its gradients by the names of variables; a variable that the loss ignores has none. */
export type Pass = { readonly value: Scalar; readonly grads: NamedTensorMap };

/**
 * One pass forward and back. If it throws, what the way back had saved is freed.
 */
export function pass(f: () => Scalar, variables: Variable[]): Pass {
  try {
    return variableGrads(f, variables);
  } catch (error) {
    const { state } = engine();
    if (state.gradientDepth === 0) for (const { saved = [] } of state.activeTape ?? []) for (const x of saved) x.dispose();
    throw error;
  }
}

/** A pass that leaves no trace but its gradients: variables that are not trained, such as moving averages, are as before it. */
export function passAside(f: () => Scalar, variables: Variable[]): Pass & { readonly kept: readonly Tensor[] } {
  const kept: Tensor[] = [];
  const state = Object.values(engine().registeredVariables)
    .filter(({ trainable }) => !trainable)
    .map((variable) => ({ variable, before: variable.clone() }));
  try {
    return { ...pass(() => watched(f, kept), variables), kept };
  } catch (error) {
    for (const x of kept) x.dispose();
    throw error;
  } finally {
    for (const { variable, before } of state) {
      if (variable.dataId !== before.dataId) variable.assign(before);
      before.dispose();
    }
  }
}

/**
 * f(), and in `kept` the tensors that it kept: TensorFlow.js's training function keeps one scalar for each metric whenever it is called, and whoever
 * calls it reads only those of its first call.
 */
function watched(f: () => Scalar, kept: Tensor[]): Scalar {
  const { activeScope } = engine().state;
  const already = activeScope.track.length;
  try {
    return f();
  } finally {
    kept.push(...activeScope.track.slice(already).filter((x) => x.kept));
  }
}
