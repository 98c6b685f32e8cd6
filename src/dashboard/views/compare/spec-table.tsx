/** The specs side by side: only the differences, or all of them. */
import { useMemo, useState } from "preact/hooks";
import type { Job } from "../../../client/answers.ts";
import { colorAt } from "../../jobs/comparison-address.ts";
import { Check } from "../../ui/field.tsx";
import { Card, Empty } from "../../ui/surfaces.tsx";
import { type Column, Table } from "../../ui/table.tsx";
import { namesOf } from "./names.ts";
import { type SpecLine, specLines } from "./spec-differences.ts";
import { Swatch } from "./swatch.tsx";

export function SpecTable({ jobs }: { readonly jobs: readonly (Job | undefined)[] }) {
  const [all, setAll] = useState(false);
  const specs = jobs.flatMap((job) => (job ? [job.spec] : []));
  const lines = useMemo(() => specLines(specs), [JSON.stringify(specs)]);
  const differing = lines.filter(({ differs }) => differs);
  return (
    <Card
      title="Specs"
      flush
      actions={<Check label={`Show equal values too (${lines.length - differing.length})`} checked={all} onChange={setAll} />}
    >
      <Table
        caption="Where the specs of the jobs differ"
        columns={columnsOf(jobs)}
        rows={all ? lines : differing}
        keyOf={({ pointer }) => pointer}
        empty={<Empty icon="check" title="The specs are the same" />}
      />
    </Card>
  );
}

function columnsOf(jobs: readonly (Job | undefined)[]): readonly Column<SpecLine>[] {
  const names = namesOf(jobs);
  const known = jobs.flatMap((job, position) => (job ? [{ job, color: colorAt(position), name: names[position] }] : []));
  return [
    { key: "pointer", title: "Field", sortBy: ({ pointer }) => pointer, render: ({ pointer }) => <code>{pointer}</code> },
    ...known.map(({ job, color, name }, index) => ({
      key: job.id,
      title: (
        <span class="row compare-name">
          <Swatch color={color} />
          <span class="truncate" title={name}>
            {name}
          </span>
        </span>
      ),
      render: ({ values, differs }: SpecLine) => <Value value={values[index]} differs={differs} />,
    })),
  ];
}

/** Maximum characters of a shown value: the hash of a data set would push the other jobs out. */
const CUT = 28;

function Value({ value, differs }: { readonly value: unknown; readonly differs: boolean }) {
  if (value === undefined) return <span class="muted">–</span>;
  const text = typeof value === "string" ? value : JSON.stringify(value);
  return (
    <code class={differs ? "spec-value differs" : "spec-value"} title={text.length > CUT ? text : undefined}>
      {text.length > CUT ? `${text.slice(0, CUT - 1)}…` : text}
    </code>
  );
}
