/** Hashes of tensors. */
import { hash } from "node:crypto";

/** Returns the SHA-256 of float32 or int32 values in little-endian order, the byte order of every machine that Node runs on. */
export function sha256Of(values: Float32Array | Int32Array): string {
  return hash("sha256", new Uint8Array(values.buffer, values.byteOffset, values.byteLength), "hex");
}
