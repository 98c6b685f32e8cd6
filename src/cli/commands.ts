/** The table of commands, in the order of the help: a command is one file in commands/ and one line here. */

import { registerJobs } from "./commands/jobs.ts";
import { registerServe } from "./commands/serve.ts";
import { registerStateChanges } from "./commands/state-changes.ts";
import type { Register } from "./context.ts";

export const COMMANDS: readonly Register[] = [registerServe, registerJobs, registerStateChanges];
