/** CRC-32C: the reflected checksum with Castagnoli's polynomial (RFC 3720, appendix B.4), and the masked form of TFRecord. */

const POLYNOMIAL = 0x82f63b78;

const TABLE = Uint32Array.from({ length: 256 }, (_, index) => {
  let remainder = index;
  for (let bit = 0; bit < 8; bit++) remainder = remainder & 1 ? (remainder >>> 1) ^ POLYNOMIAL : remainder >>> 1;
  return remainder;
});

/**
 * Returns the checksum of the bytes from `start` up to `end`, as an unsigned integer.
 *
 * @internal Exported for a test against published checksums, which are not masked.
 */
export function crc32c(bytes: Uint8Array, start = 0, end = bytes.length): number {
  let remainder = 0xffffffff;
  for (let index = start; index < end; index++) {
    remainder = (TABLE[(remainder ^ (bytes[index] as number)) & 0xff] as number) ^ (remainder >>> 8);
  }
  return (remainder ^ 0xffffffff) >>> 0;
}

/** Returns the checksum as TFRecord stores it: rotated, plus a constant, because a CRC over data with CRCs is weak. */
export function maskedCrc32c(bytes: Uint8Array, start?: number, end?: number): number {
  const checksum = crc32c(bytes, start, end);
  return (((checksum >>> 15) | (checksum << 17)) + 0xa282ead8) >>> 0;
}
