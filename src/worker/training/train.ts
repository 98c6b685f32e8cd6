/**
 * Entry of a training thread. Its priority is lowered before its modules load: loading and warming up take most of a second of processor time,
 * for which requests would wait whenever a thread is replaced.
 */
import { lowerThreadPriority } from "../priority.ts";

lowerThreadPriority();
const tasks = await import("./training-tasks.ts");

export const { train, trials, plan } = tasks;
