/**
 * Tasks: the kernels of a program as work for several threads. A large kernel is cut into chunks along its outputs, so that each element is
 * computed by the same instructions as in the whole kernel. Knows what a task reads and writes, and about how long it takes.
 */
import { sizeOf, type Tensor } from "../../graph.ts";
import { cutOf } from "../codegen/loops.ts";
import { expressionOf } from "../expression.ts";
import { type Packing, packingsOf } from "../matmul/operand-packing.ts";
import { blockRowsOf, readsOf, TILE_ROWS } from "../matmul/product.ts";
import { type Buffer, type ProgramPlan, trafficOf } from "../memory-plan.ts";
import { costWithin } from "../schedule/cost-model.ts";
import type { Kernel, LoopKernel, MatmulKernel } from "../schedule/kernels.ts";
import type { TensorMembers } from "../tensor-tables.ts";
import { ELEMENT_BYTES, LANES } from "../vector.ts";

/** Bytes of memory, from an address up to another. */
export interface Span {
  readonly from: number;
  readonly to: number;
}

/** What a task computes. */
export type Work =
  | { readonly kind: "kernel"; readonly kernel: Kernel }
  /** Iterations of the outermost loop, each of `width` positions. */
  | { readonly kind: "loops"; readonly kernel: LoopKernel; readonly width: number }
  /** The positions left over after the iterations of a vector loop. */
  | { readonly kind: "rest"; readonly kernel: LoopKernel }
  | { readonly kind: "packing"; readonly kernel: MatmulKernel; readonly packing: Packing }
  | { readonly kind: "tiles"; readonly kernel: MatmulKernel }
  /** The rows left over after whole tiles. */
  | { readonly kind: "edge"; readonly kernel: MatmulKernel }
  | { readonly kind: "copy"; readonly copy: ProgramPlan["copies"][number] };

export interface Task {
  readonly work: Work;
  readonly reads: readonly Span[];
  readonly writes: readonly Span[];
  /** Estimated time on one thread. */
  readonly nanoseconds: number;
  /** Iterations, panels or tiles, and how many of them a chunk has. 1 of 1 for a task that is not cut. */
  readonly trips: number;
  readonly chunk: number;
}

/** How finely kernels are cut. No bit depends on it. */
export interface Grain {
  /** A kernel that takes less time than this is not cut. */
  readonly cutNs: number;
  /** Least time of a chunk. */
  readonly chunkNs: number;
  /** Least tiles of a chunk, which read each panel of b while it is in the L1 cache. */
  readonly chunkTiles: number;
}

/** The grain for real runs. */
export const USUAL_GRAIN: Grain = { cutNs: 20_000, chunkNs: 8_000, chunkTiles: 2 };
/** Cuts everything as finely as possible: for tests. */
export const FINEST_GRAIN: Grain = { cutNs: 0, chunkNs: 0, chunkTiles: 1 };

/** Maximum chunks of a task: enough for many threads, few enough to distribute at no cost. */
const MAX_CHUNKS = 64;

/** Rates of one thread on a typical machine: they decide what is cut, but no result. */
const FLOPS_PER_NS = 30;
const INSTRUCTIONS_PER_NS = 5;
const BYTES_PER_NS = 8;

/** Returns the number of chunks of a task. */
export const chunksOf = ({ trips, chunk }: Task): number => Math.ceil(trips / chunk);

/** Whether a task is too short to be handed out on its own. */
export const isShort = (task: Task): boolean => task.nanoseconds < USUAL_GRAIN.cutNs && chunksOf(task) === 1;

/** Returns the tasks of a program in an order in which one thread could run them. */
export function tasksOf(
  kernels: readonly Kernel[],
  plan: ProgramPlan,
  stored: TensorMembers,
  grain: Grain = USUAL_GRAIN,
): Task[] {
  const copies = plan.copies.map((copy): Task => {
    const span = ({ address }: Buffer): Span => ({ from: address, to: address + copy.bytes });
    const nanoseconds = copy.bytes / BYTES_PER_NS;
    return { work: { kind: "copy", copy }, reads: [span(copy.from)], writes: [span(copy.to)], nanoseconds, trips: 1, chunk: 1 };
  });
  return [
    ...kernels.flatMap((kernel) =>
      kernel.kind === "matmul" ? tasksOfProduct(kernel, plan, stored, grain) : tasksOfLoops(kernel, plan, stored, grain),
    ),
    ...copies,
  ];
}

function tasksOfLoops(kernel: LoopKernel, plan: ProgramPlan, stored: TensorMembers, grain: Grain): Task[] {
  const points = kernel.loops.reduce((product, { size, vector }) => product * (vector ? Math.ceil(size / LANES) : size), 1);
  // The copies of unrolled axes are points too.
  const instructions = kernel.outputs.reduce(
    (sum, { tensor, roles }) =>
      sum + roles.reduce((copies, role) => copies * (role.kind === "expand" ? role.size : 1), costWithin(tensor, stored)),
    0,
  );
  const nanoseconds = Math.max((points * instructions) / INSTRUCTIONS_PER_NS, trafficOf(kernel, stored) / BYTES_PER_NS);
  const spans = spansOf(kernel, plan, stored);
  const cut = nanoseconds < grain.cutNs ? null : cutOf(kernel);
  if (!cut || cut.trips < 2) return [{ work: { kind: "kernel", kernel }, ...spans, nanoseconds, trips: 1, chunk: 1 }];
  const { trips, width, hasRest } = cut;
  const chunk = chunkOf(nanoseconds, trips, grain);
  const rest: Task[] = hasRest
    ? [{ work: { kind: "rest", kernel }, ...spans, nanoseconds: nanoseconds / trips, trips: 1, chunk: 1 }]
    : [];
  return [{ work: { kind: "loops", kernel, width }, ...spans, nanoseconds, trips, chunk }, ...rest];
}

function tasksOfProduct(kernel: MatmulKernel, plan: ProgramPlan, stored: TensorMembers, grain: Grain): Task[] {
  const { batch, m, n, k } = kernel.shape;
  const { reads, writes } = spansOf(kernel, plan, stored);
  const packings = packingsOf(kernel, plan);
  const panels = packings.map(({ target, panels, panelBytes }) => ({
    from: target.address,
    to: target.address + panels * panelBytes,
  }));
  const nanosecondsOf = (rows: number): number => (2 * sizeOf(batch) * rows * n * k) / FLOPS_PER_NS;
  const nanoseconds = nanosecondsOf(m);
  const tiles = Math.floor(m / TILE_ROWS);
  // The products of a batch are packed into the same buffers, one after the other.
  const isPackedOften = packings.length > 0 && sizeOf(batch) > 1;
  if (nanoseconds < grain.cutNs || isPackedOften || tiles < 2) {
    return [{ work: { kind: "kernel", kernel }, reads, writes: [...writes, ...panels], nanoseconds, trips: 1, chunk: 1 }];
  }
  const packed = packings.map((packing, index): Task => {
    const bytes = packing.panels * packing.panelBytes;
    const time = (2 * bytes) / BYTES_PER_NS;
    const work: Work = { kind: "packing", kernel, packing };
    const span = panels[index] as Span;
    return {
      work,
      reads,
      writes: [span],
      nanoseconds: time,
      trips: packing.panels,
      chunk: chunkOf(time, packing.panels, grain),
    };
  });
  const most = Math.max(1, blockRowsOf(kernel) / TILE_ROWS);
  const chunk = Math.min(most, Math.max(grain.chunkTiles, chunkOf(nanoseconds, tiles, grain)));
  const shared = { reads: [...reads, ...panels], writes };
  const edge = m % TILE_ROWS;
  return [
    ...packed,
    { work: { kind: "tiles", kernel }, ...shared, nanoseconds: nanosecondsOf(tiles * TILE_ROWS), trips: tiles, chunk },
    ...(edge > 0
      ? [{ work: { kind: "edge", kernel }, ...shared, nanoseconds: nanosecondsOf(edge), trips: 1, chunk: 1 } as const]
      : []),
  ];
}

/** The trips of a chunk that takes long enough to be worth handing out. */
function chunkOf(nanoseconds: number, trips: number, { chunkNs }: Grain): number {
  const chunks = Math.min(trips, MAX_CHUNKS, Math.max(1, Math.floor(nanoseconds / chunkNs)));
  return Math.ceil(trips / chunks);
}

/** The memory that a kernel reads and writes, except the packed copies of its operands. */
function spansOf(kernel: Kernel, plan: ProgramPlan, stored: TensorMembers): Pick<Task, "reads" | "writes"> {
  const members = kernel.outputs.map(({ tensor }) => tensor);
  const span = (tensor: Tensor, { address }: Buffer): Span => ({
    from: address,
    to: address + sizeOf(tensor.shape) * ELEMENT_BYTES,
  });
  const { loaded } = expressionOf(members, stored, readsOf);
  const reads = loaded.flatMap((tensor) => {
    const buffer = plan.buffers.get(tensor);
    return buffer ? [span(tensor, buffer)] : [];
  });
  const writes = members.flatMap((tensor) => (plan.targets.get(tensor) ?? []).map((buffer) => span(tensor, buffer)));
  return { reads, writes };
}
