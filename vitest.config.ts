import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    globalSetup: ["test/contract/postgres-setup.ts"],
    projects: [
      {
        test: {
          name: "unit",
          include: ["test/**/*.test.ts"],
          exclude: ["test/e2e/**", "test/faults/**", "test/cluster/**"],
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
      {
        test: {
          name: "e2e",
          globalSetup: "test/e2e/build-page.ts",
          include: ["test/e2e/**/*.test.ts", "test/faults/**/*.test.ts"],
          testTimeout: 60_000,
          hookTimeout: 60_000,
          // What is waited for comes when the machine gets to it.
          expect: { poll: { timeout: 30_000 } },
        },
      },
      {
        // The API end to end once more, each data directory with a PostgreSQL database of its own.
        test: {
          name: "e2e-postgres",
          env: { TRAINYARD_TEST_STORE: "postgres" },
          include: ["datasets", "durable", "evaluation", "jobs", "models-out", "serving", "streams"].map(
            (name) => `test/e2e/${name}.test.ts`,
          ),
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
      {
        test: {
          name: "cluster",
          include: ["test/cluster/**/*.test.ts"],
          // Each file has a PostgreSQL and four servers: two files at once would starve each other on a small machine.
          fileParallelism: false,
          testTimeout: 240_000,
          hookTimeout: 120_000,
        },
      },
    ],
  },
});
