/**
 * Raise it with every change after which a training may give other bits: arithmetic, orders of summation, random streams,
 * initialisers, defaults. A receipt names it.
 */
export const ENGINE_VERSION = "2";
