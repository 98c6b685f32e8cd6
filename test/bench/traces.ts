/**
 * What tracing costs: `npm run bench:traces [-- --rounds 60] [--only row]`. Servers that trace nothing, everything, one trace in twenty and one in
 * a million to a receiver in this process answer the same requests in turn, and the processor time of all threads of each is read before and after. Prints
 * for each kind of request and server the ratio of the medians to those of the one that traces nothing, and the quartiles of the ratios of rounds. The bar is 1.03. Linux alone says
 * what a process has used.
 */
import { readdirSync, readFileSync } from "node:fs";
import { Agent, request } from "node:http";
import { parseArgs } from "node:util";
import { createDataDir, type LiveServer, startLiveServer } from "../e2e/live-server.ts";
import { startOtlpReceiver } from "../telemetry/otlp-receiver.ts";

const { values } = parseArgs({ options: { rounds: { type: "string", default: "60" }, only: { type: "string" } } });
const rounds = Number(values.rounds);
const BAR = 1.03;

/** Requests under way at the same time. */
const CONNECTIONS = 16;

const agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS });

function post(url: string, body: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const sent = request(url, { method: "POST", agent, headers: { "content-type": "application/json" } }, (answer) => {
      let text = "";
      answer.setEncoding("utf8").on("data", (chunk: string) => {
        text += chunk;
      });
      answer.on("end", () =>
        answer.statusCode === 200 || answer.statusCode === 202 ? resolve(text) : reject(new Error(text)),
      );
    });
    sent.on("error", reject).end(body);
  });
}

/** Processor time of all threads of a process so far, in milliseconds. Threads that have ended are not in it. */
function usedMs({ pid }: LiveServer["process"]): number {
  const folder = `/proc/${pid}/task`;
  const nanoseconds = readdirSync(folder).map((id) => Number(readFileSync(`${folder}/${id}/schedstat`, "utf8").split(" ")[0]));
  return nanoseconds.reduce((sum, each) => sum + each, 0) / 1e6;
}

const SPEC = {
  data: { generator: { type: "moons", samples: 60, seed: 1 } },
  model: { layers: [{ type: "linear", units: 4 }, { type: "tanh" }, { type: "linear" }] },
  epochs: 20,
};

interface Kind {
  readonly name: string;
  /** Requests of a round. */
  readonly count: number;
  send(server: LiveServer, model: string): Promise<unknown>;
}

const KINDS: readonly Kind[] = [
  {
    name: "a prediction of one row",
    count: 300,
    send: ({ url }, model) => post(`${url}/v1/models/${model}/predict`, '{"instances":[[0.5,0.1]]}'),
  },
  {
    name: "a prediction of 100 rows",
    count: 200,
    send: ({ url }, model) =>
      post(
        `${url}/v1/models/${model}/predict`,
        JSON.stringify({ instances: Array.from({ length: 100 }, (_, at) => [at / 100, 0.1]) }),
      ),
  },
  {
    name: "a submission that is only validated",
    count: 60,
    send: ({ url }) => post(`${url}/v1/jobs?validate_only=true`, JSON.stringify(SPEC)),
  },
  {
    name: "a job of 20 epochs, from its submission to its end",
    count: 10,
    async send({ client }) {
      await client.wait((await client.submit(SPEC as never)).id);
    },
  },
];

const receiver = await startOtlpReceiver();
const sampled = (ratio: string) => ({
  OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url,
  OTEL_TRACES_SAMPLER: "parentbased_traceidratio",
  OTEL_TRACES_SAMPLER_ARG: ratio,
});
const SETTINGS: Readonly<Record<string, Record<string, string>>> = {
  none: {},
  "all traces": { OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url },
  "one trace in 20": sampled("0.05"),
  "one trace in a million": sampled("0.000001"),
};
const names = Object.keys(SETTINGS);
const folders: Awaited<ReturnType<typeof createDataDir>>[] = [];
const servers: LiveServer[] = [];
for (const settings of Object.values(SETTINGS)) {
  const folder = await createDataDir();
  folders.push(folder);
  servers.push(await startLiveServer(folder.path, settings));
}
const models = await Promise.all(
  servers.map(async ({ client }) => (await client.wait((await client.submit(SPEC as never)).id)).model?.id ?? ""),
);

async function spend(kind: Kind, at: number): Promise<number> {
  const server = servers[at] as LiveServer;
  const before = usedMs(server.process);
  let left = kind.count;
  const sender = async () => {
    while (left-- > 0) await kind.send(server, models[at] ?? "");
  };
  await Promise.all(Array.from({ length: CONNECTIONS }, sender));
  return usedMs(server.process) - before;
}

const quartile = (sorted: readonly number[], share: number) => sorted[Math.floor(share * (sorted.length - 1))] ?? Number.NaN;

for (const kind of KINDS.filter(({ name }) => name.includes(values.only ?? ""))) {
  for (const at of [...servers.keys(), ...servers.keys()]) await spend(kind, at);
  const spent: number[][] = servers.map(() => []);
  for (let round = 0; round < rounds; round++)
    // Each goes first as often as the others.
    for (const turn of servers.keys()) {
      const at = (turn + round) % servers.length;
      spent[at]?.push(await spend(kind, at));
    }
  const median = (at: number) =>
    quartile(
      (spent[at] ?? []).toSorted((a, b) => a - b),
      0.5,
    );
  console.log(`${kind.name}: ${((median(0) * 1000) / kind.count).toFixed(0)} µs without traces`);
  for (let at = 1; at < servers.length; at++) {
    const ratios = (spent[at] ?? []).map((each, round) => each / (spent[0]?.[round] ?? 1)).toSorted((a, b) => a - b);
    const ratio = median(at) / median(0);
    const [low, high] = [0.25, 0.75].map((share) => quartile(ratios, share).toFixed(3));
    console.log(`  ${names[at]}: ${ratio.toFixed(3)} (quartiles ${low} to ${high})${ratio > BAR ? `: above ${BAR}` : ""}`);
  }
}
console.log(`${receiver.spans.length} spans arrived`);
await Promise.all(servers.map(({ stop }) => stop()));
await receiver.close();
for (const folder of folders) await folder.remove();
