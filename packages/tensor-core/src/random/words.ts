import { reshape, tensor1d, type Tensor1D } from "@tensorflow/tfjs-core";
import { nativeBackend, type NativeBackend } from "../engine/native-backend.ts";
import { DOMAIN, hostWords, isHostKey, keyOf, type Key } from "./key.ts";
import { philoxBlock } from "./philox.ts";

/** Draws of at most so many words are made in JavaScript: cheaper than a few operations of the engine. */
const HOST_WORDS = 1024;

/** TensorFlow's numbers for uint64 and for Philox [TensorFlow, types.proto and rng_alg.h]. */
const UINT64 = 23;
const PHILOX = 1;

/** `n` random words of a key, int32 [n]: word i is word i mod 4 of block ⌊i/4⌋ of Philox4x32-10 [Salmon2011]. */
export function words(key: Key, n: number): Tensor1D {
  if (isHostKey(key)) {
    if (n <= HOST_WORDS || nativeBackend() === undefined) return tensor1d(new Int32Array(hostWords(key, n, DOMAIN.draw).buffer), "int32");
    return deviceWords(tensor1d(Int32Array.from(key.words), "int32"), [0, 0, 0, DOMAIN.draw], n);
  }
  return deviceWords(key.words as Tensor1D, [0, 0, 0, DOMAIN.draw], n);
}

/** Words of a key that is a tensor, counting up from a counter: by the engine's own generator, which is the same one. */
export function deviceWords(key: Tensor1D, counter: readonly [number, number, number, number] | Tensor1D, n: number): Tensor1D {
  const backend = nativeBackend();
  if (backend !== undefined) return nativeWords(backend, key, Array.isArray(counter) ? tensor1d(counter as number[], "int32") : (counter as Tensor1D), n);
  const [low, high] = key.dataSync();
  const start = Array.isArray(counter) ? counter : [...(counter as Tensor1D).dataSync()];
  const hostKey = keyOf([low!, high!]);
  const out = new Int32Array(n);
  for (let block = 0; block * 4 < n; block++) {
    const values = philoxBlock([(start[0]! + block) >>> 0, start[1]! >>> 0, start[2]! >>> 0, start[3]! >>> 0], hostKey.words as [number, number]);
    for (let i = 0; i < 4 && block * 4 + i < n; i++) out[block * 4 + i] = values[i]!;
  }
  return tensor1d(out, "int32");
}

function nativeWords(backend: NativeBackend, key: Tensor1D, counter: Tensor1D, n: number): Tensor1D {
  const { binding } = backend;
  const type = (name: string, value: number) => ({ name, type: binding.TF_ATTR_TYPE, value });
  // TensorFlow.js has no 64-bit integers: these two live as handles only.
  const asUint64 = (x: Tensor1D) =>
    binding.executeOp("Bitcast", [type("T", binding.TF_INT32), type("type", UINT64)], backend.getInputTensorIds([reshape(x, [x.size / 2, 2])]), 1)[0]!.id;
  const wide = [asUint64(key), asUint64(counter)];
  const [shape, algorithm] = [tensor1d([n], "int32"), reshape(tensor1d([PHILOX], "int32"), [])];
  const attributes = [type("dtype", binding.TF_INT32), type("Tshape", binding.TF_INT32)];
  const [shapeId, algorithmId] = backend.getInputTensorIds([shape, algorithm]);
  const [result] = binding.executeOp("StatelessRandomUniformFullIntV2", attributes, [shapeId!, ...wide, algorithmId!], 1);
  for (const id of wide) binding.deleteTensor(id);
  return backend.createOutputTensor(result!) as Tensor1D;
}
