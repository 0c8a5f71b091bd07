import type { Tolerance } from "../harness/agreement.ts";
import type { Peer } from "../harness/launches.ts";

/** One comparison: what is computed, at which sizes, how near the numbers must be, and how much faster we want to be. */
export type Work = {
  readonly name: string;
  readonly title: string;
  /** The file of ours and of each peer that computes it. */
  readonly module: string;
  /** For ours and the peers; `xla` is which of our two compilers is the faster one here, 1 or 0: XLA's, or TensorFlow's own kernels of oneDNN. */
  readonly settings: { readonly [name: string]: number };
  readonly tolerance: Tolerance;
  /** How many tokens an iteration trains on, or writes. */
  readonly tokens?: number;
  /** peer/ours, at least. */
  readonly goals: { readonly [P in Peer]?: number };
  /** Those that compute it; all where none are named. */
  readonly peers?: readonly Peer[];
};

/** Float32 sums of up to 10⁴ terms in another order: √10⁴ · 2⁻²⁴ ≈ 6 · 10⁻⁶, with room for the layers behind it. */
const SUMS: Tolerance = { relative: 1e-4, absolute: 1e-6 };

/** Adam divides by √v̂, which is near zero at first: rounding in the gradient moves single weights by up to twice the learning rate. */
const AFTER_ADAM: Tolerance = { relative: 1e-3, absolute: 1e-5 };

/** Three steps: losses in which rounding has been through as many updates, IVON's divided by (h + δ). Not derived. */
const AFTER_STEPS: Tolerance = { relative: 1e-3, absolute: 1e-5 };

/** SAM, mean-field VI, IVON and their base optimiser, on both networks; `algorithm` and `network` count what `sam.ts` lists. */
const SAM_WORKS: readonly Work[] = ["mlp", "lenet"].flatMap((network, i) =>
  ["base", "sam", "mfvi", "ivon"].map((algorithm, j): Work => ({
    name: `sam-${algorithm === "sam" ? "" : `${algorithm}-`}${network}`,
    title: `${["Momentum", "SAM", "Mean-field VI", "IVON"][j]} on ${network === "mlp" ? "MLP 784-100-10" : "LeNet"}, batch 128, one step`,
    module: "sam",
    settings: { network: i, algorithm: j, batch: 128, learningRate: 0.05, rho: 0.05, n: 60_000, checkedSteps: 3, xla: 1 },
    tolerance: AFTER_STEPS,
    goals: algorithm === "base" ? {} : { "PyTorch eager": 1.3, "JAX jit": 1 },
  })),
);

const TRAINING: Work["goals"] = { "PyTorch eager": 1.5, "torch.compile": 1.2, "JAX jit": 2 };

/** Names that stand for several: `lm` is all that starts with `lm-`. */
export const GROUPS: readonly string[] = ["hmc", "lm", "probes", "sam"];

export const WORKS: readonly Work[] = [
  {
    name: "mlp-full",
    title: "MLP 784-100-10, value and gradient, n = 10 000",
    module: "mlp",
    settings: { n: 10_000, xla: 0 },
    tolerance: SUMS,
    goals: { "PyTorch eager": 1.4, "JAX jit": 1.05 },
  },
  {
    name: "mlp-small",
    title: "MLP 784-100-10, value and gradient, n = 128",
    module: "mlp",
    settings: { n: 128, xla: 1 },
    tolerance: SUMS,
    goals: { "PyTorch eager": 3, "JAX jit": 1 },
  },
  {
    name: "hmc",
    title: "HMC trajectory, 8 chains, 16 steps, MLP 784-50-10, n = 2 000",
    module: "hmc",
    settings: { n: 2000, chains: 8, priorScale: 0.05, lambda: 4, stepSize: 0.02, leapfrogSteps: 16 },
    // An acceptance is exp of a difference of energies near 10⁴, which others sum before they subtract: 10⁴ · 2⁻²⁴ for each of a few sums.
    tolerance: { relative: 1e-4, absolute: 5e-3 },
    goals: { "PyTorch eager": 2, "JAX jit": 1.5 },
  },
  {
    name: "lenet",
    title: "LeNet on MNIST, batch 128, one Adam step",
    module: "lenet",
    settings: { batch: 128, learningRate: 1e-3, checkedSteps: 3, xla: 1 },
    tolerance: AFTER_ADAM,
    goals: { "PyTorch eager": 1.3, "torch.compile": 1, "JAX jit": 1 },
  },
  {
    name: "gpt",
    title: "GPT 4 layers, d 128, T 128, B 16, V 2048, one AdamW step",
    module: "gpt",
    settings: { layers: 4, width: 128, heads: 4, time: 128, batch: 16, vocabulary: 2048, learningRate: 3e-4, weightDecay: 0.01, checkedSteps: 3, xla: 1 },
    tolerance: AFTER_ADAM,
    goals: { "PyTorch eager": 1.5, "torch.compile": 1.2, "JAX jit": 2.5 },
  },
  {
    name: "lm-1m",
    title: "training, 1.1 M parameters: 4 layers, d 128, T 128, B 16, V 1024, one AdamW step",
    module: "gpt",
    settings: { layers: 4, width: 128, heads: 4, time: 128, batch: 16, vocabulary: 1024, learningRate: 3e-4, weightDecay: 0.01, checkedSteps: 3, xla: 1 },
    tolerance: AFTER_ADAM,
    tokens: 2048,
    goals: TRAINING,
  },
  {
    name: "lm-10m",
    title: "training, 10.1 M parameters: 6 layers, d 320, T 256, B 8, V 4096, one AdamW step",
    module: "gpt",
    settings: { layers: 6, width: 320, heads: 5, time: 256, batch: 8, vocabulary: 4096, learningRate: 3e-4, weightDecay: 0.01, checkedSteps: 3, xla: 1 },
    tolerance: AFTER_ADAM,
    tokens: 2048,
    goals: TRAINING,
  },
  {
    name: "lm-one",
    title: "generation, 10.1 M parameters, one stream: a prompt of 32 tokens, then 96",
    module: "generate",
    settings: { layers: 6, width: 320, heads: 5, time: 128, vocabulary: 4096, streams: 1, prompt: 32 },
    tolerance: SUMS,
    tokens: 96,
    goals: { "PyTorch eager": 1.5 },
  },
  {
    name: "lm-sixteen",
    title: "generation, 10.1 M parameters, 16 streams: prompts of 32 tokens, then 96 each",
    module: "generate",
    settings: { layers: 6, width: 320, heads: 5, time: 128, vocabulary: 4096, streams: 16, prompt: 32 },
    tolerance: SUMS,
    tokens: 16 * 96,
    goals: { "PyTorch eager": 1.5 },
  },
  {
    name: "normal",
    title: "10⁶ normal draws",
    module: "normal",
    settings: { n: 1_000_000 },
    // Other generators, other numbers: means of 10⁶ of z, z² and z⁴ have standard errors of 0.001, 0.0014 and 0.0098; five times that, of a difference.
    tolerance: { relative: 0.02, absolute: 0.0095 },
    goals: { "PyTorch eager": 1, "JAX jit": 1 },
  },
  ...SAM_WORKS,
  {
    name: "probes-ensemble",
    title: "16 networks of the study of rules (5 layers, d 10, ReLU 1024, T 257), 2 strings, one AdamW step of all",
    module: "ensemble",
    settings: { members: 16, strings: 2, learningRate: 2e-3, weightDecay: 0.01, checkedSteps: 3, xla: 0 },
    tolerance: AFTER_ADAM,
    goals: { "PyTorch eager": 1.5 },
    peers: ["PyTorch eager"],
  },
  {
    name: "probes-kl",
    title: "Rao-Blackwell KL of two GPTs (2 layers, d 64, V 64), 10 000 sequences of 32 tokens",
    module: "network-kl",
    settings: { layers: 2, width: 64, heads: 4, time: 32, vocabulary: 64, draws: 10_000, atOnce: 250 },
    tolerance: SUMS,
    goals: { "PyTorch eager": 1.5 },
    peers: ["PyTorch eager", "torch.compile"],
  },
];
