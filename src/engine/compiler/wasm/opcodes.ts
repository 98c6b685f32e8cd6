/**
 * Opcodes of the WebAssembly instructions that the compiler uses, by their names in the specification (core 2.0,
 * section 5.4).
 */

/** One-byte instructions without immediates. */
export const PLAIN = {
  unreachable: 0x00,
  return: 0x0f,
  drop: 0x1a,
  select: 0x1b,
  "i32.eqz": 0x45,
  "i32.eq": 0x46,
  "i32.ne": 0x47,
  "i32.lt_s": 0x48,
  "i32.lt_u": 0x49,
  "i32.ge_s": 0x4e,
  "i32.add": 0x6a,
  "i32.sub": 0x6b,
  "i32.mul": 0x6c,
  "i32.and": 0x71,
  "i32.shl": 0x74,
  "i32.shr_u": 0x76,
} as const;

/** Vector instructions without immediates; all carry the prefix 0xfd. */
export const VECTOR = {
  "i32x4.splat": 0x11,
  "f32x4.splat": 0x13,
  "i32x4.eq": 0x37,
  "i32x4.gt_s": 0x3b,
  "f32x4.eq": 0x41,
  "f32x4.ne": 0x42,
  "f32x4.lt": 0x43,
  "f32x4.gt": 0x44,
  "f32x4.le": 0x45,
  "f32x4.ge": 0x46,
  "v128.not": 0x4d,
  "v128.and": 0x4e,
  "v128.andnot": 0x4f,
  "v128.or": 0x50,
  "v128.xor": 0x51,
  "v128.bitselect": 0x52,
  "f32x4.floor": 0x68,
  "f32x4.nearest": 0x6a,
  "i32x4.shl": 0xab,
  "i32x4.shr_s": 0xac,
  "i32x4.shr_u": 0xad,
  "i32x4.add": 0xae,
  "i32x4.sub": 0xb1,
  "i32x4.max_s": 0xb8,
  "f32x4.abs": 0xe0,
  "f32x4.neg": 0xe1,
  "f32x4.sqrt": 0xe3,
  "f32x4.add": 0xe4,
  "f32x4.sub": 0xe5,
  "f32x4.mul": 0xe6,
  "f32x4.div": 0xe7,
  "f32x4.min": 0xe8,
  "f32x4.max": 0xe9,
  "f32x4.pmin": 0xea,
  "f32x4.pmax": 0xeb,
  "i32x4.trunc_sat_f32x4_s": 0xf8,
  "f32x4.convert_i32x4_s": 0xfa,
} as const;

/** Vector loads and stores, with log2 of their natural alignment in bytes; prefix 0xfd. */
export const VECTOR_MEMORY = {
  "v128.load": { code: 0x00, align: 4 },
  "v128.load32_splat": { code: 0x09, align: 2 },
  "v128.store": { code: 0x0b, align: 4 },
  "v128.load32_lane": { code: 0x56, align: 2 },
  "v128.load64_lane": { code: 0x57, align: 3 },
  "v128.store32_lane": { code: 0x5a, align: 2 },
  "v128.store64_lane": { code: 0x5b, align: 3 },
  "v128.load32_zero": { code: 0x5c, align: 2 },
  "v128.load64_zero": { code: 0x5d, align: 3 },
} as const;

/** Scalar loads and stores, with log2 of their natural alignment in bytes. */
export const SCALAR_MEMORY = {
  "i32.load": { code: 0x28, align: 2 },
  "i32.store": { code: 0x36, align: 2 },
} as const;

/** Atomic instructions on i32, of the threads proposal; prefix 0xfe. All are aligned to 4 bytes. */
export const ATOMIC = {
  "memory.atomic.notify": 0x00,
  "memory.atomic.wait32": 0x01,
  "i32.atomic.load": 0x10,
  "i32.atomic.store": 0x17,
  "i32.atomic.rmw.add": 0x1e,
} as const;

export type AtomicInstruction = keyof typeof ATOMIC;
export type PlainInstruction = keyof typeof PLAIN;
export type VectorInstruction = keyof typeof VECTOR;
export type VectorMemoryInstruction = keyof typeof VECTOR_MEMORY;
export type ScalarMemoryInstruction = keyof typeof SCALAR_MEMORY;
