/** What every Store must do with API keys, sessions and the audit log, whatever database is behind it. */
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { isLive, type NewApiKey } from "../../src/domain/access/api-key.ts";
import type { AuditEntry, AuditExcess, AuditFilter } from "../../src/domain/access/audit-log.ts";
import { createId } from "../../src/domain/id.ts";
import type { PageRequest } from "../../src/domain/page.ts";
import type { Store } from "../../src/domain/store/store.ts";

let count = 0;

function aKey(more: Partial<NewApiKey> = {}): NewApiKey {
  return {
    id: createId("key"),
    project: "ours",
    name: "a key",
    prefix: "ty_abcdef",
    scopes: ["read", "admin"],
    hash: String(++count).padStart(64, "0"),
    createdAt: 1000,
    expiresAt: null,
    ...more,
  };
}

/** `open` gives an empty store; the suite closes it. */
export function keyContract(name: string, open: () => Promise<Store>): void {
  describe(name, () => {
    let store: Store;
    beforeEach(async () => {
      store = await open();
    });
    afterEach(() => store.close());

    describe("keys", () => {
      it("are found by their hash and by their id, with all their fields", async () => {
        expect(await store.keys.hasAny()).toBe(false);
        const given = aKey({ expiresAt: 9000 });
        const { hash, ...record } = given;
        const key = await store.keys.insert(given, 10);
        expect(key).toEqual({ ...record, lastUsedAt: null, revokedAt: null });
        expect(await store.keys.find(hash)).toEqual(key);
        expect(await store.keys.get(given.id)).toEqual(key);
        expect(await store.keys.find("f".repeat(64))).toBeNull();
        expect(await store.keys.hasAny()).toBe(true);
        await store.keys.recordUse(new Map([[given.id, 5000]]));
        expect(await store.keys.get(given.id)).toMatchObject({ lastUsedAt: 5000 });
      });

      it("are listed newest first, for one project or all, and each project has a maximum of them", async () => {
        const [first, second] = [aKey(), aKey()];
        for (const key of [first, second]) await store.keys.insert(key, 2);
        expect(await store.keys.insert(aKey(), 2)).toBeNull();
        const other = aKey({ project: "theirs" });
        await store.keys.insert(other, 2);
        const ids = async (project: string | null) => (await store.keys.list(project, { limit: 9 })).data.map(({ id }) => id);
        expect(await ids("ours")).toEqual([second.id, first.id]);
        expect(await ids(null)).toEqual([other.id, second.id, first.id]);
        await store.keys.revoke(first.id, 2000);
        expect(await store.keys.insert(aKey(), 2)).not.toBeNull();
      });

      it("are revoked once, stay on record, and take their sessions with them", async () => {
        const key = aKey();
        await store.keys.insert(key, 10);
        const session = { hash: "a".repeat(64), keyId: key.id, createdAt: 1000, expiresAt: 8000 };
        await store.sessions.insert(session);
        expect(await store.sessions.find(session.hash)).toEqual(session);
        expect(await store.keys.revoke(key.id, 3000)).toMatchObject({ revokedAt: 3000 });
        expect(await store.keys.revoke(key.id, 4000)).toMatchObject({ revokedAt: 3000 });
        expect(await store.sessions.find(session.hash)).toBeNull();
        expect(await store.keys.revoke("key_none", 1)).toBeNull();
        expect(await store.keys.hasAny()).toBe(true);
      });

      it("that can administer are counted, without those that are revoked, expired, or of another project", async () => {
        const [good, brief, reader, other] = [
          aKey(),
          aKey({ expiresAt: 5000 }),
          aKey({ scopes: ["read"] }),
          aKey({ project: "x" }),
        ];
        for (const key of [good, brief, reader, other]) await store.keys.insert(key, 10);
        expect(await store.keys.count("ours", "admin", 4999)).toBe(2);
        expect(await store.keys.count("ours", "admin", 5000)).toBe(1);
        await store.keys.revoke(good.id, 100);
        expect(await store.keys.count("ours", "admin", 5000)).toBe(0);
        expect(isLive({ revokedAt: null, expiresAt: 5000 }, 4999)).toBe(true);
        expect(isLive({ revokedAt: null, expiresAt: 5000 }, 5000)).toBe(false);
      });
    });

    describe("sessions", () => {
      it("are removed when they expire or end, and beyond a hundred of a key the oldest are", async () => {
        const hashOf = (number: number) => number.toString(16).padStart(64, "0");
        const at = (number: number, keyId = "key_a") =>
          store.sessions.insert({ hash: hashOf(number), keyId, createdAt: 1000 + number, expiresAt: 9000 });
        await store.sessions.insert({ hash: "e".repeat(64), keyId: "key_a", createdAt: 1, expiresAt: 1500 });
        await at(999, "key_b");
        for (let number = 0; number < 101; number++) await at(number + 600);
        expect(await store.sessions.find("e".repeat(64))).toBeNull();
        expect(await store.sessions.find(hashOf(600))).toBeNull();
        expect(await store.sessions.find(hashOf(601))).not.toBeNull();
        expect(await store.sessions.find(hashOf(999))).not.toBeNull();
        await store.sessions.delete(hashOf(601));
        expect(await store.sessions.find(hashOf(601))).toBeNull();
      });
    });

    describe("the audit log", () => {
      const anEntry = (more: Partial<AuditEntry> = {}): AuditEntry => ({
        ...{ id: createId("audit"), project: "ours", at: 1000, keyId: null, bySession: false, operation: "deleteModel" },
        ...{ method: "DELETE", path: "/v1/models/a@1", made: null, status: 204, requestId: "r" },
        ...more,
      });
      const listed = async (project: string | null, filter: AuditFilter = {}, page: PageRequest = { limit: 9 }) =>
        (await store.auditLog.list(project, filter, page)).data.map(({ id }) => id);

      it("gives back what was stored, newest first, with the name of the key", async () => {
        const key = aKey({ name: "notebook" });
        await store.keys.insert(key, 10);
        const entries = [anEntry(), anEntry({ keyId: key.id, bySession: true, at: 2000 }), anEntry({ keyId: "key_gone" })];
        await store.auditLog.append(entries);
        await store.auditLog.append([]);
        const { data, hasMore } = await store.auditLog.list("ours", {}, { limit: 9 });
        const named = entries.map((entry, at) => ({ ...entry, keyName: at === 1 ? "notebook" : null }));
        expect(data).toEqual(named.toReversed());
        expect(hasMore).toBe(false);
      });

      it("lists the entries of each project, by key and operation, page by page", async () => {
        const key = aKey();
        const [first, second, theirs] = [
          anEntry({ keyId: key.id }),
          anEntry({ operation: "submitJob" }),
          anEntry({ project: "theirs" }),
        ];
        await store.auditLog.append([first, second, theirs]);
        expect(await listed("ours")).toEqual([second.id, first.id]);
        expect(await listed(null)).toEqual([theirs.id, second.id, first.id]);
        expect(await listed("ours", { key: key.id })).toEqual([first.id]);
        expect(await listed("ours", { operation: "submitJob" })).toEqual([second.id]);
        expect(await listed("ours", {}, { limit: 1 })).toEqual([second.id]);
        expect(await listed("ours", {}, { limit: 1, after: second.id })).toEqual([first.id]);
      });

      it("removes old entries, a limited number at a time", async () => {
        const entries = [1, 2, 3, 4].map((at) => anEntry({ at, id: `aud_00000000-000${at}-7000-8000-000000000000` }));
        await store.auditLog.append(entries);
        expect(await store.auditLog.deleteOld(4, 2)).toBe(2);
        expect(await store.auditLog.deleteOld(4, 2)).toBe(1);
        expect(await listed(null)).toEqual([entries[3]?.id]);
      });

      it("removes the oldest entries of a project that has too many, a limited number at a time", async () => {
        const many = [1, 2, 3, 4, 5].map((at) => anEntry({ id: `aud_00000000-000${at}-7000-8000-000000000000` }));
        const theirs = [anEntry({ project: "theirs" }), anEntry({ project: "theirs" })];
        await store.auditLog.append([...many, ...theirs]);
        const excess = await store.auditLog.findExcess(2);
        expect(excess).toEqual([{ project: "ours", id: many[2]?.id }]);
        expect(await store.auditLog.deleteUpTo(excess[0] as AuditExcess, 2)).toBe(2);
        expect(await store.auditLog.deleteUpTo(excess[0] as AuditExcess, 2)).toBe(1);
        expect(await listed("ours")).toEqual([many[4]?.id, many[3]?.id]);
        expect(await listed("theirs")).toHaveLength(2);
        expect(await store.auditLog.findExcess(2)).toEqual([]);
      });
    });
  });
}
