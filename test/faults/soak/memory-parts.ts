/** What the resident memory of this process consists of, by Linux's list of its mappings and by V8. Loaded into the server of a soak. */
import { readFileSync } from "node:fs";
import { getHeapStatistics } from "node:v8";
import type { Worker } from "node:worker_threads";

/** Bytes by part. `threads` is a count. */
export type MemoryParts = Readonly<Record<string, number>>;

interface Mapping {
  readonly from: number;
  readonly bytes: number;
  readonly rights: string;
  readonly path: string;
  resident: number;
}

const HEAD = /^([0-9a-f]+)-([0-9a-f]+) (\S+) \S+ \S+ \d+\s*(.*)$/;
const KB = 1024;
/** glibc gives an arena address space in pieces of this size, at multiples of it. */
const ARENA_BYTES = 64 * KB ** 2;
/** V8's pages, at multiples of it. */
const PAGE_BYTES = 256 * KB;

function mappings(): Mapping[] {
  const found: Mapping[] = [];
  for (const line of readFileSync("/proc/self/smaps", "utf8").split("\n")) {
    const [, from = "", to = "", rights = "", path = ""] = HEAD.exec(line) ?? [];
    if (from) {
      const start = Number.parseInt(from, 16);
      found.push({ from: start, bytes: Number.parseInt(to, 16) - start, rights, path, resident: 0 });
    } else if (line.startsWith("Rss:")) {
      const last = found.at(-1);
      if (last) last.resident = Number.parseInt(line.slice(4), 10) * KB;
    }
  }
  return found;
}

function partOf({ from, bytes, rights, path }: Mapping, after: Mapping | undefined): string {
  if (path === "[heap]") return "main arena";
  if (path !== "" && !path.startsWith("[")) return "files";
  if (rights.includes("x")) return "code";
  if (from % ARENA_BYTES === 0 && bytes < ARENA_BYTES && after?.from === from + bytes && after.rights === "---p")
    return "other arenas";
  if (from % PAGE_BYTES === 0 && bytes % PAGE_BYTES === 0) return "aligned as V8's pages";
  return bytes >= KB ** 2 ? "other, of a megabyte" : "other, shorter";
}

/** The parts, and V8's heaps of the main thread and of all workers. Empty where the system lists no mappings. */
export async function memoryParts(workers: readonly Worker[]): Promise<MemoryParts> {
  const parts: Record<string, number> = {};
  try {
    const all = mappings();
    all.forEach((each, index) => {
      const part = partOf(each, all[index + 1]);
      parts[part] = (parts[part] ?? 0) + each.resident;
    });
  } catch {
    return {};
  }
  const { total_physical_size: main, external_memory: external, malloced_memory: malloced } = getHeapStatistics();
  const heaps = await Promise.all(workers.map((worker) => worker.getHeapStatistics().catch(() => null)));
  const sum = (of: (heap: NonNullable<(typeof heaps)[number]>) => number) =>
    heaps.reduce((total, heap) => total + (heap ? of(heap) : 0), 0);
  return {
    ...parts,
    "heap, main": main,
    "heaps, threads": sum((heap) => heap.total_physical_size),
    external,
    "external, threads": sum((heap) => heap.external_memory),
    malloced: malloced + sum((heap) => heap.malloced_memory),
    threads: workers.length,
  };
}
