/**
 * Assembles the module of a set of planned programs. Each program has a function that computes one step, and a function,
 * exported under the program's name, that runs several steps.
 */

import { emitMatmul } from "../matmul/matmul.ts";
import { PackFunctions } from "../matmul/pack.ts";
import type { MemoryPlan, ProgramPlan } from "../memory-plan.ts";
import type { Kernel } from "../schedule/kernels.ts";
import { type FunctionBuilder, type Local, ModuleBuilder, type ValueType } from "../wasm/assembler.ts";
import { countUp } from "../wasm/counters.ts";
import { LoopTemplates } from "./loop-templates.ts";

/** Returns the bytes of the module. Each program is exported as a function with one parameter: the number of steps. */
export function emitModule(kernels: ReadonlyMap<string, readonly Kernel[]>, plan: MemoryPlan): Uint8Array<ArrayBuffer> {
  const module = new ModuleBuilder();
  const packs = new PackFunctions(module);
  const templates = new LoopTemplates();
  for (const [name, program] of plan.programs) {
    const step = emitStep(module, packs, templates, kernels.get(name) as readonly Kernel[], program);
    module.export(name, emitRun(module, step));
  }
  return module.finish();
}

const STEP = 0;

/**
 * Bytes of code after which another function begins. V8 takes time for each loop of a function by the number of the function's locals, so
 * that a step of hundreds of kernels in one function would take it seconds. Steps of small networks are shorter than this.
 *
 * @internal Exported for tests.
 */
export const FUNCTION_BYTES = 16_384;

/** Writes a function that does `parts` in order. A long one is cut into several, which it calls. */
export function emitSequence(
  module: ModuleBuilder,
  parameters: readonly ValueType[],
  parts: readonly ((f: FunctionBuilder) => void)[],
): FunctionBuilder {
  let f = module.function(parameters);
  const functions = [f];
  for (const emit of parts) {
    if (f.code.length >= FUNCTION_BYTES) {
      f = module.function(parameters);
      functions.push(f);
    }
    emit(f);
  }
  if (functions.length === 1) return f;
  const whole = module.function(parameters);
  for (const each of functions) {
    for (const parameter of parameters.keys()) whole.get(parameter);
    whole.call(each);
  }
  return whole;
}

/** Writes the function that computes one step, whose number is its parameter. */
export function emitStep(
  module: ModuleBuilder,
  packs: PackFunctions,
  templates: LoopTemplates,
  kernels: readonly Kernel[],
  plan: ProgramPlan,
): FunctionBuilder {
  return emitSequence(
    module,
    ["i32"],
    [
      ...kernels.map((kernel) => (f: FunctionBuilder) => {
        if (kernel.kind === "matmul") emitMatmul(module, packs, f, STEP, kernel, plan);
        else templates.emit(f, STEP, kernel, plan);
      }),
      ...plan.copies.map((copy) => (f: FunctionBuilder) => emitCopy(f, STEP, copy)),
    ],
  );
}

/** Appends the copy of a state's new value, from the row of the step if it is in a table. */
export function emitCopy(f: FunctionBuilder, step: Local, { from, to, bytes }: ProgramPlan["copies"][number]): void {
  f.i32(to.address);
  f.i32(from.address);
  if (from.stepBytes > 0) {
    f.get(step);
    f.i32(from.stepBytes);
    f.plain("i32.mul");
    f.plain("i32.add");
  }
  f.i32(bytes);
  f.memoryCopy();
}

/** for (step = 0; step < steps; step++) body(step), for at least one step. */
export function emitRun(module: ModuleBuilder, body: FunctionBuilder): FunctionBuilder {
  const f = module.function(["i32"]);
  const steps = 0;
  const step = f.local("i32");
  countUp(f, step, { local: steps }, () => {
    f.get(step);
    f.call(body);
  });
  return f;
}
