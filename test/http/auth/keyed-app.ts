/** Keys of a staged server, for the tests that need some. */
import type { Scope } from "../../../src/domain/access/api-key.ts";
import type { StagedApp } from "../staged-app.ts";

export interface KeyRequest {
  readonly scopes: readonly Scope[];
  readonly name?: string;
  readonly project?: string;
  readonly expires_at?: string;
}

export interface CreatedKey {
  readonly id: string;
  readonly key: string;
  readonly prefix: string;
  readonly project: string;
}

/** Makes a key over the API, with the key `by`; the first one needs none. */
export async function createKey({ app }: StagedApp, request: KeyRequest, by?: string): Promise<CreatedKey> {
  const headers = by === undefined ? {} : { authorization: `Bearer ${by}` };
  const payload = { name: "a test", ...request };
  const response = await app.inject({ method: "POST", url: "/v1/keys", payload, headers });
  if (response.statusCode !== 201) throw new Error(response.body);
  return response.json();
}

/** A key of a project with these scopes, made with the superuser's. */
export async function keyFor(staged: StagedApp, project: string, scopes: readonly Scope[], superuser: string): Promise<string> {
  return (await createKey(staged, { project, scopes }, superuser)).key;
}
