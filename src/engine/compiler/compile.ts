/**
 * The compiler's entry point: compiles programs to one WebAssembly module over one memory.
 * The passes are simplify -> lower -> fuse -> plan memory -> emit, one file each. They traverse graphs with graph-walk.ts.
 */
import { GraphError, sameShape } from "../graph.ts";
import { type CompileOptions, type Executable, leavesOf, type Program, type Programs } from "../program.ts";
import { ModuleCache, structureOf } from "./cache.ts";
import { emitModule } from "./codegen/module.ts";
import { describe } from "./describe.ts";
import { type Compiled, cellsBehind, createExecutable, memoryBytesOf } from "./executable.ts";
import { type FusedProgram, type MemoryPlan, type ProgramPlan, planMemory } from "./memory-plan.ts";
import { lower } from "./rewrite/lower.ts";
import { simplify } from "./rewrite/simplify.ts";
import { fuse, type Purpose } from "./schedule/fuse.ts";
import { emitTeamModule, type SharedProgram } from "./team/emit.ts";
import { describePhases, isLongEnough, isWorthSharing, phasesOf } from "./team/phases.ts";
import { FINEST_GRAIN, tasksOf, USUAL_GRAIN } from "./team/tasks.ts";
import { TooManyLocalsError } from "./wasm/assembler.ts";

const DEFAULT_MEMORY_BYTES = 2 ** 30;

/** Most instructions in the body of a merged kernel where more make code that is too large. */
const SMALL_BODY = 500;

/** Recently compiled modules of this thread, so that running the same job again needs no compilation. */
const modules = new ModuleCache<Compiled>(64);
/** Memory sizes, which are checked before a job is accepted. Numbers are small, so this cache has more entries. */
const sizes = new ModuleCache<number>(256);

/**
 * Compiles programs that share their states by name. States start at 0. Throws a GraphError for programs that cannot run:
 * conflicting names, updates that do not fit, more memory than allowed.
 */
export function compile(programs: Programs, options: CompileOptions = {}): Executable {
  const { maxSteps = 1, shared = false } = options;
  const compiled = modules.get(`shared: ${shared} ${structureOf(programs, maxSteps)}`, () => {
    const assembled = (largestBody?: number): Compiled => {
      const analysed = analyse(programs, maxSteps, "code", largestBody);
      ensureFits(analysed.plan.bytes, options.maxMemoryBytes);
      return (shared && assembleShared(analysed, maxSteps, shared === "always")) || assemble(analysed, maxSteps);
    };
    try {
      return assembled();
    } catch (error) {
      // The cost of a body is an estimate.
      if (!(error instanceof TooManyLocalsError)) throw error;
      return assembled(SMALL_BODY);
    }
  });
  ensureFits(memoryBytesOf(compiled.plan, compiled.shared !== null), options.maxMemoryBytes);
  return createExecutable(compiled);
}

/** Returns the bytes of memory that `compile` needs for the same arguments, without compiling or allocating. */
export function memoryFor(programs: Programs, { maxSteps = 1 }: CompileOptions = {}): number {
  return sizes.get(structureOf(programs, maxSteps), () => analyse(programs, maxSteps, "memory").plan.bytes);
}

interface Analysed {
  readonly programs: ReadonlyMap<string, FusedProgram>;
  readonly plan: MemoryPlan;
}

function analyse(programs: Programs, maxSteps: number, purpose: Purpose, largestBody?: number): Analysed {
  if (!Number.isInteger(maxSteps) || maxSteps < 1) throw new GraphError(`maxSteps is a positive integer, not ${maxSteps}`);
  const fused = new Map(
    Object.entries(programs).map(([name, program]) => {
      check(program);
      const lowered = lower(simplify(program));
      return [name, { leaves: leavesOf(program), program: lowered, fused: fuse(lowered, purpose, largestBody) }];
    }),
  );
  return { programs: fused, plan: planMemory(fused, maxSteps) };
}

function assemble({ programs, plan }: Analysed, maxSteps: number): Compiled {
  const kernels = new Map([...programs].map(([name, { fused }]) => [name, fused.kernels]));
  return {
    module: new WebAssembly.Module(emitModule(kernels, plan)),
    plan,
    maxSteps,
    listing: () => describe(programs, plan),
    shared: null,
  };
}

/** Assembles the module for several threads; null where they are worth it in none of the programs. */
function assembleShared({ programs, plan }: Analysed, maxSteps: number, isForced: boolean): Compiled | null {
  const parts = new Map(
    [...programs].map(([name, { fused }]): [string, SharedProgram] => {
      const own = plan.programs.get(name) as ProgramPlan;
      const tasks = tasksOf(fused.kernels, own, fused.stored, isForced ? FINEST_GRAIN : USUAL_GRAIN);
      const phases = isForced || isLongEnough(tasks) ? phasesOf(tasks) : null;
      return [name, { kernels: fused.kernels, phases: phases && (isForced || isWorthSharing(phases)) ? phases : null }];
    }),
  );
  const shared = new Set([...parts].flatMap(([name, { phases }]) => (phases ? [name] : [])));
  if (shared.size === 0) return null;
  return {
    module: new WebAssembly.Module(emitTeamModule(parts, plan, cellsBehind(plan.bytes))),
    plan,
    maxSteps,
    listing: () =>
      [describe(programs, plan), ...[...parts].map(([name, { phases }]) => describePhases(name, phases))].join("\n"),
    shared: { programs: shared, isPaced: !isForced },
  };
}

function check({ updates }: Program): void {
  const seen = new Set<string>();
  for (const { state, next } of updates ?? []) {
    if (state.op.kind !== "state") throw new GraphError(`only states can be updated, not ${state.op.kind}`);
    const { name } = state.op;
    if (seen.has(name)) throw new GraphError(`state ${name} is updated twice`);
    seen.add(name);
    if (!sameShape(state.shape, next.shape) || state.dtype !== next.dtype)
      throw new GraphError(
        `the update of state ${name} is [${next.shape.join(", ")}] of ${next.dtype}, not [${state.shape.join(", ")}] of ${state.dtype}`,
      );
  }
}

function ensureFits(bytes: number, limit = DEFAULT_MEMORY_BYTES): void {
  if (bytes > limit) throw new GraphError(`the programs need ${bytes} bytes, more than the ${limit} allowed`);
}
