/**
 * The life of jobs against a model of it: whatever is asked of them, in whatever order, whatever becomes of their threads and of
 * the server, every job is in the state that the model says, and its events tell the same story.
 */
import * as fc from "fast-check";
import { expect, it } from "vitest";
import { cancel } from "../../../src/app/jobs/cancel.ts";
import { pause } from "../../../src/app/jobs/pause.ts";
import { recover } from "../../../src/app/jobs/recover.ts";
import { remove } from "../../../src/app/jobs/remove.ts";
import { resume } from "../../../src/app/jobs/resume.ts";
import { type Runner, startRunner } from "../../../src/app/jobs/run.ts";
import type { Services } from "../../../src/app/services.ts";
import { createLocalBus } from "../../../src/bus/local.ts";
import { type Job, type JobState, TRANSITIONS } from "../../../src/domain/jobs/job.ts";
import type { TrainingObserver, TrainingResult, TrainingRun } from "../../../src/domain/ports.ts";
import { createEmbeddedQueue } from "../../../src/queue/embedded.ts";
import { aCheckpoint, aChunk, aModel, aNewJob, someWeights } from "../../contract/fixtures.ts";
import { idleTrainingPool, openDependencies, RUNNER } from "./dependencies.ts";

const WORKERS = 2;
const MAX_RETRIES = 2;

/** What a job should be like. */
interface Expected {
  state: JobState;
  attempt: number;
  crashes: number;
  epochs: number;
  /** Of the last checkpoint. */
  checkpoint: number | null;
  readonly priority: number;
  /** Its place among jobs of its priority: jobs that are resumed come last. */
  place: number;
}

interface Model {
  readonly jobs: Expected[];
  places: number;
}

/** A run that a thread is at, for a command to end. */
interface Run {
  readonly run: TrainingRun;
  readonly observer: TrainingObserver;
  end(result: TrainingResult): void;
  die(error: Error): void;
}

/** The real thing: a store, and the server on it, which may be started anew. */
interface Real {
  readonly ids: string[];
  services: Services;
  runner: Runner;
  /** By job. */
  runs: Map<string, Run>;
}

const ATTEMPTED: readonly JobState[] = ["running", "pausing", "cancelling"];

/** The runner takes jobs as long as it has workers. */
function fill({ jobs }: Model): void {
  for (;;) {
    const next = jobs.filter(({ state }) => state === "queued").sort((a, b) => b.priority - a.priority || a.place - b.place)[0];
    if (!next || jobs.filter(({ state }) => ATTEMPTED.includes(state)).length >= WORKERS) return;
    next.state = "running";
    next.attempt++;
  }
}

function start(real: Pick<Real, "services" | "runs">): Runner {
  return startRunner(real.services, { ...RUNNER, workers: WORKERS, backoffMs: 0 });
}

/** Servers that have crashed. Their runners are still in this process, and must claim nothing more. */
const crashed = new WeakSet<Services>();

/** A server on the store of another one. */
function servicesOn(services: Services, runs: Map<string, Run>): Services {
  const train = (run: TrainingRun, observer: TrainingObserver) => {
    const { promise, resolve, reject } = Promise.withResolvers<TrainingResult>();
    runs.set(run.job.id, { run, observer, end: resolve, die: reject });
    return promise;
  };
  const bus = createLocalBus(() => undefined);
  const queue = createEmbeddedQueue(services.store);
  const own: Services = {
    ...services,
    bus,
    queue: { ...queue, claim: async (room) => (crashed.has(own) ? null : queue.claim(room)) },
    trainingPool: idleTrainingPool(train),
  };
  return own;
}

/** Waits until the jobs are as the model says, and the threads have what they should. */
async function agree({ jobs }: Model, real: Real): Promise<void> {
  const { store } = real.services;
  await expect
    .poll(
      async () => {
        const found = await Promise.all(real.ids.map((id) => store.jobs.get(id)));
        return found.map((job) => job && pick(job));
      },
      { interval: 2, timeout: 20_000 },
    )
    .toEqual(jobs.map(pick));
  const atWork = real.ids.filter((_, index) => ATTEMPTED.includes(jobs[index]?.state as JobState));
  await expect.poll(() => [...real.runs.keys()].sort(), { interval: 2, timeout: 20_000 }).toEqual(atWork.toSorted());
  for (const [index, id] of real.ids.entries()) {
    const run = real.runs.get(id);
    if (run && run.run.job.attempt === jobs[index]?.attempt) await heard(run, jobs[index] as Expected);
  }
}

const pick = ({ state, attempt, crashes }: Pick<Job, "state" | "attempt" | "crashes">) => ({ state, attempt, crashes });

/** A thread hears of a pause and of a cancel. */
async function heard({ observer }: Run, { state }: Expected): Promise<void> {
  const wishes = () => [observer.stop.aborted || observer.signal.aborted, observer.signal.aborted];
  const expected = state === "running" ? [false, false] : [true, state === "cancelling"];
  if (state === "pausing") await expect.poll(() => wishes()[0], { interval: 2, timeout: 20_000 }).toBe(true);
  else await expect.poll(wishes, { interval: 2, timeout: 20_000 }).toEqual(expected);
}

/** A command on the job at a place in the list, if there are any. */
abstract class OnJob implements fc.AsyncCommand<Model, Real> {
  readonly choice: number;
  constructor(choice: number) {
    this.choice = choice;
  }
  check({ jobs }: Readonly<Model>): boolean {
    return jobs.length > 0;
  }
  async run(model: Model, real: Real): Promise<void> {
    const index = this.indexIn(model);
    await this.act(model.jobs[index] as Expected, real.ids[index] as string, real, model);
    fill(model);
    await agree(model, real);
  }
  indexIn({ jobs }: Model): number {
    return this.choice % jobs.length;
  }
  abstract act(job: Expected, id: string, real: Real, model: Model): Promise<void>;
  toString(): string {
    return `${this.constructor.name}(${this.choice})`;
  }
}

class Submit implements fc.AsyncCommand<Model, Real> {
  readonly priority: number;
  constructor(priority: number) {
    this.priority = priority;
  }
  check({ jobs }: Readonly<Model>): boolean {
    return jobs.length < 6;
  }
  async run(model: Model, real: Real): Promise<void> {
    const { store, queue } = real.services;
    const job = aNewJob();
    // Priorities are far apart, so that no waiting makes up for them.
    const spec = { ...job.spec, priority: this.priority * 50, max_retries: MAX_RETRIES };
    const { id } = await store.jobs.insert({ ...job, spec });
    real.ids.push(id);
    const fresh = { state: "queued" as const, attempt: 0, crashes: 0, epochs: 0, checkpoint: null };
    model.jobs.push({ ...fresh, priority: this.priority, place: model.places++ });
    await queue.enqueue(id);
    fill(model);
    await agree(model, real);
  }
  toString(): string {
    return `Submit(${this.priority})`;
  }
}

/** What a request does, or that it is refused with the state. */
abstract class Ask extends OnJob {
  abstract readonly steps: Partial<Record<JobState, JobState>>;
  abstract ask(services: Services, id: string): Promise<unknown>;
  async act(job: Expected, id: string, real: Real, model: Model): Promise<void> {
    const to = this.steps[job.state];
    if (to === undefined) {
      const refusal = { code: "conflict", message: expect.stringContaining(`the job is ${job.state}`) };
      await expect(this.ask(real.services, id)).rejects.toMatchObject(refusal);
      return;
    }
    if (to === "queued") job.place = model.places++;
    job.state = to;
    await this.ask(real.services, id);
  }
}
class Pause extends Ask {
  readonly steps = { queued: "paused", running: "pausing", pausing: "pausing" } as const;
  ask = pause;
}
class Resume extends Ask {
  readonly steps = { paused: "queued" } as const;
  ask = resume;
}
class Cancel extends Ask {
  readonly steps = {
    ...({ queued: "cancelled", paused: "cancelled" } as const),
    ...({ running: "cancelling", pausing: "cancelling", cancelling: "cancelling" } as const),
  };
  ask = cancel;
}

/** What a thread does to the job that it is at. */
abstract class OfThread extends OnJob {
  override check({ jobs }: Readonly<Model>): boolean {
    return jobs.some(({ state }) => ATTEMPTED.includes(state));
  }
  override indexIn({ jobs }: Model): number {
    const places = [...jobs.keys()].filter((index) => ATTEMPTED.includes((jobs[index] as Expected).state));
    return places[this.choice % places.length] as number;
  }
  async act(job: Expected, id: string, real: Real): Promise<void> {
    await this.thread(job, real.runs.get(id) as Run, () => real.runs.delete(id));
  }
  abstract thread(job: Expected, run: Run, leave: () => void): Promise<void>;
}
class Trains extends OfThread {
  async thread(job: Expected, { observer }: Run): Promise<void> {
    await observer.onEpochs(aChunk(job.epochs + 1, job.epochs + 3));
    job.epochs += 3;
  }
}
class WritesCheckpoint extends OfThread {
  async thread(job: Expected, { observer }: Run): Promise<void> {
    await observer.onCheckpoint(aCheckpoint({ epoch: job.epochs }));
    job.checkpoint = job.epochs;
  }
}
class Succeeds extends OfThread {
  async thread(job: Expected, run: Run, leave: () => void): Promise<void> {
    leave();
    job.state = "succeeded";
    const { id: _id, name: _name, jobId: _jobId, createdAt: _createdAt, metrics, ...model } = aModel(run.run.job.id);
    run.end({ state: "succeeded", reason: "all epochs are done", metrics, model, weights: someWeights(), evaluation: null });
  }
}
class Diverges extends OfThread {
  async thread(job: Expected, run: Run, leave: () => void): Promise<void> {
    leave();
    job.state = "failed";
    run.end({ state: "failed", metrics: null, error: { code: "diverged", detail: "the loss is NaN", epoch: 1 } });
  }
}
/** Does what it was asked: a checkpoint and a stop, or an end. */
class Obeys extends OfThread {
  async thread(job: Expected, run: Run, leave: () => void): Promise<void> {
    if (job.state === "running") return;
    leave();
    if (job.state === "cancelling") {
      job.state = "cancelled";
      run.end({ state: "cancelled", metrics: null });
      return;
    }
    await run.observer.onCheckpoint(aCheckpoint({ epoch: job.epochs, reason: "pause" }));
    job.checkpoint = job.epochs;
    job.state = "paused";
    run.end({ state: "stopped", metrics: null });
  }
}
class Dies extends OfThread {
  async thread(job: Expected, run: Run, leave: () => void): Promise<void> {
    leave();
    if (job.crashes === MAX_RETRIES) job.state = "failed";
    else if (job.state === "cancelling") job.state = "cancelled";
    else {
      job.crashes++;
      job.state = job.state === "running" ? "queued" : "paused";
    }
    run.die(new Error("the training thread exited with code 3"));
  }
}

class Remove extends OnJob {
  async act(job: Expected, id: string, real: Real, model: Model): Promise<void> {
    const index = real.ids.indexOf(id);
    if (TRANSITIONS[job.state].length > 0) {
      await expect(remove(real.services, id)).rejects.toMatchObject({ code: "conflict" });
      return;
    }
    await tells(job, id, real);
    await remove(real.services, id);
    model.jobs.splice(index, 1);
    real.ids.splice(index, 1);
  }
}

abstract class OfServer implements fc.AsyncCommand<Model, Real> {
  check(): boolean {
    return true;
  }
  async run(model: Model, real: Real): Promise<void> {
    await this.end(model, real);
    // What the old server's threads may still say is said by attempts that have lost their jobs.
    const late = [...real.runs.values()];
    real.runs = new Map();
    real.services = servicesOn(real.services, real.runs);
    await recover(real.services);
    for (const { observer } of late) await observer.onEpochs(aChunk(1, 1)).catch(() => undefined);
    real.runner = start(real);
    fill(model);
    await agree(model, real);
  }
  abstract end(model: Model, real: Real): Promise<void>;
  toString(): string {
    return this.constructor.name;
  }
}
const AFTER_THE_END: Partial<Record<JobState, JobState>> = { running: "queued", pausing: "paused", cancelling: "cancelled" };
/** The process is gone: what its threads and its runner would have done is not done. */
class Crash extends OfServer {
  async end({ jobs }: Model, { services }: Real): Promise<void> {
    crashed.add(services);
    for (const job of jobs) job.state = AFTER_THE_END[job.state] ?? job.state;
  }
}
class Stop extends OfServer {
  async end({ jobs }: Model, { runner, runs, ids }: Real): Promise<void> {
    const stopped = runner.stop();
    for (const [id, { observer, end }] of runs) {
      const job = jobs[ids.indexOf(id)] as Expected;
      if (job.state !== "cancelling") await observer.onCheckpoint(aCheckpoint({ epoch: job.epochs, reason: "stop" }));
      if (job.state !== "cancelling") job.checkpoint = job.epochs;
      end({ state: job.state === "cancelling" ? "cancelled" : "stopped", metrics: null });
    }
    runs.clear();
    await stopped;
    for (const job of jobs) job.state = AFTER_THE_END[job.state] ?? job.state;
  }
}

/** The events of a job are gapless, each epoch once, and its states those of its transitions, all of them lawful. */
async function tells(job: Expected, id: string, { services }: Real): Promise<void> {
  const record = (await services.store.jobs.get(id)) as Job;
  const events = await services.store.events.read(id, 0, 1000);
  expect(events.map(({ seq }) => seq)).toEqual(Array.from({ length: record.lastSeq }, (_, index) => index + 1));
  const states = events.flatMap((event) => (event.type === "state" ? [event.state] : []));
  expect(states).toEqual(record.transitions.map(({ state }) => state));
  for (const [index, state] of states.slice(1).entries()) expect(TRANSITIONS[states[index] as JobState]).toContain(state);
  const chunks = events.flatMap((event) => (event.type === "metrics" ? [event] : []));
  expect(chunks.map(({ from }) => from)).toEqual(chunks.map((_, index) => index * 3 + 1));
  expect(record).toMatchObject({ epochsDone: job.epochs, state: job.state });
  const last = await services.store.checkpoints.getLast(id);
  expect(last?.epoch ?? null).toBe(job.checkpoint);
}

const choice = fc.nat(5);
const commands = fc.commands(
  [
    fc.integer({ min: -1, max: 1 }).map((priority) => new Submit(priority)),
    fc.integer({ min: -1, max: 1 }).map((priority) => new Submit(priority)),
    ...[Pause, Resume, Cancel, Trains, WritesCheckpoint, Succeeds, Diverges, Obeys, Obeys, Dies, Remove].map((Command) =>
      choice.map((place) => new Command(place)),
    ),
    fc.constant(new Crash()),
    fc.constant(new Stop()),
  ],
  { maxCommands: 40, size: "max" },
);

it("goes as the model says, whatever is asked and whatever dies", async () => {
  await fc.assert(
    fc.asyncProperty(commands, async (sequence) => {
      const dependencies = await openDependencies();
      const runs = new Map<string, Run>();
      const services = servicesOn(dependencies, runs);
      const real: Real = { ids: [], services, runs, runner: start({ services, runs }) };
      const model: Model = { jobs: [], places: 0 };
      await fc.asyncModelRun(() => ({ model, real }), sequence);
      for (const [index, id] of real.ids.entries()) await tells(model.jobs[index] as Expected, id, real);
      await new Stop().end(model, real);
    }),
    { numRuns: 40 },
  );
}, 300_000);
