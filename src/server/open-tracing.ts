/** Starts tracing where the settings ask for it. Its packages are not installed with the server: it loads them only then. */
import type { Logger } from "pino";
import { TrainyardError } from "../domain/errors.ts";
import { NO_TRACING, type Tracing } from "../domain/operation/tracing.ts";
import type { TracingSettings } from "../telemetry/tracing-settings.ts";

/**
 * The packages, at the versions that are tested.
 *
 * @internal Exported for the test that holds them to `peerDependencies` in package.json.
 */
export const TRACING_PACKAGES = [
  "@opentelemetry/api@1.10.0",
  "@opentelemetry/exporter-trace-otlp-http@0.301.0",
  "@opentelemetry/resources@3.1.0",
  "@opentelemetry/sdk-trace@3.1.0",
] as const;

/** Starts tracing. Throws "unavailable", with the cure, where its packages are missing. */
export async function openTracing(settings: TracingSettings | null, instanceId: string, log: Logger): Promise<Tracing> {
  if (!settings) return NO_TRACING;
  const { createOtlpTracing } = await import("../telemetry/otlp-tracing.ts").catch((error: unknown) => {
    throw explained(error);
  });
  const onExport = (error: unknown): void => {
    if (error === null) return log.info("spans are exported again");
    // The error has the receiver's whole answer, too.
    const { message, code } = error as NodeJS.ErrnoException;
    log.warn({ error: message.slice(0, 300), code }, "cannot export spans: they are lost until the receiver takes them");
  };
  return createOtlpTracing({ ...settings, instanceId, onExport });
}

/**
 * The error of the import; where a package is missing, one line with the cure.
 *
 * @internal Exported for a test, in which they are all there.
 */
export function explained(error: unknown): unknown {
  const { code, message } = error as NodeJS.ErrnoException;
  if (code !== "ERR_MODULE_NOT_FOUND" || !message.includes("@opentelemetry/")) return error;
  return new TrainyardError(
    "unavailable",
    `traces need packages that are not installed: npm install --save-prod ${TRACING_PACKAGES.join(" ")}, or unset OTEL_EXPORTER_OTLP_ENDPOINT and OTEL_EXPORTER_OTLP_TRACES_ENDPOINT`,
  );
}
