import { expect, it } from "vitest";
import { noModel } from "../../../src/app/models/find-model.ts";

it("a reference that cannot be a name is not looked up, since PostgreSQL refuses a NUL", async () => {
  const asked: unknown[] = [];
  const list = (_page: object, filter?: { readonly name: string }) => {
    asked.push(filter?.name);
    return Promise.resolve({ data: [], hasMore: false });
  };
  const { code } = await noModel({ store: { models: { list } } as never }, "a\u0000b@2");
  expect({ code, asked }).toEqual({ code: "not_found", asked: [undefined] });
  asked.length = 0;
  await noModel({ store: { models: { list } } as never }, "iris@2");
  expect(asked).toEqual(["iris", undefined]);
  const { message } = await noModel({ store: { models: { list } } as never }, "ckp_1");
  expect(message).toBe("there is no checkpoint ckp_1: GET /v1/jobs/{id}/checkpoints lists those of a job");
});
