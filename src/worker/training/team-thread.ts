/**
 * Entry of a thread that runs the steps of a training together with the thread that owns it, until the training is over. Its modules load
 * after its priority is lowered, as those of a training thread do.
 */
import { parentPort, workerData } from "node:worker_threads";
import type { Invitation } from "../../training/run/team.ts";
import { lowerThreadPriority } from "../priority.ts";

lowerThreadPriority();
const { joinTeam } = await import("../../training/run/team.ts");
joinTeam(workerData as Invitation, () => parentPort?.postMessage("joined"));
