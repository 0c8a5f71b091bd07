import { BinaryWriter, WireType } from "@bufbuild/protobuf/wire";
import type { Figures } from "./progress.ts";

/** The reversed polynomial of CRC-32C. */
const CASTAGNOLI = 0x82f63b78;
const TABLE = Uint32Array.from({ length: 256 }, (_, n) => {
  let c = n;
  for (let bit = 0; bit < 8; bit++) c = c & 1 ? (c >>> 1) ^ CASTAGNOLI : c >>> 1;
  return c >>> 0;
});

/** CRC-32C, turned and shifted as TFRecord stores it. */
function maskedChecksum(bytes: Uint8Array): number {
  let c = 0xffffffff;
  for (const byte of bytes) c = TABLE[(c ^ byte) & 0xff]! ^ (c >>> 8);
  c = (c ^ 0xffffffff) >>> 0;
  return (((c >>> 15) | (c << 17)) + 0xa282ead8) >>> 0;
}

/** A TFRecord: length, its checksum, the bytes, their checksum. */
function framed(bytes: Uint8Array): Uint8Array {
  const record = new Uint8Array(bytes.length + 16);
  const view = new DataView(record.buffer);
  view.setBigUint64(0, BigInt(bytes.length), true);
  view.setUint32(8, maskedChecksum(record.subarray(0, 8)), true);
  record.set(bytes, 12);
  view.setUint32(12 + bytes.length, maskedChecksum(bytes), true);
  return record;
}

/** tensorflow.Event: wall_time = 1, step = 2, and what happened. */
function event(seconds: number, step: number, what: (writer: BinaryWriter) => BinaryWriter): Uint8Array {
  const writer = new BinaryWriter().tag(1, WireType.Bit64).double(seconds);
  // Protocol buffers leave a zero out.
  if (step !== 0) writer.tag(2, WireType.Varint).int64(step);
  return framed(what(writer).finish());
}

/** The record with which an event file begins; `seconds` since 1970. */
export function eventFileStart(seconds: number): Uint8Array {
  return event(seconds, 0, (writer) => writer.tag(3, WireType.LengthDelimited).string("brain.Event:2"));
}

/** The record of a session that starts at this step: a reader then drops what an earlier session wrote from there on. */
export function sessionStart(seconds: number, step: number): Uint8Array {
  // SessionLog: status = 1, of which START is 1.
  return event(seconds, step, (writer) => writer.tag(7, WireType.LengthDelimited).fork().tag(1, WireType.Varint).int32(1).join());
}

/** The record of scalars by name at a step: one Summary with a simple value each. */
export function scalarsEvent(seconds: number, step: number, figures: Figures): Uint8Array {
  return event(seconds, step, (writer) => {
    writer.tag(5, WireType.LengthDelimited).fork();
    for (const [name, value] of Object.entries(figures))
      writer.tag(1, WireType.LengthDelimited).fork().tag(1, WireType.LengthDelimited).string(name).tag(2, WireType.Bit32).float(value).join();
    return writer.join();
  });
}
