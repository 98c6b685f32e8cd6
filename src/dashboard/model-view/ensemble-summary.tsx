/** A network that is a weighted average of networks, as a table: each kind of member once. A drawing would be unreadable. */
import type { Layer } from "../../domain/spec/layers.ts";
import { formatCount, formatShare } from "../shell/format.ts";
import { type Column, Table } from "../ui/table.tsx";
import { countOfStack, layerNames, shapeAfterStack } from "./layer-shapes.ts";

type Ensemble = Extract<Layer, { type: "ensemble" }>;

/** Members of the same layers. */
interface Kind {
  readonly layers: string;
  readonly count: number;
  /** The share of all of them. */
  readonly share: number;
  /** Of one; null if it is not known. */
  readonly parameters: number | null;
}

export function EnsembleSummary({ ensemble, inputWidth }: { readonly ensemble: Ensemble; readonly inputWidth: number | null }) {
  const kinds = kindsOf(ensemble, inputWidth);
  const count = ensemble.members.length;
  const [output] = shapeAfterStack(ensemble.members[0]?.layers ?? [], inputWidth) ?? [];
  return (
    <>
      <p>
        {inputWidth !== null && `${formatCount(inputWidth)} inputs → `}
        the weighted average of {formatCount(count)} {count === 1 ? "network" : "networks"}
        {output !== undefined && ` → ${formatCount(output)} ${output === 1 ? "output" : "outputs"}`}
      </p>
      <Table caption="Networks of the average" columns={COLUMNS} rows={kinds} keyOf={({ layers }) => layers} />
    </>
  );
}

const COLUMNS: readonly Column<Kind>[] = [
  { key: "layers", title: "Layers", render: ({ layers }) => <span class="candidate wide">{layers}</span> },
  { key: "count", title: "Networks", numeric: true, render: ({ count }) => formatCount(count) },
  { key: "share", title: "Share", numeric: true, render: ({ share }) => formatShare(share) },
  {
    key: "parameters",
    title: "Parameters each",
    numeric: true,
    render: ({ parameters }) => (parameters === null ? "–" : formatCount(parameters)),
  },
];

/** Groups the members by their layers, those with the greatest share first. */
function kindsOf({ members }: Ensemble, inputWidth: number | null): Kind[] {
  const kinds = new Map<string, Kind>();
  const weightOf = ({ weight = 1 / members.length }: Ensemble["members"][number]) => weight;
  const total = members.reduce((sum, member) => sum + weightOf(member), 0) || 1;
  for (const member of members) {
    const { layers } = member;
    const name = layerNames(layers);
    const parameters = kinds.get(name)?.parameters ?? countOfStack(layers, inputWidth === null ? null : [inputWidth]);
    const { count = 0, share = 0 } = kinds.get(name) ?? {};
    kinds.set(name, { layers: name, count: count + 1, share: share + weightOf(member) / total, parameters });
  }
  return [...kinds.values()].sort((a, b) => b.share - a.share);
}
