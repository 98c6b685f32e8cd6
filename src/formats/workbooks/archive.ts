/**
 * What a ZIP archive says of itself before anything in it is unpacked: the parts it has, and how large each one becomes (PKWARE
 * APPNOTE 6.3.10, 4.3.12 and 4.3.16). Unpacks nothing.
 */
import { malformedTable } from "../tables/table.ts";

const END_OF_DIRECTORY = 0x06054b50;
const DIRECTORY_ENTRY = 0x02014b50;
const END_BYTES = 22;
const ENTRY_BYTES = 46;
/** A comment of up to 65,535 bytes may follow the end of the directory. */
const MAX_COMMENT_BYTES = 0xffff;
/** Stands for a size that is in a field of its own, for archives beyond 4 GiB. */
const IS_ELSEWHERE = 0xffffffff;

/** A part of an archive. */
export interface ArchivePart {
  readonly name: string;
  /** Once it is unpacked; Infinity from 4 GiB on. */
  readonly bytes: number;
}

/** The parts of an archive, as its directory has them. Throws malformed where there is none, or a part that claims to be empty is not. */
export function partsOf(archive: Buffer): ArchivePart[] {
  const end = endOfDirectory(archive);
  const count = archive.readUInt16LE(end + 10);
  const parts: ArchivePart[] = [];
  let at = archive.readUInt32LE(end + 16);
  for (let index = 0; index < count; index++) {
    if (at + ENTRY_BYTES > end || archive.readUInt32LE(at) !== DIRECTORY_ENTRY) throw broken("its directory is cut off");
    const packed = archive.readUInt32LE(at + 20);
    const bytes = archive.readUInt32LE(at + 24);
    const nameBytes = archive.readUInt16LE(at + 28);
    const name = archive.toString("utf8", at + ENTRY_BYTES, at + ENTRY_BYTES + nameBytes);
    // Two bytes are what an empty part is packed to.
    if (bytes === 0 && packed > 2) throw broken(`${JSON.stringify(name.slice(0, 100))} claims to be empty`);
    parts.push({ name, bytes: bytes === IS_ELSEWHERE ? Number.POSITIVE_INFINITY : bytes });
    at += ENTRY_BYTES + nameBytes + archive.readUInt16LE(at + 30) + archive.readUInt16LE(at + 32);
  }
  return parts;
}

function endOfDirectory(archive: Buffer): number {
  const last = archive.length - END_BYTES;
  for (let at = last; at >= Math.max(0, last - MAX_COMMENT_BYTES); at--) {
    if (archive.readUInt32LE(at) === END_OF_DIRECTORY) return at;
  }
  throw broken("its end is missing");
}

const broken = (what: string): Error => malformedTable(`the workbook is damaged: ${what}`);
