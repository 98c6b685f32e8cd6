/** The client's part for the server itself: whether it is there, and who may use it. */
import type { CreatedKey, Key, NewKey, Page, PageQuery } from "./answers.ts";
import { segment, type Transport } from "./transport.ts";

export interface ServiceClient {
  /** Whether the server takes jobs. Throws an ApiError that says why not, an UnreachableError when it does not answer. */
  ready(options?: { readonly signal?: AbortSignal }): Promise<void>;
  /** Makes an API key; what it is worth is shown this once. */
  createKey(key: NewKey): Promise<CreatedKey>;
  /** Keys, newest first, those that are worth nothing any more among them. */
  keys(query?: PageQuery): Promise<Page<Key>>;
  revokeKey(id: string): Promise<void>;
}

/** The methods about the server over a transport. */
export function createServiceClient({ send, get, post, drop }: Transport): ServiceClient {
  return {
    ready: async (options = {}) => void (await send("GET", "readyz", options)),
    createKey: (key) => post("v1/keys", key),
    keys: (query) => get("v1/keys", query),
    revokeKey: (id) => drop(`v1/keys/${segment(id)}`),
  };
}
