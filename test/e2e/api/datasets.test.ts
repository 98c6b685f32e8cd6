import { createReadStream } from "node:fs";
import { readdir, readFile } from "node:fs/promises";
import { request } from "node:http";
import { join } from "node:path";
import { Readable } from "node:stream";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createDataDir, type LiveServer, startLiveServer } from "../live-server.ts";

const PENGUINS = fileURLToPath(new URL("../../fixtures/datasets/penguins.csv", import.meta.url));

let server: LiveServer;
let dataDir: Awaited<ReturnType<typeof createDataDir>>;
beforeAll(async () => {
  dataDir = await createDataDir();
  server = await startLiveServer(dataDir.path, { TRAINYARD_MAX_DATASET_BYTES: String(8 * 1024 * 1024) });
});
afterAll(async () => {
  await server.stop();
  await dataDir.remove();
});

const at = (path: string) => `${server.url}/v1/datasets${path}`;
const getJson = async (path: string) => (await fetch(at(path))).json() as Promise<Record<string, unknown>>;
const uploads = () => readdir(join(dataDir.path, "uploads"));

interface Answer {
  readonly id: string;
  readonly name: string;
  readonly rows: number;
  readonly sha256: string;
  readonly detail: string;
  readonly columns: readonly { readonly name: string; readonly type: string }[];
}

async function post(path: string, init: RequestInit): Promise<{ status: number; answer: Answer }> {
  const response = await fetch(at(path), { method: "POST", ...init });
  return { status: response.status, answer: (await response.json()) as Answer };
}

/** Sends a body in pieces, which needs the length to be unknown. */
function streamed(body: ReadableStream<Uint8Array>, headers: Record<string, string>): RequestInit {
  return { headers, body, duplex: "half" } as RequestInit;
}

const streamOf = (readable: Readable) => Readable.toWeb(readable) as ReadableStream<Uint8Array>;

describe("a data set over HTTP", () => {
  it("is a sheet of a workbook, by its name's ending, its media type or format, gzipped or not", async () => {
    const book = await readFile(new URL("../../fixtures/workbooks/orders-openpyxl.xlsx", import.meta.url));
    const form = new FormData();
    form.set("file", new Blob([new Uint8Array(book)]), "orders.xlsx");
    const { status, answer } = await post("", { body: form });
    expect([status, answer.name, answer.rows]).toEqual([201, "orders", 4]);
    expect(answer).toMatchObject({
      format: "xlsx",
      reading: { sheet: { value: "Orders & more", from: "found" }, header: { value: true }, skipped_lines: [2] },
      notes: [{ code: "sheet_chosen" }, { code: "title_lines", line: 2 }, { code: "cells_read_as_missing", line: 6 }],
    });
    expect(answer.columns.map(({ name, type }) => `${name}: ${type}`)).toEqual([
      ...["order no: category", "zip: category", "ordered: datetime", "at: datetime", "total: number", "discount: number"],
      ...["returned: boolean", "note (internal): category", "ratio: number"],
    ]);
    const type = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";
    const again = await post("?name=orders", { headers: { "content-type": type }, body: new Uint8Array(book) });
    expect([again.status, again.answer.id]).toEqual([200, answer.id]);
    const times = await post("?name=times.xlsx&sheet=Times", { body: new Uint8Array(gzipSync(book)) });
    expect([times.status, times.answer.rows, times.answer.columns[0]]).toMatchObject([
      201,
      2,
      { name: "opens", type: "number" },
    ]);
    for (const [query, pointer] of [
      ["format=xlsx&delimiter=;", "/delimiter"],
      ["format=xlsx&encoding=latin1", "/encoding"],
      ["format=xlsx&sheet=Nowhere", "/sheet"],
      ["format=csv&sheet=Times", "/sheet"],
      ["format=ndjson&skip_lines=1", "/skip_lines"],
      ["format=csv&skip_lines=101", "/skip_lines"],
    ] as const) {
      const refused = await post(`?name=x&${query}`, { body: new Uint8Array(book) });
      expect([refused.status, refused.answer]).toMatchObject([422, { errors: [{ pointer }] }]);
    }
    expect((await post("?name=x&format=csv", { body: new Uint8Array(book) })).answer.detail).toMatch(
      /a ZIP archive, as an Excel/,
    );
    expect(await uploads()).toEqual([]);
    for (const { id } of [answer, times.answer]) await fetch(at(`/${id}`), { method: "DELETE" });
  });

  it("is uploaded as a stream, listed, read, previewed and deleted", async () => {
    const { status, answer } = await post(
      "?name=penguins",
      streamed(streamOf(createReadStream(PENGUINS, { highWaterMark: 777 })), { "content-type": "text/csv" }),
    );
    expect([status, answer.rows]).toEqual([201, 344]);
    expect((await getJson("")).data).toMatchObject([{ id: answer.id, name: "penguins", column_count: 7 }]);
    expect(await getJson(`/${answer.id}`)).toEqual(answer);
    expect((await getJson(`/${answer.id}/preview?rows=2`)).rows).toHaveLength(2);
    expect(await getJson(`/${answer.id}/rows?columns=["beak_length_mm","species"]&limit=3`)).toMatchObject({
      total: 344,
      returned: 3,
      columns: [
        { name: "beak_length_mm", values: [39.1, expect.any(Number), expect.any(Number)] },
        { name: "species", values: ["Adelie", "Adelie", "Gentoo"] },
      ],
    });
    for (const [query, detail] of [
      ['columns=["wings"]', "there is no column wings: the data set has "],
      ['columns=["sxe"]', "there is no column sxe: did you mean sex? "],
      ['columns=["sex","sex"]', '"sex" is named twice'],
      ["columns=sex", "must be a JSON list of 1 to 16 names of columns"],
      ["limit=3", "columns"],
    ] as const) {
      const refused = await fetch(at(`/${answer.id}/rows?${query}`));
      expect([refused.status, await refused.text()]).toEqual([
        422,
        expect.stringContaining(JSON.stringify(detail).slice(1, -1)),
      ]);
    }
    expect((await fetch(at(`/${answer.id}`), { method: "DELETE" })).status).toBe(204);
    expect((await fetch(at(`/${answer.id}`))).status).toBe(404);
    expect(await uploads()).toEqual([]);
  });

  it("comes packed, and in a form", async () => {
    const bytes = await readFile(PENGUINS);
    const packed = await post("?name=packed", {
      headers: { "content-type": "text/csv", "content-encoding": "gzip" },
      body: gzipSync(bytes),
    });
    expect([packed.status, packed.answer.rows]).toEqual([201, 344]);
    const form = new FormData();
    form.set("file", new File([bytes], "penguins.csv"));
    form.set("types", '{"body_mass_g":"number"}');
    const posted = await post("", { body: form });
    expect([posted.status, posted.answer.name]).toEqual([201, "penguins"]);
    expect(posted.answer.columns.find(({ name }) => name === "body_mass_g")?.type).toBe("number");
    for (const { answer } of [packed, posted]) await fetch(at(`/${answer.id}`), { method: "DELETE" });
  });

  it("is still there after a restart", async () => {
    const { answer } = await post("?name=kept", { headers: { "content-type": "text/csv" }, body: await readFile(PENGUINS) });
    await server.stop();
    server = await startLiveServer(dataDir.path, { TRAINYARD_MAX_DATASET_BYTES: String(8 * 1024 * 1024) });
    expect(await getJson(`/${answer.id}`)).toEqual(answer);
    await fetch(at(`/${answer.id}`), { method: "DELETE" });
  });

  it("is refused over the limit, whether its length is said or not, and the connection goes on", async () => {
    const headers = { "content-type": "text/csv" };
    const bytes = new Uint8Array(9 * 1024 * 1024).fill(0x31);
    const chunks = Readable.from(Array.from({ length: 9 * 16 }, () => Buffer.alloc(64 * 1024, "1")));
    for (const init of [{ headers, body: bytes }, streamed(streamOf(chunks), headers)]) {
      const { status, answer } = await post("?name=large", init);
      expect([status, answer.detail]).toEqual([
        413,
        "the upload has more bytes than the limit of 8388608 (TRAINYARD_MAX_DATASET_BYTES)",
      ]);
    }
    expect((await getJson("")).data).toEqual([]);
    expect(await uploads()).toEqual([]);
  });

  it("leaves nothing behind when the connection breaks", async () => {
    for (const headers of [{ "content-type": "text/csv" }, { "content-type": "multipart/form-data; boundary=xx" }]) {
      const sending = request(at("?name=broken"), { method: "POST", headers });
      sending.on("error", () => undefined);
      if (headers["content-type"].startsWith("multipart")) {
        sending.write('--xx\r\nContent-Disposition: form-data; name="file"; filename="a.csv"\r\n\r\n');
      }
      sending.write("a,b\n".repeat(10_000));
      await waitUntil(async () => (await uploads()).length === 1);
      sending.destroy();
      await waitUntil(async () => (await uploads()).length === 0);
    }
    expect((await getJson("")).data).toEqual([]);
    expect((await fetch(`${server.url}/healthz`)).status).toBe(200);
    expect(server.logged.filter(({ level }) => Number(level) >= 50)).toEqual([]);
  });
});

async function waitUntil(isSo: () => Promise<boolean>): Promise<void> {
  while (!(await isSo())) await delay(20);
}
