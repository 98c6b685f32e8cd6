/**
 * What wrappers of a store need to know of each of its methods: one line for each; a method without a line does not compile. How a wrapper
 * uses a line is its own business: see telemetry/measured and storage/decorators.
 */
import { notFound } from "../errors.ts";
import type { Transition } from "../jobs/job.ts";
import type { ModelRef } from "../models/registry.ts";
import type { EntityStores } from "./entity-stores.ts";

/** A method whose argument types only its own line knows. */
type AnyMethod = (...args: never[]) => unknown;

/** The state change that a call asked for. */
export interface AskedChange {
  readonly to: Transition;
  /** The attempt, if the change belongs to one. */
  readonly attempt?: number;
}

/** The properties of a method. */
export interface MethodFacts<Method extends AnyMethod> {
  /**
   * `read` changes nothing, and may always be retried. `write` changes the database. `memory` answers at once from this process; wrappers
   * leave it alone.
   */
  readonly access: "read" | "write" | "memory";
  /**
   * Who has the method. `server`: no project. `within`: projects too; it lists, names and inserts within the project by itself. Otherwise
   * projects have it for their own ids.
   */
  readonly project: "server" | "within" | OwnId<Method>;
  /**
   * A write that may be retried when its answer was lost, and what the second answer means. `repeat`: the same as the first. `stored`: if
   * the id of its first argument exists, the first call stored the job. `asked`: if nothing changed, the first call made the change,
   * provided that it is the job's last. A write without this fails when its answer is lost.
   */
  readonly ifAnswerLost?: "repeat" | "stored" | { readonly asked: (...args: Parameters<Method>) => AskedChange };
  /** A run calls it: it waits long for an unavailable database, because hours of training may depend on it. */
  readonly ofRun?: true;
  /**
   * Calls of all such methods with the same first argument take effect in the order in which they were made. An `id` means the same in
   * every project, a `name` does not.
   */
  readonly orderedBy?: "id" | "name";
  /** It changes which model a reference names, or the record of that model. */
  readonly changesModels?: true;
  /** The label under which its duration is measured. Methods called once an hour are not measured. */
  readonly measuredAs?: string;
}

/** For a method that finds its record by an id. */
interface OwnId<Method extends AnyMethod> {
  /** The id among the arguments; null if this call has none. Left out: the first argument. */
  readonly idOf?: (...args: Parameters<Method>) => string | null;
  /** The answer for an id that does not exist, and so for one of another project. May throw. */
  readonly unknown: (id: string) => Awaited<ReturnType<Method>>;
}

type MethodTable = {
  readonly [Entity in keyof EntityStores]: {
    readonly [Method in keyof EntityStores[Entity]]: MethodFacts<Extract<EntityStores[Entity][Method], AnyMethod>>;
  };
};

const orNull = { unknown: () => null };
const orFalse = { unknown: () => false };
const orNone = { unknown: () => [] };
const orEmptyTrials = { unknown: () => ({ data: [], hasMore: false, nextAfter: null }) };
const orNoResults = { unknown: () => ({ count: 0, last: null, json: new TextEncoder().encode("[]") }) };
const orEmptyPage = { unknown: () => ({ data: [], hasMore: false, nextAfter: null }) };

/** The table: by entity, by method. */
export const METHODS = {
  jobs: {
    insert: { access: "write", project: "within", ifAnswerLost: "stored", measuredAs: "insertJob" },
    get: { access: "read", project: orNull },
    list: { access: "read", project: "within" },
    count: { access: "read", project: "server" },
    readPayload: { access: "read", project: orNull, ofRun: true },
    transition: {
      access: "write",
      project: orNull,
      ifAnswerLost: { asked: (_id, { to }) => ({ to }) },
      orderedBy: "id",
      measuredAs: "transition",
    },
    finish: {
      access: "write",
      project: "server",
      ofRun: true,
      ifAnswerLost: { asked: (_id, attempt, at, reason, { state }) => ({ to: { state, at, reason }, attempt }) },
      orderedBy: "id",
      changesModels: true,
      measuredAs: "finishJob",
    },
    delete: { access: "write", project: orFalse, measuredAs: "deleteJob" },
    listEnded: { access: "read", project: "server" },
    label: { access: "write", project: orNull, ifAnswerLost: "repeat", orderedBy: "id" },
  },
  events: {
    read: { access: "read", project: orNone },
  },
  metrics: {
    // It recognises a chunk that is already stored.
    append: {
      access: "write",
      project: "server",
      ofRun: true,
      ifAnswerLost: "repeat",
      orderedBy: "id",
      measuredAs: "appendMetrics",
    },
    read: { access: "read", project: orNone },
    readMinMax: { access: "read", project: orNone },
    delete: { access: "write", project: "server" },
  },
  checkpoints: {
    insert: { access: "write", project: "server", ofRun: true, orderedBy: "id" },
    list: { access: "read", project: orEmptyPage },
    get: { access: "read", project: orNull },
    getLast: { access: "read", project: orNull },
    getNearest: { access: "read", project: orNull },
    read: { access: "read", project: orNull, ofRun: true },
    delete: { access: "write", project: orFalse, changesModels: true },
    deleteAll: { access: "write", project: "server", changesModels: true },
    removeUnfinished: { access: "write", project: "server" },
  },
  queue: {
    claim: { access: "write", project: "server", measuredAs: "claimJob" },
    lease: { access: "write", project: "server", measuredAs: "leaseJob" },
    projectsInTurn: { access: "read", project: "server" },
    nextRetryAt: { access: "read", project: "server" },
    position: { access: "read", project: orNull },
  },
  sweeps: {
    insert: { access: "write", project: "within", measuredAs: "insertSweep" },
    get: { access: "read", project: orNull },
    list: { access: "read", project: "within" },
    readSource: { access: "read", project: orNull, ofRun: true },
    transition: { access: "write", project: orNull, orderedBy: "id", measuredAs: "transitionSweep" },
    label: { access: "write", project: orNull, ifAnswerLost: "repeat", orderedBy: "id" },
    delete: { access: "write", project: orFalse, measuredAs: "deleteSweep" },
    listEnded: { access: "read", project: "server" },
    readEvents: { access: "read", project: orNone },
    listTrials: { access: "read", project: orEmptyTrials },
    getTrial: { access: "read", project: orNull },
    readResults: { access: "read", project: orNoResults, ofRun: true },
    claimChunk: { access: "write", project: "server", measuredAs: "claimChunk" },
    // Until the answer comes, nobody else may have the lease for longer than before.
    renewLeases: { access: "write", project: "server", ifAnswerLost: "repeat" },
    // The following methods change nothing the second time, and report that the lease is lost: the chunk runs again, to the same bits.
    releaseChunk: { access: "write", project: "server", ofRun: true },
    releaseAllChunks: { access: "write", project: "server" },
    storeTrials: { access: "write", project: "server", ofRun: true, measuredAs: "storeTrials" },
    startGeneration: { access: "write", project: "server", ofRun: true, measuredAs: "startGeneration" },
    finish: { access: "write", project: "server", ofRun: true, measuredAs: "finishSweep" },
  },
  models: {
    insert: { access: "write", project: "within", changesModels: true, measuredAs: "insertModel" },
    get: { access: "read", project: orNull },
    find: { access: "read", project: { ...orNull, idOf: (ref: ModelRef) => (ref.kind === "id" ? ref.id : null) } },
    known: { access: "memory", project: "within" },
    list: { access: "read", project: "within" },
    readWeights: { access: "read", project: orNull },
    readEvaluation: { access: "read", project: orNull },
    tag: { access: "write", project: orNull, orderedBy: "id", changesModels: true },
    setAlias: { access: "write", project: "within", orderedBy: "name", changesModels: true },
    deleteAlias: { access: "write", project: "within", orderedBy: "name", changesModels: true },
    delete: {
      access: "write",
      project: { unknown: () => ({ deleted: false, aliases: [] }) },
      changesModels: true,
      measuredAs: "deleteModel",
    },
  },
  monitors: {
    add: { access: "write", project: "server", measuredAs: "addCounts" },
    judge: { access: "write", project: "server" },
    get: { access: "read", project: orNull },
    listWindows: { access: "read", project: orNone },
    configure: { access: "write", project: orNull, ifAnswerLost: "repeat" },
    keepAnswers: { access: "write", project: orFalse, ifAnswerLost: "repeat", measuredAs: "keepAnswers" },
    label: { access: "write", project: orNone, ifAnswerLost: "repeat" },
    sums: {
      access: "read",
      project: { unknown: () => ({ answers: 0, labelled: 0, right: 0, absolute: 0, squared: 0, variation: 0 }) },
    },
    deleteOldAnswers: { access: "write", project: "server" },
    setScore: { access: "write", project: orFalse, ifAnswerLost: "repeat" },
    listFigures: { access: "read", project: "server" },
    keepRows: { access: "write", project: "server", measuredAs: "keepAskedRows" },
    listRows: { access: "read", project: orEmptyPage },
    deleteOldRows: { access: "write", project: "server" },
  },
  datasets: {
    insert: { access: "write", project: "within", measuredAs: "insertDataset" },
    find: { access: "read", project: "within" },
    get: { access: "read", project: orNull },
    describe: { access: "read", project: orNull },
    list: { access: "read", project: "within" },
    readPreview: { access: "read", project: orNull },
    readColumns: { access: "read", project: { unknown: throwNoDataset } },
    claim: { access: "write", project: orFalse, ifAnswerLost: "repeat" },
    delete: {
      access: "write",
      project: { unknown: () => ({ deleted: false, usedBy: null }) },
      measuredAs: "deleteDataset",
    },
    removeUnfinished: { access: "write", project: "server" },
  },
  forgets: {
    insert: { access: "write", project: "within" },
    get: { access: "read", project: orNull },
    list: { access: "read", project: "within" },
    listFree: { access: "read", project: "server" },
    claim: { access: "write", project: "server" },
    renew: { access: "write", project: "server", ifAnswerLost: "repeat" },
    save: { access: "write", project: "server", ifAnswerLost: "repeat" },
    release: { access: "write", project: "server", ifAnswerLost: "repeat" },
    releaseAll: { access: "write", project: "server" },
    cancel: { access: "write", project: orNull },
    listRelated: { access: "read", project: orNone },
    findUsers: { access: "read", project: "within" },
    listStarts: { access: "read", project: "within" },
    findCopies: { access: "read", project: "within" },
    eraseTraces: { access: "write", project: "within", ifAnswerLost: "repeat" },
    scrub: { access: "write", project: "server", ifAnswerLost: "repeat" },
  },
  // These methods name their project themselves.
  tracking: {
    insertExperiment: { access: "write", project: "within" },
    findExperiment: { access: "read", project: "within" },
    listExperiments: { access: "read", project: "within" },
    changeExperiment: { access: "write", project: "within", ifAnswerLost: "repeat" },
    insertRun: { access: "write", project: "within" },
    getRun: { access: "read", project: "within" },
    getRuns: { access: "read", project: "within" },
    changeRun: { access: "write", project: "within", ifAnswerLost: "repeat", orderedBy: "id" },
    linkRun: { access: "write", project: "within", ifAnswerLost: "repeat", orderedBy: "id" },
    logToRun: { access: "write", project: "within", ifAnswerLost: "repeat", orderedBy: "id", measuredAs: "logToRun" },
    deleteRunTag: { access: "write", project: "within", orderedBy: "id" },
    readPoints: { access: "read", project: "within" },
    searchRuns: { access: "read", project: "within", measuredAs: "searchRuns" },
    insertModel: { access: "write", project: "within" },
    getModel: { access: "read", project: "within" },
    listModels: { access: "read", project: "within" },
    changeModel: { access: "write", project: "within", orderedBy: "id" },
    deleteModel: { access: "write", project: "within" },
    deleteOld: { access: "write", project: "server" },
  },
  deliveries: {
    claim: { access: "write", project: "server" },
    recordAttempt: { access: "write", project: "server", measuredAs: "recordDelivery" },
    nextAt: { access: "read", project: "server" },
    list: { access: "read", project: orEmptyPage },
    releaseAll: { access: "write", project: "server" },
    deleteEnded: { access: "write", project: "server" },
  },
  secrets: {
    getOrCreate: { access: "write", project: "server", ifAnswerLost: "repeat" },
  },
  // Keys, sessions and idempotency keys name their project themselves.
  schedules: {
    insert: { access: "write", project: "within", ifAnswerLost: "repeat" },
    get: { access: "read", project: orNull },
    list: { access: "read", project: "within" },
    change: { access: "write", project: orNull, ifAnswerLost: "repeat" },
    delete: { access: "write", project: orFalse },
    listDue: { access: "read", project: "server" },
    fire: { access: "write", project: "server" },
  },
  scheduleRuns: {
    insert: { access: "write", project: { idOf: ({ scheduleId }) => scheduleId, unknown: throwNoSchedule } },
    get: { access: "read", project: orNull },
    list: { access: "read", project: orEmptyPage },
    listFree: { access: "read", project: "server" },
    claim: { access: "write", project: "server" },
    renew: { access: "write", project: "server", ifAnswerLost: "repeat" },
    save: { access: "write", project: "server" },
    release: { access: "write", project: "server", ifAnswerLost: "repeat" },
    releaseAll: { access: "write", project: "server" },
  },
  imports: {
    insert: { access: "write", project: "within" },
    get: { access: "read", project: orNull },
    change: { access: "write", project: { unknown: () => true }, ifAnswerLost: "repeat" },
    cancel: { access: "write", project: orNull, ifAnswerLost: "repeat" },
    deleteOld: { access: "write", project: "server" },
  },
  keys: {
    hasAny: { access: "read", project: "server" },
    insert: { access: "write", project: "server" },
    find: { access: "read", project: "server" },
    get: { access: "read", project: "server" },
    list: { access: "read", project: "server" },
    count: { access: "read", project: "server" },
    revoke: { access: "write", project: "server" },
    recordUse: { access: "write", project: "server" },
  },
  sessions: {
    insert: { access: "write", project: "server" },
    find: { access: "read", project: "server" },
    delete: { access: "write", project: "server" },
  },
  auditLog: {
    append: { access: "write", project: "server" },
    list: { access: "read", project: "server" },
    deleteOld: { access: "write", project: "server" },
    findExcess: { access: "read", project: "server" },
    deleteUpTo: { access: "write", project: "server" },
  },
  idempotency: {
    claim: { access: "write", project: "server" },
    find: { access: "read", project: "server" },
    fingerprint: { access: "write", project: "server" },
    answer: { access: "write", project: "server" },
    release: { access: "write", project: "server" },
    releaseAll: { access: "write", project: "server" },
    countBytes: { access: "read", project: "server" },
    deleteOld: { access: "write", project: "server" },
  },
  counters: {
    increment: { access: "write", project: "server" },
    removeEnded: { access: "write", project: "server" },
  },
  workers: {
    recordHeartbeat: { access: "write", project: "server" },
    list: { access: "read", project: "server" },
    drain: { access: "write", project: "server" },
    deregister: { access: "write", project: "server" },
    removeSilent: { access: "write", project: "server" },
  },
} as const satisfies MethodTable;

function throwNoSchedule(id: string): never {
  throw notFound("schedule", id);
}

function throwNoDataset(id: string): never {
  throw notFound("data set", id);
}

type Table = typeof METHODS;

/** The labels under which methods are measured. */
export type MeasuredName = {
  [Entity in keyof Table]: {
    [Method in keyof Table[Entity]]: Table[Entity][Method] extends { readonly measuredAs: infer Name } ? Name : never;
  }[keyof Table[Entity]];
}[keyof Table];
