#!/bin/bash
# An observable gauge of OpenTelemetry for JavaScript goes on for what is no longer observed: a deleted model keeps its last value.
#
# Versions   @opentelemetry/sdk-metrics 3.1.1, on Node 24; seen on 2026-11-30
# Guess      What is exported of an observable gauge is what its callback observed this time, as the specification asks: the series of a model that
#            was deleted ends.
# Behaviour  With cumulative temporality, the default, every set of attributes that was ever observed is exported at each collection until the
#            process ends, with its last value: nobody can tell it from a fresh one, and an alert on it does not end. The number of series grows
#            with all models that ever were, up to 2,000, from which on new ones share one series. With delta temporality the series ends.
# What to do Give the exporter delta temporality for observable gauges, of which a value means the same; or one meter provider for each run of what
#            is observed, shut down with it. Test with an attribute that goes away.
# Source     The output below; github.com/open-telemetry/opentelemetry-js, issues 4096 (2023-08-30, open) and 2997; "Observations inside
#            asynchronous callbacks" in the specification of the metrics SDK.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund @opentelemetry/sdk-metrics@3.1.1 @opentelemetry/api@1.10.0
cat >try.mjs <<'JS'
import { AggregationTemporality, InMemoryMetricExporter, MeterProvider, PeriodicExportingMetricReader } from "@opentelemetry/sdk-metrics";

for (const temporality of ["CUMULATIVE", "DELTA"]) {
  const exporter = new InMemoryMetricExporter(AggregationTemporality[temporality]);
  const reader = new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 3_600_000 });
  const provider = new MeterProvider({ readers: [reader] });
  const drift = new Map([["fraud", 0.31], ["churn", 0.02]]);
  provider.getMeter("try").createObservableGauge("model.drift").addCallback((result) => {
    for (const [model, value] of drift) result.observe(value, { model });
  });
  for (const step of ["two models", "fraud deleted", "none left"]) {
    if (step === "fraud deleted") drift.delete("fraud");
    if (step === "none left") drift.clear();
    exporter.reset();
    await provider.forceFlush();
    const points = exporter.getMetrics().flatMap((all) => all.scopeMetrics.flatMap((scope) => scope.metrics.flatMap((metric) => metric.dataPoints)));
    console.log(`${temporality}, ${step}: ${points.map(({ attributes, value }) => `${attributes.model} ${value}`).join(", ") || "nothing"}`);
  }
  await provider.shutdown();
}
JS
seen=$(node try.mjs)
expected='CUMULATIVE, two models: fraud 0.31, churn 0.02
CUMULATIVE, fraud deleted: fraud 0.31, churn 0.02
CUMULATIVE, none left: fraud 0.31, churn 0.02
DELTA, two models: fraud 0.31, churn 0.02
DELTA, fraud deleted: churn 0.02
DELTA, none left: nothing'
echo "$seen"
if [ "$seen" != "$expected" ]; then
  echo "This has changed; it was:" >&2
  echo "$expected" >&2
  exit 1
fi
