import { createServer, type Socket } from "node:net";
import pg from "pg";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { source } from "../../../src/domain/sources/source.ts";
import { createSourceFetcher } from "../../../src/outbound/sources/fetch-source.ts";
import { freshDatabase } from "../../contract/databases/fresh-database.ts";

const never = new AbortController().signal;
const fetcher = createSourceFetcher({ privateHosts: ["127.0.0.1", "localhost"], timeoutMs: 30_000, maxBytes: 1e8 });

let url = "";
let client: pg.Client;
beforeAll(async () => {
  url = await freshDatabase();
  client = new pg.Client({ connectionString: url });
  await client.connect();
  await client.query("create table readings (id int primary key, note text)");
  await client.query("insert into readings select i, 'row ' || i from generate_series(1, 30000) i");
});
afterAll(() => client.end());

async function csv(query: string, address = url): Promise<string> {
  const fetched = await fetcher.fetch({ postgres: { url: address, query } }, { signal: never });
  if (fetched.isUnchanged) throw new Error("a query is never unchanged");
  expect(fetched).toMatchObject({ format: "csv", etag: null });
  const chunks: Uint8Array[] = [];
  for await (const chunk of fetched.stream) {
    expect(chunk.length).toBeLessThan(1024 * 1024);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
}

describe("the rows of a query", () => {
  it("are texts as PostgreSQL writes them, with truth values and missing ones in words of CSV", async () => {
    const query = `select 12345678901234567890.123456789::numeric as n, 0.1::float8 as f, true as yes, null::bool as no,
      timestamptz '2026-03-29 03:30:00.25+02' as at, date '2026-01-02' as day, 'a "b", c' as "te,xt", array[1, 2] as list,
      '{"a": 1}'::jsonb as j, '' as empty; -- the end ;`;
    expect(await csv(query)).toBe(
      [
        'n,f,yes,no,at,day,"te,xt",list,j,empty',
        '12345678901234567890.123456789,0.1,true,,2026-03-29 01:30:00.25+00,2026-01-02,"a ""b"", c","{1,2}","{""a"": 1}",\n',
      ].join("\n"),
    );
  });

  it("come a few at a time, all of them, in their order", async () => {
    const text = await csv("select id, note from readings order by id");
    const lines = text.trimEnd().split("\n");
    expect(lines).toHaveLength(30_001);
    expect([lines[1], lines[30_000]]).toEqual(["1,row 1", "30000,row 30000"]);
    expect(await csv("select id from readings where false")).toBe("id\n");
    expect(await csv("with recent as (select * from readings where id < 3) select note from recent order by id")).toBe(
      "note\nrow 1\nrow 2\n",
    );
  });

  it.each([
    ["delete from readings returning id", "syntax error"],
    ["with gone as (delete from readings returning id) select * from gone", "must not contain data-modifying"],
    ["select 1; drop table readings", "cannot insert multiple commands"],
    ["select 1; commit; drop table readings", "cannot insert multiple commands"],
    ["select nextval('counted')", "counted"],
    ["select * from readings for update", "FOR UPDATE"],
    ["select set_config('transaction_read_only', 'off', false)", "read-write"],
    ["select * from nowhere", "nowhere"],
    ["select id / 0 from readings", "division by zero"],
  ])("are those of a SELECT: %s", async (query, why) => {
    await expect(csv(query)).rejects.toMatchObject({ code: "invalid", message: expect.stringContaining(why) });
    expect((await client.query("select count(*)::int as rows from readings")).rows).toEqual([{ rows: 30_000 }]);
  });

  it("are asked of hosts that may be asked, as a user who may ask", async () => {
    const address = new URL(url);
    const only = createSourceFetcher({ privateHosts: [], timeoutMs: 30_000, maxBytes: 1e8 });
    const from = (text: string) => only.fetch({ postgres: { url: text, query: "select 1" } }, { signal: never });
    await expect(from(url)).rejects.toThrow("is a private, local or reserved address");
    await expect(from("postgres://a@8.8.8.8/x?sslmode=disable")).rejects.toThrow("must be reached with TLS");
    // What a driver would decode is never a host: neither here nor in a request.
    const hidden = "postgres://a@%31%30.0.0.1/x";
    expect(source.safeParse({ postgres: { url: hidden, query: "select 1" } }).error?.message).toContain(
      "neither a name nor an address",
    );
    await expect(from(hidden)).rejects.toThrow("cannot be fetched");
    address.searchParams.set("sslmode", "require");
    await expect(csv("select 1", address.href)).rejects.toThrow("does not support SSL");
    address.searchParams.delete("sslmode");
    address.pathname = "/no_such_database";
    await expect(csv("select 1", address.href)).rejects.toThrow("no_such_database");
  });

  it("end with their time, in the database too", async () => {
    const impatient = createSourceFetcher({ privateHosts: ["*"], timeoutMs: 300, maxBytes: 1e8 });
    const asked = impatient.fetch({ postgres: { url, query: "select pg_sleep(60)" } }, { signal: never });
    await expect(asked).rejects.toMatchObject({ code: "invalid", isTransient: true });
  });

  it("are refused where a server announces a message that no row has", async () => {
    const sockets: Socket[] = [];
    const server = createServer((socket) => {
      sockets.push(socket);
      socket.on("error", () => undefined);
      socket.once("data", () => socket.write(Buffer.from([0x44, 0x7f, 0xff, 0xff, 0xff, 0, 0])));
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as { port: number };
    await expect(csv("select 1", `postgres://a:b@127.0.0.1:${port}/x`)).rejects.toThrow("sent a row of more than");
    for (const socket of sockets) socket.destroy();
    server.close();
  });

  it("are refused where a server sends more of them than were asked for", async () => {
    const sockets: Socket[] = [];
    /** A message: its type, its length, and what it says. */
    const message = (type: string, body: Buffer) => {
      const length = Buffer.alloc(4);
      length.writeUInt32BE(body.length + 4);
      return Buffer.concat([Buffer.from(type), length, body]);
    };
    const ready = message("Z", Buffer.from("T"));
    const cell = Buffer.alloc(1024 * 1024, 97);
    const row = message("D", Buffer.concat([Buffer.from([0, 1, 0, 16, 0, 0]), cell]));
    const column = Buffer.concat([
      Buffer.from([0, 1]),
      Buffer.from("a\0"),
      Buffer.from([0, 0, 0, 0, 0, 0, 0, 0, 0, 25, 255, 255, 0, 0, 0, 0, 0, 0]),
    ]);
    let sent = 0;
    const server = createServer((socket) => {
      sockets.push(socket);
      socket.on("error", () => undefined);
      let isFetched = false;
      const flood = () => {
        while (!socket.destroyed && socket.write(row)) sent += row.length;
        sent += row.length;
      };
      socket.on("data", (chunk) => {
        if (chunk.includes("user")) return socket.write(Buffer.concat([message("R", Buffer.alloc(4)), ready]));
        if (!chunk.includes("fetch")) return socket.write(Buffer.concat([message("C", Buffer.from("SET\0")), ready]));
        isFetched = true;
        socket.write(message("T", column));
        return flood();
      });
      socket.on("drain", () => isFetched && flood());
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as { port: number };
    await expect(csv("select 1", `postgres://a:b@127.0.0.1:${port}/x`)).rejects.toThrow("for a few rows");
    expect(sent).toBeLessThan(128 * 1024 * 1024);
    for (const socket of sockets) socket.destroy();
    server.close();
  });
});
