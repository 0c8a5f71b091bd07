import type { Key } from "@lab/tensor-core";
import {
  deepened,
  householder,
  permutedHeads,
  rotatedResidual,
  transformedQueryKey,
  transformedValueOut,
  widened,
  withDeadUnits,
  type Network,
} from "@lab/nonident/symmetry";

/** Another network of the same function, and how it was made. */
export type Member = { readonly name: string; readonly moved: (network: Network) => Network };

const diagonal = (size: number, value: number): number[][] =>
  Array.from({ length: size }, (_, i) => Array.from({ length: size }, (_, j) => (i === j ? value : 0)));

/** A map of every head of every layer. */
function everyHead(network: Network, map: (network: Network, at: { readonly layer: number; readonly head: number }) => Network): Network {
  const { layers, heads } = network.shape;
  return Array.from({ length: layers * heads }, (_, i) => i).reduce((n, i) => map(n, { layer: Math.floor(i / heads), head: i % heads }), network);
}

/** The orbit of one network that is looked at: isometries first, then what is none. */
export function orbit({
  channels,
  heads,
  layers,
  key,
}: {
  readonly channels: number;
  readonly heads: number;
  readonly layers: number;
  readonly key: Key;
}): readonly Member[] {
  const depth = channels / heads;
  const directions = [Array.from({ length: channels }, (_, i) => Math.sin(1 + 2.7 * i)), Array.from({ length: channels }, (_, i) => Math.cos(3 * i * i))];
  const turned = Array.from({ length: heads }, (_, i) => (i + 1) % heads);
  return [
    { name: "as trained", moved: (network) => network },
    { name: "heads in another order", moved: (network) => permutedHeads(network, turned, { layer: 0 }) },
    { name: "stream rotated", moved: (network) => rotatedResidual(network, householder(directions, { keepMean: true })) },
    { name: "values × 4, way out ÷ 4", moved: (network) => everyHead(network, (n, at) => transformedValueOut(n, diagonal(depth, 4), at)) },
    { name: "queries × 4, keys ÷ 4", moved: (network) => everyHead(network, (n, at) => transformedQueryKey(n, diagonal(depth, 4), at)) },
    {
      name: "every inner unit twice",
      moved: (network) =>
        widened(
          network,
          Array.from({ length: network.shape.inner }, (_, i) => i),
        ),
    },
    { name: "dead units", moved: (network) => withDeadUnits(network, { key, units: network.shape.inner }) },
    { name: "one silent layer more", moved: (network) => deepened(network, layers, { key }) },
  ];
}
