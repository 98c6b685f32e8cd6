/**
 * Writes loop kernels, each distinct one once: equal kernels differ in the addresses of what they read and write. The bytes are those
 * that would be written without templates.
 */
import type { Tensor } from "../../graph.ts";
import type { Buffer, ProgramPlan } from "../memory-plan.ts";
import type { LoopKernel } from "../schedule/kernels.ts";
import type { FunctionBuilder, Local } from "../wasm/assembler.ts";
import { place, standIn, type Template, TemplateBuilder } from "../wasm/template.ts";
import { emitLoops, type LoopRange } from "./loops.ts";

/** The parameters of a template: the number of the step and, for a range, where it starts and how many iterations it has. */
const [STEP, FIRST, TRIPS] = [0, 1, 2];

/** The kernels of a module that were written so far. */
export class LoopTemplates {
  readonly #known = new Map<string, Template>();

  /** The number of distinct kernels. */
  get size(): number {
    return this.#known.size;
  }

  /**
   * Appends a kernel to `f`, or a part of it, as `emitLoops` does. `step` has the number of the step, which selects the rows of feed
   * and result tables.
   */
  emit(f: FunctionBuilder, step: Local, kernel: LoopKernel, plan: ProgramPlan, part: LoopRange | "rest" | null = null): void {
    const addresses = new Map<number, number>();
    const name = ({ address, stepBytes }: Buffer): string => {
      const number = addresses.get(address) ?? addresses.size;
      addresses.set(address, number);
      return `@${number}+${stepBytes}`;
    };
    // Which tensors share memory, and which are in tables, is part of the code.
    const loads = kernel.structure.loaded.map((tensor) => {
      const buffer = plan.buffers.get(tensor);
      return buffer ? name(buffer) : "-";
    });
    const stores = kernel.outputs.map(({ tensor }) => (plan.targets.get(tensor) ?? []).map(name).join("&"));
    const whole = part === null || part === "rest";
    const text = `${whole ? part : "range"} ${loads.join()} to ${stores.join()}\n${kernel.structure.text}`;
    let template = this.#known.get(text);
    if (!template) {
      template = write(kernel, plan, addresses, whole ? part : { first: FIRST, trips: TRIPS });
      this.#known.set(text, template);
    }
    place(f, template, whole ? [step, step, step] : [step, part.first, part.trips], [...addresses.keys()]);
  }
}

/** Writes the template of a kernel, or of a part of it, with stand-ins for its addresses. */
function write(
  kernel: LoopKernel,
  plan: ProgramPlan,
  addresses: ReadonlyMap<number, number>,
  part: LoopRange | "rest" | null,
): Template {
  const builder = new TemplateBuilder(["i32", "i32", "i32"]);
  const unplaced = ({ address, stepBytes }: Buffer): Buffer => {
    const number = addresses.get(address);
    if (number === undefined) throw new Error("the structure of a kernel lacks a tensor that it loads");
    return { address: standIn(number), stepBytes };
  };
  const bufferOf = (tensor: Tensor): Buffer | undefined => {
    const buffer = plan.buffers.get(tensor);
    return buffer && unplaced(buffer);
  };
  const targetsOf = (tensor: Tensor): Buffer[] => (plan.targets.get(tensor) ?? []).map(unplaced);
  emitLoops(builder, STEP, kernel, { bufferOf, targetsOf }, part);
  return builder.template();
}
