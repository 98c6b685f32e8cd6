/**
 * Randomness as a function: counter-based, so that a stream's position is a number that can be saved, and streams of one
 * seed are independent. Knows nothing of tensors; the `uniform` primitive of the graph is defined by the same threefry.
 */

const ROTATIONS = [13, 15, 26, 6, 17, 29, 16, 24] as const;
const PARITY = 0x1bd11bda;

/**
 * Threefry-2x32 with 20 rounds: two words of 32 random bits (unsigned) for a key and a counter of two words each.
 * J. K. Salmon, M. A. Moraes, R. O. Dror, D. E. Shaw, "Parallel random numbers: as easy as 1, 2, 3", SC 2011.
 */
export function threefry2x32(key0: number, key1: number, counter0: number, counter1: number): [number, number] {
  const keys = [key0, key1, key0 ^ key1 ^ PARITY] as const;
  let x0 = (counter0 + key0) | 0;
  let x1 = (counter1 + key1) | 0;
  for (let round = 0; round < 20; round++) {
    const rotation = ROTATIONS[round % 8] as number;
    x0 = (x0 + x1) | 0;
    x1 = ((x1 << rotation) | (x1 >>> (32 - rotation))) ^ x0;
    if (round % 4 !== 3) continue;
    const injection = (round + 1) / 4;
    x0 = (x0 + (keys[injection % 3] as number)) | 0;
    x1 = (x1 + (keys[(injection + 1) % 3] as number) + injection) | 0;
  }
  return [x0 >>> 0, x1 >>> 0];
}
