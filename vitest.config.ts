import { availableParallelism } from "node:os";
import { fileURLToPath, pathToFileURL } from "node:url";
import type { Plugin } from "vite";
import { defineConfig } from "vitest/config";
import { withThreads } from "./scripts/bundle-server.ts";
import { LongFirst } from "./test/long-first.ts";

const SOURCES = fileURLToPath(new URL("src/", import.meta.url));
const SERVER = fileURLToPath(new URL("build/server", import.meta.url));

/** Servers, threads and commands that tests start find their scripts compiled by the first of them. */
const env = { NODE_COMPILE_CACHE: fileURLToPath(new URL("node_modules/.cache/trainyard-tests", import.meta.url)) };

/**
 * Files at a time. Those that start servers and browsers wait for them a third of their time, so that one at a time leaves two cores
 * idle. The same for all projects: Vitest runs projects of another number one after the other.
 */
const maxWorkers = Math.max(2, availableParallelism() - 1);

/** These compute: they load the engine, and neither servers nor databases. */
const COMPUTING = ["dashboard", "domain", "engine", "formats", "parity", "training"].map((room) => `test/${room}/**`);

const shared = { env, maxWorkers, setupFiles: ["test/each-file.ts"] };
/**
 * Files share a process and what it has loaded, which is half of what a short unit takes in a process of its own; those of the page share a
 * browser too. What a hook starts that was given up is ended by each-file.ts, after the next file at the latest. Those of the cluster do not:
 * they are few, and follow one another nowhere.
 */
const sharedProcess = { ...shared, isolate: false };

/** Threads that tests of the sources start are the built ones, which load in half the time. */
const builtThreads: Plugin = {
  name: "built-threads",
  enforce: "pre",
  transform(source, path) {
    if (!path.startsWith(SOURCES)) return null;
    const text = withThreads(source, (name) => `new URL(${JSON.stringify(pathToFileURL(`${SERVER}/${name}.js`).href)})`);
    return text === source ? null : { code: text, map: null };
  },
};

export default defineConfig({
  test: {
    globalSetup: ["test/built.ts", "test/contract/databases/postgres-setup.ts"],
    sequence: { sequencer: LongFirst },
    projects: [
      {
        plugins: [builtThreads],
        test: {
          name: "unit",
          ...sharedProcess,
          include: ["test/**/*.test.ts"],
          exclude: ["test/e2e/**", "test/faults/**", "test/cluster/**", ...COMPUTING],
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
      {
        plugins: [builtThreads],
        test: {
          name: "unit-computing",
          ...sharedProcess,
          include: COMPUTING.map((room) => `${room}/*.test.ts`),
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
      {
        plugins: [builtThreads],
        test: {
          name: "e2e",
          ...sharedProcess,
          include: ["test/e2e/**/*.test.ts", "test/faults/**/*.test.ts"],
          testTimeout: 60_000,
          hookTimeout: 60_000,
          // What is waited for comes when the machine gets to it.
          expect: { poll: { timeout: 50_000 } },
        },
      },
      {
        // The API, and the page's way from a table to a model, once more: each data directory has a PostgreSQL database of its own.
        plugins: [builtThreads],
        test: {
          name: "e2e-postgres",
          ...sharedProcess,
          env: { ...env, TRAINYARD_TEST_STORE: "postgres" },
          include: [
            ...["datasets", "evaluation", "forget", "jobs", "models-out", "serving", "streams", "sweeps", "sweeps-as-jobs"].map(
              (name) => `api/${name}`,
            ),
            "process/durable",
            ...["models/playground", "jobs/start", "models/verdict", "data/worst-rows"].map((name) => `page/${name}`),
          ].map((name) => `test/e2e/${name}.test.ts`),
          testTimeout: 60_000,
          hookTimeout: 60_000,
          expect: { poll: { timeout: 50_000 } },
        },
      },
      {
        plugins: [builtThreads],
        test: {
          name: "cluster",
          ...shared,
          include: ["test/cluster/**/*.test.ts"],
          // Each file has a PostgreSQL and four servers; long-first.ts keeps them apart from one another.
          testTimeout: 240_000,
          hookTimeout: 120_000,
        },
      },
    ],
  },
});
