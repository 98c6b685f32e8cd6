import { describe, expect, it } from "vitest";
import { foundEncoding } from "../../../src/formats/tables/text-encoding.ts";
import { chunked } from "./tables.ts";

const found = (bytes: Uint8Array, size = bytes.length) =>
  foundEncoding(
    chunked(
      bytes,
      Array.from({ length: Math.floor(bytes.length / size) }, (_, piece) => piece * size),
    ),
  );

describe("the encoding of a CSV", () => {
  it.each([
    ["UTF-8", Buffer.from("Größe,é\n日本,1\n"), null],
    ["ASCII", Buffer.from("a,b\n1,2\n"), null],
    ["Western Europe", Buffer.from("Größe;Straße\nKöln;Zürich\nà la carte;élève\n", "latin1"), "latin1"],
    ["with a euro sign", Buffer.concat([Buffer.from("Preis\n5 "), Buffer.from([0x80, 0x0a])]), "latin1"],
    ["UTF-16 with a mark", Buffer.from("\ufeffa,b\n1,2\n", "utf16le"), "utf-16"],
    ["UTF-16 without one", Buffer.from("a,b\n1,2\n", "utf16le"), "utf-16"],
    // 日付,メモ as Shift JIS has it.
    ["Japanese", Buffer.from([0x93, 0xfa, 0x95, 0x74, 0x2c, 0x83, 0x81, 0x83, 0x82, 0x0a]), "shift_jis"],
    // дата as windows-1251 has it: letters of several encodings.
    ["Russian", Buffer.from([0xe4, 0xe0, 0xf2, 0xe0, 0x2c, 0x31, 0x0a]), null],
  ])("is found where it is clear: %s", async (_, bytes, expected) => {
    expect(await found(bytes)).toBe(expected);
  });

  it("is found wherever the first letter beyond ASCII is, and however the text is cut", async () => {
    const late = Buffer.from(`${"a,b\n1,2\n".repeat(500)}Köln,3\n`, "latin1");
    const utf8 = Buffer.from(`${"é,日本\n".repeat(500)}`);
    for (const size of [7, 100, 1000]) {
      expect(await found(late, size)).toBe("latin1");
      expect(await found(utf8, size)).toBeNull();
    }
  });
});
