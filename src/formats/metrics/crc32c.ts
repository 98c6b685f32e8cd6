/** CRC-32C: the checksum of Castagnoli's polynomial (RFC 3720, appendix B.4), reflected, with its masked form of TFRecord. */

const POLYNOMIAL = 0x82f63b78;

const TABLE = Uint32Array.from({ length: 256 }, (_, index) => {
  let remainder = index;
  for (let bit = 0; bit < 8; bit++) remainder = remainder & 1 ? (remainder >>> 1) ^ POLYNOMIAL : remainder >>> 1;
  return remainder;
});

/**
 * The checksum of bytes `start` up to `end`, as an unsigned integer.
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

/** The checksum as TFRecord stores it: rotated and shifted, so that a checksum over checksums is worth something. */
export function maskedCrc32c(bytes: Uint8Array, start?: number, end?: number): number {
  const checksum = crc32c(bytes, start, end);
  return (((checksum >>> 15) | (checksum << 17)) + 0xa282ead8) >>> 0;
}
