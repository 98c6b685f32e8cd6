/** How much of a small job's wall time is its training, and how long a cancel takes. */
import { ENDLESS, LOGISTIC, median, percent, type Service } from "./bench.ts";

const REPEATS = 30;

export async function measureOneJob({ client }: Service): Promise<void> {
  const walls: number[] = [];
  const steps: number[] = [];
  for (let run = 0; run < REPEATS; run++) {
    const startedAt = performance.now();
    const { id } = await client.submit({ ...LOGISTIC, seed: run });
    await client.wait(id);
    walls.push(performance.now() - startedAt);
    const { series } = await client.metrics(id, { points: 1000 });
    steps.push((series.epoch_ms ?? []).reduce<number>((sum, ms) => sum + Number(ms), 0));
  }
  const [wall, step] = [median(walls), median(steps)];
  console.log(
    `logistic job of 1000 epochs from the request to the end frame, median of ${REPEATS}: ${wall.toFixed(1)} ms, ` +
      `of which steps ${step.toFixed(1)} ms (${percent(step / wall)})`,
  );
  const times: number[] = [];
  for (let run = 0; run < 5; run++) {
    const { id } = await client.submit(ENDLESS);
    for await (const frame of client.watch(id)) if (frame.type === "metrics") break;
    const startedAt = performance.now();
    await client.cancel(id);
    await client.wait(id);
    times.push(performance.now() - startedAt);
  }
  console.log(`cancelling a job that trains: worst of ${times.length} ${Math.max(...times).toFixed(0)} ms`);
}
