/**
 * Rubbish for every route of the OpenAPI document and for the streams, sent to a real server: whatever comes, it answers as
 * documented and goes on. `FUZZ_SEED` and `FUZZ_REQUESTS` choose other requests and more of them.
 */
import { readFileSync } from "node:fs";
import { Agent, request as httpRequest } from "node:http";
import fc from "fast-check";
import { afterAll, expect, it } from "vitest";
import { parse } from "yaml";
import { createClient } from "../../../src/client/client.ts";
import { createDataDir, startLiveServer } from "../../e2e/live-server.ts";
import { type Answer, createJudge } from "./answers.ts";
import { type ApiDocument, type FuzzedRequest, requestsOf, type StandIn } from "./requests.ts";

const SEED = Number(process.env.FUZZ_SEED ?? 20_261_123);
const REQUESTS = Number(process.env.FUZZ_REQUESTS ?? 4000);
/** Sent at the same time; the fewest that fail together are what is printed. */
const AT_ONCE = 8;
const MAX_TRIES = 20;
/** Kinds of faults after which enough has been seen. */
const MAX_FAULTS = 20;
/** Longer than any answer should take, shorter than anybody's patience. */
const HANG_MS = 20_000;

/** Without one, the first key that a request makes would shut all others out. */
const ADMIN_KEY = `ty_${"fuzz".repeat(10)}`;
const AUTHORIZATION = { authorization: `Bearer ${ADMIN_KEY}` };

const document = parse(readFileSync(new URL("../../../openapi.yaml", import.meta.url), "utf8")) as ApiDocument;
const judge = createJudge(document);
const dataDir = await createDataDir();
const server = await startLiveServer(dataDir.path, {
  TRAINYARD_ADMIN_KEY: ADMIN_KEY,
  TRAINYARD_MAX_ROWS: "20000",
  TRAINYARD_MAX_PARAMETERS: "20000",
  TRAINYARD_MAX_JOB_MEMORY_BYTES: String(64 * 1024 * 1024),
  TRAINYARD_MAX_BODY_BYTES: String(64 * 1024),
  TRAINYARD_MAX_DATASET_BYTES: String(64 * 1024),
});
afterAll(async () => {
  await server.stop();
  await dataDir.remove();
});

const client = createClient(server.url, { key: ADMIN_KEY });
const agent = new Agent({ keepAlive: true, maxSockets: AT_ONCE });
let things = await makeThings();

type Things = Record<StandIn, string>;

function post(path: string, type: string, body: string): Promise<Response> {
  return fetch(`${server.url}${path}`, { method: "POST", headers: { ...AUTHORIZATION, "content-type": type }, body });
}

async function makeDataset(): Promise<Pick<Things, "dataset">> {
  const upload = await post("/v1/datasets?name=table", "text/csv", "a,b,label\n1,2,x\n3,4,y\n5,6,x\n7,8,y\n");
  return { dataset: ((await upload.json()) as { id: string }).id };
}

async function makeKey(): Promise<Pick<Things, "key">> {
  const made = await post("/v1/keys", "application/json", JSON.stringify({ name: "fuzzed", scopes: ["read"] }));
  return { key: ((await made.json()) as { id: string }).id };
}

async function makeJob(dataset: string): Promise<Omit<Things, "dataset" | "key">> {
  const { id: job } = await client.submit({
    name: "fuzzed",
    data: { dataset: { id: dataset, target: "label" } },
    split: null,
    model: { layers: [{ type: "linear" }] },
    epochs: 3,
    checkpoint: { every_epochs: 1, min_seconds: 0 },
  });
  const ended = await client.wait(job);
  expect(ended.state).toBe("succeeded");
  const checkpoints = await fetch(`${server.url}/v1/jobs/${job}/checkpoints`, { headers: AUTHORIZATION });
  const checkpoint = ((await checkpoints.json()) as { data: { id: string }[] }).data[0]?.id ?? "";
  return { job, model: ended.model?.id ?? "", name: "fuzzed", version: "1", checkpoint };
}

/** One of everything that a path can name. */
async function makeThings(): Promise<Things> {
  const { dataset } = await makeDataset();
  return { dataset, ...(await makeJob(dataset)), ...(await makeKey()) };
}

/** What is made again after a deletion: a job also makes a model and checkpoints. Of what is not here, nothing was lost. */
const MADE_AGAIN: Readonly<Record<string, () => Promise<Partial<Things>>>> = {
  deleteDataset: makeDataset,
  revokeKey: makeKey,
  deleteJob: makeThings,
  deleteModel: makeThings,
  deleteCheckpoint: makeThings,
};

let renewing: Promise<void> | null = null;

/** Makes what was deleted again, one time after the other: meanwhile others may delete what is being made. */
async function renewThings(operationId: string): Promise<void> {
  const make = MADE_AGAIN[operationId];
  if (!make) return;
  renewing = (renewing ?? Promise.resolve()).then(async () => {
    for (let tries = 1; ; tries++) {
      try {
        things = { ...things, ...(await make()) };
        return;
      } catch (error) {
        if (tries === MAX_TRIES) throw error;
      }
    }
  });
  await renewing;
}

function send({ method, path, headers, body }: FuzzedRequest): Promise<Answer> {
  const filled = path.replaceAll(/\{(\w+)\}/g, (_all, name: StandIn) => things[name]);
  const all = { ...AUTHORIZATION, ...headers };
  return new Promise((resolve, reject) => {
    const request = httpRequest(
      `${server.url}/`,
      { agent, method, path: filled, headers: all, timeout: HANG_MS },
      (response) => {
        const chunks: Buffer[] = [];
        const done = () =>
          resolve({
            status: response.statusCode ?? 0,
            type: String(response.headers["content-type"] ?? ""),
            body: Buffer.concat(chunks),
          });
        response.on("data", (chunk: Buffer) => chunks.push(chunk));
        // A batch that goes wrong half way ends without its end: what came is looked at all the same.
        response.on("error", done);
        response.on("end", done);
        // An event stream of a job that runs has no end of its own.
        if (String(response.headers["content-type"]).startsWith("text/event-stream")) setTimeout(() => request.destroy(), 20);
      },
    );
    request.on("timeout", () => request.destroy(new Error("no answer in time")));
    request.on("error", reject);
    request.end(body ?? undefined);
  });
}

const statuses = new Map<number, number>();

async function judgeOne(request: FuzzedRequest): Promise<string | null> {
  const answer = await send(request).catch((error: NodeJS.ErrnoException): Answer | string =>
    // A server may close on a body that it refuses to read.
    error.code === "ECONNRESET" || error.code === "EPIPE" ? { status: 413, type: "", body: Buffer.alloc(0) } : error.message,
  );
  if (typeof answer === "string") return answer;
  statuses.set(answer.status, (statuses.get(answer.status) ?? 0) + 1);
  if (answer.status === 413 && answer.type === "") return null;
  if (answer.status === 204 && request.method === "DELETE") await renewThings(request.operationId);
  return judge(request.operationId, answer);
}

it(`answers ${REQUESTS} requests as documented`, { timeout: 600_000 }, async () => {
  console.log(`fuzzing with FUZZ_SEED=${SEED} FUZZ_REQUESTS=${REQUESTS}`);
  const batches = fc.array(requestsOf(document), { minLength: AT_ONCE, maxLength: AT_ONCE, size: "max" });
  // Every kind of fault once, with the request that had it: one run says all that is wrong.
  const faults = new Map<string, string>();
  await fc
    .assert(
      fc.asyncProperty(batches, async (requests) => {
        const judged = await Promise.all(requests.map(async (request) => ({ request, fault: await judgeOne(request) })));
        for (const { request, fault } of judged) {
          if (fault === null) continue;
          const kind = `${request.operationId} ${fault.replaceAll(/[^a-z ]/gi, "").slice(0, 40)}`;
          if (!faults.has(kind)) faults.set(kind, `${request.method} ${request.path} ${fault}\n${JSON.stringify(request)}`);
        }
        return faults.size < MAX_FAULTS;
      }),
      { seed: SEED, numRuns: Math.ceil(REQUESTS / AT_ONCE), endOnFailure: true },
    )
    .catch((error: unknown) => {
      if (faults.size === 0) throw error;
    });
  expect([...faults.values()]).toEqual([]);
  console.log(
    [...statuses]
      .sort(([one], [other]) => one - other)
      .map(([status, count]) => `${status}: ${count}`)
      .join(", "),
  );
  // Rubbish alone would test little: a good part of the requests has to be right.
  expect(statuses.get(200) ?? 0).toBeGreaterThan(REQUESTS / 10);
});

it("is still there, and drains", async () => {
  expect((await fetch(`${server.url}/healthz`)).status).toBe(200);
  expect(server.logged.filter(({ level }) => Number(level) >= 50)).toEqual([]);
  expect(await server.stop()).toBe(0);
});
