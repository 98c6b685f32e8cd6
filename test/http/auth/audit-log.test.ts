import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { createAuditRecorder } from "../../../src/app/access/keep-audit-log.ts";
import type { Services } from "../../../src/app/services.ts";
import { SCOPES } from "../../../src/domain/access/api-key.ts";
import type { AuditEntry } from "../../../src/domain/access/audit-log.ts";
import { openStagedApp, SPEC, type StagedApp } from "../staged-app.ts";
import { createKey, keyFor } from "./keyed-app.ts";

let staged: StagedApp;
beforeEach(async () => {
  staged = await openStagedApp();
});
afterEach(() => staged.close());

interface Call {
  readonly key?: string;
  readonly payload?: object;
  readonly headers?: Record<string, string>;
}

const send = (method: "GET" | "POST" | "DELETE", url: string, { key, payload, headers = {} }: Call = {}) =>
  staged.app.inject({
    method,
    url,
    ...(payload && { payload }),
    headers: key ? { ...headers, authorization: `Bearer ${key}` } : headers,
  });
const logOf = async (key?: string, query = "") => {
  const { data } = (await send("GET", `/v1/audit${query}`, key ? { key } : {})).json();
  return data as { operation: string; status: number; path: string; project: string; key: { name: string } | null }[];
};

it("has what was changed, by whom, and not what was read, refused or only validated", async () => {
  await send("POST", "/v1/jobs?validate_only=true", { payload: SPEC });
  await send("POST", "/v1/jobs", { payload: { ...SPEC, epochs: -1 } });
  await send("GET", "/v1/jobs");
  await send("DELETE", "/v1/jobs/job_0197b2a4-6c3e-7d2f-9a51-3f0c5d7e8b90");
  expect(await logOf()).toEqual([]);
  const job = (await send("POST", "/v1/jobs", { payload: SPEC })).json();
  await send("POST", `/v1/jobs/${job.id}/cancel?`);
  expect(await logOf()).toMatchObject([
    {
      operation: "cancelJob",
      method: "POST",
      path: `/v1/jobs/${job.id}/cancel`,
      key: null,
      project: "default",
      by_session: false,
    },
    { operation: "submitJob", method: "POST", path: "/v1/jobs", made: `/v1/jobs/${job.id}`, status: 202 },
  ]);
  expect(await logOf(undefined, "?operation=submitJob")).toHaveLength(1);
});

it("has a request once that is sent again with its idempotency key", async () => {
  const headers = { "idempotency-key": "one" };
  for (let time = 0; time < 2; time++) await send("POST", "/v1/jobs", { payload: SPEC, headers });
  expect(await logOf()).toMatchObject([{ operation: "submitJob" }]);
});

it("shows a project its own, and all to a key of the project default", async () => {
  const superuser = await createKey(staged, { scopes: [...SCOPES], name: "mine" });
  const theirs = await keyFor(staged, "theirs", [...SCOPES], superuser.key);
  await send("POST", "/v1/jobs", { payload: SPEC, key: theirs });
  expect(await logOf(theirs)).toMatchObject([{ operation: "submitJob", project: "theirs", key: { name: "a test" } }]);
  expect((await logOf(superuser.key)).map(({ operation }) => operation)).toEqual(["submitJob", "createKey", "createKey"]);
  const own = await logOf(superuser.key, `?key=${superuser.id}`);
  expect(own).toMatchObject([{ operation: "createKey", key: { name: "mine" } }]);
  const reader = await keyFor(staged, "theirs", ["read"], superuser.key);
  expect((await send("GET", "/v1/audit", { key: reader })).statusCode).toBe(403);
});

it("has who signed in and out, and with which key", async () => {
  const { key, id } = await createKey(staged, { scopes: [...SCOPES], name: "mine" });
  expect((await send("POST", "/v1/session", { payload: { key: "ty_wrong" } })).statusCode).toBe(401);
  const signedIn = await send("POST", "/v1/session", { payload: { key } });
  const cookie = String(signedIn.headers["set-cookie"]).split(";", 1)[0] as string;
  await send("DELETE", "/v1/session", { headers: { cookie } });
  await send("DELETE", "/v1/session");
  expect((await logOf(key)).slice(0, 2)).toMatchObject([
    { operation: "signOut", path: "/v1/session", status: 204, key: { id, name: "mine" }, by_session: true },
    { operation: "signIn", path: "/v1/session", status: 204, key: { id, name: "mine" }, by_session: false },
  ]);
  expect(JSON.stringify(await logOf(key))).not.toContain(key);
  expect(await logOf(key)).toHaveLength(3);
});

it("stores what comes meanwhile as one group, and gives to the log what cannot be stored", async () => {
  const groups: string[][] = [];
  const failures: unknown[] = [];
  const letGo: (() => void)[] = [];
  const append = async (entries: readonly AuditEntry[]) => {
    groups.push(entries.map(({ id }) => id));
    await new Promise<void>((resolve) => letGo.push(resolve));
    if (groups.length === 2) throw new Error("no room");
  };
  const log = { error: (told: unknown) => failures.push(told) };
  const record = createAuditRecorder({ store: { auditLog: { append } }, log } as unknown as Services);
  const entry = (id: string) => ({ id }) as AuditEntry;
  const recorded = [record(entry("a"))];
  await vi.waitFor(() => expect(letGo).toHaveLength(1));
  recorded.push(record(entry("b")), record(entry("c")));
  letGo[0]?.();
  await vi.waitFor(() => expect(letGo).toHaveLength(2));
  recorded.push(record(entry("d")));
  letGo[1]?.();
  await vi.waitFor(() => expect(letGo).toHaveLength(3));
  letGo[2]?.();
  await Promise.all(recorded);
  expect(groups).toEqual([["a"], ["b", "c"], ["d"]]);
  expect(failures).toMatchObject([{ entries: [{ id: "b" }, { id: "c" }] }]);
});
