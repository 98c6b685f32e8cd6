/** The cookie that holds a browser's session: no script can read it, and no other site's page sends it. */
import type { FastifyRequest } from "fastify";

const NAME = "trainyard_session";
const TOKEN = /^[\w-]{43}$/;

/** The token that a request carries; null when it has none. */
export function sessionToken({ headers }: Pick<FastifyRequest, "headers">): string | null {
  for (const part of headers.cookie?.split(";") ?? []) {
    const [name, value] = part.trim().split("=", 2);
    if (name === NAME && value !== undefined && TOKEN.test(value)) return value;
  }
  return null;
}

/** The header that gives the cookie, until `expiresAt`. */
export function sessionCookie(request: FastifyRequest, token: string, expiresAt: number): string {
  const seconds = Math.max(0, Math.ceil((expiresAt - Date.now()) / 1000));
  return `${NAME}=${token}; Max-Age=${seconds}; ${attributesOf(request)}`;
}

/** The header that takes it away. */
export function noSessionCookie(request: FastifyRequest): string {
  return `${NAME}=; Max-Age=0; ${attributesOf(request)}`;
}

/** Behind a proxy that speaks TLS we see plain HTTP; the page's Origin says what the browser sees. */
function attributesOf({ protocol, headers }: FastifyRequest): string {
  const isSecure = protocol === "https" || headers.origin?.startsWith("https://") === true;
  return `Path=/; HttpOnly; SameSite=Strict${isSecure ? "; Secure" : ""}`;
}
