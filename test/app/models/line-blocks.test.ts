import { expect, it } from "vitest";
import { lineBlocks } from "../../../src/app/models/line-blocks.ts";

const TEXT = Array.from({ length: 100 }, (_, row) => `${row},"a\nb",${row * row}`).join("\n");

it.each([1, 7, 64])("needs a chunk of %i bytes only until the next one", async (size) => {
  async function* chunks() {
    const bytes = Buffer.from(TEXT);
    for (let at = 0; at < bytes.length; at += size) {
      const chunk = Buffer.from(bytes.subarray(at, at + size));
      yield chunk;
      chunk.fill(0);
    }
  }
  const blocks: string[] = [];
  for await (const { bytes } of lineBlocks(chunks(), { quotes: true, maxRows: 8, maxRowBytes: 1000 }))
    blocks.push(Buffer.from(bytes).toString());
  expect(blocks.join("")).toBe(TEXT);
});
