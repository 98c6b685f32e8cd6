/** A model in use on the page: its columns, a sample of what it is asked, and what its webhook was sent. */
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, expect, it } from "vitest";
import { faultsOfView } from "../audit.ts";
import { openStage, type Stage } from "../stage.ts";

const receiver = createServer((_, response) => void response.writeHead(204).end()).listen(0, "127.0.0.1");
let stage: Stage;
beforeAll(async () => {
  if (!receiver.listening) await once(receiver, "listening");
  stage = await openStage();
});
afterAll(async () => {
  await stage.close();
  receiver.close();
});

const rowAt = (index: number) => ({
  age: 20 + ((index * 37) % 40),
  height: 150 + ((index * 17) % 41),
  city: ["Bern", "Basel", "La Chaux-de-Fonds"][index % 3] as string,
});

it("shows a sample of the rows, and each message of the webhook", async () => {
  const { client } = stage;
  const rows = Array.from({ length: 300 }, (_, index) => rowAt(index));
  const lines = rows.map(({ age, height, city }) => `${age},${height},${city},${age + height > 210 ? "yes" : "no"}`);
  const table = new TextEncoder().encode(`age,height,city,tall\n${lines.join("\n")}\n`);
  const { id } = await client.upload(table, { format: "csv", name: "people" });
  const { id: job } = await client.submit({
    ...{ name: "tall", data: { dataset: { id, target: "tall" } }, model: { layers: [{ type: "linear" }] } },
    ...{ split: { validation: 0.3 }, optimizer: { type: "adam", lr: 0.1 }, epochs: 20 },
  });
  await client.wait(job);
  const url = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/hooks/of-models-in-use?project=default`;
  await client.configureMonitoring("tall", { webhook: { url }, sample: { rows: 200 } });

  const { page, faults } = await stage.open(`/models/${(await client.model("tall")).id}`);
  // The picture of its first tab and the form ask the model for rows, which are nobody's.
  await page.getByRole("img").first().waitFor();
  await page.getByRole("link", { name: "Predict" }).click();
  await page.getByText("probability").first().waitFor();
  await page.getByRole("link", { name: "In use" }).click();
  await page.getByText("No row was asked since the sample was switched on.").waitFor();
  await page.getByText(`Nothing was sent to ${url} yet.`).waitFor();
  await client.predict(
    "tall",
    Array.from({ length: 600 }, (_, index) => ({ ...rowAt(index), age: 70 })),
  );
  await expect
    .poll(async () => (await client.modelWebhookDeliveries("tall")).data.map(({ state }) => state))
    .toEqual(["delivered"]);
  await page.reload();
  const messages = page.getByRole("table", { name: "Messages" });
  await messages.getByText("delivered").waitFor();
  expect(await messages.innerText()).toMatch(/answered 204.*of-models-in-use/s);
  const sample = page.getByRole("table", { name: "Rows" });
  await sample.getByText('"age":70').first().waitFor();
  expect(await sample.getByRole("row").count()).toBe(21);
  for (const width of [1440, 390]) {
    await page.setViewportSize({ width, height: 900 });
    expect(await faultsOfView(page)).toEqual([]);
  }
  expect(faults).toEqual([]);
}, 180_000);
