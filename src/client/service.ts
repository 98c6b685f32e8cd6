/** The client's part for the server itself: whether it is there, and who may use it. */
import type { CreatedKey, Key, NewKey, Page, PageQuery, Restoration } from "./answers.ts";
import { segment, type Transport } from "./transport.ts";

export interface ServiceClient {
  /** Whether the server takes jobs. Throws an ApiError that says why not, an UnreachableError when it does not answer. */
  ready(options?: { readonly signal?: AbortSignal }): Promise<void>;
  /** Makes an API key; what it is worth is shown this once. */
  createKey(key: NewKey): Promise<CreatedKey>;
  /** Keys, newest first, those that are worth nothing any more among them. */
  keys(query?: PageQuery): Promise<Page<Key>>;
  /** Makes a key worthless from now on. */
  revokeKey(id: string): Promise<void>;
  /** The whole database as a file, as it comes. */
  backUp(): Promise<ReadableStream<Uint8Array>>;
  /** Puts a backup in place of the database; the server starts again with it. */
  restore(backup: BodyInit): Promise<Restoration>;
}

/** The methods about the server over a transport. `backUp` throws an Error if the server sends nothing. */
export function createServiceClient({ send, get, post, drop }: Transport): ServiceClient {
  return {
    ready: async (options = {}) => void (await send("GET", "readyz", options)),
    createKey: (key) => post("v1/keys", key),
    keys: (query) => get("v1/keys", query),
    backUp: async () => {
      const { body } = await send("POST", "v1/backup");
      if (!body) throw new Error("the server sent no backup");
      return body;
    },
    restore: async (backup) => {
      const response = await send("POST", "v1/restore", { file: backup, type: "application/vnd.sqlite3" });
      return (await response.json()) as Restoration;
    },
    revokeKey: (id) => drop(`v1/keys/${segment(id)}`),
  };
}
