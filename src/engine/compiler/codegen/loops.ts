/**
 * Code generation for loop kernels: the loop nest, the expressions in its body, reductions and stores. Knows kernels and
 * buffers.
 *
 * The order of every sum depends only on the shapes: vectors along the vector loop are added round-robin to `ACCUMULATORS`
 * accumulators (fewer if the body is long), which are then added pairwise, and their lanes as (0 + 2) + (1 + 3).
 */
import { sizeOf, type Tensor } from "../../graph.ts";
import { at, type Index, linear, plus, variable, ZERO } from "../affine-index.ts";
import { elements, isReduce, outputPosition, reducedAxes } from "../kernel-outputs.ts";
import type { Buffer } from "../memory-plan.ts";
import { pairwise } from "../pairwise.ts";
import type { KernelOutput, Loop, LoopKernel } from "../schedule/kernels.ts";
import { ELEMENT_BYTES, LANE_NUMBERS, LANES } from "../vector.ts";
import type { FunctionBuilder, Local } from "../wasm/assembler.ts";
import { assign } from "../wasm/counters.ts";
import { Expressions } from "./expressions.ts";
import { LoopNest, type Value } from "./loop-nest.ts";
import { REDUCTION } from "./math.ts";

const ACCUMULATORS = 4;

/** A part of a kernel's outermost loop, in locals: the position that it starts at, and how many iterations it has. */
export interface LoopRange {
  readonly first: Local;
  readonly trips: Local;
}

/** How the outermost loop of a kernel is cut into ranges, each element being computed as in the whole kernel. */
export interface LoopCut {
  /** Iterations, and the positions of each. */
  readonly trips: number;
  readonly width: number;
  /** Whether a vector loop leaves elements behind its whole iterations, which `emitLoopRest` writes. */
  readonly hasRest: boolean;
}

/** Returns how a kernel can be cut; null if its outermost loop is a reduction, or visits rows in order, or there is none. */
export function cutOf(kernel: LoopKernel): LoopCut | null {
  const [outermost] = kernel.loops;
  const isOrdered = kernel.outputs.some(({ kind }) => kind === "pad" || kind === "scatter");
  if (!outermost || outermost.reduced || isOrdered) return null;
  if (!outermost.vector) return { trips: outermost.size, width: 1, hasRest: false };
  const width = unrollOf(kernel) * LANES;
  const trips = Math.floor(outermost.size / width);
  return { trips, width, hasRest: outermost.size % width > 0 };
}

/** Where a kernel reads and writes tensors. */
export interface KernelBuffers {
  /** Returns the buffer that a tensor is loaded from; undefined for one that is computed. */
  bufferOf(tensor: Tensor): Buffer | undefined;
  /** Returns the buffers that a tensor is written to. */
  targetsOf(tensor: Tensor): readonly Buffer[];
}

/**
 * Appends a kernel to `f`, or the part of its outermost loop that is given: a range, if the kernel can be cut, or what the iterations of
 * a cut vector loop leave. `step` has the number of the step, which selects the rows of feed and result tables.
 */
export function emitLoops(
  f: FunctionBuilder,
  step: Local,
  kernel: LoopKernel,
  buffers: KernelBuffers,
  part: LoopRange | "rest" | null,
): void {
  new LoopEmitter(f, step, kernel, buffers, part).emit();
}

/** The accumulators of one element of a reduction. */
interface Accumulator {
  readonly output: KernelOutput;
  /** Vectors of partial results, which are used round-robin. */
  readonly partials: readonly Local[];
  /** The element of the unrolled axes that are not reduced. */
  readonly element: readonly number[];
}

/** A position of the vector loop, and the number of the partial result that accumulates it. */
interface LoopPosition {
  readonly index: Index;
  readonly partial: number;
}

/** A position of all loops, and the number of the partial result that accumulates it. */
interface Point {
  readonly indices: readonly Index[];
  readonly partial: number;
}

class LoopEmitter {
  readonly #f: FunctionBuilder;
  readonly #nest: LoopNest;
  readonly #kernel: LoopKernel;
  readonly #buffers: KernelBuffers;
  readonly #expressions: Expressions;
  readonly #unroll: number;
  readonly #part: LoopRange | "rest" | null;

  constructor(f: FunctionBuilder, step: Local, kernel: LoopKernel, buffers: KernelBuffers, part: LoopRange | "rest" | null) {
    this.#f = f;
    this.#part = part;
    this.#nest = new LoopNest(f, part === null || part === "rest" ? [step] : [step, part.first]);
    this.#kernel = kernel;
    this.#buffers = buffers;
    const own = new Set(kernel.outputs.filter(({ tensor }) => tensor.inputs.length > 0).map(({ tensor }) => tensor));
    this.#expressions = new Expressions(this.#nest, (tensor) => (own.has(tensor) ? undefined : buffers.bufferOf(tensor)));
    this.#unroll = unrollOf(kernel);
  }

  emit(): void {
    for (const { tensor, kind } of this.#kernel.outputs) if (kind === "pad" || kind === "scatter") this.#clear(tensor);
    this.#visit(0, [], []);
  }

  #clear(tensor: Tensor): void {
    for (const { address, stepBytes } of this.#buffers.targetsOf(tensor)) {
      const offset = this.#nest.offset([stepBytes]);
      this.#f.address(address);
      if (offset) {
        this.#f.get(offset.local);
        this.#f.plain("i32.add");
      }
      this.#f.i32(0);
      this.#f.i32(sizeOf(tensor.shape) * ELEMENT_BYTES);
      this.#f.memoryFill();
    }
  }

  /** Emits the loops from number `loop` on, and the body. `indices` are the positions of the outer loops. */
  #visit(loop: number, indices: readonly Index[], accumulators: readonly Accumulator[]): void {
    const { loops } = this.#kernel;
    const here = loops[loop];
    const entersReduction = accumulators.length === 0 && (here?.reduced ?? true) && this.#kernel.outputs.some(isReduce);
    if (entersReduction) {
      const started = this.#start(here === undefined || !loops.slice(loop).some(({ vector }) => vector) ? 1 : this.#unroll);
      this.#visitLoop(loop, here, indices, started, 0);
      this.#finish(started, indices);
    } else this.#visitLoop(loop, here, indices, accumulators, 0);
  }

  #visitLoop(
    loop: number,
    here: Loop | undefined,
    indices: readonly Index[],
    accumulators: readonly Accumulator[],
    partial: number,
  ): void {
    if (!here) {
      this.#body([{ indices, partial }], accumulators);
      return;
    }
    const inside = (positions: readonly LoopPosition[], lanes: number): void => {
      const before = this.#expressions.lanes;
      this.#expressions.lanes = lanes;
      const deeper = positions.map((each) => ({ indices: [...indices, each.index], partial: partial + each.partial }));
      if (loop + 1 === this.#kernel.loops.length) this.#body(deeper, accumulators);
      else for (const point of deeper) this.#visitInside(loop + 1, point, accumulators);
      this.#expressions.lanes = before;
    };
    if (this.#part !== null && loop === 0) this.#outermost(here, this.#part, inside);
    else if (here.vector) this.#vectorLoop(here, inside);
    else this.#scalarLoop(here, (index) => inside([{ index, partial: 0 }], this.#expressions.lanes));
  }

  #visitInside(loop: number, { indices, partial }: Point, accumulators: readonly Accumulator[]): void {
    if (accumulators.length > 0) this.#visitLoop(loop, this.#kernel.loops[loop], indices, accumulators, partial);
    else this.#visit(loop, indices, accumulators);
  }

  #scalarLoop({ size }: Loop, inside: (index: Index) => void): void {
    if (size === 1) inside(ZERO);
    else this.#nest.loop(size, 1, () => inside(this.#loopIndex(0, 0)));
  }

  /** Emits a part of the outermost loop: the body is that of the whole loop, only where it starts and ends differs. */
  #outermost(loop: Loop, part: LoopRange | "rest", inside: (positions: readonly LoopPosition[], lanes: number) => void): void {
    if (part === "rest") {
      this.#vectorRest(loop, Math.floor(loop.size / (this.#unroll * LANES)) * this.#unroll, inside);
      return;
    }
    const trips = { local: part.trips };
    const first = variable(1);
    if (!loop.vector) {
      this.#nest.loop(trips, 1, () => {
        inside([{ index: plus(first, variable(this.#nest.variable)), partial: 0 }], this.#expressions.lanes);
      });
      return;
    }
    this.#nest.loop(trips, this.#unroll * LANES, () => {
      const start = plus(first, variable(this.#nest.variable));
      const parts = Array.from({ length: this.#unroll }, (_, each) => each);
      inside(
        parts.map((each) => ({ index: { ...plus(start, at(each * LANES)), lane: 1 }, partial: each })),
        LANES,
      );
    });
  }

  /** Emits a loop over whole vectors, several per iteration; then the remaining vectors and elements, unrolled. */
  #vectorLoop(loop: Loop, inside: (positions: readonly LoopPosition[], lanes: number) => void): void {
    const vectors = Math.floor(loop.size / LANES);
    const trips = Math.floor(vectors / this.#unroll);
    const looped = trips > 1 ? trips * this.#unroll : 0;
    if (looped > 0) {
      this.#nest.loop(trips, this.#unroll * LANES, () => {
        const parts = Array.from({ length: this.#unroll }, (_, part) => part);
        inside(
          parts.map((part) => ({ index: this.#loopIndex(part * LANES, 1), partial: part })),
          LANES,
        );
      });
    }
    this.#vectorRest(loop, looped, inside);
  }

  /** Emits the vectors and elements from vector number `looped` on. */
  #vectorRest({ size }: Loop, looped: number, inside: (positions: readonly LoopPosition[], lanes: number) => void): void {
    const vectors = Math.floor(size / LANES);
    const unrolled = (vector: number): LoopPosition => ({
      index: { constant: vector * LANES, terms: [], lane: 1 },
      partial: vector % this.#unroll,
    });
    const left = Array.from({ length: vectors - looped }, (_, vector) => unrolled(looped + vector));
    for (let from = 0; from < left.length; from += this.#unroll) inside(left.slice(from, from + this.#unroll), LANES);
    const rest = size % LANES;
    if (rest > 0) inside([{ ...unrolled(vectors), partial: 0 }], rest);
  }

  #loopIndex(constant: number, lane: number): Index {
    return { ...variable(this.#nest.variable), constant, lane };
  }

  // ---------------------------------------------------------------- reductions

  #start(count: number): Accumulator[] {
    return this.#kernel.outputs.filter(isReduce).flatMap((output) => {
      const { initial } = reductionOf(output);
      return elements(output.roles, (axis) => !reducedAxes(output).includes(axis)).map((element) => ({
        output,
        element,
        partials: Array.from({ length: count }, () => {
          const local = this.#f.local("v128");
          const start = this.#nest.float(initial).local;
          assign(this.#f, local, { local: start });
          return local;
        }),
      }));
    });
  }

  #finish(accumulators: readonly Accumulator[], indices: readonly Index[]): void {
    for (const { output, partials, element } of accumulators) {
      const vectorReduced = this.#kernel.loops.some(({ vector, reduced }) => vector && reduced);
      let total = pairwise(partials, (a, b) => this.#combine(output, a, b));
      if (vectorReduced) total = this.#acrossLanes(output, total);
      const position = this.#position(output, indices, element).map((index, axis) =>
        reducedAxes(output).includes(axis) ? ZERO : index,
      );
      for (const buffer of this.#buffers.targetsOf(output.tensor)) {
        this.#expressions.store(buffer, linear(output.tensor.shape, position), total);
      }
    }
  }

  #combine(output: KernelOutput, a: Local, b: Local): Local {
    return this.#nest.codeAt(this.#nest.depth).op(reductionOf(output).instruction, a, b);
  }

  #acrossLanes(output: KernelOutput, vector: Local): Local {
    const swapped = (from: Local, lanes: readonly [number, number, number, number]): Local =>
      this.#nest.vectorAt(this.#nest.depth, () => {
        this.#f.get(from);
        this.#f.get(from);
        this.#f.shuffle(lanes);
      }).local;
    const halves = this.#combine(output, vector, swapped(vector, [2, 3, 0, 1]));
    return this.#combine(output, halves, swapped(halves, [1, 0, 3, 2]));
  }

  // ---------------------------------------------------------------- body

  /** Emits the body at several points: all values first, then all stores, so that in-place updates read the old values. */
  #body(points: readonly Point[], accumulators: readonly Accumulator[]): void {
    for (const output of this.#kernel.outputs) {
      for (const element of elements(output.roles, () => true)) {
        this.#expressions.prepare(
          output.value,
          points.map(({ indices }) => this.#position(output, indices, element)),
        );
      }
    }
    const stores = this.#kernel.outputs
      .filter((output) => !isReduce(output))
      .flatMap((output) =>
        elements(output.roles, () => true).flatMap((element) =>
          points.map(({ indices }) => {
            const position = this.#position(output, indices, element);
            return { output, position, value: this.#expressions.value(output.value, position) };
          }),
        ),
      );
    for (const accumulator of accumulators) {
      for (const { indices, partial } of points) this.#accumulate(accumulator, indices, partial);
    }
    for (const { output, position, value } of stores) this.#store(output, position, value);
  }

  #accumulate({ output, element, partials }: Accumulator, indices: readonly Index[], partial: number): void {
    const reduced = reducedAxes(output);
    const terms = elements(output.roles, () => true)
      .filter((each) => each.every((at, axis) => reduced.includes(axis) || at === element[axis]))
      .map((each) => this.#expressions.value(output.value, this.#position(output, indices, each)));
    const term = pairwise(terms, (a, b) => this.#nest.op(reductionOf(output).instruction, a, b));
    const accumulator = partials[partial % partials.length] as Local;
    const hasIdleLanes =
      this.#expressions.lanes < LANES && this.#kernel.loops.some(({ vector, reduced: over }) => vector && over);
    const masked = hasIdleLanes ? this.#withoutIdleLanes(output, term) : term.local;
    this.#f.get(accumulator);
    this.#f.get(masked);
    this.#f.vector(reductionOf(output).instruction);
    this.#f.set(accumulator);
  }

  /** Replaces unused lanes by the neutral element. */
  #withoutIdleLanes(output: KernelOutput, { local }: Value): Local {
    const neutral = this.#nest.float(reductionOf(output).initial).local;
    const used = LANE_NUMBERS.map((lane) => (lane < this.#expressions.lanes ? 0xffff_ffff : 0));
    return this.#nest.vectorAt(this.#nest.depth, () => {
      this.#f.get(local);
      this.#f.get(neutral);
      this.#f.v128(used as [number, number, number, number]);
      this.#f.vector("v128.bitselect");
    }).local;
  }

  #store(output: KernelOutput, position: readonly Index[], value: Value): void {
    const { tensor } = output;
    for (const buffer of this.#buffers.targetsOf(tensor)) {
      if (output.kind !== "scatter") {
        this.#expressions.store(buffer, linear(tensor.shape, outputPosition(output, position)), value.local);
        continue;
      }
      const lead = (tensor.inputs[1] as Tensor).shape.length;
      const rowBytes = sizeOf(tensor.shape.slice(1)) * ELEMENT_BYTES;
      const rows = this.#expressions.rows(tensor.inputs[1] as Tensor, position.slice(0, lead), rowBytes);
      const offset = linear(tensor.shape, [ZERO, ...position.slice(lead)]);
      const before = this.#nest.at(this.#nest.depth, () => this.#expressions.load(buffer, offset, rows));
      const sum = this.#nest.op("f32x4.add", before, { local: value.local, depth: this.#nest.depth });
      this.#expressions.store(buffer, offset, sum.local, rows);
    }
  }

  #position({ roles }: KernelOutput, indices: readonly Index[], element: readonly number[]): Index[] {
    return roles.map((role, axis) => {
      if (role.kind === "loop") return indices[role.loop] ?? ZERO;
      return role.kind === "expand" ? at(element[axis] ?? 0) : ZERO;
    });
  }
}

const reductionOf = ({ tensor: { op } }: KernelOutput) => REDUCTION[op.kind === "max" ? "max" : "sum"];

/** Cost of a body above which a second copy of it does not fit in the processor's reorder buffer. */
const LONG_BODY = 500;
const SHORT_BODY = 40;

/** Vectors per iteration. Several let chains of dependent instructions overlap. */
function unrollOf({ loops, outputs, cost }: LoopKernel): number {
  const vector = loops.findIndex((loop) => loop.vector);
  const size = loops[vector]?.size ?? 0;
  const reduces = outputs.some(isReduce);
  if (size < 2 * LANES || cost > LONG_BODY) return 1;
  // A vector loop around a reduction cannot be unrolled: it runs one reduction at a time.
  if (reduces && !loops[vector]?.reduced) return 1;
  return reduces && cost <= SHORT_BODY && size >= 2 * ACCUMULATORS * LANES ? ACCUMULATORS : 2;
}
