/**
 * The quota of a project for the answers kept under its idempotency keys. The store counts them now and then; this process adds its own in
 * between, so that a claim needs no read.
 */
import { KEY_BYTES } from "../../domain/access/idempotency.ts";
import { createLru } from "../../domain/memory/lru.ts";
import type { Store } from "../../domain/store/store.ts";

/** How many projects' counts are cached, and for how long: other processes add answers too, and old ones expire. */
const MAX_PROJECTS = 1000;
const MAX_AGE_MS = 60_000;

interface Count {
  bytes: number;
  readonly countedAt: number;
}

export interface AnswerQuota {
  /** Returns whether the project has no room for another key. Requests under way may exceed the limit by their answers. */
  isFull(project: string): Promise<boolean>;
  /** Counts a new key. */
  addKey(project: string): void;
  /** Counts a stored answer of this many bytes. */
  addAnswer(project: string, bytes: number): void;
}

/** Creates the quota of `limitBytes` for each project. `now` is a clock in milliseconds. */
export function createAnswerQuota(
  store: Pick<Store, "idempotency">,
  limitBytes: number,
  now: () => number = () => performance.now(),
): AnswerQuota {
  const counts = createLru<Promise<Count>>({ maxCount: MAX_PROJECTS, maxBytes: Number.POSITIVE_INFINITY, bytesOf: () => 0 });
  const count = (project: string): Promise<Count> => {
    const countedAt = now();
    const counted = store.idempotency.countBytes(project).then((bytes) => ({ bytes, countedAt }));
    counts.set(project, counted);
    counted.catch(() => counts.delete(project));
    return counted;
  };
  const add = (project: string, bytes: number): void => {
    void counts.get(project)?.then(
      (known) => {
        known.bytes += bytes;
      },
      () => undefined,
    );
  };
  return {
    async isFull(project) {
      const known = await counts.get(project);
      const { bytes } = known && now() - known.countedAt < MAX_AGE_MS ? known : await count(project);
      return bytes >= limitBytes;
    },
    addKey: (project) => add(project, KEY_BYTES),
    addAnswer: add,
  };
}
