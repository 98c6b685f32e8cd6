/** What a chart of a job of a million epochs takes: thinned as a whole, and of windows into it. */
import { LOGISTIC, median, type Service, whole } from "./bench.ts";
import { startPeer } from "./peer.ts";

const EPOCHS = 1_000_000;
const REPEATS = 15;

export async function measureLongRun({ url, client }: Service): Promise<void> {
  const { id } = await client.submit({ ...LOGISTIC, epochs: EPOCHS });
  const job = await client.wait(id);
  if (job.epochs_done !== EPOCHS) throw new Error(`the job ended after ${job.epochs_done} epochs`);
  const peer = await startPeer("silent");
  try {
    for (const [what, query] of [
      ["all epochs", "points=1000"],
      ["its second half", `from=${EPOCHS / 2}&points=1000`],
      ["100,000 epochs", "from=450000&to=549999&points=1000"],
      ["1,000 epochs", "from=500000&to=500999&points=1000"],
    ] as const) {
      const text = await (await fetch(`${url}/v1/jobs/${id}/metrics?${query}`)).text();
      const [ours, bare]: [number[], number[]] = [[], []];
      for (let repeat = 0; repeat < REPEATS; repeat++) {
        ours.push(await timed(`${url}/v1/jobs/${id}/metrics?${query}`));
        bare.push(await timed(`${peer.url}/echo`, text));
      }
      const answer = `an answer of ${whole(text.length / 1024)} kB`;
      console.log(
        `${what} of ${whole(EPOCHS)} as ${query}: median ${median(ours).toFixed(1)} ms, worst ${Math.max(...ours).toFixed(1)} ms; ` +
          `a bare Fastify echo of it, ${answer}: median ${median(bare).toFixed(1)} ms`,
      );
    }
  } finally {
    peer.stop();
  }
}

async function timed(address: string, body?: string): Promise<number> {
  const startedAt = performance.now();
  const response = await fetch(address, body ? { method: "POST", body, headers: { "content-type": "application/json" } } : {});
  await response.arrayBuffer();
  if (!response.ok) throw new Error(`${address} answered ${response.status}`);
  return performance.now() - startedAt;
}
