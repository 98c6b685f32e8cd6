/** Who is held to the reference cases, and how tightly. */
import { interpret } from "../../src/engine/interpreter.ts";
import type { Executor } from "./golden.ts";

export const INTERPRETER: Executor = {
  name: "float64 interpreter",
  execute: interpret,
  tolerance: 1e-9,
  cancellation: 1e-3,
};
