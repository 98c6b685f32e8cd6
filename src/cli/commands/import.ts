/** `trainyard import`: have the server fetch a table from a URL, S3 or PostgreSQL. */
import type { ImportRequest } from "../../client/index.ts";
import { examples, type Register } from "../context.ts";
import { CliError, EXIT, usageError } from "../exit.ts";
import { idText } from "../references.ts";
import { addReadingOptions, type Reading, readingOf } from "../table-file.ts";

interface ImportOptions extends Reading {
  readonly name?: string;
  readonly format?: string;
  readonly header?: readonly string[];
  readonly query?: string;
  readonly region?: string;
  readonly endpoint?: string;
}

export const registerImport: Register = (program, context) => {
  const command = program
    .command("import")
    .description("make the server fetch a table, from https://, s3://bucket/key or postgres:// with --query")
    .argument("<address>", "where the table is")
    .option("-n, --name <name>", "name of the data set")
    .option("-f, --format <format>", "csv, ndjson, json, parquet or xlsx")
    .option(
      "-H, --header <line>",
      "a header of the request, like 'authorization: Bearer ...'; may be repeated",
      (line: string, others: string[] = []) => [...others, line],
    )
    .option("-q, --query <select>", "of PostgreSQL")
    .option("--region <region>", "of S3 (default: $AWS_REGION)")
    .option("--endpoint <url>", "another server with the S3 API (default: $AWS_ENDPOINT_URL)");
  addReadingOptions(command)
    .addHelpText(
      "after",
      examples(
        "trainyard import https://example.com/penguins.csv",
        "trainyard import s3://tables/penguins.parquet --region eu-central-1",
        "trainyard import https://example.com/sales.xlsx --sheet 2025 --skip-lines 3",
        "trainyard import postgres://reader:secret@db.example.com/shop --query 'select * from orders order by id' --name orders",
      ),
    )
    .action(async (address: string, options: ImportOptions) => {
      const { name, format } = options;
      const { skipLines, dateFormat, ...others } = readingOf(options);
      const reading = {
        ...others,
        ...(skipLines !== undefined && { skip_lines: skipLines }),
        ...(dateFormat !== undefined && { date_format: dateFormat }),
      };
      const request = {
        source: sourceOf(address, options, context.environment),
        ...(name !== undefined && { name }),
        ...(format !== undefined && { format }),
        ...(Object.keys(reading).length > 0 && { reading }),
      };
      const { out } = context;
      const leaving = new AbortController();
      const onInterrupt = () => leaving.abort(new CliError("the import was cancelled", EXIT.interrupted));
      // A second one ends the command at once.
      process.once("SIGINT", onInterrupt);
      const dataset = await context
        .client()
        .importDataset(request as ImportRequest, {
          signal: leaving.signal,
          onProgress: ({ id, state, bytes }) => {
            const text = state === "reading" ? "reading the table" : `${(bytes / 1e6).toFixed(1)} MB fetched`;
            if (out.live) out.redraw([out.fit(`${idText(id, out)}  ${text}`)]);
          },
        })
        .finally(() => {
          process.off("SIGINT", onInterrupt);
          out.endRedraw();
        });
      context.show(dataset, () => [
        `${context.out.paint.bold(dataset.id)}  ${dataset.name}  ${dataset.rows} rows, ${dataset.column_count} columns`,
      ]);
    });
};

/** The source for an address; keys of S3 come from the environment, as in every AWS tool. */
function sourceOf(
  address: string,
  { header, query, region, endpoint }: ImportOptions,
  environment: Readonly<Record<string, string | undefined>>,
): ImportRequest["source"] {
  if (!URL.canParse(address)) throw usageError(`${address} is not a URL; to add a file, use: trainyard datasets add`);
  const { protocol, hostname, pathname } = new URL(address);
  if (protocol === "s3:") return s3Of(hostname, pathname, { region, endpoint }, environment);
  if (/^postgres(ql)?:$/.test(protocol)) {
    if (query === undefined) throw usageError("choose the rows with --query 'select ...'");
    return { postgres: { url: address, query } };
  }
  const headers = Object.fromEntries((header ?? []).map(headerOf));
  return { url: address, ...(header && { headers }) };
}

function s3Of(
  bucket: string,
  path: string,
  { region, endpoint }: { readonly region: string | undefined; readonly endpoint: string | undefined },
  environment: Readonly<Record<string, string | undefined>>,
): ImportRequest["source"] {
  const given = {
    region: region ?? environment.AWS_REGION,
    endpoint: endpoint ?? environment.AWS_ENDPOINT_URL,
    access_key_id: environment.AWS_ACCESS_KEY_ID,
    secret_access_key: environment.AWS_SECRET_ACCESS_KEY,
    session_token: environment.AWS_SESSION_TOKEN,
  };
  const known = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined && value !== ""));
  return { s3: { bucket, key: decodeURIComponent(path.slice(1)), ...known } };
}

function headerOf(line: string): [string, string] {
  const at = line.indexOf(":");
  if (at < 1) throw usageError(`${line} is not a header: write NAME: VALUE`);
  return [line.slice(0, at).trim(), line.slice(at + 1).trim()];
}
