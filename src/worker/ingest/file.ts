/** Reads the bytes of an uploaded file: from the beginning, decompressed if necessary, and at any position. Knows no format. */
import { createReadStream } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { pipeline, type Readable } from "node:stream";
import { createGunzip } from "node:zlib";
import type { AsyncBuffer } from "hyparquet";
import { type ByteChunks, malformedTable, overLimit } from "../../formats/tables/table.ts";

const CHUNK_BYTES = 1024 * 1024;

/** The first bytes of a file, as many as there are. */
export async function firstBytes(path: string, count: number): Promise<Buffer> {
  await using file = await open(path);
  const { buffer, bytesRead } = await file.read(Buffer.alloc(count), 0, count, 0);
  return buffer.subarray(0, bytesRead);
}

/**
 * The bytes of a file, decompressed if it is gzip. Throws too_large beyond `limitBytes`. A chunk is valid until the next one is requested:
 * one buffer serves them all, because the garbage collector is slow to free buffers outside of its heap.
 */
export function chunksOf(path: string, gzip: boolean, limitBytes: number): ByteChunks {
  return async function* () {
    let unpacked = 0;
    try {
      for await (const chunk of gzip ? gunzip(createReadStream(path, { highWaterMark: CHUNK_BYTES })) : plainChunks(path)) {
        unpacked += (chunk as Buffer).length;
        if (unpacked > limitBytes) throw overLimit("the unpacked file has more bytes", limitBytes, "DATASET_BYTES");
        yield chunk as Buffer<ArrayBuffer>;
      }
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code?.startsWith("Z_")) throw malformedTable(`the gzip data is broken: ${(error as Error).message}`);
      throw error;
    }
  };
}

async function* plainChunks(path: string): AsyncGenerator<Uint8Array<ArrayBuffer>, void, void> {
  await using file = await open(path);
  const buffer = new Uint8Array(CHUNK_BYTES);
  for (;;) {
    const { bytesRead } = await file.read(buffer, 0, CHUNK_BYTES);
    if (bytesRead === 0) return;
    yield buffer.subarray(0, bytesRead);
  }
}

function gunzip(packed: Readable): Readable {
  const unpacking = createGunzip({ chunkSize: CHUNK_BYTES });
  // Errors are thrown to the reader of the result.
  pipeline(packed, unpacking, () => undefined);
  return unpacking;
}

/** A file as hyparquet reads it. A range beyond the end returns the existing bytes. */
export function randomAccess(file: FileHandle, byteLength: number): AsyncBuffer {
  return {
    byteLength,
    async slice(start, end = byteLength) {
      const from = Math.max(0, Math.min(start < 0 ? byteLength + start : start, byteLength));
      const length = Math.max(0, Math.min(end, byteLength) - from);
      const bytes = new Uint8Array(length);
      for (let read = 0; read < length; ) {
        const { bytesRead } = await file.read(bytes, read, length - read, from + read);
        if (bytesRead === 0) throw new Error("the file ended while it was read");
        read += bytesRead;
      }
      return bytes.buffer;
    },
  };
}
