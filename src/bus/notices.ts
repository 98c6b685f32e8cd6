/** The notices that processes send each other: the sender, jobs that have grown or were removed, topics that changed. */

export interface Notice {
  readonly from: string;
  readonly jobs: readonly string[];
  /** Each as `project/id`. */
  readonly removed: readonly string[];
  readonly topics: readonly string[];
}

/** PostgreSQL accepts payloads below 8,000 bytes. The id of a job has 40 characters, the name of a project at most 63. */
const MAX_ENTRIES = 70;

type Kind = Exclude<keyof Notice, "from">;

export interface NoticeCollector {
  addJob(id: string): void;
  addRemoved(id: string, project: string): void;
  addTopic(topic: string): void;
  /** Empties the collector. Returns its content, without duplicates, in payloads that fit. `putBack` collects one again. */
  drain(): readonly { readonly payload: string; putBack(): void }[];
}

/** Creates an empty collector; it calls `onFirst` when the first thing is collected. */
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
    drain() {
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

/** Parses a notice; null for other text, since anybody with the database can send on the channel. */
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
