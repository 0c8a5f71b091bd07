import { BinaryWriter, WireType } from "@bufbuild/protobuf/wire";

/** One field of a protocol-buffer message, encoded. */
export type Field = Uint8Array;

function field(number: number, type: WireType, write: (writer: BinaryWriter) => BinaryWriter): Field {
  return write(new BinaryWriter().tag(number, type)).finish();
}

export function message(number: number, fields: readonly Field[]): Field {
  return field(number, WireType.LengthDelimited, (w) => w.bytes(concat(fields)));
}

export function bytes(number: number, value: Uint8Array): Field {
  return field(number, WireType.LengthDelimited, (w) => w.bytes(value));
}

export function text(number: number, value: string): Field {
  return field(number, WireType.LengthDelimited, (w) => w.string(value));
}

export function integer(number: number, value: number): Field {
  return field(number, WireType.Varint, (w) => w.int64(value));
}

export function float(number: number, value: number): Field {
  return field(number, WireType.Bit32, (w) => w.float(value));
}

export function concat(fields: readonly Field[]): Uint8Array {
  return Buffer.concat(fields);
}
