/**
 * Packs the operands of a product into panels before its tiles read them, whole or a range of panels. Knows products and their
 * buffers; pack.ts writes the functions that copy.
 */
import type { Buffer, ProgramPlan } from "../memory-plan.ts";
import type { MatmulKernel, OperandView } from "../schedule/kernels.ts";
import { ELEMENT_BYTES, LANES } from "../vector.ts";
import type { FunctionBuilder, Local } from "../wasm/assembler.ts";
import { type Amount, push } from "../wasm/counters.ts";
import type { PackFunctions } from "./pack.ts";
import { innerLengths, TILE_COLUMNS, TILE_ROWS, transposesB } from "./product.ts";

/** The copying of one operand into panels: each has `width` lines (rows of a, columns of b) side by side. */
export interface Packing {
  readonly view: OperandView;
  readonly target: Buffer;
  readonly panels: number;
  /** Bytes of a panel, and how far apart two panels are in the operand. */
  readonly panelBytes: number;
  readonly sourceBytes: number;
  readonly width: number;
  readonly lines: number;
  /** Whether the inner axis is contiguous, so that blocks are transposed. */
  readonly across: boolean;
  /** Distance of inner positions, or of lines if they are transposed. */
  readonly strideBytes: number;
  readonly inner: number;
}

/** Returns the packings that a product needs, in order. */
export function packingsOf(kernel: MatmulKernel, plan: ProgramPlan): Packing[] {
  const { batch, m, n, k } = kernel.shape;
  const { a, b } = plan.packs.get(kernel) ?? { a: undefined, b: undefined };
  const [rowAxis, columnAxis] = [batch.length, batch.length + 1];
  const [innerA, innerB] = innerLengths(kernel);
  const packing = (
    view: OperandView,
    target: Buffer,
    width: number,
    lines: number,
    length: number,
    across: boolean,
  ): Packing => {
    const [lineAxis, innerAxis] = view === kernel.a ? [rowAxis, columnAxis] : [columnAxis, rowAxis];
    const strideOf = (axis: number): number => (view.index.terms[axis] ?? 0) * ELEMENT_BYTES;
    return {
      view,
      target,
      panels: Math.ceil(lines / width),
      panelBytes: width * length * ELEMENT_BYTES,
      sourceBytes: width * strideOf(lineAxis),
      width,
      lines,
      across,
      strideBytes: strideOf(across ? lineAxis : innerAxis),
      inner: across ? Math.ceil(k / LANES) : k,
    };
  };
  return [
    ...(a ? [packing(kernel.a, a, TILE_ROWS, m, innerA, false)] : []),
    ...(b ? [packing(kernel.b, b, TILE_COLUMNS, n, innerB, transposesB(kernel))] : []),
  ];
}

/** Panels of a packing, from one on. */
export interface PanelRange {
  readonly first: Local;
  readonly count: Amount;
}

/** Appends the packing of all panels, or of a range. `outer` has the locals of the step and the batch. */
export function emitPacking(
  packs: PackFunctions,
  f: FunctionBuilder,
  outer: readonly Local[],
  plan: ProgramPlan,
  packing: Packing,
  range: PanelRange | null = null,
): void {
  const { view, target, panels, panelBytes, sourceBytes, width, lines, across, strideBytes, inner } = packing;
  /** Adds first · factor to the number on the stack. */
  const addFirst = (factor: number): void => {
    if (!range) return;
    f.get(range.first);
    f.i32(factor);
    f.plain("i32.mul");
    f.plain("i32.add");
  };
  pushSource(f, outer, view, plan.buffers.get(view.tensor) as Buffer);
  addFirst(sourceBytes);
  f.i32(strideBytes);
  f.i32(inner);
  push(f, range ? range.count : panels);
  f.i32(target.address);
  addFirst(panelBytes);
  f.i32(lines - 1);
  addFirst(-width);
  f.call(across ? packs.across(width) : packs.along(width));
}

/** Pushes the address of an operand's first element in the current step and batch. */
function pushSource(f: FunctionBuilder, outer: readonly Local[], { index }: OperandView, buffer: Buffer): void {
  const coefficients = [buffer.stepBytes, ...index.terms.slice(0, outer.length - 1).map((term) => term * ELEMENT_BYTES)];
  f.i32(buffer.address + index.constant * ELEMENT_BYTES);
  coefficients.forEach((coefficient, variable) => {
    if (coefficient === 0) return;
    f.get(outer[variable] as Local);
    f.i32(coefficient);
    f.plain("i32.mul");
    f.plain("i32.add");
  });
}
