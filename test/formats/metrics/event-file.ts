/**
 * A reader of TensorBoard event files written from the formats' texts alone: TFRecord (tensorflow/core/lib/io), CRC-32C bit
 * by bit (RFC 3720), protocol buffers by hand, event.proto and summary.proto by field numbers. Shares nothing with the writer.
 */

export interface ReadEvent {
  readonly wallTime: number;
  readonly step: number;
  readonly fileVersion?: string;
  readonly scalars: readonly (readonly [string, number])[];
}

/** Every event of a file. Throws where a record is cut short or a checksum is wrong. */
export function readEventFile(file: Uint8Array): ReadEvent[] {
  return recordsOf(file).map(readEvent);
}

function checkSum(stored: number, bytes: Uint8Array, what: string): void {
  let crc = 0xffffffffn;
  for (const byte of bytes) {
    crc ^= BigInt(byte);
    for (let bit = 0; bit < 8; bit++) crc = crc & 1n ? (crc >> 1n) ^ 0x82f63b78n : crc >> 1n;
  }
  crc ^= 0xffffffffn;
  const rotated = ((crc >> 15n) | (crc << 17n)) & 0xffffffffn;
  const masked = (rotated + 0xa282ead8n) & 0xffffffffn;
  if (BigInt(stored) !== masked) throw new Error(`the checksum of the ${what} is wrong`);
}

/** A message of fields by number, each a list of numbers and of bytes; for what is not a scalar. */
export function fieldsOf(data: Uint8Array): Record<number, (number | Uint8Array)[]> {
  const found: Record<number, (number | Uint8Array)[]> = {};
  for (const { field, value } of readMessage(data)) {
    found[field] ??= [];
    found[field].push(value);
  }
  return found;
}

/** The data of every record. Throws as `readEventFile` does. */
export function recordsOf(file: Uint8Array): Uint8Array[] {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  const records: Uint8Array[] = [];
  for (let at = 0; at < file.length; ) {
    const length = Number(view.getBigUint64(at, true));
    checkSum(view.getUint32(at + 8, true), file.subarray(at, at + 8), `length at ${at}`);
    const data = file.subarray(at + 12, at + 12 + length);
    if (data.length !== length) throw new Error(`the record at ${at} is cut short`);
    checkSum(view.getUint32(at + 12 + length, true), data, `data at ${at}`);
    records.push(data);
    at += 16 + length;
  }
  return records;
}

type Field = { readonly field: number; readonly value: number | Uint8Array };

function readEvent(data: Uint8Array): ReadEvent {
  const fields = readMessage(data);
  const numberOf = (field: number) => fields.find((entry) => entry.field === field)?.value as number | undefined;
  const version = fields.find((entry) => entry.field === 3)?.value as Uint8Array | undefined;
  const scalars = fields
    .filter((entry) => entry.field === 5)
    .flatMap((summary) => readMessage(summary.value as Uint8Array))
    .map(({ value }) => {
      const inner = readMessage(value as Uint8Array);
      const tag = new TextDecoder().decode(inner.find((entry) => entry.field === 1)?.value as Uint8Array);
      return [tag, inner.find((entry) => entry.field === 2)?.value as number] as const;
    });
  return {
    wallTime: numberOf(1) ?? 0,
    step: numberOf(2) ?? 0,
    ...(version && { fileVersion: new TextDecoder().decode(version) }),
    scalars,
  };
}

function readMessage(data: Uint8Array): Field[] {
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  const fields: Field[] = [];
  let at = 0;
  const varint = (): number => {
    let value = 0;
    for (let scale = 1; ; scale *= 128) {
      const byte = view.getUint8(at++);
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return value;
    }
  };
  while (at < data.length) {
    const key = varint();
    const field = Math.floor(key / 8);
    const wire = key % 8;
    if (wire === 0) fields.push({ field, value: varint() });
    else if (wire === 1) {
      fields.push({ field, value: view.getFloat64(at, true) });
      at += 8;
    } else if (wire === 2) {
      const length = varint();
      fields.push({ field, value: data.subarray(at, at + length) });
      at += length;
    } else if (wire === 5) {
      fields.push({ field, value: view.getFloat32(at, true) });
      at += 4;
    } else throw new Error(`wire type ${wire}`);
  }
  return fields;
}
