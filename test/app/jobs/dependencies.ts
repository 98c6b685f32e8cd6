/** The world of the use cases for tests: a real store, queue and bus, and training pool and a compute pool that do as the test says. */
import { onTestFinished } from "vitest";
import { createServices, type Services } from "../../../src/app/services.ts";
import { createLocalBus } from "../../../src/bus/local.ts";
import type { UploadSpool } from "../../../src/domain/datasets/upload.ts";
import type { Job } from "../../../src/domain/jobs/job.ts";
import { chooseEpochs, pickEpochs } from "../../../src/domain/metrics/downsampling.ts";
import { joinWireColumns } from "../../../src/domain/metrics/metric.ts";
import type { ComputePool, Draft, Prepared, TrainingPool, TrainingRun } from "../../../src/domain/ports.ts";
import type { Store } from "../../../src/domain/store/store.ts";
import { inferRequestOf } from "../../../src/formats/grpc/infer-message.ts";
import { encodeModelCard } from "../../../src/formats/model-card/model-card.ts";
import { createEmbeddedQueue } from "../../../src/queue/embedded.ts";
import { parseConfig } from "../../../src/server/config.ts";
import { openStore } from "../../../src/storage/open.ts";
import { decodeWireColumns, encodeStoredChunk, encodeWireColumns } from "../../../src/worker/compute/encode.ts";
import { encodeMetrics } from "../../../src/worker/compute/encode-metrics.ts";
import { temporaryFolder } from "../../contract/databases/temporary.ts";
import { aNewJob, aSpec } from "../../contract/fixtures.ts";

const LIMITS = { bodyBytes: 1e6, rows: 1e6, parameters: 1e6, jobMemoryBytes: 1e9, memoryBytes: 1e9, predictRows: 5 };

/** A training pool that never trains; `train` is for the test to replace. */
export function idleTrainingPool(train: TrainingPool["train"] = () => new Promise(() => undefined)): TrainingPool {
  const noSweeps = () => Promise.reject(new Error("this pool runs no sweeps"));
  return { size: 2, train, runTrials: noSweeps, planGeneration: noSweeps, close: () => Promise.resolve() };
}

/** An upload spool for tests that upload nothing. */
function closedUploadSpool(): UploadSpool {
  const closed = () => Promise.reject(new Error("nothing is uploaded here"));
  const uploadSpool: UploadSpool = {
    receive: closed,
    digest: closed,
    read: closed,
    correct: closed,
    match: closed,
    remove: closed,
    discard: closed,
    ofProject: () => uploadSpool,
    close: () => Promise.resolve(),
  };
  return uploadSpool;
}

function aPreparedJob(name: string | undefined): Prepared {
  const { id: _id, createdAt: _createdAt, ...job } = aNewJob();
  return { ok: true, ...job, spec: aSpec(name), rows: 200, notes: [], labels: { tags: {}, note: null } };
}

/**
 * A compute pool without threads. Bodies are JSON: `{"name": ...}` is a job, one on a data set with `"dataset": id`, and
 * `{"bad": [pointers]}` is none.
 */
export function plainCompute(): ComputePool & { encodings: number } {
  const computePool = {
    encodings: 0,
    prepare: async (body: Uint8Array): Promise<Prepared | Draft> => {
      let given: { name?: string; bad?: string[]; dataset?: string };
      try {
        given = JSON.parse(new TextDecoder().decode(body));
      } catch {
        return { ok: false, code: "malformed", errors: [{ pointer: "", detail: "the body is not JSON" }] };
      }
      if (given.bad) {
        return { ok: false, code: "invalid", errors: given.bad.map((pointer) => ({ pointer, detail: "is wrong" })) };
      }
      if (given.dataset) {
        const dataset = { id: given.dataset, target: [], splitColumn: null, features: null, searches: false };
        const references = { dataset, model: null };
        return { ok: false, code: "references", references, spec: new TextEncoder().encode(given.name) };
      }
      return aPreparedJob(given.name);
    },
    prepareDraft: async ({ spec }: Draft): Promise<Prepared> => aPreparedJob(new TextDecoder().decode(spec)),
    prepareSweep: () => Promise.reject(new Error("this compute pool prepares no sweeps")),
    prepareSweepDraft: () => Promise.reject(new Error("this compute pool prepares no sweeps")),
    readBody: () => Promise.reject(new Error("this compute pool reads no bodies")),
    readTracking: () => Promise.reject(new Error("this compute pool reads no requests")),
    importance: () => Promise.reject(new Error("this compute pool knows no trials")),
    jobOfTrial: () => Promise.reject(new Error("this compute pool knows no trials")),
    predict: {
      now: () => null,
      rows: async () => ({ ok: true as const, predictions: [], remarks: [] }),
      stream: async () => ({ ok: true as const, bytes: new Uint8Array(), reading: null, rows: 0, remarks: [] }),
    },
    chooseBackground: () => Promise.reject(new Error("this compute pool knows no background")),
    encodeBackground: () => Promise.reject(new Error("this compute pool knows no background")),
    explain: () => Promise.reject(new Error("this compute pool explains nothing")),
    partialDependence: () => Promise.reject(new Error("this compute pool explains nothing")),
    evaluate: async () => ({ ok: false as const, errors: [] }),
    admitSeeds: async () => ({ ok: true as const, blocks: 1 }),
    admitLearningCurve: async () => ({ ok: true as const, trainings: 1 }),
    admitInfluence: async () => ({ ok: true as const, retrainings: 1, trainingRows: 1 }),
    replaySize: async (run: TrainingRun) => ({ stepsPerEpoch: 1, multiplyAdds: 1, run }),
    replay: async () => {
      throw new Error("nothing is replayed here");
    },
    showRows: async () => ({ total: 0, returned: 0, parts: [], features: [], targets: [] }),
    multiplyAdds: () => 0,
    counted: { isOn: false, take: () => [], sample: () => undefined, onWindow: () => undefined },
    forget: () => undefined,
    encodeColumns: async (...args: Parameters<ComputePool["encodeColumns"]>) => {
      computePool.encodings++;
      return encodeStoredChunk(...args);
    },
    downsampleMetrics: async (...[chunks, from, to, points, earlier]: Parameters<ComputePool["downsampleMetrics"]>) => {
      const chosen = pickEpochs(chunks, chooseEpochs(chunks, from, to, points));
      const columns = earlier ? joinWireColumns(decodeWireColumns(earlier.json), chosen) : chosen;
      return { returned: columns.epochs.length, json: encodeWireColumns(columns) };
    },
    encodeModelCard: async (...args: Parameters<ComputePool["encodeModelCard"]>) => Buffer.from(encodeModelCard(...args)),
    encodeMetrics: async (...args: Parameters<ComputePool["encodeMetrics"]>) => encodeMetrics(...args),
    compareHeldOut: () => Promise.reject(new Error("this compute pool compares no models")),
    compareFresh: () => Promise.reject(new Error("this compute pool compares no models")),
    compareOnDataset: () => Promise.reject(new Error("this compute pool compares no models")),
    encodeOnnx: () => Promise.reject(new Error("this compute pool encodes no models")),
    readInferMessage: async (...args: Parameters<ComputePool["readInferMessage"]>) => inferRequestOf(...args),
    readModelFile: () => Promise.reject(new Error("this compute pool reads no files")),
    ofProject: (): ComputePool => computePool,
    until: (): ComputePool => computePool,
    close: () => Promise.resolve(),
  };
  return computePool;
}

export interface TestDependencies extends Services {
  readonly logged: { readonly level: string; readonly fields: Record<string, unknown>; readonly message: string }[];
}

/** Services over a store in a temporary folder, closed when the running test is over. */
export async function openDependencies(
  options: { trainingPool?: TrainingPool; computePool?: ComputePool; wrapStore?: (store: Store) => Store } = {},
): Promise<TestDependencies> {
  const store = await openStore({ dataDir: await temporaryFolder() });
  onTestFinished(() => store.close());
  const logged: TestDependencies["logged"] = [];
  const log = (level: string) => (fields: object, message: string) =>
    void logged.push({ level, fields: fields as Record<string, unknown>, message });
  const used = options.wrapStore?.(store) ?? store;
  const services = createServices({
    store: used,
    queue: createEmbeddedQueue(used),
    bus: createLocalBus((error) => log("error")({ err: error }, "a subscriber failed")),
    computePool: options.computePool ?? plainCompute(),
    trainingPool: options.trainingPool ?? idleTrainingPool(),
    uploadSpool: closedUploadSpool(),
    sources: { fetch: () => Promise.reject(new Error("nothing is fetched here")) },
    limits: { ...LIMITS, uploadBytes: 1e6, project: parseConfig({}).limits.project },
    log: { debug: () => undefined, info: log("info"), warn: log("warn"), error: log("error") },
  });
  return { ...services, logged };
}

const { drainMs, backoffMs } = parseConfig({});

/** A runner of one job at a time, with the times of the settings' defaults. */
export const RUNNER = { workers: 1, drainMs, backoffMs } as const;

/** Stores a job as submit does, without a body. */
export async function queueJob({ store, queue }: Services, name?: string, epochs?: number): Promise<Job> {
  const job = await store.jobs.insert(aNewJob({ ...(name && { name }), ...(epochs && { epochs }) }));
  await queue.enqueue(job.id);
  return job;
}

/** Resolves when a job is in one of the states. */
export async function untilState({ store, bus }: Services, id: string, ...states: Job["state"][]): Promise<Job> {
  for (;;) {
    const woken = Promise.withResolvers<void>();
    const leave = bus.subscribe(id, () => woken.resolve());
    try {
      const job = await store.jobs.get(id);
      if (job && states.includes(job.state)) return job;
      await woken.promise;
    } finally {
      leave();
    }
  }
}

/** A wire frame, parsed. */
export interface WireFrame {
  readonly type: string;
  readonly job: string;
  readonly seq: number;
  readonly state?: string;
  readonly reason?: string;
  readonly from?: number;
  readonly to?: number;
  readonly epochs?: number[];
  readonly series?: { readonly loss?: number[] };
}

export function parseFrame({ json }: { readonly json: Uint8Array }): WireFrame {
  return JSON.parse(new TextDecoder().decode(json));
}
