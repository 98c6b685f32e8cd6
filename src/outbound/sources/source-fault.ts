/** Describes connection errors in words for the user who named the source. */
import { SourceError } from "../../domain/sources/source-fetcher.ts";
import { ForbiddenAddress } from "../addresses.ts";
import type { Reach } from "./reach.ts";

const MAX_DETAIL = 300;
/** Certificate errors: retrying does not help. */
const CERTIFICATE = /CERT|SELF_SIGNED|UNABLE_TO|ERR_TLS/;

/** Returns the error for a source. A SourceError stays as it is. */
export function faultOf(
  error: unknown,
  pointer: string,
  { signal, timeoutMs }: Pick<Reach, "signal" | "timeoutMs">,
): SourceError {
  if (error instanceof SourceError) return error;
  if (error instanceof ForbiddenAddress) return new SourceError(pointer, error.message, { cause: error });
  if (signal.aborted && (signal.reason as Error | undefined)?.name === "TimeoutError")
    return new SourceError(pointer, `took longer than ${timeoutMs / 1000} s (TRAINYARD_SOURCE_SECONDS)`, { isTransient: true });
  const { message, code = "" } = error as NodeJS.ErrnoException;
  const said = code !== "" && !message.includes(code) ? `${message} (${code})` : message || code;
  return new SourceError(pointer, `cannot be fetched: ${said.slice(0, MAX_DETAIL)}`, {
    isTransient: !CERTIFICATE.test(code),
    cause: error,
  });
}
