import { expect, it } from "vitest";
import { notFound, type Resource } from "../../src/domain/errors.ts";

const RESOURCES: readonly Resource[] = [
  ...(["job", "data set", "model", "alias", "checkpoint", "sweep", "schedule", "schedule run", "forget run"] as const),
  ...(["import", "key", "worker"] as const),
];

it("what is not there is answered with a cure, whatever it is", () => {
  for (const resource of RESOURCES)
    for (const id of ["", "nope", "job_1", "mdl_1", "sch_1", "@", "x".repeat(100)]) {
      const { code, message, cure } = notFound(resource, id);
      // Words of other surfaces replace the end of the sentence.
      if (cure) expect(message.endsWith(cure.words)).toBe(true);
      else if (resource !== "import") expect(message).not.toContain("/v1/");
      expect([code, message]).toEqual([
        "not_found",
        expect.stringMatching(/: (?:.*(?:GET|POST) \/v1\/|that is the id of an? )/),
      ]);
    }
});

it("what is near a name that there is was meant, and what is the id of another kind is that", () => {
  expect(notFound("model", "irsi@2", { name: "irsi", names: ["wine", "iris"] }).message).toBe(
    "there is no model irsi@2: did you mean iris?",
  );
  expect(notFound("job", "ds_1", { names: ["ds_2"] }).message).toBe("there is no job ds_1: that is the id of a data set");
  expect(notFound("job", "srn_1").message).toBe("there is no job srn_1: that is the id of a run of a schedule");
  expect(notFound("sweep", "exp_1").message).toBe("there is no sweep exp_1: that is the id of an MLflow experiment");
});
