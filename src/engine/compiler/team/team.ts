/**
 * The JavaScript side of a team: the threads that run one executable's steps together. The first thread owns the executable and makes the
 * calls; others join with an invitation and take part until they are dismissed. Who takes part may differ from call to call, because it
 * changes no bit. Knows the cells that they share, but not how threads are started.
 */
import { GraphError } from "../../graph.ts";
import type { Invitation, Team } from "../../program.ts";
import { CALL, CELLS, DISMISSED, MAX_THREADS } from "./cells.ts";
import { createPace, type Pace } from "./pace.ts";

/** Always uses all available threads. */
const UNPACED: Pace = { choose: (threads) => threads, took: () => undefined };

/** A program, as one thread calls it. */
type Call = (steps: number, threads: number) => void;

/** A team as its executable sees it. */
export interface OwnTeam extends Team {
  /** Runs steps of a program with the threads that are available and allowed. Throws a LostThreadError if one of them has died. */
  run(program: string, steps: number): void;
}

/** A thread of a team has died in the middle of a step: the memory is not the state after any number of steps. */
export class LostThreadError extends Error {
  override readonly name = "LostThreadError";

  constructor() {
    super("lost one of the threads that trained with it");
  }
}

const cellsOf = ({ memory, cells }: Pick<Invitation, "memory" | "cells">): Int32Array => new Int32Array(memory.buffer, cells);
const at = (cell: number): number => cell / Int32Array.BYTES_PER_ELEMENT;

/** The programs of a module that threads can share. */
export interface SharedPrograms {
  readonly programs: ReadonlySet<string>;
  /** Whether calls run on one thread while that is faster. */
  readonly isPaced: boolean;
}

/** Creates the team of an instance, with one thread. Its `run` throws a LostThreadError when a thread has died. */
export function createTeam(invitation: Invitation, instance: WebAssembly.Instance, shared: SharedPrograms): OwnTeam {
  const { programs } = invitation;
  const cells = cellsOf(invitation);
  const calls = programs.map((name) => instance.exports[name] as Call);
  const paces = new Map([...shared.programs].map((name): [string, Pace] => [name, shared.isPaced ? createPace() : UNPACED]));
  Atomics.store(cells, at(CELLS.limit), MAX_THREADS);
  const size = (): number => Math.min(1 + Atomics.load(cells, at(CELLS.joined)), Atomics.load(cells, at(CELLS.limit)));
  const announce = (threads: number): void => {
    const before = Atomics.load(cells, at(CELLS.call));
    Atomics.store(cells, at(CELLS.call), ((before - (before & (CALL - 1)) + CALL) | 0) + threads);
    Atomics.notify(cells, at(CELLS.call));
  };
  const together = (program: number, steps: number, threads: number): void => {
    Atomics.store(cells, at(CELLS.program), program);
    Atomics.store(cells, at(CELLS.steps), steps);
    announce(threads);
    try {
      (calls[program] as Call)(steps, threads);
    } catch (error) {
      throw Atomics.load(cells, at(CELLS.lost)) === 1 ? new LostThreadError() : error;
    }
  };
  return {
    invitation,
    size,
    run(name, steps) {
      const program = programs.indexOf(name);
      const pace = paces.get(name);
      if (Atomics.load(cells, at(CELLS.lost)) === 1) throw new LostThreadError();
      const threads = pace ? pace.choose(size()) : 1;
      const began = performance.now();
      if (threads === 1) (calls[program] as Call)(steps, 1);
      else together(program, steps, threads);
      pace?.took(threads, (performance.now() - began) / steps);
    },
    dismiss: () => announce(DISMISSED),
  };
}

/**
 * Takes part in the calls of a team from the thread that calls it, and returns when the team is dismissed. Blocks the thread.
 * `onJoin` is called before the first call can count on it, unless the team was dismissed by then. Returns too when another thread has
 * died. Throws what a step throws, after the team was told that this thread is lost.
 */
export function joinTeam(invitation: Invitation, onJoin: () => void = () => undefined): void {
  const { module, memory, programs } = invitation;
  const cells = cellsOf(invitation);
  const instance = new WebAssembly.Instance(module, { env: { memory } });
  const calls = programs.map((name) => instance.exports[name] as Call);
  // Read before joining: every later call may count on this thread.
  let seen = Atomics.load(cells, at(CELLS.call));
  if ((seen & (CALL - 1)) === DISMISSED) return;
  onJoin();
  const index = 1 + Atomics.add(cells, at(CELLS.joined), 1);
  for (;;) {
    const call = nextCall(cells, seen);
    seen = call;
    const threads = call & (CALL - 1);
    if (threads === DISMISSED) return;
    // A call does not end before each of its threads has arrived, so its cells do not change until then.
    if (index >= threads) continue;
    try {
      (calls[Atomics.load(cells, at(CELLS.program))] as Call)(Atomics.load(cells, at(CELLS.steps)), threads);
    } catch (error) {
      // Another thread has died, which the first one was told: this one was dismissed in the middle of a call.
      if (Atomics.load(cells, at(CELLS.lost)) === 1) return;
      reportLost(invitation);
      throw error;
    }
  }
}

/** How often a thread looks for the next call before it sleeps. */
const SPINS = 2_000;

function nextCall(cells: Int32Array, seen: number): number {
  for (let spin = 0; spin < SPINS; spin++) {
    const call = Atomics.load(cells, at(CELLS.call));
    if (call !== seen) return call;
  }
  for (;;) {
    Atomics.wait(cells, at(CELLS.call), seen);
    const call = Atomics.load(cells, at(CELLS.call));
    if (call !== seen) return call;
  }
}

/** Sets the maximum threads of a team's next calls, from any thread. Throws a GraphError for a number outside 1..64. */
export function limitTeam(invitation: Invitation, threads: number): void {
  if (!Number.isInteger(threads) || threads < 1 || threads > MAX_THREADS)
    throw new GraphError(`a team has 1..${MAX_THREADS} threads, not ${threads}`);
  Atomics.store(cellsOf(invitation), at(CELLS.limit), threads);
}

/** Tells a team, from any thread, that one of its threads has died. Its first thread gets a LostThreadError. */
export function reportLost(invitation: Invitation): void {
  const cells = cellsOf(invitation);
  Atomics.store(cells, at(CELLS.lost), 1);
  Atomics.notify(cells, at(CELLS.phase));
}
