/**
 * What a job of 20 epochs costs from submission to stored model: `node test/bench/training/turnover.ts [--jobs N] [--rounds N] [--beside ROOT]`.
 * Prints jobs a second and milliseconds of the server's processor a job, in medians; with `--beside`, of another checkout's server too,
 * in turn with ours.
 */
import { parseArgs } from "node:util";
import { median, type Service, startService } from "../service/bench.ts";
import { startGenerator } from "../service/load.ts";
import { turnOver } from "../service/turnover.ts";

const { values: options } = parseArgs({
  options: {
    jobs: { type: "string", default: "300" },
    rounds: { type: "string", default: "5" },
    beside: { type: "string" },
  },
});

interface Measured {
  readonly title: string;
  readonly service: Service;
  readonly rates: number[];
  readonly processorMs: number[];
}

const jobs = Number(options.jobs);
const open = async (title: string, root: string | null): Promise<Measured> => ({
  ...{ title, rates: [], processorMs: [] },
  service: await startService({ isTimed: true, root }),
});
const measured = [await open("this build", null), ...(options.beside ? [await open("beside it", options.beside)] : [])];
const generator = startGenerator();
try {
  // The first round of each warms it up.
  for (let round = 0; round <= Number(options.rounds); round++) {
    for (const { service, rates, processorMs } of measured) {
      const before = await service.processorMs();
      const { perSecond } = await turnOver(service, generator, jobs);
      if (round === 0) continue;
      rates.push(perSecond);
      processorMs.push(((await service.processorMs()) - before) / jobs);
    }
  }
} finally {
  generator.stop();
  await Promise.all(measured.map(({ service }) => service.stop()));
}
for (const { title, rates, processorMs } of measured) {
  const ms = median(processorMs).toFixed(2);
  console.log(`${title}: ${median(rates).toFixed(0)} jobs a second, ${ms} ms of processor a job`);
}
