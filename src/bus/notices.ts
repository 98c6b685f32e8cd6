/** What processes tell each other: who tells it, which jobs have grown or were removed, which topics have changed. */

export interface Notice {
  readonly from: string;
  readonly jobs: readonly string[];
  /** Each as `project/id`. */
  readonly removed: readonly string[];
  readonly topics: readonly string[];
}

/** PostgreSQL takes payloads below 8,000 bytes. An id of a job has 40 characters, the name of a project 63 at most. */
const MAX_ENTRIES = 70;

type Kind = Exclude<keyof Notice, "from">;

export interface NoticeCollector {
  addJob(id: string): void;
  addRemoved(id: string, project: string): void;
  addTopic(topic: string): void;
  /** Everything collected so far, each thing once, in payloads that fit. `putBack` collects one's content again. */
  take(): readonly { readonly payload: string; putBack(): void }[];
}

/** An empty collector; calls `onFirst` when something comes in. */
export function collectNotices(from: string, onFirst: () => void): NoticeCollector {
  let collected = new Map<string, { readonly kind: Kind; readonly name: string }>();
  const add = (kind: Kind, name: string): void => {
    collected.set(`${kind} ${name}`, { kind, name });
    onFirst();
  };
  return {
    addJob: (id) => add("jobs", id),
    addRemoved: (id, project) => add("removed", `${project}/${id}`),
    addTopic: (topic) => add("topics", topic),
    take() {
      const entries = [...collected.values()];
      collected = new Map();
      const notices = [];
      for (let start = 0; start < entries.length; start += MAX_ENTRIES) {
        const part = entries.slice(start, start + MAX_ENTRIES);
        const names = (kind: Kind) => part.filter((entry) => entry.kind === kind).map(({ name }) => name);
        const notice: Notice = { from, jobs: names("jobs"), removed: names("removed"), topics: names("topics") };
        const putBack = () => part.forEach(({ kind, name }) => void add(kind, name));
        notices.push({ payload: JSON.stringify(notice), putBack });
      }
      return notices;
    },
  };
}

/** A notice as it was sent; null for what is none: the channel is open to whoever has the database. */
export function readNotice(payload: string): Notice | null {
  try {
    const { from, jobs, removed, topics } = JSON.parse(payload) as Record<string, unknown>;
    const lists = [jobs, removed, topics];
    if (typeof from !== "string" || !lists.every(isNames)) return null;
    return { from, jobs, removed, topics } as Notice;
  } catch {
    return null;
  }
}

function isNames(value: unknown): boolean {
  return Array.isArray(value) && value.every((name) => typeof name === "string");
}
