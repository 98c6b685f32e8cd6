/** What of monitoring a model may be asked that is compared with nothing. */
import { afterEach, beforeEach, expect, it } from "vitest";
import { configureMonitoring } from "../../../src/app/monitoring/read-monitoring.ts";
import { createId } from "../../../src/domain/id.ts";
import type { Store } from "../../../src/domain/store/store.ts";
import { openStore } from "../../../src/storage/open.ts";
import { temporaryFolder } from "../../contract/databases/temporary.ts";
import { aModel, someWeights } from "../../contract/fixtures.ts";

let store: Store;
beforeEach(async () => {
  store = await openStore({ dataDir: await temporaryFolder() });
});
afterEach(() => store.close());

it("refuses a sample and a webhook of a model without a reference, and says why", async () => {
  const { reference: _, score: __, ...model } = { ...aModel("job_a"), id: createId("model"), name: "imported", jobId: null };
  const { id } = await store.models.insert(model, someWeights());
  const services = { store, computePool: { counted: { isOn: true, sample() {} } } } as never;
  const asked = { sampleRows: 9, webhook: "https://example.com/" };
  await expect(configureMonitoring(services, id, asked)).rejects.toMatchObject({
    code: "invalid",
    errors: [
      { pointer: "/sample", detail: expect.stringMatching(/^cannot keep rows of this model.*train it again$/) },
      { pointer: "/webhook", detail: expect.stringMatching(/^would never be sent anything about this model/) },
    ],
  });
  // What asks for nothing is no mistake.
  expect(await configureMonitoring(services, id, { sampleRows: 0, webhook: null, enabled: false })).toMatchObject({
    sample: null,
    webhook: null,
    score_alert: null,
  });
});
