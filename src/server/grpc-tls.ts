/** Reads the certificates for gRPC, and checks them before anything listens. */
import { X509Certificate } from "node:crypto";
import { readFile } from "node:fs/promises";
import { createSecureContext } from "node:tls";
import type { GrpcTls } from "../http/grpc/grpc-server.ts";
import { ConfigError } from "./config.ts";
import type { GrpcTlsFiles } from "./grpc-tls-files.ts";

/** Reads the files. Throws a ConfigError that names the variable. */
export async function readGrpcTls(files: GrpcTlsFiles): Promise<GrpcTls> {
  const certificate = await readSetting("TRAINYARD_GRPC_TLS_CERT_FILE", files.certificate);
  const key = await readSetting("TRAINYARD_GRPC_TLS_KEY_FILE", files.key);
  const clientAuthorities =
    files.clientAuthorities === null ? null : await readSetting("TRAINYARD_GRPC_TLS_CLIENT_CA_FILE", files.clientAuthorities);
  check("TRAINYARD_GRPC_TLS_CERT_FILE", files.certificate, "has no certificate in PEM", () => new X509Certificate(certificate));
  check("TRAINYARD_GRPC_TLS_KEY_FILE", files.key, "has no private key in PEM that belongs to the certificate", () =>
    createSecureContext({ cert: certificate, key }),
  );
  if (clientAuthorities)
    check(
      "TRAINYARD_GRPC_TLS_CLIENT_CA_FILE",
      files.clientAuthorities ?? "",
      "has no certificate in PEM",
      () => new X509Certificate(clientAuthorities),
    );
  return { certificate, key, clientAuthorities };
}

async function readSetting(variable: string, path: string): Promise<Buffer> {
  try {
    return await readFile(path);
  } catch (error) {
    throw new ConfigError(`${variable}=${path}: cannot be read (${(error as NodeJS.ErrnoException).code})`);
  }
}

function check(variable: string, path: string, fault: string, parse: () => unknown): void {
  try {
    parse();
  } catch {
    throw new ConfigError(`${variable}=${path}: ${fault}`);
  }
}
