/** Starts tracing if the settings ask for it, and logs failed exports. */
import type { Logger } from "pino";
import { NO_TRACING, type Tracing } from "../domain/operation/tracing.ts";
import { createOtlpTracing } from "../telemetry/otlp-tracing.ts";
import type { TraceCounts } from "../telemetry/trace-counts.ts";
import type { TracingSettings } from "../telemetry/tracing-settings.ts";

/** Starts tracing; `instanceId` names this process, and `counts` learns what is not recorded. */
export function openTracing(settings: TracingSettings | null, instanceId: string, counts: TraceCounts, log: Logger): Tracing {
  if (!settings) return NO_TRACING;
  const onExport = (failure: string | null): void => {
    if (failure === null) log.info("spans are exported again");
    else log.warn({ error: failure }, "cannot export spans: they are lost until the receiver takes them");
  };
  return createOtlpTracing({ ...settings, instanceId, counts, onExport });
}
