/** Archives and workbooks as no program would write them. */
import { crc32, deflateRawSync } from "node:zlib";

/** What the directory says of a part, where that is not what it has. */
export interface Claims {
  readonly bytes?: number;
  readonly packedBytes?: number;
  readonly flags?: number;
  /** Sizes stand in a field of their own, as in archives beyond 4 GiB. */
  readonly isLarge?: boolean;
}

/** A ZIP archive of some parts. */
export function zipOf(parts: Readonly<Record<string, string>>, claims: Readonly<Record<string, Claims>> = {}): Buffer {
  const pieces: Buffer[] = [];
  const directory: Buffer[] = [];
  let at = 0;
  for (const [name, text] of Object.entries(parts)) {
    const content = Buffer.from(text);
    const packed = deflateRawSync(content);
    const { bytes = content.length, packedBytes = packed.length, flags = 0, isLarge = false } = claims[name] ?? {};
    const header = Buffer.alloc(30);
    header.writeUInt32LE(0x04034b50, 0);
    header.writeUInt16LE(flags, 6);
    header.writeUInt16LE(8, 8);
    header.writeUInt32LE(crc32(content), 14);
    header.writeUInt32LE(packed.length, 18);
    header.writeUInt32LE(content.length, 22);
    header.writeUInt16LE(name.length, 26);
    const extra = Buffer.alloc(isLarge ? 20 : 0);
    if (isLarge) {
      extra.writeUInt16LE(1, 0);
      extra.writeUInt16LE(16, 2);
      extra.writeBigUInt64LE(BigInt(bytes), 4);
      extra.writeBigUInt64LE(BigInt(packedBytes), 12);
    }
    const entry = Buffer.alloc(46);
    entry.writeUInt32LE(0x02014b50, 0);
    entry.writeUInt16LE(flags, 8);
    entry.writeUInt16LE(8, 10);
    entry.writeUInt32LE(crc32(content), 16);
    entry.writeUInt32LE(isLarge ? 0xffffffff : packedBytes, 20);
    entry.writeUInt32LE(isLarge ? 0xffffffff : bytes, 24);
    entry.writeUInt16LE(name.length, 28);
    entry.writeUInt16LE(extra.length, 30);
    entry.writeUInt32LE(at, 42);
    pieces.push(header, Buffer.from(name), packed);
    directory.push(entry, Buffer.from(name), extra);
    at += header.length + name.length + packed.length;
  }
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(Object.keys(parts).length, 8);
  end.writeUInt16LE(Object.keys(parts).length, 10);
  end.writeUInt32LE(Buffer.concat(directory).length, 12);
  end.writeUInt32LE(at, 16);
  return Buffer.concat([...pieces, ...directory, end]);
}

export interface Book {
  /** Elements in `sheets`; one sheet when left out. */
  readonly sheets?: string;
  /** Rows of the sheet. */
  readonly rows: string;
  /** Relationships of the workbook besides that of the sheet. */
  readonly relations?: string;
  /** What types of relationships begin with. */
  readonly namespace?: string;
  readonly more?: Readonly<Record<string, string>>;
}

/** What types of relationships begin with in most workbooks. */
export const TRANSITIONAL = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";

/** The parts of a workbook. */
export function partsOfBook({ sheets, rows, relations = "", namespace = TRANSITIONAL, more = {} }: Book) {
  const relation = (id: string, type: string, target: string) =>
    `<Relationship Id="${id}" Type="${namespace}/${type}" Target="${target}"/>`;
  return {
    "[Content_Types].xml": "<Types/>",
    "_rels/.rels": `<Relationships>${relation("rId1", "officeDocument", "xl/workbook.xml")}</Relationships>`,
    "xl/workbook.xml": `<x:workbook xmlns:x="main"><x:sheets>${sheets ?? '<x:sheet name="S" sheetId="1" r:id="rId1"/>'}</x:sheets></x:workbook>`,
    "xl/_rels/workbook.xml.rels": `<Relationships>${relation("rId1", "worksheet", "worksheets/sheet1.xml")}${relations}</Relationships>`,
    "xl/worksheets/sheet1.xml": `<x:worksheet xmlns:x="main"><x:sheetData>${rows}</x:sheetData></x:worksheet>`,
    ...more,
  };
}
