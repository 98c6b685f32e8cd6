/**
 * Writes loop kernels, each distinct one once: the equal layers of a network have equal kernels, which differ in the addresses of what
 * they read and write. The bytes are those that would be written without templates.
 */
import type { Tensor } from "../../graph.ts";
import type { Buffer, ProgramPlan } from "../memory-plan.ts";
import type { LoopKernel } from "../schedule/kernels.ts";
import type { FunctionBuilder, Local } from "../wasm/assembler.ts";
import { place, standIn, type Template, TemplateBuilder } from "../wasm/template.ts";
import { type KernelKey, keyOf } from "./kernel-key.ts";
import { emitLoops, type LoopRange } from "./loops.ts";

/** The parameters of a template: the number of the step and, for a range, where it starts and how many iterations it has. */
const [STEP, FIRST, TRIPS] = [0, 1, 2];

/** The kernels of a module that were written so far. */
export class LoopTemplates {
  readonly #known = new Map<string, Template>();

  /**
   * Appends a kernel to `f`, or a part of it, as `emitLoops` does. `step` has the number of the step, which selects the rows of feed
   * and result tables.
   */
  emit(
    f: FunctionBuilder,
    step: Local,
    kernel: LoopKernel,
    plan: ProgramPlan,
    part: LoopRange | "rest" | null = null,
  ): void {
    const key = keyOf(kernel, plan);
    const text = `${part === null || part === "rest" ? part : "range"}\n${key.text}`;
    let template = this.#known.get(text);
    if (!template) {
      template = write(kernel, plan, key, part);
      this.#known.set(text, template);
    }
    const parameters = part === null || part === "rest" ? [step, step, step] : [step, part.first, part.trips];
    place(f, template, parameters, key.addresses);
  }
}

function write(kernel: LoopKernel, plan: ProgramPlan, { numbers }: KernelKey, part: LoopRange | "rest" | null): Template {
  const builder = new TemplateBuilder(["i32", "i32", "i32"]);
  const unplaced = ({ address, stepBytes }: Buffer): Buffer => {
    const number = numbers.get(address);
    if (number === undefined) throw new Error("the key of a kernel lacks one of its buffers");
    return { address: standIn(number), stepBytes };
  };
  const bufferOf = (tensor: Tensor): Buffer | undefined => {
    const buffer = plan.buffers.get(tensor);
    return buffer && unplaced(buffer);
  };
  const targetsOf = (tensor: Tensor): Buffer[] => (plan.targets.get(tensor) ?? []).map(unplaced);
  const range = part === null || part === "rest" ? part : { first: FIRST, trips: TRIPS };
  emitLoops(builder, STEP, kernel, { bufferOf, targetsOf }, range);
  return builder.template();
}
