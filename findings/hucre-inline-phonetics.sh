#!/bin/bash
# hucre leaves the reading above a Japanese word (furigana) out of a shared text, but appends it to an inline one.
#
# Versions   hucre 1.0.0, fflate 0.8.2 to write the file, on Node 24; seen on 2026-11-30
# Guess      A cell has the same text whether the workbook keeps it in its table of texts (t="s") or in the cell (t="inlineStr"), since both
#            are the same type of the format, CT_Rst; what stands in its <rPh> is how the word is read aloud, and no part of the text.
# Behaviour  The shared text is the word alone; the inline one is the word and its reading, one after the other.
# What to do Take the <rPh> elements out of the sheets before they are read, or have inline texts written as shared ones: programs that
#            stream their rows write inline texts, Excel shared ones, so the same table would be two.
# Source     The output below; ECMA-376, part 1, 18.4.6 (rPh) and 18.4.8 (si), 18.3.1.53 (is).
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund hucre@1.0.0 fflate@0.8.2
cat >try.mjs <<'JS'
import { strToU8, zipSync } from "fflate";
import { readXlsx } from "hucre/xlsx";
const main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main";
const office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
const packaged = "http://schemas.openxmlformats.org/package/2006";
const head = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>';
const word = '<t>東京</t><rPh sb="0" eb="2"><t>トウキョウ</t></rPh>';
const sheetml = "application/vnd.openxmlformats-officedocument.spreadsheetml";
const parts = {
  "[Content_Types].xml": `<Types xmlns="${packaged}/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Override PartName="/xl/workbook.xml" ContentType="${sheetml}.sheet.main+xml"/><Override PartName="/xl/worksheets/sheet1.xml" ContentType="${sheetml}.worksheet+xml"/><Override PartName="/xl/sharedStrings.xml" ContentType="${sheetml}.sharedStrings+xml"/></Types>`,
  "_rels/.rels": `<Relationships xmlns="${packaged}/relationships"><Relationship Id="r1" Type="${office}/officeDocument" Target="xl/workbook.xml"/></Relationships>`,
  "xl/workbook.xml": `<workbook xmlns="${main}" xmlns:r="${office}"><sheets><sheet name="S" sheetId="1" r:id="r1"/></sheets></workbook>`,
  "xl/_rels/workbook.xml.rels": `<Relationships xmlns="${packaged}/relationships"><Relationship Id="r1" Type="${office}/worksheet" Target="worksheets/sheet1.xml"/><Relationship Id="r2" Type="${office}/sharedStrings" Target="sharedStrings.xml"/></Relationships>`,
  "xl/sharedStrings.xml": `<sst xmlns="${main}" count="1" uniqueCount="1"><si>${word}</si></sst>`,
  "xl/worksheets/sheet1.xml": `<worksheet xmlns="${main}"><sheetData><row r="1"><c r="A1" t="s"><v>0</v></c><c r="B1" t="inlineStr"><is>${word}</is></c></row></sheetData></worksheet>`,
};
const file = zipSync(Object.fromEntries(Object.entries(parts).map(([name, xml]) => [name, strToU8(head + xml)])));
const { sheets } = await readXlsx(file);
console.log(`shared: ${sheets[0].rows[0][0]}`);
console.log(`inline: ${sheets[0].rows[0][1]}`);
JS
seen=$(node try.mjs)
expected='shared: 東京
inline: 東京トウキョウ'
echo "$seen"
if [ "$seen" != "$expected" ]; then
  echo "This has changed; it was:" >&2
  echo "$expected" >&2
  exit 1
fi
