/** Sizes shared by all generated code: the width of a vector and the size of an element. */

/** Elements per vector: four float32 in the 128 bits of WebAssembly's SIMD. */
export const LANES = 4;

/** The lane numbers of a vector. */
export const LANE_NUMBERS = [0, 1, 2, 3] as const;

/** Bytes per element, for float32 and int32. */
export const ELEMENT_BYTES = 4;
