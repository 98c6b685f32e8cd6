/**
 * Assembles the module that several threads run on one shared memory. Every thread calls the same functions: in each phase of a step
 * they take chunks of tasks until there are none, and then wait for one another. Who computes a chunk changes no bit of it.
 */
import { LoopTemplates } from "../codegen/loop-templates.ts";
import { emitCopy, emitRun, emitSequence, emitStep } from "../codegen/module.ts";
import { emitMatmul, type TileFunctions, visitBatch, writeTiles } from "../matmul/matmul.ts";
import { emitPacking } from "../matmul/operand-packing.ts";
import { PackFunctions } from "../matmul/pack.ts";
import { TILE_ROWS } from "../matmul/product.ts";
import type { MemoryPlan, ProgramPlan } from "../memory-plan.ts";
import type { Kernel, MatmulKernel } from "../schedule/kernels.ts";
import { type FunctionBuilder, type Local, ModuleBuilder } from "../wasm/assembler.ts";
import { assign, countDown, countUp } from "../wasm/counters.ts";
import { CELLS } from "./cells.ts";
import type { Phase } from "./phases.ts";
import { chunksOf, type Task } from "./tasks.ts";

/** How often a thread checks whether the others have arrived before it sleeps: some twenty microseconds. */
const SPINS = 20_000;
/** Nanoseconds of a sleep, after which a thread checks whether another has died. */
const SLEEP_NS = 500_000_000;

/** The kernels of a program; its phases, or null if one thread is to run it. */
export interface SharedProgram {
  readonly kernels: readonly Kernel[];
  readonly phases: readonly Phase[] | null;
}

/**
 * Returns the bytes of the module. Each program is exported as a function of the number of steps and, if it has phases, the number
 * of threads, which all call it. `cells` is the address of the cells.
 */
export function emitTeamModule(
  programs: ReadonlyMap<string, SharedProgram>,
  plan: MemoryPlan,
  cells: number,
): Uint8Array<ArrayBuffer> {
  const module = new ModuleBuilder({ shared: true });
  const packs = new PackFunctions(module);
  const templates = new LoopTemplates();
  const barrier = emitBarrier(module, cells);
  for (const [name, { kernels, phases }] of programs) {
    const own = plan.programs.get(name) as ProgramPlan;
    if (phases) module.export(name, new PhaseEmitter(module, packs, templates, own, barrier, cells).run(phases));
    else module.export(name, emitRun(module, emitStep(module, packs, templates, kernels, own)));
  }
  return module.finish();
}

/** Writes the function (threads) that waits until all of them have called it. The last one prepares the next phase. */
function emitBarrier(module: ModuleBuilder, cells: number): FunctionBuilder {
  const f = module.function(["i32"]);
  const threads = 0;
  const [phase, spins] = [f.local("i32"), f.local("i32")];
  const load = (cell: number): void => {
    f.i32(cells);
    f.atomic("i32.atomic.load", cell);
  };
  const clear = (cell: number): void => {
    f.i32(cells);
    f.i32(0);
    f.atomic("i32.atomic.store", cell);
  };
  const leaveIfOver = (): void => {
    load(CELLS.phase);
    f.get(phase);
    f.plain("i32.ne");
    f.when(() => f.plain("return"));
  };
  load(CELLS.phase);
  f.set(phase);
  f.i32(cells);
  f.i32(1);
  f.atomic("i32.atomic.rmw.add", CELLS.arrived);
  f.i32(1);
  f.plain("i32.add");
  f.get(threads);
  f.plain("i32.eq");
  f.when(() => {
    clear(CELLS.next);
    clear(CELLS.arrived);
    f.i32(cells);
    f.i32(1);
    f.atomic("i32.atomic.rmw.add", CELLS.phase);
    f.plain("drop");
    f.get(threads);
    f.i32(1);
    f.plain("i32.ne");
    f.when(() => {
      f.i32(cells);
      f.get(threads);
      f.atomic("memory.atomic.notify", CELLS.phase);
      f.plain("drop");
    });
    f.plain("return");
  });
  countDown(f, spins, SPINS, leaveIfOver);
  f.loop(() => {
    f.i32(cells);
    f.get(phase);
    f.i64(SLEEP_NS);
    f.atomic("memory.atomic.wait32", CELLS.phase);
    f.plain("drop");
    leaveIfOver();
    load(CELLS.lost);
    f.when(() => f.plain("unreachable"));
    f.branch(0);
  });
  return f;
}

/** Writes the functions of a program with phases. */
class PhaseEmitter {
  readonly #module: ModuleBuilder;
  readonly #packs: PackFunctions;
  readonly #templates: LoopTemplates;
  readonly #plan: ProgramPlan;
  readonly #barrier: FunctionBuilder;
  readonly #cells: number;
  readonly #tiles = new Map<MatmulKernel, TileFunctions>();

  constructor(
    module: ModuleBuilder,
    packs: PackFunctions,
    templates: LoopTemplates,
    plan: ProgramPlan,
    barrier: FunctionBuilder,
    cells: number,
  ) {
    this.#module = module;
    this.#packs = packs;
    this.#templates = templates;
    this.#plan = plan;
    this.#barrier = barrier;
    this.#cells = cells;
  }

  /** Writes the function (steps, threads) that all threads call. */
  run(phases: readonly Phase[]): FunctionBuilder {
    const parts = phases.map((phase) => this.#parts(phase));
    const f = this.#module.function(["i32", "i32"]);
    const [steps, threads] = [0, 1];
    const [step, chunk] = [f.local("i32"), f.local("i32")];
    countUp(f, step, { local: steps }, () => {
      for (const part of parts) {
        this.#share(f, chunk, part, step);
        f.get(threads);
        f.call(this.#barrier);
      }
    });
    return f;
  }

  /** The functions of a phase, each with the number of its chunks. */
  #parts({ serial, parallel }: Phase): Part[] {
    return [
      ...(serial.length > 0 ? [{ chunks: 1, function: this.#whole(serial) }] : []),
      ...parallel.map((task) => ({
        chunks: chunksOf(task),
        function: chunksOf(task) === 1 ? this.#whole([task]) : this.#cut(task),
      })),
    ];
  }

  /** Appends the loop that takes chunks of a phase until there are none. */
  #share(f: FunctionBuilder, chunk: Local, parts: readonly Part[], step: Local): void {
    const total = parts.reduce((sum, { chunks }) => sum + chunks, 0);
    f.block(() => {
      f.loop(() => {
        f.i32(this.#cells);
        f.i32(1);
        f.atomic("i32.atomic.rmw.add", CELLS.next);
        f.set(chunk);
        f.i32(total - 1);
        f.get(chunk);
        f.plain("i32.lt_u");
        f.branchIf(1);
        let before = 0;
        for (const { chunks, function: part } of parts) {
          const first = before;
          before += chunks;
          f.get(chunk);
          f.i32(first);
          f.plain("i32.sub");
          f.i32(chunks);
          f.plain("i32.lt_u");
          f.when(() => {
            f.get(step);
            f.get(chunk);
            f.i32(first);
            f.plain("i32.sub");
            f.call(part);
          });
        }
        f.branch(0);
      });
    });
  }

  /** Writes the function (step, chunk) that does whole tasks in order. */
  #whole(tasks: readonly Task[]): FunctionBuilder {
    return emitSequence(
      this.#module,
      ["i32", "i32"],
      tasks.map((task) => (f: FunctionBuilder) => this.#emitWhole(f, task)),
    );
  }

  #emitWhole(f: FunctionBuilder, task: Task): void {
    const { work } = task;
    switch (work.kind) {
      case "kernel":
        if (work.kernel.kind === "matmul") emitMatmul(this.#module, this.#packs, f, STEP, work.kernel, this.#plan);
        else this.#templates.emit(f, STEP, work.kernel, this.#plan);
        return;
      case "rest":
        this.#templates.emit(f, STEP, work.kernel, this.#plan, "rest");
        return;
      case "edge":
        this.#emitRows(f, work.kernel, "edge", (fullRows) => {
          f.i32(fullRows);
          f.i32(1);
        });
        return;
      case "copy":
        emitCopy(f, STEP, work.copy);
        return;
      default:
        this.#emitRange(f, task, { first: () => f.i32(0), trips: () => f.i32(task.trips) });
    }
  }

  /** Writes the function (step, chunk) that does one chunk of a task. */
  #cut(task: Task): FunctionBuilder {
    const f = this.#module.function(["i32", "i32"]);
    const first = f.local("i32");
    const left = f.local("i32");
    f.get(CHUNK);
    f.i32(task.chunk);
    f.plain("i32.mul");
    f.set(first);
    f.i32(task.trips);
    f.get(first);
    f.plain("i32.sub");
    f.set(left);
    // The smaller of what is left and a whole chunk.
    f.get(left);
    f.i32(task.chunk);
    f.get(left);
    f.i32(task.chunk);
    f.plain("i32.lt_u");
    f.plain("select");
    f.set(left);
    this.#emitRange(f, task, { first: () => f.get(first), trips: () => f.get(left) });
    return f;
  }

  /** Appends `trips` iterations, panels or tiles of a task, from number `first` on. */
  #emitRange(f: FunctionBuilder, { work }: Task, range: { first(): void; trips(): void }): void {
    const [first, trips] = [f.local("i32"), f.local("i32")];
    range.trips();
    f.set(trips);
    range.first();
    f.set(first);
    const scaleFirst = (by: number): void => {
      f.get(first);
      f.i32(by);
      f.plain("i32.mul");
      f.set(first);
    };
    if (work.kind === "loops") {
      scaleFirst(work.width);
      this.#templates.emit(f, STEP, work.kernel, this.#plan, { first, trips });
    } else if (work.kind === "packing") {
      const { kernel, packing } = work;
      f.scope(() => {
        const outer = [STEP, ...kernel.shape.batch.map(() => f.local("i32"))];
        for (const local of outer.slice(1)) assign(f, local, 0);
        emitPacking(this.#packs, f, outer, this.#plan, packing, { first, count: { local: trips } });
      });
    } else if (work.kind === "tiles") {
      scaleFirst(TILE_ROWS);
      this.#emitRows(f, work.kernel, "full", () => {
        f.get(first);
        f.get(trips);
      });
    }
  }

  /** Appends calls of a product's tiles, for each of its batches. `push` pushes the first row and the number of tiles. */
  #emitRows(f: FunctionBuilder, kernel: MatmulKernel, which: "full" | "edge", push: (fullRows: number) => void): void {
    const tiles = this.#tiles.get(kernel) ?? writeTiles(this.#module, kernel, this.#plan);
    this.#tiles.set(kernel, tiles);
    f.scope(() => {
      visitBatch(f, STEP, kernel, (outer) => {
        for (const local of outer) f.get(local);
        push(tiles.fullRows);
        f.call(tiles[which] as FunctionBuilder);
      });
    });
  }
}

/** A function (step, chunk) that does one of `chunks` parts of a phase. */
interface Part {
  readonly chunks: number;
  readonly function: FunctionBuilder;
}

/** The parameters of a part. */
const STEP = 0;
const CHUNK = 1;
