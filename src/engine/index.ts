/** The engine's public interface. Other folders import only this file of it. */
export { compile, memoryFor } from "./compiler/compile.ts";
export { countSharedMemory } from "./compiler/team/shared-memory.ts";
export { joinTeam, LostThreadError, limitTeam, reportLost } from "./compiler/team/team.ts";
export * as deterministicMath from "./deterministic-math.ts";
export { type FirstFailure, firstFailure, type StepValues } from "./failure/first-failure.ts";
export { grad } from "./gradients.ts";
export * as graph from "./graph.ts";
export { type DType, GraphError, MAX_RANK, type Shape, type Tensor } from "./graph.ts";
export { interpret } from "./interpreter.ts";
export { createLoss, type Loss, type LossSpec } from "./loss/losses.ts";
export * as nn from "./nn/index.ts";
export { LayerError, type Network, type NetworkTensor } from "./nn/network.ts";
export { type LayerSpec, sequential } from "./nn/sequential.ts";
export { clipByNorm, clipByValue } from "./optim/clip.ts";
export type { Optimizer } from "./optim/optimizer.ts";
export { createOptimizer, type OptimizerSpec } from "./optim/optimizers.ts";
export {
  type CompileOptions,
  constantCount,
  type Executable,
  type FloatView,
  type Invitation,
  leavesOf,
  operationCount,
  type Program,
  type Programs,
  type Team,
} from "./program.ts";
export { createRandom, type Key, type Random, streamKey } from "./random.ts";
export type { Schedule, ScheduleState } from "./schedule/schedule.ts";
export { createSchedule, type ScheduleSpec } from "./schedule/schedules.ts";
export { inScope, type Scope } from "./scope.ts";
export { ENGINE_VERSION } from "./version.ts";
