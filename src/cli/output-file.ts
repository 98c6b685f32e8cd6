/** Where a command's bytes go: a file that is whole or not there at all, or stdout. */
import { once } from "node:events";
import { createWriteStream } from "node:fs";
import { rename, rm } from "node:fs/promises";
import type { Writable } from "node:stream";
import { finished } from "node:stream/promises";

type Chunks = AsyncIterable<Uint8Array> | Iterable<Uint8Array>;

/** Writes chunks to a path; `-` is stdout. A file that was there is replaced when all has come. Gives the bytes written. */
export async function writeOutput(chunks: Chunks, path: string, stdout: Writable): Promise<number> {
  if (path === "-") return pour(chunks, stdout);
  const partial = `${path}.${process.pid}.part`;
  try {
    const file = createWriteStream(partial);
    await once(file, "open");
    const bytes = await pour(chunks, file);
    file.end();
    await finished(file);
    await rename(partial, path);
    return bytes;
  } catch (error) {
    await rm(partial, { force: true });
    throw error;
  }
}

/** Writes as fast as is taken. */
async function pour(chunks: Chunks, stream: Writable): Promise<number> {
  let bytes = 0;
  for await (const chunk of chunks) {
    bytes += chunk.byteLength;
    if (!stream.write(chunk)) await once(stream, "drain");
  }
  return bytes;
}
