/** The client's part for the server itself: whether it is there. */
import type { Transport } from "./transport.ts";

export interface ServiceClient {
  /** Whether the server takes jobs. Throws an ApiError that says why not, an UnreachableError when it does not answer. */
  ready(options?: { readonly signal?: AbortSignal }): Promise<void>;
}

/** The methods about the server over a transport. */
export function createServiceClient({ send }: Transport): ServiceClient {
  return {
    ready: async (options = {}) => void (await send("GET", "readyz", options)),
  };
}
