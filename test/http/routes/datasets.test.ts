import { createHash } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { problem } from "../../../src/http/errors/problem.ts";
import { datasetAnswer, datasetsAnswer, previewAnswer } from "../../../src/http/openapi/dataset-schemas.ts";
import { openStagedApp, type StagedApp } from "../staged-app.ts";

const LIMITS = { TRAINYARD_MAX_DATASET_BYTES: "20000", TRAINYARD_MAX_DATASET_ROWS: "500", TRAINYARD_MAX_DATASET_COLUMNS: "40" };

let staged: StagedApp;
let penguins: Buffer;
beforeAll(async () => {
  staged = await openStagedApp({ environment: LIMITS });
  penguins = await readFile(new URL("../../fixtures/datasets/penguins.csv", import.meta.url));
});
afterAll(() => staged.close());

const upload = (payload: Buffer | string, query = "name=x", headers: Record<string, string> = { "content-type": "text/csv" }) =>
  staged.app.inject({ method: "POST", url: `/v1/datasets?${query}`, payload, headers });

/** A multipart body as browsers write it. */
async function form(parts: Readonly<Record<string, string | File>>) {
  const data = new FormData();
  for (const [name, part] of Object.entries(parts)) data.set(name, part);
  const request = new Request("http://localhost", { method: "POST", body: data });
  const headers = { "content-type": request.headers.get("content-type") ?? "" };
  return { payload: Buffer.from(await request.arrayBuffer()), headers };
}

async function remove(response: { json(): { id: string } }): Promise<void> {
  await staged.app.inject({ method: "DELETE", url: `/v1/datasets/${response.json().id}` });
}

describe("uploading a data set", () => {
  it("answers 201 with its columns and where it is, and 200 to the same bytes again", async () => {
    const response = await upload(penguins, "name=penguins");
    expect(response.statusCode).toBe(201);
    const dataset = datasetAnswer.parse(response.json());
    expect(response.headers.location).toBe(`/v1/datasets/${dataset.id}`);
    expect(dataset).toMatchObject({ name: "penguins", format: "csv", rows: 344, column_count: 7, bytes: penguins.length });
    expect(dataset.sha256).toBe(createHash("sha256").update(penguins).digest("hex"));
    const again = await upload(penguins, "name=other");
    expect(again.statusCode).toBe(200);
    expect(again.json()).toEqual(dataset);
    const typed = await upload(penguins, `name=typed&types=${encodeURIComponent('{"species":"text"}')}`);
    expect(typed.statusCode).toBe(201);
    expect(typed.json().sha256).not.toBe(dataset.sha256);
    for (const each of [response, typed]) await remove(each);
  });

  it.each([
    ["text/csv", "a,b\n1,x\n"],
    ["text/tab-separated-values; charset=utf-8", "a\tb\n1\tx\n"],
    ["application/x-ndjson", '{"a":1,"b":"x"}\n'],
    ["application/json", '[{"a":1,"b":"x"}]'],
    ["application/json; charset=utf-8", '{"columns":["a","b"],"rows":[[1,"x"]]}'],
  ])("takes %s", async (type, body) => {
    for (const packed of [false, true]) {
      const encoding = packed ? { "content-encoding": "gzip" } : undefined;
      const response = await upload(packed ? gzipSync(body) : body, "name=x", { "content-type": type, ...encoding });
      expect(response.statusCode).toBe(201);
      const preview = await staged.app.inject(`/v1/datasets/${response.json().id}/preview`);
      expect(previewAnswer.parse(preview.json())).toEqual({ columns: ["a", "b"], rows: [[1, "x"]] });
      await remove(response);
    }
  });

  it("takes Parquet", async () => {
    const file = await readFile(new URL("../../fixtures/datasets/penguins.zstd.parquet", import.meta.url));
    const response = await upload(file, "name=x", { "content-type": "application/vnd.apache.parquet" });
    expect(response.statusCode).toBe(201);
    expect(response.json()).toMatchObject({ format: "parquet", rows: 344 });
    await remove(response);
  });

  it("takes a form, whose file name says format and name, with its fields before or after the file", async () => {
    const file = new File([gzipSync(penguins)], "Penguins of Palmer.csv.gz");
    for (const parts of [
      { file, types: '{"species":"text"}', columns: "species,island" },
      { columns: "species,island", types: '{"species":"text"}', file },
    ]) {
      const { payload, headers } = await form(parts);
      const response = await upload(payload, "", headers);
      expect(response.statusCode).toBe(201);
      expect(response.json()).toMatchObject({ name: "Penguins of Palmer", format: "csv" });
      expect(response.json()).toMatchObject({ column_count: 2 });
      expect(response.json().columns[0].type).toBe("text");
      await remove(response);
    }
  });

  it.each([
    ["text/csv", "a,b,c\n1,x,2\n"],
    ["application/x-ndjson", '{"a":1,"b":"x"}\n{"c":2}\n'],
    ["application/json", '[{"a":1,"b":"x","c":2}]'],
    ["application/json", '{"columns":["a","b","c"],"rows":[[1,"x",2]]}'],
  ])("keeps the columns that are named, of %s", async (type, body) => {
    for (const columns of ["c, a", '["a","c"]']) {
      const response = await upload(body, `name=x&columns=${encodeURIComponent(columns)}`, { "content-type": type });
      expect(response.statusCode).toBe(columns === "c, a" ? 201 : 200);
      expect(response.json().columns.map(({ name }: { name: string }) => name)).toEqual(["a", "c"]);
    }
    await remove(await upload(body, "name=x&columns=a,c", { "content-type": type }));
    const unknown = await upload(body, "name=x&columns=a,C_", { "content-type": type });
    expect(unknown.statusCode).toBe(422);
    expect(unknown.json().errors).toEqual([
      { pointer: "/columns/1", detail: '"C_" is not a column of the table: did you mean c?' },
    ]);
  });

  it("takes other types when the format is said", async () => {
    const response = await upload("a;b\n1;2\n", "name=x&format=csv&delimiter=%3B&header=false", {
      "content-type": "text/plain",
    });
    expect(response.json()).toMatchObject({ rows: 2, column_count: 2 });
    await remove(response);
  });
});

describe("refusing an upload", () => {
  const CASES: readonly (readonly [what: string, body: string, query: string, status: number, detail: RegExp])[] = [
    ["broken CSV", 'a,b\n1,"2\n', "name=x", 400, /^line 2, character 3: the quote that opens here is never closed$/],
    ["a ragged row", "a,b\n1,2\n3\n", "name=x", 422, /^line 3: column 2 is missing/],
    ["rows over the limit", "1\n".repeat(501), "name=x", 413, /line 501: .*limit of 500 \(TRAINYARD_MAX_DATASET_ROWS\)/],
    [
      "columns over the limit",
      "1,".repeat(41),
      "name=x",
      413,
      /has 42 columns, more than the limit of 40 \(TRAINYARD_MAX_DATASET_COLUMNS\)/,
    ],
    ["bytes over the limit", "1\n".repeat(10_001), "name=x", 413, /limit of 20000 \(TRAINYARD_MAX_DATASET_BYTES\)/],
    ["nothing", "", "name=x", 422, /no columns/],
    ["no name", "a\n1\n", "", 422, /^\/name: is required/],
    ["types that are no JSON", "a\n1\n", "name=x&types=zip", 422, /^\/types: must be JSON/],
    ["a type that there is not", "a\n1\n", `name=x&types=${encodeURIComponent('{"a":"float"}')}`, 422, /^\/types\/a: /],
    ["a delimiter of two characters", "a\n1\n", "name=x&delimiter=ab", 422, /delimiter: must be one character/],
    ["Parquet that is none", "a\n1\n", "name=x&format=parquet", 400, /Parquet file cannot be read/],
  ];

  it.each(CASES)("of %s leaves nothing and says why", async (_, body, query, status, detail) => {
    const response = await upload(body, query);
    const document = problem.parse(response.json());
    expect([response.statusCode, document.status]).toEqual([status, status]);
    expect(document.detail).toMatch(detail);
    expect((await staged.app.inject("/v1/datasets")).json().data).toEqual([]);
  });

  it.each(["-1", "1.5", "101", "two", ""])("says what skip_lines must be instead of %j", async (given) => {
    const response = await upload("a,b\n1,2\n", `name=x&skip_lines=${given}`);
    if (given === "") return remove(response);
    expect(response.json().errors).toEqual([
      {
        pointer: "/skip_lines",
        detail: "must be a whole number from 0 to 100: how many lines at the beginning are no rows",
      },
    ]);
  });

  it("says which types there are when it does not know one", async () => {
    const response = await upload("a\n1\n", "name=x", { "content-type": "application/pdf" });
    expect([response.statusCode, response.json().detail]).toEqual([415, expect.stringMatching(/text\/csv.*or add format=csv/)]);
    const encoded = await upload("a\n1\n", "name=x", { "content-type": "text/csv", "content-encoding": "br" });
    expect([encoded.statusCode, encoded.json().detail]).toEqual([415, "the content encoding br is not supported; gzip is"]);
  });

  it("bounds what a file unpacks to", async () => {
    const bomb = gzipSync(Buffer.alloc(30_000_000, "1\n"));
    const response = await upload(bomb.length < 20_000 ? bomb : gzipSync(Buffer.alloc(3_000_000, "1\n")));
    expect([response.statusCode, response.json().detail]).toEqual([
      413,
      expect.stringMatching(/unpacked file has more bytes than the limit of 20000|more rows than the limit/),
    ]);
  });

  it("says when gzip is none, or is cut off", async () => {
    const headers = { "content-type": "text/csv", "content-encoding": "gzip" };
    const plain = await upload("a\n1\n", "name=x", headers);
    expect([plain.statusCode, plain.json().detail]).toEqual([400, "the content is declared as gzip, but it is not gzip"]);
    const cut = await upload(gzipSync(penguins).subarray(0, 900), "name=x", headers);
    expect([cut.statusCode, cut.json().detail]).toEqual([400, expect.stringMatching(/^the gzip data is broken/)]);
  });

  it("reads a form to its end, whatever is wrong with it", async () => {
    const file = new File(["a,b\n1,2\n"], "t.csv");
    const cases = [
      [{ types: "{}" }, /^\/file: the form has no file/],
      [{ file, colour: "red" }, /^\/colour: is not a field here/],
      [{ file, second: file }, /^\/file: an upload takes only one file/],
      [{ file, second: file, third: file, fourth: file }, /too many parts/],
      [{ file: new File(["1\n".repeat(20_001)], "t.csv"), header: "true" }, /limit of 20000/],
    ] as const;
    for (const [parts, detail] of cases) {
      const { payload, headers } = await form(parts);
      const response = await upload(payload, "name=x", headers);
      expect(response.statusCode).toBeGreaterThanOrEqual(400);
      expect(response.statusCode).toBeLessThan(500);
      expect(response.json().detail).toMatch(detail);
    }
    expect((await staged.app.inject("/v1/datasets")).json().data).toEqual([]);
  });

  it("refuses a field of a form that is too long for its parser, which would give its beginning", async () => {
    const file = new File(["a,b\n1,2\n"], "t.csv");
    const columns = `a,${"b,".repeat(1024 * 512)}b`;
    const { payload, headers } = await form({ columns, file });
    const response = await upload(payload, "name=x", headers);
    const detail = "/columns: the field is larger than the limit of 1048576 bytes";
    expect([response.statusCode, response.json().detail]).toEqual([413, detail]);
    expect(await readdir(`${staged.dataDir}/uploads`)).toEqual([]);
  });

  it("takes a field of a form that is said to be JSON", async () => {
    const parts = [
      'content-disposition: form-data; name="types"\r\ncontent-type: application/json\r\n\r\n{"a":"category"}',
      'content-disposition: form-data; name="columns"\r\ncontent-type: application/json\r\n\r\n["a"]',
      'content-disposition: form-data; name="file"; filename="t.csv"\r\n\r\na,b\n1,2\n2,3\n',
    ];
    const payload = `${parts.map((part) => `--b\r\n${part}\r\n`).join("")}--b--\r\n`;
    const response = await upload(payload, "name=x", { "content-type": "multipart/form-data; boundary=b" });
    expect(response.json()).toMatchObject({ columns: [{ name: "a", type: "category" }] });
    await remove(response);
  });

  it("names the fields of a form that are said to be JSON and are not, wherever the file is", async () => {
    const field = (name: string, value: string) =>
      `--b\r\ncontent-disposition: form-data; name="${name}"\r\ncontent-type: application/json\r\n\r\n${value}\r\n`;
    const file = '--b\r\ncontent-disposition: form-data; name="file"; filename="t.csv"\r\n\r\na,b\n1,2\n\r\n';
    const [types, columns, missing] = [field("types", "{a"), field("columns", '["a"]'), field("missing", "NA")];
    for (const parts of [
      types + columns + missing + file,
      file + columns + types + missing,
      types + file + columns + missing,
    ]) {
      const response = await upload(`${parts}--b--\r\n`, "name=x", { "content-type": "multipart/form-data; boundary=b" });
      const detail = expect.stringMatching(/^is not JSON, as its Content-Type says.*leave out its Content-Type/);
      expect([response.statusCode, response.json().errors]).toEqual([
        422,
        ["/types", "/missing"].map((pointer) => ({ pointer, detail })),
      ]);
    }
    expect(await readdir(`${staged.dataDir}/uploads`)).toEqual([]);
  });

  it("refuses a form of very many parts, named or not, before or after its file", async () => {
    const boundary = { "content-type": "multipart/form-data; boundary=b" };
    const many = (head: string) => `--b\r\n${head}\r\n\r\nx\r\n`.repeat(5000);
    const [named, nameless] = [many('content-disposition: form-data; name="f"'), many("content-type: text/plain")];
    const file = '--b\r\ncontent-disposition: form-data; name="file"; filename="t.csv"\r\n\r\na\n1\n\r\n';
    for (const parts of [named, nameless, file + named, file + nameless, named + file]) {
      const response = await upload(`${parts}--b--\r\n`, "name=x", boundary);
      expect([response.statusCode, response.json().detail]).toEqual([422, expect.stringMatching(/too many parts/)]);
    }
    expect(await readdir(`${staged.dataDir}/uploads`)).toEqual([]);
  });

  it("leaves no file behind", async () => {
    await upload("a,b\n1\n");
    expect(await readdir(`${staged.dataDir}/uploads`)).toEqual([]);
  });
});

describe("reading data sets", () => {
  it("lists them in pages, newest first, without columns", async () => {
    const made = [];
    for (const name of ["one", "two", "three"]) made.push(await upload(`a\n${name.length}\n"${name}"\n`, `name=${name}`));
    const first = datasetsAnswer.parse((await staged.app.inject("/v1/datasets?limit=2")).json());
    expect(first.data.map(({ name }) => name)).toEqual(["three", "two"]);
    const rest = datasetsAnswer.parse((await staged.app.inject(`/v1/datasets?after=${first.next_after}`)).json());
    expect(rest).toMatchObject({ data: [{ name: "one" }], has_more: false });
    for (const each of made) await remove(each);
  });

  it("shows the first rows, as many as are asked for", async () => {
    const response = await upload(penguins);
    const { id } = response.json();
    expect(datasetAnswer.parse((await staged.app.inject(`/v1/datasets/${id}`)).json())).toEqual(response.json());
    const preview = async (query: string) => (await staged.app.inject(`/v1/datasets/${id}/preview${query}`)).json();
    expect((await preview("")).rows).toHaveLength(10);
    expect((await preview("?rows=100")).rows).toHaveLength(100);
    expect((await preview("?rows=1")).rows).toEqual([["Adelie", "Torgersen", 39.1, 18.7, 181, 3750, "MALE"]]);
    expect((await staged.app.inject(`/v1/datasets/${id}/preview?rows=101`)).statusCode).toBe(422);
    await remove(response);
  });

  it("answers 404 to what is not there", async () => {
    const id = "ds_0197b2a4-6c3e-7d2f-9a51-3f0c5d7e8b90";
    for (const [method, url] of [
      ["GET", `/v1/datasets/${id}`],
      ["GET", `/v1/datasets/${id}/preview`],
      ["DELETE", `/v1/datasets/${id}`],
    ] as const) {
      const response = await staged.app.inject({ method, url });
      expect([response.statusCode, response.json().detail]).toEqual([
        404,
        `there is no data set ${id}: GET /v1/datasets lists them`,
      ]);
    }
  });
});
