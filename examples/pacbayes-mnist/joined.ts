import ndarray from "ndarray";
import type { HostArray } from "@lab/tensor-core";

/** What is recorded of the draws at one λ, [draw, …] each. */
export type Trace = {
  readonly [Name in "likelihood" | "hamiltonian" | "acceptance" | "divergent" | "steps" | "stepSize" | "risk01" | "clamped" | "test01"]: HostArray;
};

/** Traces that followed one another, as one. */
export function joined(traces: readonly Trace[]): Trace {
  const of = (name: keyof Trace): HostArray => {
    const parts = traces.map((trace) => trace[name]);
    const data = Float32Array.from(parts.flatMap((part) => [...part.data]));
    return ndarray(data, [parts.reduce((sum, { shape }) => sum + shape[0]!, 0), ...parts[0]!.shape.slice(1)]);
  };
  return {
    likelihood: of("likelihood"),
    hamiltonian: of("hamiltonian"),
    acceptance: of("acceptance"),
    divergent: of("divergent"),
    steps: of("steps"),
    stepSize: of("stepSize"),
    risk01: of("risk01"),
    clamped: of("clamped"),
    test01: of("test01"),
  };
}
