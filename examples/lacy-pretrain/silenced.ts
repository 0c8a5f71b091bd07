import { equal, range, where } from "@tensorflow/tfjs-core";
import type { Decoder } from "@lab/tensor-core";

/** A decoder with calls off: the logit of `<CALL>`, the last of the vocabulary, is −10⁹. */
export function silenced(decoder: Decoder): Pick<Decoder, "shape" | "stream" | "head"> {
  const { vocabulary } = decoder.shape;
  return {
    shape: decoder.shape,
    stream: decoder.stream,
    head: (params, stream) => where(equal(range(0, vocabulary, 1, "int32"), vocabulary - 1), -1e9, decoder.head(params, stream)),
  };
}
