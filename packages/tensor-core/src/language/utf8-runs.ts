/** Bytes as the longest runs of well-formed UTF-8, as text, and what lies between them, as bytes; they concatenate to the whole. */
export function* utf8Runs(bytes: Uint8Array): Generator<string | Uint8Array> {
  const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
  let [from, isText] = [0, true];
  const run = (to: number): string | Uint8Array => (isText ? decoder.decode(bytes.subarray(from, to)) : bytes.subarray(from, to));
  for (let at = 0; at < bytes.length;) {
    const length = characterLength(bytes, at);
    if (length > 0 !== isText) {
      if (at > from) yield run(at);
      [from, isText] = [at, length > 0];
    }
    at += Math.max(1, length);
  }
  if (from < bytes.length) yield run(bytes.length);
}

/** The number of bytes of the well-formed character at a place; 0 where there is none: a stray, overlong, cut or surrogate one. */
function characterLength(bytes: Uint8Array, at: number): number {
  const first = bytes[at]!;
  if (first < 0x80) return 1;
  const length = first < 0xc2 ? 0 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : first < 0xf5 ? 4 : 0;
  // The second byte alone tells what is overlong, a surrogate or beyond U+10FFFF.
  const low = first === 0xe0 ? 0xa0 : first === 0xf0 ? 0x90 : 0x80;
  const high = first === 0xed ? 0x9f : first === 0xf4 ? 0x8f : 0xbf;
  for (let k = 1; k < length; k++) {
    const byte = bytes[at + k];
    if (byte === undefined || byte < (k === 1 ? low : 0x80) || byte > (k === 1 ? high : 0xbf)) return 0;
  }
  return length;
}
