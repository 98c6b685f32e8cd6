/** The table of commands, in the order of the help: a command is one file in commands/ and one line here. */
import { registerAudit } from "./commands/audit.ts";
import { registerBackup } from "./commands/backup.ts";
import { registerCard } from "./commands/card.ts";
import { registerCompare } from "./commands/compare.ts";
import { registerCompletion } from "./commands/completion.ts";
import { registerCopyStore } from "./commands/copy-store.ts";
import { registerDatasets } from "./commands/datasets.ts";
import { registerDoctor } from "./commands/doctor.ts";
import { registerExport } from "./commands/export.ts";
import { registerForget } from "./commands/forget.ts";
import { registerImport } from "./commands/import.ts";
import { registerInfluence } from "./commands/influence.ts";
import { registerJobs } from "./commands/jobs.ts";
import { registerKeys } from "./commands/keys.ts";
import { registerLearningCurve } from "./commands/learning-curve.ts";
import { registerModels } from "./commands/models.ts";
import { registerMonitor } from "./commands/monitor.ts";
import { registerPredict } from "./commands/predict.ts";
import { registerReplay } from "./commands/replay.ts";
import { registerSchedules } from "./commands/schedules.ts";
import { registerSeeds } from "./commands/seeds.ts";
import { registerServe } from "./commands/serve.ts";
import { registerStateChanges } from "./commands/state-changes.ts";
import { registerSweep } from "./commands/sweep.ts";
import { registerSweeps } from "./commands/sweeps.ts";
import { registerTensorBoard } from "./commands/tensorboard.ts";
import { registerTrain } from "./commands/train.ts";
import { registerWatch } from "./commands/watch.ts";
import { registerWorkers } from "./commands/workers.ts";
import type { Register } from "./context.ts";

export const COMMANDS: readonly Register[] = [
  registerServe,
  registerTrain,
  registerSweep,
  registerJobs,
  registerWatch,
  registerStateChanges,
  registerSweeps,
  registerTensorBoard,
  registerDatasets,
  registerImport,
  registerSchedules,
  registerAudit,
  registerForget,
  registerModels,
  registerCompare,
  registerExport,
  registerCard,
  registerPredict,
  registerInfluence,
  registerLearningCurve,
  registerSeeds,
  registerMonitor,
  registerReplay,
  registerKeys,
  registerBackup,
  registerWorkers,
  registerCopyStore,
  registerDoctor,
  registerCompletion,
];
