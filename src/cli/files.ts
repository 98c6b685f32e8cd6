/** The files of a command: those that it reads, named in its errors, and its output, which appears only when it is complete. */
import { once } from "node:events";
import { createWriteStream } from "node:fs";
import { readFile, rename, rm, stat } from "node:fs/promises";
import type { Writable } from "node:stream";
import { text } from "node:stream/consumers";
import { finished } from "node:stream/promises";
import { CliError } from "./exit.ts";

type Chunks = AsyncIterable<Uint8Array> | Iterable<Uint8Array>;

/** Rejects with a CliError where a path is no file; `what` the file should be, such as "a table". */
export async function assertFile(path: string, what: string): Promise<void> {
  const found = await stat(path).catch(({ code, message }: NodeJS.ErrnoException) => {
    throw new CliError(`${path}: ${code === "ENOENT" ? "no such file" : message}`);
  });
  if (found.isDirectory()) throw new CliError(`${path} is a folder, not ${what}`);
}

/** Reads JSON from a file; `-` is stdin. Rejects with a CliError that names the path. */
export async function readJson(path: string, what: string, input: NodeJS.ReadStream): Promise<unknown> {
  if (path !== "-") await assertFile(path, what);
  const json = path === "-" ? await text(input) : await readFile(path, "utf8");
  try {
    return JSON.parse(json);
  } catch (error) {
    throw new CliError(`${path === "-" ? "stdin" : path} is not JSON, which ${what} must be: ${(error as Error).message}`);
  }
}

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
