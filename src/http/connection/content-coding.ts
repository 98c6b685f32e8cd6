/** Content codings of request bodies: which there are, and how a packed body is unpacked within a limit. Knows no content type. */
import type { IncomingHttpHeaders } from "node:http";
import { pipeline } from "node:stream";
import { createGunzip } from "node:zlib";
import { TrainyardError } from "../../domain/errors.ts";

/** Whether a body is gzip. Throws unsupported_media_type for any other coding. */
export function isGzip({ "content-encoding": header }: IncomingHttpHeaders): boolean {
  const coding = header?.trim().toLowerCase() ?? "identity";
  if (coding === "gzip" || coding === "x-gzip") return true;
  if (coding === "identity" || coding === "") return false;
  throw new TrainyardError("unsupported_media_type", `the content encoding ${coding} is not supported; gzip is`);
}

/** How far a packed body may go, and the error when it goes further. */
export interface UnpackLimit {
  readonly bytes: number;
  readonly error: () => TrainyardError;
}

const PIECE_BYTES = 64 * 1024;

/**
 * The bytes of a gzip body, unpacked as they are asked for, in threads of libuv. Throws the limit's error when the body is over it,
 * packed or unpacked, malformed where it is no gzip or is cut off, and what its bytes throw.
 */
export async function* unpackGzip(
  packed: AsyncIterable<Uint8Array>,
  limit: UnpackLimit,
): AsyncGenerator<Uint8Array, void, void> {
  const unpacking = createGunzip({ chunkSize: PIECE_BYTES });
  // What goes wrong in the bytes is thrown to whoever reads the result.
  pipeline(bounded(packed, limit), unpacking, () => undefined);
  try {
    yield* bounded(unpacking as AsyncIterable<Uint8Array>, limit);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code?.startsWith("Z_") !== true) throw error;
    throw new TrainyardError("malformed", `the gzip data is broken: ${(error as Error).message}`);
  }
}

async function* bounded(
  chunks: AsyncIterable<Uint8Array>,
  { bytes, error }: UnpackLimit,
): AsyncGenerator<Uint8Array, void, void> {
  let seen = 0;
  for await (const chunk of chunks) {
    seen += chunk.length;
    if (seen > bytes) throw error();
    yield chunk;
  }
}
