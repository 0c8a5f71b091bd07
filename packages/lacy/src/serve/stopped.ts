import type { Emission } from "../cascade/generate.ts";

/**
 * Pieces up to the first of the given words, which is left out: what may be the beginning of one is held back until it is known. The value at the end says whether one came.
 */
export async function* stopped(pieces: AsyncIterable<Emission>, words: readonly string[]): AsyncGenerator<Emission, boolean> {
  const longest = Math.max(0, ...words.map((word) => word.length - 1));
  let held: Emission[] = [];
  const text = (): string => held.map((piece) => piece.text).join("");
  for await (const piece of pieces) {
    held.push(piece);
    const places = words.map((word) => text().indexOf(word)).filter((at) => at >= 0);
    if (places.length > 0) {
      yield* cut(held, Math.min(...places));
      return true;
    }
    while (held.length > 0 && text().length - held[0]!.text.length >= longest) yield held.shift()!;
  }
  yield* held;
  return false;
}

function* cut(pieces: readonly Emission[], length: number): Generator<Emission> {
  let left = length;
  for (const piece of pieces) {
    if (left <= 0) return;
    yield { ...piece, text: piece.text.slice(0, left) };
    left -= piece.text.length;
  }
}
