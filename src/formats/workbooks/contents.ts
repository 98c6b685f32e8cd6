/**
 * What a workbook says of its sheets, read from the parts that name the others: `_rels/.rels`, the workbook and its relationships
 * (ECMA-376, parts 1 and 2). No sheet and no text is unpacked.
 */
import { TrainyardError } from "../../domain/errors.ts";
import { malformedTable } from "../tables/table.ts";
import { type ArchivePart, replacePart, unpack } from "./archive.ts";

/**
 * Bytes that the texts and styles of a workbook, and what it says of itself, unpack to at most: they are held in memory, while sheets are
 * read as they unpack.
 */
const MAX_HELD_BYTES = 128 * 1024 * 1024;

/** Texts that the sheets of a workbook share at most: each takes far more memory than the few bytes that it may be written in. */
const MAX_TEXTS = 2_000_000;
/** Bytes in which so many texts can be written: `<si/>` is the shortest. */
const MIN_BYTES = MAX_TEXTS * 5;

/** What is known of a workbook before one of its sheets is read. */
export interface WorkbookContents {
  /** The sheets that have cells, in order, with the name of their part; those of a chart or of macros have none. */
  readonly sheets: readonly { readonly name: string; readonly isHidden: boolean; readonly path: string }[];
  /** Whether days are counted from 1904 instead of 1900. */
  readonly is1904: boolean;
  /** The archive as hucre reads it rightly. */
  readonly archive: Buffer;
}

/** A sign of money that hucre takes for a day, an hour, a second or a year: [$S/-280A], Peru's, in a format for numbers. */
const LIKE_A_DATE = /\[\$(?=[^\]]{0,50}[dhsy])(?=[^\]]{0,50}[^$\-\w\]])[^\]]{0,50}\]/gi;

/** The attributes of an element, each with an @ before its name. */
type Element = Readonly<Record<string, unknown>>;

/** Reads what a workbook has. Throws malformed, too_large where what is held in memory is too large, and what hucre and zlib throw. */
export async function contentsOf(archive: Buffer, parts: readonly ArchivePart[]): Promise<WorkbookContents> {
  const { readXml } = await import("hucre/xml");
  const named = new Map(parts.map((part) => [part.name, part]));
  const held = new Set<ArchivePart>();
  const hold = (name: string): ArchivePart | undefined => {
    const part = named.get(name);
    if (part) held.add(part);
    if ([...held].reduce((sum, { bytes }) => sum + bytes, 0) > MAX_HELD_BYTES) throw tooMuchHeld();
    return part;
  };
  const elementsOf = (name: string, rowTag: string): readonly Element[] => {
    const part = hold(name);
    return part ? readXml(unpack(archive, part), { rowTag, stripNamespaces: true }).data : [];
  };
  const [workbook, ...others] = targetsOf(elementsOf("_rels/.rels", "Relationship"), "officeDocument");
  if (!workbook || others.length > 0) throw malformedTable("this is not an Excel workbook (.xlsx): it has no workbook in it");
  const path = workbook.target.replace(/^\//, "");
  const [folder, file] = [path.slice(0, path.lastIndexOf("/") + 1), path.slice(path.lastIndexOf("/") + 1)];
  const relations = elementsOf(`${folder}_rels/${file}.rels`, "Relationship");
  // Those that hucre will hold, wherever they are said to be.
  const heldAs = (kind: string) => targetsOf(relations, kind).map(({ target }) => hold(resolvePath(folder, target)));
  for (const part of heldAs("sharedStrings")) if (part) checkTexts(archive, part);
  const [styles] = heldAs("styles");
  const withCells = new Map(targetsOf(relations, "worksheet").map(({ id, target }) => [id, resolvePath(folder, target)]));
  const sheets = elementsOf(path, "sheet").flatMap((sheet) => {
    const own = withCells.get(relationOf(sheet));
    if (own === undefined || !sheet["@name"]) return [];
    return [{ name: String(sheet["@name"]), isHidden: /^(?:very)?hidden$/i.test(String(sheet["@state"])), path: own }];
  });
  const is1904 = elementsOf(path, "workbookPr").some((each) => /^(?:1|true)$/.test(String(each["@date1904"])));
  return { sheets, is1904, archive: styles ? withoutMoney(archive, styles) : archive };
}

/** Throws too_large where a part has more texts than are held. */
function checkTexts(archive: Buffer, part: ArchivePart): void {
  if (part.bytes < MIN_BYTES) return;
  const content = unpack(archive, part);
  let ends = 0;
  // `</si>` or `<si/>`, whatever stands before the name.
  for (let at = content.indexOf("si"); at >= 0; at = content.indexOf("si", at + 2)) {
    const [before, after] = [content[at - 1], content[at + 2]];
    // A prefix is short: looking further back would take forever in a text without tags.
    const back = content.subarray(Math.max(0, at - LONGEST_PREFIX), at);
    const isClosing = before === SLASH || (before === COLON && back[back.lastIndexOf(LESS) + 1] === SLASH);
    if ((isClosing && after === GREATER) || (after === SLASH && (before === LESS || before === COLON))) ends++;
    if (ends > MAX_TEXTS) throw tooManyTexts();
  }
}

const LONGEST_PREFIX = 24;
const [SLASH, COLON, LESS, GREATER] = [0x2f, 0x3a, 0x3c, 0x3e];

function withoutMoney(archive: Buffer, styles: ArchivePart): Buffer {
  const written = unpack(archive, styles).toString("utf8");
  const plain = written.replace(LIKE_A_DATE, "");
  return plain === written ? archive : replacePart(archive, styles, Buffer.from(plain));
}

/** The relationships of a kind, whichever of the two namespaces of the standard they are in. */
function targetsOf(relations: readonly Element[], kind: string): { readonly id: string; readonly target: string }[] {
  return relations
    .filter((each) => String(each["@Type"]).endsWith(`/${kind}`))
    .map((each) => ({ id: String(each["@Id"]), target: String(each["@Target"]) }));
}

function relationOf(sheet: Element): string {
  const key = Object.keys(sheet).find((name) => name.toLowerCase().endsWith(":id")) ?? "";
  return String(sheet[key]);
}

/** The name of a part from a folder, as hucre has it. */
function resolvePath(folder: string, target: string): string {
  if (target.startsWith("/")) return target.slice(1);
  const names = folder.split("/").filter(Boolean);
  for (const name of target.split("/").filter(Boolean)) {
    if (name === "..") names.pop();
    else if (name !== ".") names.push(name);
  }
  return names.join("/");
}

function tooManyTexts(): TrainyardError {
  const detail = `the workbook has more than ${MAX_TEXTS} texts: save the sheet as CSV`;
  return new TrainyardError("too_large", detail, [{ pointer: "", detail }]);
}

function tooMuchHeld(): TrainyardError {
  const detail = `the workbook's texts and styles have more than ${MAX_HELD_BYTES} bytes: save the sheet as CSV`;
  return new TrainyardError("too_large", detail, [{ pointer: "", detail }]);
}
