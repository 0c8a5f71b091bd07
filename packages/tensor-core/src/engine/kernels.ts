import { NO_KERNELS, type Kernels } from "./native-backend.ts";

const SOURCES = [
  "attention.h",
  "cache.h",
  "convolution.h",
  "crew.h",
  "few-rows.h",
  "kernels.cc",
  "mat-mul.h",
  "matrix-units.h",
  "normal.h",
  "relu-network.h",
  "rows.h",
  "tiles.h",
  "vector-math.h",
  "vector-product.h",
  "vectors.h",
];

/** Where the sources lie, seen from the source tree and from a built package alike. */
export function kernelSources(): string {
  return process.getBuiltinModule("node:url").fileURLToPath(new URL("../../native/", import.meta.url));
}

/** Kernels are written for Linux on x64 only; elsewhere TensorFlow's own do everything. */
export function isWritten(): boolean {
  return process.platform === "linux" && process.arch === "x64";
}

/** The addon's name says what it was compiled from: with other sources it is another one. */
export function kernelsName(): string {
  const hash = process.getBuiltinModule("node:crypto").createHash("sha256");
  const fs = process.getBuiltinModule("node:fs");
  const { join } = process.getBuiltinModule("node:path");
  for (const name of SOURCES) hash.update(fs.readFileSync(join(kernelSources(), name)));
  return `kernels-${hash.digest("hex").slice(0, 16)}.node`;
}

/** Whether an engine in `folder` has the kernels, or needs none here. */
export function hasKernels(folder: string): boolean {
  const { join } = process.getBuiltinModule("node:path");
  return !isWritten() || process.getBuiltinModule("node:fs").existsSync(join(folder, kernelsName()));
}

/** Whether the kernels of the engine in `folder` are there and wanted; `LAB_KERNELS=off` leaves everything to TensorFlow's own. */
function areWanted(folder: string): boolean {
  return isWritten() && process.env["LAB_KERNELS"] !== "off" && hasKernels(folder);
}

/** Whether products of matrices are left to the kernels of the engine in `folder`. */
export function multiply(folder: string): boolean {
  return areWanted(folder) && hasVectors();
}

/** Loads the kernels of the engine in `folder`, once TensorFlow is loaded. */
export function loadKernels(folder: string, require: NodeJS.Require): Kernels {
  if (!areWanted(folder)) return NO_KERNELS;
  try {
    return require(process.getBuiltinModule("node:path").join(folder, kernelsName())) as Kernels;
  } catch {
    return NO_KERNELS;
  }
}

/** Whether the processor multiplies matrices of bfloat16 (Intel AMX), and shall: `LAB_KERNELS=vectors` multiplies by its vectors all the same. */
export function hasMatrixUnits(): boolean {
  return process.env["LAB_KERNELS"] !== "vectors" && processorHas("amx_tile", "amx_bf16");
}

/** Whether the processor has the vectors of sixteen floats that all kernels but the normals are written for (AVX-512). */
export function hasVectors(): boolean {
  return processorHas("avx512f", "avx512bw", "avx512dq", "avx512vl");
}

function processorHas(...features: readonly string[]): boolean {
  try {
    const said = process.getBuiltinModule("node:fs").readFileSync("/proc/cpuinfo", "utf8");
    return features.every((feature) => new RegExp(`\\b${feature}\\b`).test(said));
  } catch {
    return false;
  }
}
