/** The cookie of a browser's session: no script can read it, and pages of other sites do not send it. */
import type { FastifyRequest } from "fastify";

const NAME = "trainyard_session";
const TOKEN = /^[\w-]{43}$/;

/** The session token of a request; null when it has none. */
export function sessionToken({ headers }: Pick<FastifyRequest, "headers">): string | null {
  for (const part of headers.cookie?.split(";") ?? []) {
    const [name, value] = part.trim().split("=", 2);
    if (name === NAME && value !== undefined && TOKEN.test(value)) return value;
  }
  return null;
}

/** The `Set-Cookie` header of a session that ends at `expiresAt`. */
export function sessionCookie(request: FastifyRequest, token: string, expiresAt: number): string {
  const seconds = Math.max(0, Math.ceil((expiresAt - Date.now()) / 1000));
  return `${NAME}=${token}; Max-Age=${seconds}; ${attributesOf(request)}`;
}

/** The `Set-Cookie` header that removes the cookie. */
export function noSessionCookie(request: FastifyRequest): string {
  return `${NAME}=; Max-Age=0; ${attributesOf(request)}`;
}

/** Behind a proxy with TLS the server sees plain HTTP; the Origin of the page tells what the browser sees. */
function attributesOf({ protocol, headers }: FastifyRequest): string {
  const isSecure = protocol === "https" || headers.origin?.startsWith("https://") === true;
  return `Path=/; HttpOnly; SameSite=Strict${isSecure ? "; Secure" : ""}`;
}
