const M0 = 0xd2511f53;
const M1 = 0xcd9e8d57;
const W0 = 0x9e3779b9;
const W1 = 0xbb67ae85;

/** The high 32 bits of a · (b1·2¹⁶ + b0), from four 16-bit products. */
function high(a: number, b1: number, b0: number): number {
  const a0 = a & 0xffff;
  const a1 = a >>> 16;
  const middle = a1 * b0 + (((a0 * b0) / 65536) >>> 0);
  const carry = (middle % 65536) + a0 * b1;
  return (a1 * b1 + Math.floor(middle / 65536) + Math.floor(carry / 65536)) >>> 0;
}

/** One block of Philox4x32-10 [Salmon2011]: four counter words and two key words to four random words. */
export function philoxBlock(counter: readonly [number, number, number, number], key: readonly [number, number]): [number, number, number, number] {
  let [c0, c1, c2, c3] = counter;
  let [k0, k1] = key;
  for (let round = 0; round < 10; round++) {
    const h0 = high(c0, M0 >>> 16, M0 & 0xffff);
    const h1 = high(c2, M1 >>> 16, M1 & 0xffff);
    const l0 = Math.imul(c0, M0) >>> 0;
    const l1 = Math.imul(c2, M1) >>> 0;
    [c0, c1, c2, c3] = [(h1 ^ c1 ^ k0) >>> 0, l1, (h0 ^ c3 ^ k1) >>> 0, l0];
    k0 = (k0 + W0) >>> 0;
    k1 = (k1 + W1) >>> 0;
  }
  return [c0, c1, c2, c3];
}

/** Fills `out` with the blocks of counters (0, 0, 0, domain), (1, 0, 0, domain), … of a key. */
export function philox(low: number, highWord: number, domain: number, out: Uint32Array): void {
  for (let block = 0; block * 4 < out.length; block++) {
    let c0 = block >>> 0;
    let c1 = 0;
    let c2 = 0;
    let c3 = domain;
    let k0 = low;
    let k1 = highWord;
    for (let round = 0; round < 10; round++) {
      const h0 = high(c0, 0xd251, 0x1f53);
      const h1 = high(c2, 0xcd9e, 0x8d57);
      const l1 = Math.imul(c2, M1) >>> 0;
      c2 = (h0 ^ c3 ^ k1) >>> 0;
      c3 = Math.imul(c0, M0) >>> 0;
      c0 = (h1 ^ c1 ^ k0) >>> 0;
      c1 = l1;
      k0 = (k0 + W0) >>> 0;
      k1 = (k1 + W1) >>> 0;
    }
    const at = block * 4;
    out[at] = c0;
    if (at + 1 < out.length) out[at + 1] = c1;
    if (at + 2 < out.length) out[at + 2] = c2;
    if (at + 3 < out.length) out[at + 3] = c3;
  }
}
