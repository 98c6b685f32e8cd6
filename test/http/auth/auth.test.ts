import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { parse } from "yaml";
import { createAuthenticator } from "../../../src/app/access/authenticate.ts";
import { KEY_PREFIX, SCOPES, type Scope } from "../../../src/domain/access/api-key.ts";
import { accessOfOperation } from "../../../src/http/auth/access.ts";
import { problem } from "../../../src/http/errors/problem.ts";
import { describeApi } from "../../../src/http/openapi/describe-api.ts";
import { openStagedApp, SPEC, type StagedApp, submitJob } from "../staged-app.ts";
import { createKey, keyFor } from "./keyed-app.ts";

let staged: StagedApp;
beforeEach(async () => {
  staged = await openStagedApp();
});
afterEach(() => staged.close());

const bearer = (key: string) => ({ authorization: `Bearer ${key}` });
const statusWith = async (key: string | null, url = "/v1/jobs", method: "GET" | "POST" | "DELETE" = "GET") =>
  (await staged.app.inject({ method, url, headers: key === null ? {} : bearer(key) })).statusCode;

describe("a server without keys", () => {
  it("lets everybody on this machine do everything", async () => {
    await submitJob(staged);
    expect(await statusWith(null)).toBe(200);
    expect((await staged.app.inject("/v1/session")).json()).toMatchObject({
      authenticated: false,
      required: false,
      project: "default",
      scopes: [...SCOPES],
    });
  });

  it("does not serve a name that a stranger may have pointed at this machine", async () => {
    const headers = { host: "rebound.example:8080" };
    const response = await staged.app.inject({ url: "/v1/jobs", headers });
    expect(response.statusCode).toBe(403);
    expect(problem.parse(response.json()).detail).toContain("TRAINYARD_ALLOW_OPEN");
    for (const host of ["localhost:80", "127.0.0.1:8080", "127.1.2.3", "[::1]:8080"])
      expect((await staged.app.inject({ url: "/v1/jobs", headers: { host } })).statusCode, host).toBe(200);
  });

  it("wants keys from the first one on, which must be one that can make more", async () => {
    const body = { name: "first", scopes: ["read"] };
    const refused = await staged.app.inject({ method: "POST", url: "/v1/keys", payload: body });
    expect(refused.statusCode).toBe(422);
    expect(problem.parse(refused.json()).errors).toMatchObject([{ pointer: "/scopes" }]);
    const elsewhere = { name: "first", scopes: ["admin"], project: "other" };
    expect((await staged.app.inject({ method: "POST", url: "/v1/keys", payload: elsewhere })).statusCode).toBe(422);
    expect(await statusWith(null)).toBe(200);
    const { key } = await createKey(staged, { scopes: [...SCOPES] });
    expect(await statusWith(null)).toBe(401);
    expect(await statusWith(key)).toBe(200);
    expect((await staged.app.inject("/v1/session")).json()).toMatchObject({
      authenticated: false,
      required: true,
      project: null,
    });
  });
});

describe("a key", () => {
  it("is shown once, and kept as a hash", async () => {
    const created = await createKey(staged, { scopes: [...SCOPES], name: "mine" });
    expect(created.key).toMatch(/^ty_[\w-]{43}$/);
    expect(created.prefix).toBe(created.key.slice(0, 9));
    const list = await staged.app.inject({ url: "/v1/keys", headers: bearer(created.key) });
    expect(list.json()).toMatchObject({ data: [{ id: created.id, name: "mine", scopes: [...SCOPES], revoked_at: null }] });
    expect(list.body).not.toContain(created.key);
    const record = await staged.app.inject({ url: `/v1/keys/${created.id}`, headers: bearer(created.key) });
    expect(record.json()).not.toHaveProperty("key");
  });

  it("is refused with 401 when it is wrong, and how to show one is said", async () => {
    await createKey(staged, { scopes: ["admin"] });
    for (const authorization of [`Bearer ${KEY_PREFIX}${"a".repeat(43)}`, "Bearer nonsense", "Basic dTpw", "Bearer", "ty_x"]) {
      const response = await staged.app.inject({ url: "/v1/jobs", headers: { authorization } });
      expect(response.statusCode, authorization).toBe(401);
      expect(response.headers["www-authenticate"]).toBe('Bearer realm="trainyard", error="invalid_token"');
      expect(problem.parse(response.json()).detail).toContain("Authorization: Bearer ty_");
    }
    const bare = await staged.app.inject("/v1/jobs");
    expect(bare.headers["www-authenticate"]).toBe('Bearer realm="trainyard"');
    const dialect = await staged.app.inject("/v2/models/line");
    expect(dialect.statusCode).toBe(401);
    expect(dialect.json()).toMatchObject({ error: expect.stringContaining("API key") });
  });

  it("is not taken from the address", async () => {
    const { key } = await createKey(staged, { scopes: [...SCOPES] });
    for (const name of ["key", "api_key", "token", "access_token", "authorization"])
      expect(await statusWith(null, `/v1/jobs?${name}=${key}`)).toBe(401);
  });

  it("is worth nothing once it is revoked, at once", async () => {
    const { key: admin } = await createKey(staged, { scopes: [...SCOPES] });
    const { key, id } = await createKey(staged, { scopes: ["read"] }, admin);
    expect(await statusWith(key)).toBe(200);
    expect(await statusWith(admin, `/v1/keys/${id}`, "DELETE")).toBe(204);
    expect(await statusWith(key)).toBe(401);
    const { revoked_at } = (await staged.app.inject({ url: `/v1/keys/${id}`, headers: bearer(admin) })).json();
    expect(revoked_at).not.toBeNull();
  });

  it("is worth nothing once it has expired, and cannot be made for the past", async () => {
    const { key: admin } = await createKey(staged, { scopes: [...SCOPES] });
    const past = { name: "late", scopes: ["read"], expires_at: "2020-01-01T00:00:00Z" };
    const refused = await staged.app.inject({ method: "POST", url: "/v1/keys", payload: past, headers: bearer(admin) });
    expect(problem.parse(refused.json()).errors).toMatchObject([{ pointer: "/expires_at" }]);
    const expiresAt = Date.now() + 1500;
    const { key } = await createKey(staged, { scopes: ["read"], expires_at: new Date(expiresAt).toISOString() }, admin);
    expect(await statusWith(key)).toBe(200);
    await until(async () => (await statusWith(key)) === 401);
    expect(Date.now()).toBeGreaterThanOrEqual(expiresAt);
  });

  it("tells when it was used last", async () => {
    const { key: admin } = await createKey(staged, { scopes: [...SCOPES] });
    const { key, id } = await createKey(staged, { scopes: ["read"] }, admin);
    const authenticator = createAuthenticator(staged.services, { adminKey: null, sessionMs: 1000 });
    await authenticator.byKey(key);
    await authenticator.close();
    const { last_used_at } = (await staged.app.inject({ url: `/v1/keys/${id}`, headers: bearer(admin) })).json();
    expect(Date.parse(last_used_at)).toBeGreaterThan(Date.now() - 60_000);
  });

  it("stays when it is the last one by which the server can be administered", async () => {
    const { key, id } = await createKey(staged, { scopes: [...SCOPES] });
    expect(await statusWith(key, `/v1/keys/${id}`, "DELETE")).toBe(409);
    const second = await createKey(staged, { scopes: ["admin"] }, key);
    expect(await statusWith(second.key, `/v1/keys/${id}`, "DELETE")).toBe(204);
    expect(await statusWith(second.key, `/v1/keys/${second.id}`, "DELETE")).toBe(409);
  });

  it("of another project than default makes and sees keys of its own alone", async () => {
    const { key: superuser, id } = await createKey(staged, { scopes: ["admin"] });
    const ours = await createKey(staged, { scopes: ["admin"], project: "ours" }, superuser);
    const theirs = await createKey(staged, { scopes: ["admin"], project: "theirs" }, superuser);
    const made = await createKey(staged, { scopes: ["read"] }, ours.key);
    expect(made.project).toBe("ours");
    const list = (await staged.app.inject({ url: "/v1/keys", headers: bearer(ours.key) })).json<{ data: { id: string }[] }>();
    expect(list.data.map((each) => each.id)).toEqual([made.id, ours.id]);
    for (const other of [id, theirs.id]) {
      expect(await statusWith(ours.key, `/v1/keys/${other}`)).toBe(404);
      expect(await statusWith(ours.key, `/v1/keys/${other}`, "DELETE")).toBe(404);
    }
    const payload = { name: "x", scopes: ["read"], project: "theirs" };
    const refused = await staged.app.inject({ method: "POST", url: "/v1/keys", payload, headers: bearer(ours.key) });
    expect(refused.statusCode).toBe(403);
    expect(await statusWith(superuser, `/v1/keys/${made.id}`, "DELETE")).toBe(204);
    expect(await statusWith(theirs.key, "/v1/keys")).toBe(200);
  });

  it("is in no line of the log", async () => {
    const { key: admin } = await createKey(staged, { scopes: [...SCOPES] });
    const { key } = await createKey(staged, { scopes: ["read"] }, admin);
    await statusWith(key);
    await statusWith(key, "/v1/keys");
    await statusWith(`${key}x`);
    await staged.app.inject({ method: "POST", url: "/v1/session", payload: { key } });
    await staged.app.inject({ method: "POST", url: "/v1/session", payload: `{"key": "${key}"` });
    const text = JSON.stringify(staged.logged);
    expect(text).toContain("key made");
    for (const secret of [admin, key]) expect(text).not.toContain(secret.slice(KEY_PREFIX.length + 6));
    expect(text).not.toContain("trainyard_session");
  });
});

describe("the key of the environment", () => {
  it("opens everything without a record, and closes the server to everybody else", async () => {
    const adminKey = `ty_${"e".repeat(40)}`;
    const own = await openStagedApp({ access: { adminKey } });
    const status = async (headers: Record<string, string>) => (await own.app.inject({ url: "/v1/keys", headers })).statusCode;
    expect(await status({})).toBe(401);
    expect(await status(bearer(adminKey))).toBe(200);
    expect(await status(bearer(`${adminKey}e`))).toBe(401);
    const { key, id } = await createKey(own, { scopes: ["admin"] }, adminKey);
    expect(await status(bearer(key))).toBe(200);
    const gone = await own.app.inject({ method: "DELETE", url: `/v1/keys/${id}`, headers: bearer(adminKey) });
    expect(gone.statusCode).toBe(204);
    await own.close();
  });
});

describe("scopes", () => {
  it("are stated for every operation of the document, and said there", async () => {
    const document = parse(await describeApi()) as { paths: Record<string, Record<string, Operation>> };
    for (const operation of Object.values(document.paths).flatMap((path) => Object.values(path))) {
      const access = accessOfOperation(operation.operationId);
      expect(access, operation.operationId).not.toBeNull();
      expect(operation.security.length > 0, operation.operationId).toBe(access?.scope !== null);
      if (access?.scope) {
        expect(operation.description).toContain(`Scope: \`${access.scope}\``);
        expect(Object.keys(operation.responses)).toEqual(expect.arrayContaining(["401", "403"]));
      }
    }
  });

  it("open what they name, and nothing else", async () => {
    const { key: admin } = await createKey(staged, { scopes: [...SCOPES] });
    const document = parse(await describeApi()) as { paths: Record<string, Record<string, Operation>> };
    const keys = new Map<Scope, string>();
    for (const scope of SCOPES) keys.set(scope, await keyFor(staged, "default", [scope], admin));
    for (const [path, operations] of Object.entries(document.paths)) {
      for (const [method, { operationId }] of Object.entries(operations)) {
        const access = accessOfOperation(operationId);
        const url = path.replace("{version}", "1").replaceAll(/\{\w+\}/g, "none");
        for (const [scope, key] of keys) {
          const response = await staged.app.inject({ method: method.toUpperCase() as "GET", url, headers: bearer(key) });
          const isLetIn = access?.scope === null || access?.scope === scope;
          const name = `${operationId} with ${scope}`;
          if (isLetIn) expect([401, 403], name).not.toContain(response.statusCode);
          else expect(response.statusCode, name).toBe(403);
        }
        const nobody = await staged.app.inject({ method: method.toUpperCase() as "GET", url });
        expect(nobody.statusCode === 401, operationId).toBe(access?.scope !== null);
      }
    }
  });
});

describe("a page of another site", () => {
  it("cannot act with what a browser can reach, whether there are keys or not", async () => {
    const foreign = { origin: "https://evil.example" };
    const submit = (headers: Record<string, string>) =>
      staged.app.inject({ method: "POST", url: "/v1/jobs", payload: SPEC, headers });
    expect((await submit(foreign)).statusCode).toBe(403);
    expect((await submit({ origin: "null" })).statusCode).toBe(403);
    expect((await submit({ origin: "http://localhost:80", host: "localhost:80" })).statusCode).toBe(202);
    expect((await submit({ origin: "http://localhost:81", host: "localhost:80" })).statusCode).toBe(403);
    const { key } = await createKey(staged, { scopes: [...SCOPES] });
    const cookie = await signIn(key);
    expect((await submit({ ...foreign, cookie })).statusCode).toBe(403);
    expect((await submit({ origin: "http://localhost:80", host: "localhost:80", cookie })).statusCode).toBe(202);
    // A program that knows the key is no page that borrows a cookie.
    expect((await submit({ ...foreign, ...bearer(key) })).statusCode).toBe(202);
    const signInFrom = await staged.app.inject({ method: "POST", url: "/v1/session", payload: { key }, headers: foreign });
    expect(signInFrom.statusCode).toBe(403);
  });
});

describe("a session", () => {
  it("stands for its key, in a cookie that no script can read", async () => {
    const { key } = await createKey(staged, { scopes: ["read", "admin"] });
    const response = await staged.app.inject({ method: "POST", url: "/v1/session", payload: { key } });
    expect(response.statusCode).toBe(204);
    const header = String(response.headers["set-cookie"]);
    expect(header).toMatch(/^trainyard_session=[\w-]{43}; Max-Age=43200; Path=\/; HttpOnly; SameSite=Strict$/);
    expect(header).not.toContain(key);
    const cookie = header.split(";")[0] as string;
    expect((await staged.app.inject({ url: "/v1/jobs", headers: { cookie } })).statusCode).toBe(200);
    expect((await staged.app.inject({ url: "/v1/session", headers: { cookie } })).json()).toMatchObject({
      authenticated: true,
      required: true,
      project: "default",
      scopes: ["read", "admin"],
    });
    const refused = await staged.app.inject({ method: "POST", url: "/v1/jobs", payload: SPEC, headers: { cookie } });
    expect(refused.statusCode).toBe(403);
  });

  it("is marked as secure where the page came over TLS", async () => {
    const { key } = await createKey(staged, { scopes: ["admin"] });
    const headers = { origin: "https://yard.example", host: "yard.example" };
    const response = await staged.app.inject({ method: "POST", url: "/v1/session", payload: { key }, headers });
    expect(String(response.headers["set-cookie"])).toMatch(/; Secure$/);
  });

  it("ends when it is signed out, when its key is revoked, and when its time is over", async () => {
    const { key: admin } = await createKey(staged, { scopes: [...SCOPES] });
    const { key, id } = await createKey(staged, { scopes: ["read"] }, admin);
    const status = async (cookie: string) => (await staged.app.inject({ url: "/v1/jobs", headers: { cookie } })).statusCode;
    const [first, second] = [await signIn(key), await signIn(key)];
    const out = await staged.app.inject({ method: "DELETE", url: "/v1/session", headers: { cookie: first } });
    expect(out.statusCode).toBe(204);
    expect(String(out.headers["set-cookie"])).toContain("Max-Age=0");
    expect([await status(first), await status(second)]).toEqual([401, 200]);
    await statusWith(admin, `/v1/keys/${id}`, "DELETE");
    expect(await status(second)).toBe(401);

    const brief = await openStagedApp({ access: { sessionMs: 1000 } });
    const { key: other } = await createKey(brief, { scopes: [...SCOPES] });
    const cookie = await signIn(other, brief);
    await until(async () => (await brief.app.inject({ url: "/v1/jobs", headers: { cookie } })).statusCode === 401);
    await brief.close();
  });

  it("is found among cookies of its name that a neighbouring host has set, before it or after", async () => {
    const { key } = await createKey(staged, { scopes: ["read", "admin"] });
    const own = await signIn(key);
    const strange = `trainyard_session=${"x".repeat(43)}`;
    const status = async (...cookies: string[]) =>
      (await staged.app.inject({ url: "/v1/jobs", headers: { cookie: cookies.join("; ") } })).statusCode;
    expect(await status(strange, own)).toBe(200);
    expect(await status(own, strange)).toBe(200);
    expect(await status(strange, "theme=dark")).toBe(401);
    await staged.app.inject({ method: "DELETE", url: "/v1/session", headers: { cookie: `${strange}; ${own}` } });
    expect(await status(own)).toBe(401);
  });

  it("is given to an address sixty times a minute at most", async () => {
    const limited = await openStagedApp();
    const { key } = await createKey(limited, { scopes: ["read", "admin"] });
    const statuses: number[] = [];
    for (let count = 0; count < 61; count++) {
      const response = await limited.app.inject({ method: "POST", url: "/v1/session", payload: { key } });
      statuses.push(response.statusCode);
      if (count === 60) expect(response.headers["retry-after"]).toBeDefined();
    }
    expect([...new Set(statuses.slice(0, 60))]).toEqual([204]);
    expect(statuses.at(-1)).toBe(429);
    await limited.close();
  });

  it("is not given for what is no key", async () => {
    await createKey(staged, { scopes: ["admin"] });
    for (const key of ["nonsense", `ty_${"a".repeat(43)}`]) {
      const response = await staged.app.inject({ method: "POST", url: "/v1/session", payload: { key } });
      expect(response.statusCode).toBe(401);
      expect(response.headers["set-cookie"]).toBeUndefined();
    }
  });
});

interface Operation {
  readonly operationId: string;
  readonly description: string;
  readonly security: object[];
  readonly responses: object;
}

/** Signs in, and gives the cookie. */
async function signIn(key: string, { app }: StagedApp = staged): Promise<string> {
  const response = await app.inject({ method: "POST", url: "/v1/session", payload: { key } });
  if (response.statusCode !== 204) throw new Error(response.body);
  return String(response.headers["set-cookie"]).split(";")[0] as string;
}

async function until(condition: () => Promise<boolean>): Promise<void> {
  while (!(await condition())) await new Promise((resolve) => setTimeout(resolve, 20));
}
