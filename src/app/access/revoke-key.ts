/** Revokes a key: the key and its sessions are invalid from then on. Its record stays. */
import { isLive, type Principal } from "../../domain/access/api-key.ts";
import { DEFAULT_PROJECT } from "../../domain/access/project.ts";
import { TrainyardError } from "../../domain/errors.ts";
import type { Services } from "../services.ts";
import { findOwnKey } from "./find-keys.ts";

/**
 * Revokes the key. Throws not_found, and conflict for the last key that can administer the server, unless `hasAdminKey` says
 * that the environment has one.
 */
export async function revokeKey(
  services: Pick<Services, "store">,
  principal: Principal,
  id: string,
  hasAdminKey: boolean,
): Promise<void> {
  const key = await findOwnKey(services, principal, id);
  const now = Date.now();
  const administers = key.project === DEFAULT_PROJECT && key.scopes.includes("admin") && isLive(key, now);
  if (administers && !hasAdminKey && (await services.store.keys.count(DEFAULT_PROJECT, "admin", now)) <= 1) {
    const detail = `it is the last key of ${DEFAULT_PROJECT} with the scope admin: create another one first`;
    throw new TrainyardError("conflict", detail);
  }
  await services.store.keys.revoke(id, now);
}
