/** The cookie of a browser's session: no script can read it, and pages of other sites do not send it. */
import type { FastifyRequest } from "fastify";

const NAME = "trainyard_session";
const TOKEN = /^[\w-]{43}$/;

/** Maximum cookies of that name that are checked: each may cost a read of the store. */
const MAX_TOKENS = 8;

/**
 * The session tokens of a request, in the order of its cookies. There may be several: a neighbouring host (`a.example` of
 * `b.example`) can set a cookie of this name for both, and a browser sends it first or last.
 */
export function sessionTokens({ headers }: Pick<FastifyRequest, "headers">): readonly string[] {
  const tokens: string[] = [];
  for (const part of headers.cookie?.split(";") ?? []) {
    const [name, value] = part.trim().split("=", 2);
    if (name === NAME && value !== undefined && TOKEN.test(value) && !tokens.includes(value)) tokens.push(value);
  }
  return tokens.slice(0, MAX_TOKENS);
}

/** The `Set-Cookie` header of a session that ends at `expiresAt`. */
export function sessionCookie(request: FastifyRequest, basePath: string, token: string, expiresAt: number): string {
  const seconds = Math.max(0, Math.ceil((expiresAt - Date.now()) / 1000));
  return `${NAME}=${token}; Max-Age=${seconds}; ${attributesOf(request, basePath)}`;
}

/** The `Set-Cookie` header that removes the cookie. */
export function noSessionCookie(request: FastifyRequest, basePath: string): string {
  return `${NAME}=; Max-Age=0; ${attributesOf(request, basePath)}`;
}

/** Behind a proxy with TLS, the server sees plain HTTP; the Origin of the page shows what the browser sees. */
function attributesOf({ protocol, headers }: FastifyRequest, basePath: string): string {
  const isSecure = protocol === "https" || headers.origin?.startsWith("https://") === true;
  // Another server below another path of the host has its own session.
  return `Path=${basePath}/; HttpOnly; SameSite=Strict${isSecure ? "; Secure" : ""}`;
}
