/**
 * `npm run bench:service [name ...]`: the service as its users feel it, beside what bare Fastify does on the same machine in
 * the same run. Server, peers and load generators are processes that share the machine's cores. Each measurement is a file.
 */
import { availableParallelism } from "node:os";
import { startService } from "./service/bench.ts";
import { measureCapacity } from "./service/capacity.ts";
import { measureEventLoop } from "./service/event-loop.ts";
import { measureLongRun } from "./service/long-run.ts";
import { measureOneJob } from "./service/one-job.ts";
import { measurePredictions } from "./service/predictions.ts";
import { measureReaders } from "./service/readers.ts";
import { measureSoak } from "./service/soak.ts";
import { measureTurnover } from "./service/turnover.ts";

const MEASUREMENTS = {
  "event-loop": measureEventLoop,
  "one-job": measureOneJob,
  predictions: measurePredictions,
  turnover: measureTurnover,
  readers: measureReaders,
  "long-run": measureLongRun,
  soak: measureSoak,
  capacity: measureCapacity,
};
type Name = keyof typeof MEASUREMENTS;

/** Those that ask for the service's own report. */
const WATCHED: readonly Name[] = ["event-loop", "soak"];

const isName = (name: string): name is Name => name in MEASUREMENTS;
const asked = process.argv.slice(2);
const strangers = asked.filter((name) => !isName(name));
if (strangers.length > 0)
  throw new Error(`there is no ${strangers.join(", ")}: take ${Object.keys(MEASUREMENTS).join(", ")}, or none for all`);

console.log(
  `${availableParallelism()} cores, shared by the server, its peers and the load generators; Node ${process.version}`,
);
for (const name of asked.length > 0 ? asked.filter(isName) : (Object.keys(MEASUREMENTS) as Name[])) {
  console.log(`\n${name}`);
  // A server of its own for each: what one leaves behind does not burden the next.
  const service = await startService({
    isWatched: WATCHED.includes(name),
    flags: name === "soak" ? ["--expose-gc"] : [],
  });
  try {
    await MEASUREMENTS[name](service);
  } finally {
    await service.stop();
  }
}
