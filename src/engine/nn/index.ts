/** Neural-network functions with PyTorch's names: primitives that are activations, and functions composed of primitives. */
export { sigmoid, tanh } from "../graph.ts";
export * from "./activations.ts";
export * from "./convolution.ts";
export * from "./functional.ts";
export { calculateGain, type InitialiserSpec, initialiser } from "./initialisers.ts";
export * from "./normalisation.ts";
