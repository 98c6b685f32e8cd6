import { expect, it } from "vitest";
import { keepPassword, type Source, showSource, source } from "../../../src/domain/sources/source.ts";

const of = (url: string, query = "select 1"): Source => source.parse({ postgres: { url, query } });

it("keeps the password of an address that is given as it is shown, and of no other", () => {
  const stored = of("postgres://reader:s%40cret@db.example.com:5432/sales?sslmode=require");
  const shown = showSource(stored).postgres?.url ?? "";
  expect(shown).not.toContain("cret");
  expect(keepPassword(of(shown, "select 2"), stored)).toEqual(of(stored.postgres?.url ?? "", "select 2"));
  const others = [
    "postgres://reader@other.example.com:5432/sales?sslmode=require",
    "postgres://owner@db.example.com:5432/sales?sslmode=require",
    "postgres://reader@db.example.com:5432/other?sslmode=require",
    "postgres://reader@db.example.com:5432/sales?sslmode=disable",
    "postgres://reader:another@db.example.com:5432/sales?sslmode=require",
  ];
  for (const url of others) expect(keepPassword(of(url), stored), url).toEqual(of(url));
  const file = source.parse({ url: "https://example.com/x.csv" });
  expect(keepPassword(file, stored)).toEqual(file);
  expect(keepPassword(of(shown), file)).toEqual(of(shown));
});
