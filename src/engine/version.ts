/**
 * The version of the engine's numerics, named in every receipt. Increase it with each change that can change the bits of a
 * training run: arithmetic, summation order, random streams, initialisers, defaults.
 */
export const ENGINE_VERSION = "2";
