/**
 * What tracing costs: `npm run bench:traces [-- --rounds 200] [--starts 3] [--only row]`. Servers that trace nothing (two of them, whose
 * difference is what the method cannot tell), up to 100 requests a second as by default, everything, one trace in twenty and one in a million, to a receiver in this process, answer the
 * same requests in short rounds in turn, there and back, and the processor time of all threads of each is read between. The time between two
 * rounds of a server counts to the first: its last answers are followed by what is logged and exported. All are started again several times,
 * since what V8 makes of the same code differs from process to process. Prints for each kind of request and setting the ratio to the mean of
 * those that trace nothing: of the medians of rounds, of their least tenth, and of the means of the lower nine tenths, which alone have what
 * the garbage costs; the median of the starts, and its range. The bar is 1.03. Linux alone says what a process has used.
 *
 * `--in-process`: instead, a prediction of one row without its sockets, for a busy machine. `--hooks`: instead, what the hooks of a request cost by themselves, without a server: many short slices in one thread, in turn.
 */
import { Agent, request } from "node:http";
import { parseArgs } from "node:util";
import { createDataDir, type LiveServer, startLiveServer } from "../../e2e/live-server.ts";
import { startOtlpReceiver } from "../../telemetry/otlp-receiver.ts";
import { measureRounds, printRatios, quantile } from "../processor-rounds.ts";

const { values } = parseArgs({
  options: {
    rounds: { type: "string", default: "200" },
    starts: { type: "string", default: "3" },
    only: { type: "string" },
    hooks: { type: "boolean", default: false },
    "in-process": { type: "boolean", default: false },
  },
});
const rounds = Number(values.rounds);
const starts = Number(values.starts);

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
    count: 64,
    send: ({ url }, model) => post(`${url}/v1/models/${model}/predict`, '{"instances":[[0.5,0.1]]}'),
  },
  {
    name: "a prediction of 100 rows",
    count: 48,
    send: ({ url }, model) =>
      post(
        `${url}/v1/models/${model}/predict`,
        JSON.stringify({ instances: Array.from({ length: 100 }, (_, at) => [at / 100, 0.1]) }),
      ),
  },
  {
    name: "a submission that is only validated",
    count: 16,
    send: ({ url }) => post(`${url}/v1/jobs?validate_only=true`, JSON.stringify(SPEC)),
  },
  {
    name: "a job of 20 epochs, from its submission to its end",
    count: 4,
    async send({ client }) {
      await client.wait((await client.submit(SPEC as never)).id);
    },
  },
];

const sampled = (url: string, ratio: string) => ({
  OTEL_EXPORTER_OTLP_ENDPOINT: url,
  OTEL_TRACES_SAMPLER: "parentbased_traceidratio",
  OTEL_TRACES_SAMPLER_ARG: ratio,
});
const SETTINGS: readonly (readonly [name: string, of: (url: string) => Record<string, string>])[] = [
  ["none", () => ({})],
  ["none again", () => ({})],
  ["by default", (url) => ({ OTEL_EXPORTER_OTLP_ENDPOINT: url })],
  ["all traces", (url) => sampled(url, "1")],
  ["one trace in 20", (url) => sampled(url, "0.05")],
  ["one trace in a million", (url) => sampled(url, "0.000001")],
];

async function compareServers(): Promise<void> {
  const receiver = await startOtlpReceiver();
  const kinds = KINDS.filter(({ name }) => name.includes(values.only ?? ""));
  /** By kind, by start, by setting. */
  const results = kinds.map((): number[][][] => []);
  for (let start = 0; start < starts; start++) {
    const folders: Awaited<ReturnType<typeof createDataDir>>[] = [];
    const servers: LiveServer[] = [];
    for (const [, of] of SETTINGS) {
      const folder = await createDataDir();
      folders.push(folder);
      servers.push(await startLiveServer(folder.path, of(receiver.url)));
    }
    const models = await Promise.all(
      servers.map(async ({ client }) => (await client.wait((await client.submit(SPEC as never)).id)).model?.id ?? ""),
    );
    for (const [index, kind] of kinds.entries()) {
      const work = async (at: number): Promise<void> => {
        let left = kind.count;
        const sender = async () => {
          while (left-- > 0) await kind.send(servers[at] as LiveServer, models[at] ?? "");
        };
        await Promise.all(Array.from({ length: CONNECTIONS }, sender));
      };
      results[index]?.push(await measureRounds(servers, rounds, work));
    }
    await Promise.all(servers.map(({ stop }) => stop()));
    for (const folder of folders) await folder.remove();
    receiver.spans.length = 0;
    receiver.texts.length = 0;
  }
  await receiver.close();
  for (const [at, kind] of kinds.entries()) {
    const ofKind = results[at] ?? [];
    const base = quantile(
      ofKind.flatMap(([none = [], again = []]) => [quantile(none, 0.5), quantile(again, 0.5)]),
      0.5,
    );
    console.log(`${kind.name}: ${((base * 1000) / kind.count).toFixed(0)} µs without traces`);
    printRatios(
      SETTINGS.map(([name]) => name),
      ofKind,
    );
  }
}

if (values["in-process"]) await (await import("./trace-in-process.ts")).compareInProcess(rounds);
else if (values.hooks) await (await import("./trace-hooks.ts")).compareHooks(rounds);
else await compareServers();
