/** `trainyard workers`: the processes that serve and train as a table; `workers drain` hands over the jobs of one. */
import type { Worker } from "../../client/index.ts";
import { examples, type Register } from "../context.ts";
import { byteSize, localTime } from "../figures.ts";
import { table } from "../terminal.ts";

export const registerWorkers: Register = (program, context) => {
  const workers = program
    .command("workers")
    .description("list the processes that serve and train: capacity, jobs, last heartbeat, version")
    .addHelpText("after", examples("trainyard workers", "trainyard workers drain wkr_0197b2a4-6c3e-7d2f-9a51-3f0c5d7e8b90"))
    .action(async () => {
      const data = await context.client().workers();
      context.show({ data }, () => table(rowsOf(data), context.out));
    });
  workers
    .command("drain")
    .argument("<worker>", "its id")
    .description(
      "hand over the jobs of a process: they continue elsewhere from a checkpoint; stop the process when it has none left",
    )
    .action(async (id: string) => {
      const worker = await context.client().drainWorker(id);
      context.show(worker, () => [`${worker.name} (${worker.id}) is handing over ${worker.jobs.length} jobs.`]);
    });
};

function rowsOf(workers: readonly Worker[]): string[][] {
  const head = ["worker", "name", "role", "jobs", "memory", "heartbeat", "version", "state", "running"];
  return [head, ...workers.map(rowOf)];
}

function rowOf({ id, name, role, slots, memory_bytes, heartbeat_at, version, draining, jobs }: Worker): string[] {
  const memory = slots === 0 ? "" : byteSize(memory_bytes);
  const share = slots === 0 ? "" : `${jobs.length}/${slots}`;
  const state = draining ? "draining" : "up";
  return [id, name, role, share, memory, localTime(heartbeat_at), version, state, jobs.map((job) => job.id).join(" ")];
}
