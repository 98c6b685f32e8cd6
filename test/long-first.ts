/**
 * The order in which test files run: those that take longest first, so that no core waits for a last long one. It knows no
 * more of them than their names.
 */
import { BaseSequencer, type TestSpecification } from "vitest/node";

/**
 * Longest first. The files of the cluster stand apart from one another: each starts PostgreSQL and four servers, and waits for
 * leases to lapse most of its time, while the file beside it can compute. A process ends before a file of another project, with the browser and the
 * servers that its files share: beside those of the cluster stand files that have none.
 */
const LONGEST: readonly string[] = [
  "test/e2e/documents/documents.test.ts",
  "test/cluster/losses.test.ts",
  "test/faults/fuzz/fuzz.test.ts",
  "test/faults/kill.test.ts",
  "test/cluster/sweeps.test.ts",
  "test/e2e/process/upgrade.test.ts",
  "test/e2e/process/package.test.ts",
  "test/e2e/api/monitoring.test.ts",
  "test/e2e/process/process.test.ts",
  "test/e2e/page/access/access.test.ts",
  "test/e2e/page/jobs/job.test.ts",
  "test/e2e/page/searches/sweeps.test.ts",
  "test/e2e/page/views.test.ts",
  "test/e2e/page/data/datasets.test.ts",
  "test/e2e/page/models/model.test.ts",
];

/** The others, by project: short ones last, so that both cores are busy to the end. */
const PROJECTS: readonly string[] = ["cluster", "e2e", "e2e-postgres", "unit-computing", "unit"];

/** Sorts the files of a run: those of the list, then project by project, each as Vitest sorts it. */
export class LongFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    const placeOf = ({ moduleId, project }: TestSpecification): number => {
      const listed = LONGEST.findIndex((path) => moduleId.endsWith(`/${path}`));
      return listed === -1 ? LONGEST.length + PROJECTS.indexOf(project.name) : listed;
    };
    const places = new Map(sorted.map((file) => [file, placeOf(file)]));
    return sorted.toSorted((one, other) => (places.get(one) ?? 0) - (places.get(other) ?? 0));
  }
}
