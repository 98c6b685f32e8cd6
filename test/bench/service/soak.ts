/**
 * An hour's work of a busy server in some minutes: jobs with readers, predictions, uploads, charts, and what is deleted again.
 * Memory is sampled after a collection; it must not grow once the caches are warm.
 */
import type { JobSpec } from "../../../src/client/answers.ts";
import { LOGISTIC, type Service, whole } from "./bench.ts";
import { startGenerator } from "./load.ts";

const ROUNDS = Number(process.env.SOAK_ROUNDS ?? 240);
const JOBS_A_ROUND = 50;
const PREDICTIONS_A_ROUND = 2000;
const AT_A_TIME = 4;
const MB = 1024 * 1024;

interface Sample {
  readonly jobs: number;
  readonly heapMb: number;
  readonly rssMb: number;
}

export async function measureSoak(service: Service): Promise<void> {
  const { url, client } = service;
  const generator = startGenerator();
  const samples: Sample[] = [];
  let lastModel = (await client.wait((await client.submit(LOGISTIC)).id)).model?.id;
  try {
    for (let round = 0; round < ROUNDS; round++) {
      for (let job = 0; job < JOBS_A_ROUND; job += AT_A_TIME) {
        const done = await Promise.all(
          Array.from({ length: AT_A_TIME }, (_, index) => runJob(service, { ...LOGISTIC, seed: round * 1000 + job + index })),
        );
        lastModel = done[0] ?? lastModel;
      }
      await generator.run({
        address: `${url}/v1/models/${lastModel}/predict`,
        body: '{"instances":[[0.5,-0.2]]}',
        connections: 8,
        requests: PREDICTIONS_A_ROUND,
        status: 200,
      });
      await uploadAndDelete(url, round);
      const { heapBytes, rssBytes } = await service.report();
      if (round % 10 === 9)
        console.log(
          `  after ${whole((round + 1) * JOBS_A_ROUND)} jobs: heap ${(heapBytes / MB).toFixed(1)} MB, resident ${(rssBytes / MB).toFixed(0)} MB`,
        );
      samples.push({ jobs: (round + 1) * JOBS_A_ROUND, heapMb: heapBytes / MB, rssMb: rssBytes / MB });
    }
  } finally {
    generator.stop();
  }
  // The first half fills caches: encoded frames, compiled models, pages of the database.
  const late = samples.slice(Math.floor(samples.length / 2));
  const [first, middle, last] = [samples[0], late[0], samples.at(-1)] as [Sample, Sample, Sample];
  const count = `${whole(last.jobs)} jobs with a reader each, ${whole(ROUNDS * PREDICTIONS_A_ROUND)} predictions, ${ROUNDS} uploads`;
  console.log(`after ${count}:`);
  for (const [what, of] of [
    ["heap", (sample: Sample) => sample.heapMb],
    ["resident memory", (sample: Sample) => sample.rssMb],
  ] as const) {
    const perThousand = slope(late.map((sample) => [sample.jobs, of(sample)])) * 1000;
    console.log(
      `  ${what}: ${of(first).toFixed(1)} MB at first, ${of(middle).toFixed(1)} half way, ${of(last).toFixed(1)} at the end; ` +
        `slope of the second half ${perThousand.toFixed(2)} MB a 1,000 jobs`,
    );
  }
}

/** Runs a job with a reader to its end, looks at its chart, and deletes it; half of the models too. Returns the model that stays. */
async function runJob({ url, client }: Service, spec: JobSpec): Promise<string | null> {
  const { id } = await client.submit(spec);
  const { model } = await client.wait(id);
  if (!model) throw new Error(`job ${id} made no model`);
  await client.metrics(id, { points: 100 });
  await gone(`${url}/v1/jobs/${id}`);
  if (Number(spec.seed) % 2 === 0) return model.id;
  await gone(`${url}/v1/models/${model.id}`);
  return null;
}

async function uploadAndDelete(url: string, round: number): Promise<void> {
  const rows = Array.from({ length: 2000 }, (_, row) => `${row},${Math.sin(row + round)},${row % 3 === 0 ? "a" : "b"}`);
  const body = `x,y,label\n${rows.join("\n")}\n`;
  const response = await fetch(`${url}/v1/datasets?name=soak-${round}`, {
    method: "POST",
    body,
    headers: { "content-type": "text/csv" },
  });
  const { id } = (await response.json()) as { id: string };
  await gone(`${url}/v1/datasets/${id}`);
}

async function gone(address: string): Promise<void> {
  const { status } = await fetch(address, { method: "DELETE" });
  if (status !== 204 && status !== 200) throw new Error(`DELETE ${address} answered ${status}`);
}

/** Of the line of least squares through points. */
function slope(points: readonly (readonly [x: number, y: number])[]): number {
  const mean = (of: (point: readonly [number, number]) => number) =>
    points.reduce((sum, point) => sum + of(point), 0) / points.length;
  const [meanX, meanY] = [mean(([x]) => x), mean(([, y]) => y)];
  const covariance = mean(([x, y]) => (x - meanX) * (y - meanY));
  return covariance / mean(([x]) => (x - meanX) ** 2);
}
