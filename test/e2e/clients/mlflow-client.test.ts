/**
 * A client of MLflow's API that others wrote, against the real server: the package `mlflow` of the npm registry, pinned in
 * test/fixtures/mlflow-client. It speaks as clients of MLflow 1 did (experiments/list, `run_uuid` beside `run_id`). Its call for tags of
 * experiments lacks a slash in its path, so that it works with no server. Skipped where no registry can be reached.
 */
import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, it } from "vitest";
import { type BorrowedServer, borrowServer } from "../borrowed-server.ts";
import { INSTALL_MS, installPinned } from "./installed-packages.ts";

/** Logs a run and reads it, then the runs of the experiment that is the project. The client prints each body that it sends. */
const SCRIPT = `
const Client = require("mlflow");
const { Experiments, Runs, Metrics, Artifacts } = new Client({ endpoint: process.env.MLFLOW_TRACKING_URI });
const log = console.log;
console.log = () => {};
(async () => {
  const { experiment_id } = await Experiments.create({ name: "forests" });
  await Experiments.update({ experiment_id, new_name: "woods" });
  const { experiments } = await Experiments.list({ view_type: "ACTIVE_ONLY" });
  const { run } = await Runs.create({ experiment_id, start_time: 1000, tags: [{ key: "team", value: "a" }] });
  const { run_id } = run.info;
  for (const [step, value] of [0.5, 0.25].entries()) await Runs.logMetric({ run_id, key: "loss", value, timestamp: 2000, step });
  await Runs.logParameter({ run_id, key: "lr", value: "0.1" });
  await Runs.setTag({ run_id, key: "draft", value: "yes" });
  await Runs.deleteTag({ run_id, key: "draft" });
  await Runs.logBatch({ run_id, metrics: [{ key: "acc", value: 0.9, timestamp: 2000, step: 0 }], params: [], tags: [] });
  await Runs.update({ run_id, status: "FINISHED", end_time: 3000 });
  await Runs.delete({ run_id });
  await Runs.restore({ run_id });
  const found = await Runs.search({ experiment_ids: [experiment_id], filter: "metrics.loss < 0.3", max_results: 10 });
  const { metrics } = await Metrics.getHistory({ run_id, metric_key: "loss" });
  const { runs } = await Runs.search({ experiment_ids: ["0"], order_by: ["metrics.loss ASC"] });
  const { files } = await Artifacts.list({ run_id: runs[0].info.run_id });
  log(JSON.stringify({ experiments, found: found.runs, metrics, runs, files }));
})();
`;

interface Read {
  readonly experiments: readonly { readonly name: string }[];
  readonly found: readonly object[];
  readonly metrics: readonly object[];
  readonly runs: readonly object[];
  readonly files: readonly { readonly path: string }[];
}

let server: BorrowedServer;
beforeAll(async () => {
  server = await borrowServer();
});
afterAll(async () => {
  await server?.giveBack();
});

it(
  "logs runs through the npm package mlflow, and reads them and the server's own jobs",
  async ({ skip }) => {
    const installed = await installPinned("mlflow-client");
    if (installed === null) return skip("no registry of packages can be reached");
    const job = await server.client.submit({
      name: "line",
      data: { inline: { features: [[0], [1], [2], [3]], targets: [1, 3, 5, 7] } },
      model: { layers: [{ type: "linear" }] },
      optimizer: { type: "sgd", lr: 0.05 },
      epochs: 5,
    });
    await server.client.wait(job.id);
    const { stdout } = await promisify(execFile)(process.execPath, ["-e", SCRIPT], {
      cwd: installed,
      env: { ...process.env, MLFLOW_TRACKING_URI: server.url, NODE_PATH: join(installed, "node_modules") },
    });
    const { experiments, found, metrics, runs, files } = JSON.parse(stdout) as Read;
    expect(experiments.map(({ name }) => name).toSorted()).toEqual(["default", "woods"]);
    expect(found).toMatchObject([
      {
        info: { status: "FINISHED", start_time: 1000, end_time: 3000, lifecycle_stage: "active" },
        data: {
          metrics: expect.arrayContaining([expect.objectContaining({ key: "loss", value: 0.25, step: 1 })]),
          params: [{ key: "lr", value: "0.1" }],
          tags: expect.arrayContaining([{ key: "team", value: "a" }]),
        },
      },
    ]);
    expect(metrics).toMatchObject([
      { value: 0.5, step: 0 },
      { value: 0.25, step: 1 },
    ]);
    expect(runs).toMatchObject([{ info: { run_name: "line", status: "FINISHED" } }]);
    expect(files.map(({ path }) => path)).toEqual(["model.onnx", "model.safetensors"]);
  },
  2 * INSTALL_MS,
);
