/** A server that is killed again and again, or threads of it, and what is asked of it meanwhile. */
import type { ChildProcess } from "node:child_process";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import type { Job, JobSpec } from "../../src/client/answers.ts";
import { type StartingServer, spawnLiveServer } from "../e2e/live-server.ts";
import type { Chance } from "./chance.ts";
import { SPECS } from "./specs.ts";

/** The moments at which a server is killed; at the last, threads of it died before. */
export const MOMENTS = [
  "starting",
  "running",
  "submitting",
  "pausing",
  "cancelling",
  "checkpointing",
  "ending",
  "threads",
] as const;
export type Moment = (typeof MOMENTS)[number];

const ENDED = ["succeeded", "failed", "cancelled"];
/** Jobs that wait or run at a time. */
const UNDER_WAY = 4;
/** How often one looks for a moment. */
const MAX_LOOKS = 400;
/** Threads that die before their server does. */
const THREADS_KILLED = 4;
/** No job may give up because its threads died. */
const MAX_RETRIES = 20;

/** Options of Node for a server of which SIGUSR2 ends a thread. */
export const KILLABLE_THREADS = `--import=${fileURLToPath(new URL("./thread-killer.ts", import.meta.url))}`;

export const SETTINGS = {
  TRAINYARD_WORKERS: "2",
  TRAINYARD_LOG_LEVEL: "info",
  TRAINYARD_WEBHOOK_ALLOW_PRIVATE: "true",
  TRAINYARD_WEBHOOK_FIRST_DELAY_MS: "50",
  NODE_OPTIONS: KILLABLE_THREADS,
};

export interface Yard {
  /** Starts the server, lets it work until the moment has come, and kills it. `look` reads while it can. */
  disturb(moment: Moment, look: (url: string, id: string) => Promise<void>): Promise<void>;
  /** Jobs for which a cancel may have arrived. */
  readonly cancelled: ReadonlySet<string>;
}

export async function call<T>(url: string, method: string, path: string, body?: object): Promise<T> {
  const response = await fetch(`${url}/v1/${path}`, {
    method,
    ...(body && { body: JSON.stringify(body), headers: { "content-type": "application/json" } }),
  });
  return (await response.json()) as T;
}

export async function jobsOf(url: string): Promise<Job[]> {
  const jobs: Job[] = [];
  for (let after: string | null = null; ; ) {
    const page: { data: Job[]; has_more: boolean; next_after: string } = await call(
      url,
      "GET",
      `jobs?limit=200${after ? `&after=${after}` : ""}`,
    );
    jobs.push(...page.data);
    if (!page.has_more) return jobs;
    after = page.next_after;
  }
}

export function isEnded({ state }: Job): boolean {
  return ENDED.includes(state);
}

/** `webhook`: where ends are told. */
export function createYard(dataDir: string, chance: Chance, webhook: string): Yard {
  const cancelled = new Set<string>();
  const names = Object.keys(SPECS);

  const submit = async (url: string): Promise<void> => {
    const name = chance.of(names);
    const spec: JobSpec = { ...(SPECS[name] as JobSpec), name, max_retries: MAX_RETRIES, webhook: { url: webhook } };
    await call(url, "POST", "jobs", spec);
  };
  /** Some changes of state, lawful and not. */
  const stir = async (url: string, jobs: readonly Job[]): Promise<void> => {
    for (const { id, state } of jobs) {
      if (state === "paused" && chance.percent(60)) await call(url, "POST", `jobs/${id}/resume`);
      else if (chance.percent(15)) await call(url, "POST", `jobs/${id}/pause`);
    }
  };
  /** Comes back too when nothing of the kind happens: any moment is a good one. */
  const until = async (condition: () => Promise<boolean>): Promise<void> => {
    for (let round = 0; round < MAX_LOOKS && !(await condition()); round++) await delay(5);
  };
  const running = async (url: string): Promise<Job | undefined> => (await jobsOf(url)).find(({ state }) => state === "running");

  const reach: Readonly<Record<Exclude<Moment, "starting">, (url: string, server: ChildProcess) => Promise<void>>> = {
    running: async () => delay(chance.below(1000)),
    submitting: async (url) => {
      void submit(url).catch(() => undefined);
      void submit(url).catch(() => undefined);
    },
    pausing: async (url) => {
      await until(async () => (await running(url)) !== undefined);
      const job = await running(url);
      if (job) await call(url, "POST", `jobs/${job.id}/pause`);
    },
    cancelling: async (url) => {
      await until(async () => (await running(url)) !== undefined);
      const job = await running(url);
      if (!job) return;
      cancelled.add(job.id);
      await call(url, "POST", `jobs/${job.id}/cancel`);
    },
    checkpointing: async (url) => {
      let before: string | null = null;
      await until(async () => {
        const job = await running(url);
        if (!job) return false;
        const { data } = await call<{ data: { id: string }[] }>(url, "GET", `jobs/${job.id}/checkpoints?limit=1`);
        const newest = data[0] ? `${job.id} ${data[0].id}` : null;
        const isNew = before !== null && newest !== before;
        before = newest ?? before;
        return isNew;
      });
    },
    ending: async (url) => {
      const ended = async () => (await jobsOf(url)).filter(isEnded).length;
      const before = await ended();
      await until(async () => (await ended()) > before);
    },
    threads: async (_, server) => {
      for (let killed = 0; killed < THREADS_KILLED; killed++) {
        await delay(chance.below(500));
        server.kill("SIGUSR2");
      }
      await delay(chance.below(1000));
    },
  };

  const work = async (
    server: StartingServer,
    moment: Exclude<Moment, "starting">,
    look: (url: string, id: string) => Promise<void>,
  ) => {
    const url = await server.ready;
    let jobs = await jobsOf(url);
    for (let count = jobs.filter((job) => !isEnded(job)).length; count < UNDER_WAY; count++) await submit(url);
    jobs = await jobsOf(url);
    for (const { id } of jobs.filter((job) => !isEnded(job))) await look(url, id);
    await stir(
      url,
      jobs.filter((job) => !isEnded(job)),
    );
    await reach[moment](url, server.process);
    await delay(chance.below(30));
  };

  return {
    cancelled,
    async disturb(moment, look) {
      const server = spawnLiveServer(dataDir, SETTINGS);
      try {
        if (moment === "starting") await delay(chance.below(1500));
        else await work(server, moment, look);
      } finally {
        server.process.kill("SIGKILL");
        await server.ended;
      }
    },
  };
}
