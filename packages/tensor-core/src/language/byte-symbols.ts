/**
 * Each byte as a visible character, the alphabet of byte-level tokenizers [Radford2019]: printable Latin-1 stands for itself, the 68 others for U+0100 and on.
 */
const SYMBOLS: readonly string[] = (() => {
  const isPrintable = (byte: number): boolean => (byte >= 0x21 && byte <= 0x7e) || (byte >= 0xa1 && byte <= 0xac) || byte >= 0xae;
  let next = 0x100;
  return Array.from({ length: 256 }, (_, byte) => String.fromCharCode(isPrintable(byte) ? byte : next++));
})();
const BYTES: ReadonlyMap<string, number> = new Map(SYMBOLS.map((symbol, byte) => [symbol, byte]));

/** Bytes as symbols, one for each. */
export function symbols(bytes: Iterable<number>): string {
  let text = "";
  for (const byte of bytes) text += SYMBOLS[byte]!;
  return text;
}

/** The bytes that symbols stand for; undefined where one of them stands for none. */
export function symbolBytes(text: string): Uint8Array | undefined {
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) {
    const byte = BYTES.get(text[i]!);
    if (byte === undefined) return undefined;
    bytes[i] = byte;
  }
  return bytes;
}
