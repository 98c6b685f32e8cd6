/** The settings of TLS for gRPC: which files, and that none is missing. Reads no file. */

/** The files of TLS for gRPC, in PEM. */
export interface GrpcTlsFiles {
  readonly certificate: string;
  readonly key: string;
  readonly clientAuthorities: string | null;
}

interface Given {
  readonly TRAINYARD_GRPC_PORT?: number | undefined;
  readonly TRAINYARD_GRPC_TLS_CERT_FILE?: string | undefined;
  readonly TRAINYARD_GRPC_TLS_KEY_FILE?: string | undefined;
  readonly TRAINYARD_GRPC_TLS_CLIENT_CA_FILE?: string | undefined;
}

/** The files; null if none is named. Returns a sentence if one is missing, or would not be used. */
export function grpcTlsOf(env: Given): GrpcTlsFiles | string | null {
  const certificate = env.TRAINYARD_GRPC_TLS_CERT_FILE;
  const key = env.TRAINYARD_GRPC_TLS_KEY_FILE;
  const clientAuthorities = env.TRAINYARD_GRPC_TLS_CLIENT_CA_FILE ?? null;
  if (certificate === undefined && key === undefined && clientAuthorities === null) return null;
  if (certificate === undefined || key === undefined)
    return "TLS for gRPC needs a certificate and its key: set TRAINYARD_GRPC_TLS_CERT_FILE and TRAINYARD_GRPC_TLS_KEY_FILE";
  if (env.TRAINYARD_GRPC_PORT === undefined)
    return "TRAINYARD_GRPC_TLS_CERT_FILE is set, and gRPC is off: set TRAINYARD_GRPC_PORT, or leave it out";
  return Object.freeze({ certificate, key, clientAuthorities });
}
