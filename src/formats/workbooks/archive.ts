/**
 * Reads the directory of a ZIP archive before anything in it is decompressed: its parts, and their sizes (PKWARE APPNOTE 6.3.10, 4.3.12,
 * 4.3.16 and 4.5.3). A part is decompressed to no more than its size.
 */
import { crc32, inflateRawSync } from "node:zlib";
import { malformedTable } from "../tables/table.ts";

const END_OF_DIRECTORY = 0x06054b50;
const DIRECTORY_ENTRY = 0x02014b50;
const PART_HEADER = 0x04034b50;
const END_BYTES = 22;
const ENTRY_BYTES = 46;
const HEADER_BYTES = 30;
/** A comment of up to 65,535 bytes may follow the end of the directory. */
const MAX_COMMENT_BYTES = 0xffff;
/** Replace a number that is in a separate field, for archives beyond 4 GiB or 65,534 parts. */
const IS_ELSEWHERE = 0xffffffff;
const COUNT_IS_ELSEWHERE = 0xffff;
/** The extra field with such numbers of a part. */
const LARGE_NUMBERS = 1;
/** The flag of a part whose sizes may follow its content. */
const HAS_DESCRIPTOR = 8;
const DEFLATED = 8;

/** A part of an archive. */
export interface ArchivePart {
  readonly name: string;
  /** After decompression. */
  readonly bytes: number;
  readonly packedBytes: number;
  readonly isDeflated: boolean;
  /** The positions of its header, and of its entry in the directory. */
  readonly at: number;
  readonly entryAt: number;
}

/** The parts of an archive, from its directory. Throws malformed if there is none, or a size is missing. */
export function partsOf(archive: Buffer): ArchivePart[] {
  const end = endOfDirectory(archive);
  const count = archive.readUInt16LE(end + 10);
  let at = archive.readUInt32LE(end + 16);
  if (count === COUNT_IS_ELSEWHERE || archive.readUInt32LE(end + 12) === IS_ELSEWHERE || at === IS_ELSEWHERE)
    throw broken("its directory is that of an archive beyond 4 GiB");
  const decoder = new TextDecoder();
  const parts: ArchivePart[] = [];
  for (let index = 0; index < count; index++) {
    if (at + ENTRY_BYTES > end || archive.readUInt32LE(at) !== DIRECTORY_ENTRY) throw broken("its directory is cut off");
    const nameBytes = archive.readUInt16LE(at + 28);
    const extraBytes = archive.readUInt16LE(at + 30);
    const extraAt = at + ENTRY_BYTES + nameBytes;
    const name = decoder.decode(archive.subarray(at + ENTRY_BYTES, extraAt));
    const [bytes, packedBytes, header] = largeNumbers(archive.subarray(extraAt, extraAt + extraBytes), [
      archive.readUInt32LE(at + 24),
      archive.readUInt32LE(at + 20),
      archive.readUInt32LE(at + 42),
    ]) as [number, number, number];
    const hasDescriptor = (archive.readUInt16LE(at + 8) & HAS_DESCRIPTOR) !== 0;
    // An empty part is compressed to two bytes. Sizes after the content could be anything.
    if ((bytes === 0 && packedBytes > 2) || (hasDescriptor && packedBytes === 0))
      throw broken(`${JSON.stringify(name.slice(0, 100))} claims to be empty`);
    parts.push({ name, bytes, packedBytes, isDeflated: archive.readUInt16LE(at + 10) === DEFLATED, at: header, entryAt: at });
    at = extraAt + extraBytes + archive.readUInt16LE(at + 32);
  }
  return parts;
}

/** Numbers of a part; those stored elsewhere follow each other in a field of 8 bytes each. */
function largeNumbers(extra: Buffer, given: readonly number[]): number[] {
  if (!given.includes(IS_ELSEWHERE)) return [...given];
  let at = 0;
  while (at + 4 <= extra.length && extra.readUInt16LE(at) !== LARGE_NUMBERS) at += 4 + extra.readUInt16LE(at + 2);
  at += 4;
  return given.map((number) => {
    if (number !== IS_ELSEWHERE) return number;
    if (at + 8 > extra.length) throw broken("a size in its directory is missing");
    at += 8;
    return Number(extra.readBigUInt64LE(at - 8));
  });
}

/** The content of a part, at most its stated size. Throws malformed, or what zlib throws. */
export function unpack(archive: Buffer, { at, name, bytes, packedBytes, isDeflated }: ArchivePart): Buffer {
  if (at + HEADER_BYTES > archive.length) throw broken(`${JSON.stringify(name.slice(0, 100))} is missing`);
  const from = at + HEADER_BYTES + archive.readUInt16LE(at + 26) + archive.readUInt16LE(at + 28);
  const packed = archive.subarray(from, from + packedBytes);
  return isDeflated ? inflateRawSync(packed, { maxOutputLength: Math.max(1, bytes) }) : packed;
}

/** An archive with other content in a part, which is no longer compressed. */
export function replacePart(archive: Buffer, { name, entryAt }: ArchivePart, content: Buffer): Buffer {
  const end = endOfDirectory(archive);
  const directoryAt = archive.readUInt32LE(end + 16);
  const title = Buffer.from(name);
  const header = Buffer.alloc(HEADER_BYTES);
  header.writeUInt32LE(PART_HEADER, 0);
  header.writeUInt16LE(title.length, 26);
  const directory = Buffer.from(archive.subarray(directoryAt, end));
  const entry = directory.subarray(entryAt - directoryAt);
  // Neither flags nor a compression method.
  entry.writeUInt32LE(0, 8);
  entry.writeUInt32LE(crc32(content), 16);
  entry.writeUInt32LE(content.length, 20);
  entry.writeUInt32LE(content.length, 24);
  entry.writeUInt32LE(directoryAt, 42);
  const ending = Buffer.from(archive.subarray(end, end + END_BYTES));
  ending.writeUInt32LE(directoryAt + HEADER_BYTES + title.length + content.length, 16);
  ending.writeUInt16LE(0, END_BYTES - 2);
  return Buffer.concat([archive.subarray(0, directoryAt), header, title, content, directory, ending]);
}

function endOfDirectory(archive: Buffer): number {
  const last = archive.length - END_BYTES;
  for (let at = last; at >= Math.max(0, last - MAX_COMMENT_BYTES); at--) {
    if (archive.readUInt32LE(at) === END_OF_DIRECTORY) return at;
  }
  throw broken("its end is missing");
}

const broken = (what: string): Error => malformedTable(`the workbook is damaged: ${what}`);
