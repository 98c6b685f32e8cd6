/** Hashes of tensors. */
import { createHash } from "node:crypto";

/** Returns the SHA-256 of float32 values in little-endian order, the byte order of every machine that Node runs on. */
export function sha256Of(values: Float32Array): string {
  return createHash("sha256")
    .update(new Uint8Array(values.buffer, values.byteOffset, values.byteLength))
    .digest("hex");
}
