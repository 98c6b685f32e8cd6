/** Entry of a thread that runs the steps of a training together with the thread that owns it, until the training is over. */
import { parentPort, workerData } from "node:worker_threads";
import { type Invitation, joinTeam } from "../../training/run/team.ts";
import { lowerThreadPriority } from "../priority.ts";

lowerThreadPriority();
joinTeam(workerData as Invitation, () => parentPort?.postMessage("joined"));
