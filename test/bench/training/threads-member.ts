/** A thread that helps with the steps of threads.ts. */
import { workerData } from "node:worker_threads";
import { type Invitation, joinTeam } from "../../../src/engine/index.ts";

joinTeam(workerData as Invitation);
