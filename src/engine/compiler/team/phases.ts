/**
 * Phases: which tasks threads may run at the same time. All threads finish a phase before the next begins, so that a task finds the results
 * of earlier ones. Knows the memory that tasks touch; knows nothing of threads.
 */
import type { Kernel } from "../schedule/kernels.ts";
import { chunksOf, isShort, type Span, type Task, type Work } from "./tasks.ts";

export interface Phase {
  /** Short tasks that one thread does in order: they may depend on one another. */
  readonly serial: readonly Task[];
  /** Tasks that touch nothing that another task of the phase writes. */
  readonly parallel: readonly Task[];
}

/** Puts each task of a program into the first phase in which its dependencies are done. */
export function phasesOf(tasks: readonly Task[]): Phase[] {
  const phases: { serial: Task[]; parallel: Task[] }[] = [];
  const placed: { task: Task; isInOrder: boolean; phase: number }[] = [];
  for (const task of tasks) {
    const isInOrder = isShort(task);
    let phase = 0;
    for (const other of placed) {
      const earliest = isInOrder && other.isInOrder ? other.phase : other.phase + 1;
      if (earliest > phase && depends(task, other.task)) phase = earliest;
    }
    placed.push({ task, isInOrder, phase });
    if (phase === phases.length) phases.push({ serial: [], parallel: [] });
    phases[phase]?.[isInOrder ? "serial" : "parallel"].push(task);
  }
  return phases;
}

/** Whether two tasks cannot run at the same time: one writes what the other touches. The parts of one kernel can. */
function depends(a: Task, b: Task): boolean {
  if (isSameKernel(a, b)) return false;
  return overlap(a.writes, b.writes) || overlap(a.writes, b.reads) || overlap(a.reads, b.writes);
}

/** Whether two tasks compute different elements of the same outputs. */
function isSameKernel(a: Task, b: Task): boolean {
  const kernel = partOf(a.work);
  return kernel !== null && kernel === partOf(b.work);
}

/** The kernel whose outputs a task computes a part of. */
function partOf(work: Work): Kernel | null {
  return work.kind === "copy" || work.kind === "packing" || work.kind === "kernel" ? null : work.kernel;
}

const overlap = (a: readonly Span[], b: readonly Span[]): boolean =>
  a.some(({ from, to }) => b.some((other) => from < other.to && other.from < to));

const timeOf = (tasks: readonly Task[]): number => tasks.reduce((total, { nanoseconds }) => total + nanoseconds, 0);

/** A shorter step runs on one thread: waiting for another would cost as much as the step. */
const MIN_NS = 1_000_000;

/** Whether a step takes so long that others may help, so that its phases are worth finding. */
export const isLongEnough = (tasks: readonly Task[]): boolean => timeOf(tasks) >= MIN_NS;

/** The cost of a barrier to threads that arrive together. */
const BARRIER_NS = 5_000;
/** The part of its time that two threads must save. */
const MIN_GAIN = 0.25;

/** Whether a second thread makes a program so much faster that it is worth the waiting at the end of phases. */
export function isWorthSharing(phases: readonly Phase[]): boolean {
  const alone = phases.reduce((total, { serial, parallel }) => total + timeOf(serial) + timeOf(parallel), 0);
  const together = phases.reduce((total, { serial, parallel }) => {
    const longest = Math.max(timeOf(serial), ...parallel.map((task) => task.nanoseconds / chunksOf(task)));
    return total + BARRIER_NS + Math.max(longest, (timeOf(serial) + timeOf(parallel)) / 2);
  }, 0);
  return together <= (1 - MIN_GAIN) * alone;
}

/** Returns a line for each phase of a program: its tasks, in microseconds of one thread, times their chunks. */
export function describePhases(name: string, phases: readonly Phase[] | null): string {
  if (!phases) return `threads share nothing of ${name}`;
  const lines = phases.map(({ serial, parallel }) => {
    const us = (tasks: readonly Task[]) => (timeOf(tasks) / 1000).toFixed(0);
    const short = serial.length > 0 ? [`${serial.length} in order: ${us(serial)} us`] : [];
    return `  ${[...short, ...parallel.map((task) => `${task.work.kind} ${us([task])} us / ${chunksOf(task)}`)].join("; ")}`;
  });
  return [`threads share ${name} in ${phases.length} phases`, ...lines].join("\n");
}
