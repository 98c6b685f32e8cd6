/** Inference over gRPC as Python's grpcio, which is built on gRPC's core, asks for it: TLS and a stream. Skipped where it is missing. */
import { execFile, spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, it } from "vitest";
import { createDataDir, startLiveServer } from "../live-server.ts";

const tls = (name: string) => fileURLToPath(new URL(`../../fixtures/grpc/tls/${name}.pem`, import.meta.url));
const python = ["/usr/bin/python3", "python3"].find((each) => spawnSync(each, ["-c", "import grpc"]).status === 0);

/** Sends a right, a wrong and a right request in one stream; prints of each answer the error, and the length of what was inferred. */
const PROGRAM = `
import sys, struct, grpc
address, authority, model = sys.argv[1:]
def field(number, value):
    assert len(value) < 16384
    return bytes([number << 3 | 2, len(value) & 127 | 128, len(value) >> 7]) + value
def request(name):
    tensor = field(1, b"x") + field(2, b"FP32") + field(3, b"\\x01\\x02")
    return field(1, name.encode()) + field(3, b"id-" + name.encode()) + field(5, tensor) + field(7, struct.pack("<2f", 0.5, 0.1))
same = lambda encoded: encoded
with open(authority, "rb") as file:
    credentials = grpc.ssl_channel_credentials(file.read())
with grpc.secure_channel(address, credentials) as channel:
    stream = channel.stream_stream("/inference.GRPCInferenceService/ModelStreamInfer", same, same)
    for answer in stream(iter([request(model), request("nobody"), request(model)]), timeout=30):
        print("error" if answer[0] == 0x0A else "answer", b"nobody" in answer)
with grpc.insecure_channel(address) as channel:
    try:
        channel.unary_unary("/inference.GRPCInferenceService/ServerReady", same, same)(b"", timeout=5)
    except grpc.RpcError as error:
        print(error.code().name)
`;

it.skipIf(!python)(python ? "Python's grpcio streams inferences with TLS" : "no Python here has grpcio", async () => {
  const dataDir = await createDataDir();
  const server = await startLiveServer(dataDir.path, {
    TRAINYARD_GRPC_PORT: "0",
    TRAINYARD_GRPC_TLS_CERT_FILE: tls("server"),
    TRAINYARD_GRPC_TLS_KEY_FILE: tls("server-key"),
  });
  const job = await server.client.submit({
    data: { generator: { type: "moons", samples: 60 } },
    model: { layers: [{ type: "linear" }] },
    epochs: 2,
  } as never);
  const { model } = await server.client.wait(job.id);
  const address = server.logged.find(({ msg }) => msg === "ready")?.grpc as string;
  const args = ["-c", PROGRAM, address, tls("authority"), model?.id ?? ""];
  const { stdout } = await promisify(execFile)(python as string, args, { timeout: 50_000, killSignal: "SIGKILL" });
  expect(stdout.trim().split("\n")).toEqual(["answer False", "error True", "answer False", "UNAVAILABLE"]);
  await server.stop();
  await dataDir.remove();
});
