import type { KernelFunc } from "@tensorflow/tfjs-core";

/** Kernels that the WASM engine lacks or gets wrong, and what a user was about to do. */
export const refused: Readonly<Record<string, string>> = {
  Conv3DBackpropInputV2: "differentiate conv3d",
  Conv3DBackpropFilterV2: "differentiate conv3d",
  Complex: "use complex tensors",
  ComplexAbs: "use complex tensors",
  FFT: "use complex tensors",
  IFFT: "use complex tensors",
  Imag: "use complex tensors",
  Real: "use complex tensors",
};

/** A kernel that throws, in place of one that would be wrong. */
export function refusal(kernelName: string, attempt: string): KernelFunc {
  return () => {
    throw new Error(`Cannot ${attempt} on the WASM engine: its ${kernelName} is missing or gives wrong numbers; use LAB_ENGINE=native`);
  };
}
