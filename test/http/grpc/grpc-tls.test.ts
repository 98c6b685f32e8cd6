import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { connect } from "node:net";
import { fileURLToPath } from "node:url";
import { credentials, status } from "@grpc/grpc-js";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { startGrpcServer } from "../../../src/http/grpc/grpc-server.ts";
import { ConfigError, parseConfig } from "../../../src/server/config.ts";
import { readGrpcTls } from "../../../src/server/grpc-tls.ts";
import { temporaryFolder } from "../../contract/databases/temporary.ts";
import { openStagedApp, type StagedApp } from "../staged-app.ts";
import { connectGrpc } from "./grpc-client.ts";

const file = (name: string) => fileURLToPath(new URL(`../../fixtures/grpc/tls/${name}.pem`, import.meta.url));
const pem = (name: string) => readFile(file(name));
const FILES = { certificate: file("server"), key: file("server-key"), clientAuthorities: null };

let staged: StagedApp;
beforeAll(async () => {
  staged = await openStagedApp();
});
afterAll(() => staged.close());

async function openServer(clientAuthorities: string | null = null) {
  const tls = await readGrpcTls({ ...FILES, clientAuthorities });
  const { computePool: threads } = staged.services;
  const server = await startGrpcServer(staged.app, {
    ...{ threads, host: "127.0.0.1", port: 0, connections: 10, idleMs: 60_000, tls },
  });
  return server;
}

async function open(clientAuthorities: string | null = null) {
  const server = await openServer(clientAuthorities);
  onTestFinished(() => server.close());
  return server.address;
}

async function isReady(address: string, channel = credentials.createInsecure()): Promise<unknown> {
  const client = connectGrpc(address, "inference", channel);
  try {
    return (await client.call("ServerReady", {})).ready;
  } finally {
    client.close();
  }
}

describe("gRPC with TLS", () => {
  it("answers clients that know its authority, and refuses others and connections without TLS", async () => {
    const address = await open();
    expect(await isReady(address, credentials.createSsl(await pem("authority")))).toBe(true);
    const unavailable = { code: status.UNAVAILABLE };
    await expect(isReady(address, credentials.createSsl())).rejects.toMatchObject(unavailable);
    await expect(isReady(address)).rejects.toMatchObject(unavailable);
    const [host = "", port = ""] = address.split(":");
    const plain = connect(Number(port), host);
    const closed = once(plain, "close");
    plain.on("error", () => undefined);
    plain.end("GET / HTTP/1.1\r\nhost: x\r\n\r\n");
    await closed;
    expect(await isReady(address, credentials.createSsl(await pem("authority")))).toBe(true);
  });

  it("takes only clients with a certificate of its authorities, if it names some", async () => {
    const address = await open(file("authority"));
    const authority = await pem("authority");
    const known = credentials.createSsl(authority, await pem("client-key"), await pem("client"));
    expect(await isReady(address, known)).toBe(true);
    await expect(isReady(address, credentials.createSsl(authority))).rejects.toMatchObject({ code: status.UNAVAILABLE });
  });

  it("stops although a connection has never begun TLS", async () => {
    const server = await openServer();
    const [host = "", port = ""] = server.address.split(":");
    const silent = connect(Number(port), host);
    await once(silent, "connect");
    expect(await isReady(server.address, credentials.createSsl(await pem("authority")))).toBe(true);
    const closed = once(silent, "close");
    silent.on("error", () => undefined).resume();
    await server.close();
    await closed;
  });

  it.each([
    [{ certificate: "/none/there.pem" }, "TRAINYARD_GRPC_TLS_CERT_FILE=/none/there.pem: cannot be read (ENOENT)"],
    [{ key: "/none/there.pem" }, "TRAINYARD_GRPC_TLS_KEY_FILE=/none/there.pem: cannot be read (ENOENT)"],
    [{ clientAuthorities: "/" }, "TRAINYARD_GRPC_TLS_CLIENT_CA_FILE=/: cannot be read (EISDIR)"],
    [{ certificate: file("server-key") }, "has no certificate in PEM"],
    [{ key: file("server") }, "has no private key in PEM that belongs to the certificate"],
    [{ key: file("client-key") }, "has no private key in PEM that belongs to the certificate"],
    [{ clientAuthorities: file("client-key") }, "CA_FILE=.*: has no certificate in PEM"],
  ])("says at the start which file is wrong: %o", async (wrong, message) => {
    const reading = readGrpcTls({ ...FILES, ...wrong });
    await expect(reading).rejects.toThrow(ConfigError);
    await expect(reading).rejects.toThrow(new RegExp(message.replaceAll(/[()]/g, "\\$&")));
  });

  it("needs a certificate, its key and a port", async () => {
    const folder = await temporaryFolder();
    const files = { TRAINYARD_GRPC_TLS_CERT_FILE: folder, TRAINYARD_GRPC_TLS_KEY_FILE: folder };
    expect(() => parseConfig(files)).toThrow("set TRAINYARD_GRPC_PORT");
    const { TRAINYARD_GRPC_TLS_CERT_FILE, TRAINYARD_GRPC_TLS_KEY_FILE } = files;
    const wrong = [
      { TRAINYARD_GRPC_TLS_CERT_FILE },
      { TRAINYARD_GRPC_TLS_KEY_FILE },
      { TRAINYARD_GRPC_TLS_CLIENT_CA_FILE: folder },
    ];
    for (const given of wrong)
      expect(() => parseConfig({ TRAINYARD_GRPC_PORT: "0", ...given })).toThrow("needs a certificate and its key");
    expect(parseConfig({ TRAINYARD_GRPC_PORT: "0", ...files }).grpcTls).toEqual({
      ...{ certificate: folder, key: folder, clientAuthorities: null },
    });
  });
});
