/** Finds the keys that a principal may see. */
import type { ApiKey, Principal } from "../../domain/access/api-key.ts";
import { DEFAULT_PROJECT } from "../../domain/access/project.ts";
import { notFound } from "../../domain/errors.ts";
import type { Page, PageRequest } from "../../domain/page.ts";
import type { Services } from "../services.ts";

/** Lists keys, newest first, with revoked and expired ones: those of the principal's project, or all for the superuser. */
export function listKeys(
  { store }: Pick<Services, "store">,
  { project }: Pick<Principal, "project">,
  page: PageRequest,
): Promise<Page<ApiKey>> {
  return store.keys.list(project === DEFAULT_PROJECT ? null : project, page);
}

/** Returns a key that the principal may see: one of its own project, or any for the superuser. Throws not_found. */
export async function findOwnKey({ store }: Pick<Services, "store">, principal: Principal, id: string): Promise<ApiKey> {
  const key = await store.keys.get(id);
  if (!key || (key.project !== principal.project && principal.project !== DEFAULT_PROJECT)) throw notFound("key", id);
  return key;
}
