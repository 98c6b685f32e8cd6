/** The sizes that all generated code shares: how wide a vector is, and how large an element. */

/** Elements of a vector: four float32 fill the 128 bits of WebAssembly's SIMD. */
export const LANES = 4;

/** The lanes of a vector by number. */
export const LANE_NUMBERS = [0, 1, 2, 3] as const;

/** Bytes of an element: float32 and int32 alike. */
export const ELEMENT_BYTES = 4;
