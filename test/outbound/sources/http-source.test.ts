import { createHash, createHmac } from "node:crypto";
import { once } from "node:events";
import { createServer, type IncomingMessage, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { describe, expect, it, onTestFinished } from "vitest";
import type { Source } from "../../../src/domain/sources/source.ts";
import { createSourceFetcher, type SourceFetcherOptions } from "../../../src/outbound/sources/fetch-source.ts";
import { signV4 } from "../../../src/outbound/sources/s3-request.ts";

const never = new AbortController().signal;

async function serve(listener: RequestListener): Promise<{ readonly url: string; readonly port: number }> {
  const server = createServer(listener).listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}`, port };
}

const fetcher = (options: Partial<SourceFetcherOptions> = {}) =>
  createSourceFetcher({ privateHosts: ["127.0.0.1"], timeoutMs: 20_000, maxBytes: 1000, ...options });

async function read(source: Source, options: Partial<SourceFetcherOptions> = {}, etag: string | null = null) {
  const fetched = await fetcher(options).fetch(source, { etag, signal: never });
  if (fetched.isUnchanged) return null;
  const chunks: Uint8Array[] = [];
  for await (const chunk of fetched.stream) chunks.push(chunk);
  return { ...fetched, text: Buffer.concat(chunks).toString() };
}

describe("a table at a URL", () => {
  it("comes with its label, and not again while it has the same tag", async () => {
    const asked: IncomingMessage["headers"][] = [];
    const { url } = await serve(({ headers }, response) => {
      asked.push(headers);
      if (headers["if-none-match"] === '"one"') return response.writeHead(304).end();
      response.writeHead(200, { "content-type": "text/csv; charset=utf-8", etag: '"one"' }).end("a,b\n1,2\n");
    });
    const source = { url: `${url}/my%20table.csv?token=x`, headers: { authorization: "Bearer y" } };
    expect(await read(source)).toMatchObject({
      text: "a,b\n1,2\n",
      mediaType: "text/csv",
      fileName: "my table.csv",
      etag: '"one"',
    });
    expect(await read(source, {}, '"one"')).toBeNull();
    expect(asked[1]).toMatchObject({ authorization: "Bearer y", "accept-encoding": "identity" });
  });

  it("is followed to where it has moved, without what was sent along to another server", async () => {
    const asked: (string | undefined)[] = [];
    const other = await serve(({ headers }, response) => {
      asked.push(headers.authorization);
      response.end("a\n1\n");
    });
    const first = await serve(({ url }, response) => {
      response.writeHead(302, { location: url === "/" ? "/again" : `${other.url}/t.csv` }).end();
    });
    const source = { url: first.url, headers: { authorization: "Bearer y" } };
    expect(await read(source)).toMatchObject({ text: "a\n1\n", fileName: "t.csv" });
    expect(asked).toEqual([undefined]);
  });

  const moved = (location: string) => serve((_request, response) => void response.writeHead(301, { location }).end());

  it.each([
    ["http://169.254.169.254/latest/meta-data", "must be asked over https"],
    ["https://169.254.169.254/latest/meta-data", "is a private, local or reserved address"],
    ["https://[::1]/", "is a private, local or reserved address"],
    ["https://[::ffff:10.0.0.1]/", "is a private, local or reserved address"],
    ["https://167772161/", "is a private, local or reserved address"],
    ["file:///etc/passwd", "is no address of a table"],
  ])("is not followed to %s", async (location, why) => {
    const { url } = await moved(location);
    await expect(read({ url })).rejects.toMatchObject({ code: "invalid", message: expect.stringContaining(why) });
  });

  it("is asked of the address that was checked, and of no private one that its name has", async () => {
    const { port } = await serve((_request, response) => void response.end("secret"));
    const lookups: string[] = [];
    const resolve = ((host: string, _options: unknown, callback: (...result: unknown[]) => void) => {
      lookups.push(host);
      callback(null, [{ address: "127.0.0.1", family: 4 }]);
    }) as NonNullable<SourceFetcherOptions["lookup"]>;
    const source = { url: `https://inside.example:${port}/` };
    await expect(read(source, { lookup: resolve })).rejects.toThrow("inside.example is a private, local or reserved address");
    expect(lookups).toEqual(["inside.example"]);
    await expect(read({ url: `https://127.0.0.1:${port}/` }, { privateHosts: [] })).rejects.toThrow(
      "TRAINYARD_SOURCE_PRIVATE_HOSTS",
    );
    await expect(read({ url: `http://8.8.8.8:${port}/` })).rejects.toThrow("must be asked over https");
  });

  it.each([
    ["answers another status", 404, {}, "answered 404", false],
    ["may answer later", 503, {}, "answered 503", true],
    ["says that it is too large", 200, { "content-length": "5000" }, "has 5000 bytes, more than the limit of 1000", false],
    ["is packed in a way that nobody asked for", 200, { "content-encoding": "br" }, "content-encoding br", false],
  ] as const)("that %s is refused", async (_what, status, headers, why, isTransient) => {
    const { url } = await serve((_request, response) => void response.writeHead(status, headers).end());
    await expect(read({ url })).rejects.toMatchObject({ message: expect.stringContaining(why), isTransient });
  });

  it("that answers in another protocol is refused", async () => {
    const { url } = await serve(({ socket }) => {
      socket.write("HTTP/1.1 101 Switching Protocols\r\nUpgrade: other\r\nConnection: Upgrade\r\n\r\n");
    });
    await expect(read({ url })).rejects.toMatchObject({
      message: expect.stringContaining("answered 101, a change of the protocol"),
    });
  });

  it("that breaks off, goes round in circles, is silent or takes too long is refused", async () => {
    const { url } = await serve(({ url: path }, response) => {
      if (path === "/circle") return response.writeHead(302, { location: "/circle" }).end();
      response.writeHead(200, { "content-length": "100" }).write("half");
      if (path === "/broken") setImmediate(() => response.destroy());
    });
    await expect(read({ url: `${url}/circle` })).rejects.toThrow("redirects more than 5 times");
    await expect(read({ url: `${url}/broken` })).rejects.toMatchObject({ isTransient: true });
    await expect(read({ url: `${url}/silent` }, { silenceMs: 60 })).rejects.toMatchObject({ isTransient: true });
    await expect(read({ url: `${url}/slow` }, { timeoutMs: 60 })).rejects.toThrow(
      "took longer than 0.06 s (TRAINYARD_SOURCE_SECONDS)",
    );
  });
});

/** The examples of https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html */
const EXAMPLE = {
  ...{ method: "GET", region: "us-east-1", service: "s3" },
  ...{ accessKeyId: "AKIAIOSFODNN7EXAMPLE", secretAccessKey: "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY" },
};
const SIGNED_HEADERS = {
  host: "examplebucket.s3.amazonaws.com",
  "x-amz-content-sha256": createHash("sha256").digest("hex"),
  "x-amz-date": "20130524T000000Z",
};

describe("a request to S3", () => {
  it.each([
    ["/test.txt", { range: "bytes=0-9" }, "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41"],
    ["/?lifecycle", {}, "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543"],
    ["/?max-keys=2&prefix=J", {}, "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7"],
  ])("for %s has the signature that AWS publishes", (path, more, signature) => {
    const url = new URL(path, "https://examplebucket.s3.amazonaws.com");
    const signed = signV4({ ...EXAMPLE, url, headers: { ...SIGNED_HEADERS, ...more } });
    expect(signed).toContain(`Credential=${EXAMPLE.accessKeyId}/20130524/us-east-1/s3/aws4_request`);
    expect(signed.split("Signature=")[1]).toBe(signature);
  });

  it("gets an object from a server that checks it, by the path or by the host", async () => {
    const SECRET = "a secret";
    const { url, port } = await serve(({ method = "", headers, url: path = "" }, response) => {
      const stated = /Credential=(\S+?)\/(\d{8})\/(\S+?)\/s3\/aws4_request, ?SignedHeaders=(\S+?), ?Signature=(\w+)/.exec(
        (headers.authorization ?? "").replaceAll(/,(?=\S)/g, ", "),
      );
      if (!stated) return response.writeHead(403).end("<Error><Code>AccessDenied</Code></Error>");
      const [, id = "", day = "", region = "", names = "", signature = ""] = stated;
      // As the server of S3 computes it: of what came over the wire.
      const lines = names.split(";").map((name) => `${name}:${String(headers[name])}\n`);
      const canonical = [method, path, "", lines.join(""), names, headers["x-amz-content-sha256"]].join("\n");
      const hash = createHash("sha256").update(canonical).digest("hex");
      const text = `AWS4-HMAC-SHA256\n${headers["x-amz-date"]}\n${day}/${region}/s3/aws4_request\n${hash}`;
      let key: Buffer | string = `AWS4${SECRET}`;
      for (const part of [day, region, "s3", "aws4_request"]) key = createHmac("sha256", key).update(part).digest();
      const isTrue = createHmac("sha256", key).update(text).digest("hex") === signature && id === "me" && region === "eu-x-1";
      if (!isTrue) return response.writeHead(403).end("<Error><Code>SignatureDoesNotMatch</Code></Error>");
      response.writeHead(200, { etag: '"e"' }).end(`path\n${headers.host} ${path}\n`);
    });
    const keys = { access_key_id: "me", secret_access_key: SECRET, region: "eu-x-1" };
    const object = { bucket: "tables", key: "a folder/été (1)+*.csv", endpoint: url };
    const fetched = await read({ s3: { ...object, ...keys, session_token: "t" } });
    expect(fetched).toMatchObject({ fileName: "été (1)+*.csv", etag: '"e"' });
    expect(fetched?.text).toContain("/tables/a%20folder/%C3%A9t%C3%A9%20%281%29%2B%2A.csv");
    const toLoopback = ((_host: string, options: { all?: boolean }, callback: (...result: unknown[]) => void) =>
      options.all ? callback(null, [{ address: "127.0.0.1", family: 4 }]) : callback(null, "127.0.0.1", 4)) as NonNullable<
      SourceFetcherOptions["lookup"]
    >;
    const byHost = await read(
      { s3: { ...object, ...keys, endpoint: `http://s3.test:${port}/base`, path_style: false } },
      { privateHosts: ["tables.s3.test"], lookup: toLoopback },
    );
    expect(byHost?.text).toContain(`tables.s3.test:${port} /base/a%20folder/`);
    await expect(read({ s3: { ...object, ...keys, secret_access_key: "wrong" } })).rejects.toThrow(
      "/source/s3: answered 403 (SignatureDoesNotMatch)",
    );
    await expect(read({ s3: { ...object, region: "eu-x-1" } })).rejects.toThrow("answered 403 (AccessDenied)");
  });
});
