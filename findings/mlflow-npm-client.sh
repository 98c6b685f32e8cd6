#!/bin/bash
# The npm package `mlflow` is not MLflow's own: it speaks the API of MLflow 1, prints each body that it sends, and one of its calls has a
# wrong path.
#
# Versions   mlflow 2.0.7 of the npm registry (its author is not MLflow's project), on Node 24; seen on 2026-11-30
# Guess      The package of that name with version 2 is a client of MLflow 2's REST API, silent, with a method for each endpoint.
# Behaviour  It lists experiments at experiments/list, which MLflow 2 removed for experiments/search. Each body that it posts is printed
#            on the output of the program that uses it. setExperimentTag asks for /experimentsset-experiment-tag, without a slash, which
#            no server answers. Runs, metrics, parameters, tags and artifacts are asked for as MLflow's documentation says, with `run_uuid`
#            beside `run_id`.
# What to do A server for MLflow's clients should answer experiments/list too, and pass over `run_uuid`. A program that prints results
#            should not share its output with this client; tags of experiments are set with fetch itself.
# Source     The output below; the endpoints of https://www.mlflow.org/docs/1.24.0/rest-api.html, which has experiments/list, and of
#            https://www.mlflow.org/docs/latest/rest-api.html, which has experiments/search in its place.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund mlflow@2.0.7
cat >try.cjs <<'JS'
const { createServer } = require("node:http");
const Client = require("mlflow");
const server = createServer((request, response) => {
  console.log(`${request.method} ${request.url}`);
  response.setHeader("connection", "close").end("{}");
}).listen(0, "127.0.0.1", async () => {
  const { Experiments, Runs } = new Client({ endpoint: `http://127.0.0.1:${server.address().port}` });
  await Experiments.list();
  await Runs.setTag({ run_id: "r", key: "team", value: "a" });
  await Experiments.setExperimentTag({ experiment_id: "0", key: "team", value: "a" });
  server.close();
});
JS
seen=$(node try.cjs)
expected='GET /api/2.0/mlflow/experiments/list?
{"run_id":"r","run_uuid":"r","key":"team","value":"a"}
POST /api/2.0/mlflow/runs/set-tag
{"experiment_id":"0","key":"team","value":"a"}
POST /api/2.0/mlflow/experimentsset-experiment-tag'
echo "$seen"
if [ "$seen" != "$expected" ]; then
  echo "This has changed; it was:" >&2
  echo "$expected" >&2
  exit 1
fi
