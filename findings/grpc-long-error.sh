#!/bin/bash
# An error of gRPC whose message is over 8 kB reaches clients in Python as another error.
#
# Versions   @grpc/grpc-js 1.14.7 on Node 24, and Debian 12's python3-grpcio 1.51.1; seen on 2026-11-30. Needs Debian's package python3-grpcio.
# Guess      Messages have 4 MB by default, and so what an INVALID_ARGUMENT says may be as long as its list of faults is.
# Behaviour  What an error says is no message but a trailer, and clients on gRPC's C core hold all trailers of a call to 8 kB: the code becomes
#            RESOURCE_EXHAUSTED, and the words are gone. The trailer is percent-encoded, so that 1,000 Chinese characters are 9 kB. Clients
#            in JavaScript have no such bound, so that a test in the language of the server sees nothing.
# What to do Cut what an error says at 4 kB of percent-encoding on the server.
# Source     The output below; github.com/grpc/grpc, issue 37852 (2024-10-04), where newer cores have a soft limit of 8 kB and a hard one of 16.
set -euo pipefail
python=/usr/bin/python3
if ! "$python" -c 'import grpc' 2>/dev/null; then
  echo "This needs Debian's package python3-grpcio." >&2
  exit 2
fi
folder=$(mktemp -d)
server=
trap '[ -z "$server" ] || kill "$server"; rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund @grpc/grpc-js@1.14.7
cat >server.mjs <<'JS'
import { writeFileSync } from "node:fs";
import * as grpc from "@grpc/grpc-js";
const same = (bytes) => bytes;
const check = {
  path: "/shop.Shop/Check",
  ...{ requestStream: false, responseStream: false },
  ...{ requestSerialize: same, requestDeserialize: same, responseSerialize: same, responseDeserialize: same },
};
const server = new grpc.Server();
server.addService({ check }, {
  check: ({ request }, respond) => {
    const [character, count] = request.toString().split(" ");
    respond({ code: grpc.status.INVALID_ARGUMENT, details: character.repeat(Number(count)) });
  },
});
server.bindAsync("127.0.0.1:0", grpc.ServerCredentials.createInsecure(), (_, port) => {
  const Shop = grpc.makeGenericClientConstructor({ check }, "Shop");
  const client = new Shop(`127.0.0.1:${port}`, grpc.credentials.createInsecure());
  client.check(Buffer.from("a 9000"), ({ code, details }) => {
    console.log(`JavaScript, a x 9000: ${grpc.status[code]}, ${details.length} characters`);
    client.close();
    writeFileSync("port", String(port));
  });
});
JS
cat >client.py <<'PY'
import grpc

with open("port") as file:
    channel = grpc.insecure_channel("127.0.0.1:" + file.read())
check = channel.unary_unary("/shop.Shop/Check")
for character, count in (("a", 7000), ("a", 9000), ("页", 1000)):
    try:
        check(f"{character} {count}".encode(), timeout=10)
    except grpc.RpcError as error:
        said = f"{count} characters" if error.details() == character * count else error.details()
        print(f"Python, {character} x {count}: {error.code().name}, {said}")
PY
node server.mjs >log &
server=$!
for _ in $(seq 100); do [ -s port ] || sleep 0.1; done
seen=$(cat log; "$python" client.py)
expected='JavaScript, a x 9000: INVALID_ARGUMENT, 9000 characters
Python, a x 7000: INVALID_ARGUMENT, 7000 characters
Python, a x 9000: RESOURCE_EXHAUSTED, received initial metadata size exceeds limit
Python, 页 x 1000: RESOURCE_EXHAUSTED, received initial metadata size exceeds limit'
echo "$seen"
if [ "$seen" != "$expected" ]; then
  echo "This has changed; it was:" >&2
  echo "$expected" >&2
  exit 1
fi
