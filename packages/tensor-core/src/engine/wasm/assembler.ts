/** Code of WebAssembly: bytes, or pieces of it in order. */
export type Code = number | readonly Code[];

/** A function of 32-bit integers, without a result. Its locals follow its parameters: integers, then vectors. */
export interface Assembled {
  readonly name: string;
  readonly parameters: number;
  readonly integers?: number;
  readonly vectors?: number;
  readonly body: Code;
}

const flat = (code: Code): number[] => (typeof code === "number" ? [code] : code.flatMap(flat));

/** LEB128 of an unsigned number. */
function unsigned(value: number): number[] {
  const [low, high] = [value & 0x7f, value >>> 7];
  return high === 0 ? [low] : [low | 0x80, ...unsigned(high)];
}

/** LEB128 of a signed number. */
function signed(value: number): number[] {
  const [low, high] = [value & 0x7f, value >> 7];
  return (high === 0 && low < 0x40) || (high === -1 && low >= 0x40) ? [low] : [low | 0x80, ...signed(high)];
}

const counted = (items: readonly Code[]): Code => [unsigned(items.length), items];
const sized = (code: Code): Code => counted(flat(code));
const text = (value: string): Code => sized([...new TextEncoder().encode(value)]);
const section = (id: number, code: Code): Code => [id, sized(code)];
const vector = (operation: number): Code => [0xfd, unsigned(operation)];
/** Immediate of an access to memory: no promise on alignment, then the offset in bytes. */
const at = (offset: number): Code => [0, unsigned(offset)];

const INTEGER = 0x7f;
const VECTOR = 0x7b;
const NOTHING = 0x40;

/** Instructions by the names of the specification; operands come first, as on its stack. */
export const get = (local: number): Code => [0x20, unsigned(local)];
export const set = (local: number, value: Code): Code => [value, 0x21, unsigned(local)];
export const constant = (value: number): Code => [0x41, signed(value)];
export const plus = (a: Code, b: Code): Code => [a, b, 0x6a];
export const times = (a: Code, b: Code): Code => [a, b, 0x6c];
export const less = (a: Code, b: Code): Code => [a, b, 0x49];
export const zeroVector: Code = [vector(12), Array<number>(16).fill(0)];
export const load = (address: Code, offset = 0): Code => [address, vector(0), at(offset)];
export const loadSplat = (address: Code, offset = 0): Code => [address, vector(9), at(offset)];
export const store = (address: Code, value: Code, offset = 0): Code => [address, value, vector(11), at(offset)];
export const copyFloat = (to: Code, from: Code, offset = 0): Code => [to, from, [0x2a, at(0)], 0x38, at(offset)];
/** The 32-bit lanes of `a` (0–3) and `b` (4–7) that `lanes` names. */
export const shuffle = (a: Code, b: Code, lanes: readonly number[]): Code => [
  a,
  b,
  vector(13),
  lanes.flatMap((lane) => [0, 1, 2, 3].map((byte) => 4 * lane + byte)),
];
export const mulAdd = (a: Code, b: Code, c: Code, fused: boolean): Code => (fused ? [a, b, c, vector(0x105)] : [c, a, b, vector(0xe6), vector(0xe4)]);
/** Runs `body` once, and again as long as `condition` holds after it. */
export const repeat = (body: Code, condition: Code): Code => [0x03, NOTHING, body, condition, 0x0d, 0, 0x0b];
export const when = (condition: Code, then: Code, otherwise: Code = []): Code => [condition, 0x04, NOTHING, then, 0x05, otherwise, 0x0b];

/** The bytes of a module that exports the functions and works on the memory `memory` of the module `heap`. */
export function moduleBytes(functions: readonly Assembled[]): Uint8Array<ArrayBuffer> {
  const types = functions.map(({ parameters }): Code => [0x60, counted(Array<number>(parameters).fill(INTEGER)), 0]);
  const bodies = functions.map(({ integers = 0, vectors = 0, body }): Code => {
    const locals: Code[] = [
      [unsigned(integers), INTEGER],
      [unsigned(vectors), VECTOR],
    ];
    return sized([counted(locals), body, 0x0b]);
  });
  return Uint8Array.from(
    flat([
      [0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
      section(1, counted(types)),
      section(2, counted([[text("heap"), text("memory"), 2, 0, 0]])),
      section(3, counted(functions.map((_, i) => unsigned(i)))),
      section(7, counted(functions.map(({ name }, i) => [text(name), 0, unsigned(i)]))),
      section(10, counted(bodies)),
    ]),
  );
}
