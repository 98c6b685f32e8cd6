/** Writes a command's output: to stdout, or to a file that appears only when it is complete. */
import { once } from "node:events";
import { createWriteStream } from "node:fs";
import { rename, rm } from "node:fs/promises";
import type { Writable } from "node:stream";
import { finished } from "node:stream/promises";

type Chunks = AsyncIterable<Uint8Array> | Iterable<Uint8Array>;

/**
 * Writes chunks to a path; `-` is stdout. An existing file is replaced once all chunks are written. Returns the number of bytes.
 * Rejects with the error of the chunks or of the file system.
 */
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

/** Writes chunks no faster than the stream accepts them. */
async function pour(chunks: Chunks, stream: Writable): Promise<number> {
  let bytes = 0;
  for await (const chunk of chunks) {
    bytes += chunk.byteLength;
    if (!stream.write(chunk)) await once(stream, "drain");
  }
  return bytes;
}
