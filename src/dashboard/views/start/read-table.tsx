/** A table as it was read, with corrections in place: types, the decimal sign, missing words, the target, columns to leave out. */
import { useEffect, useRef, useState } from "preact/hooks";
import type { Dataset } from "../../../client/answers.ts";
import { formatMissingWords, parseMissingWords } from "../../../client/table-text.ts";
import type { Column, ColumnType } from "../../../domain/datasets/dataset.ts";
import type { TableReading } from "../../../domain/datasets/table-reading.ts";
import { ColumnPicture, columnSummary } from "../../datasets/column-picture.tsx";
import { unfitAsTarget } from "../../datasets/default-target.ts";
import { keptFile, type Reading } from "../../datasets/kept-files.ts";
import { FIELDS, withPressCure } from "../../datasets/press-cures.ts";
import { useSendTable } from "../../datasets/send-table.ts";
import { useApp } from "../../shell/app-context.ts";
import { formatCount } from "../../shell/format.ts";
import { Button } from "../../ui/button.tsx";
import { SelectField, TextField } from "../../ui/field.tsx";
import { Notes } from "../../ui/notes.tsx";
import { Card, Problem } from "../../ui/surfaces.tsx";
import { Table, type Column as TableColumn } from "../../ui/table.tsx";

export interface ReadTableProps {
  readonly dataset: Dataset;
  readonly target: string;
  /** Why this target was chosen; null if the reader chose it. */
  readonly why: string | null;
  /** Columns that are not learned from. */
  readonly leftOut: ReadonlySet<string>;
  onTarget(name: string): void;
  onLeftOut(names: ReadonlySet<string>): void;
  /** Called with the data set of another reading. */
  onRead(dataset: Dataset): void;
}

const AT_ONCE = 60;

const TYPES: readonly ColumnType[] = ["number", "integer", "boolean", "category", "datetime", "text"];

export function ReadTable({ dataset, target, why, leftOut, onTarget, onLeftOut, onRead }: ReadTableProps) {
  const { rows, columns } = dataset;
  const [shown, setShown] = useState(AT_ONCE);
  const reading = useReading(dataset, onRead);
  const notes = reading.mend ? dataset.notes.map(withPressCure) : dataset.notes;
  const toggle = (name: string) => {
    const next = new Set(leftOut);
    if (!next.delete(name)) next.add(name);
    onLeftOut(next);
  };
  return (
    <Card title={`${dataset.name}: ${formatCount(rows)} rows, ${formatCount(columns.length)} columns`} flush>
      <div class="card-body stack">
        <div class="form-grid">
          <SelectField
            label="Target"
            hint={why ?? "The column to predict"}
            value={target}
            options={targetOptions(dataset, target)}
            onChange={onTarget}
          />
          {reading.mend && (
            <FileFields
              sheet={dataset.reading?.sheet}
              hasLines={dataset.format === "csv" || dataset.format === "xlsx"}
              reading={reading.now}
              busy={reading.busy}
              onMend={reading.mend}
            />
          )}
        </div>
        {!reading.mend && <p class="muted">To read it another way, drop the file again.</p>}
        {reading.busy && <p role="status">Reading the table again.</p>}
        {reading.error ? <Problem error={reading.error} /> : null}
        <Notes notes={notes.filter(({ column }) => column === null)} title="How the file was read" />
      </div>
      <Table
        caption="Columns as they were read"
        columns={columnsOf({ notes, target, leftOut, toggle, ...reading })}
        rows={columns.slice(0, shown)}
        keyOf={({ name }) => name}
      />
      {columns.length > shown && (
        <div class="card-body">
          <Button small onClick={() => setShown(shown + AT_ONCE)}>
            Show more of the {formatCount(columns.length)} columns
          </Button>
        </div>
      )}
    </Card>
  );
}

function targetOptions({ rows, columns }: Dataset, target: string) {
  const fit = columns.filter((column) => column.name === target || unfitAsTarget(column, rows) === null);
  const options = fit.map(({ name, type }) => ({ value: name, label: `${name} (${type})` }));
  return target === "" ? [{ value: "", label: "No column can be one" }, ...options] : options;
}

/** How the file is read, and a function that has it read in another way; null if the page does not have the file. */
function useReading(dataset: Dataset, onRead: (dataset: Dataset) => void) {
  const { api } = useApp();
  const sendTable = useSendTable();
  const [state, setState] = useState<{ busy: boolean; error: unknown }>({ busy: false, error: null });
  const kept = keptFile(dataset.id);
  const replaced = useRef<string | null>(null);
  useEffect(() => {
    // Until the page shows this reading, another change would apply to the table before.
    setState({ busy: false, error: null });
    const earlier = replaced.current;
    replaced.current = null;
    // Only now does nothing on the page request it any more. If it cannot be deleted, it stays.
    if (earlier !== null && earlier !== dataset.id) void api.removeDataset(earlier).catch(() => undefined);
  }, [api, dataset.id]);
  const send = async (change: Reading): Promise<void> => {
    if (!kept) return;
    setState({ busy: true, error: null });
    try {
      const next = await sendTable(kept.file, kept.fileName, { reading: { ...kept.reading, ...change } });
      // A reading that was corrected before anything used it only fills the list.
      if (keptFile(dataset.id)?.isOwn) replaced.current = dataset.id;
      onRead(next);
      if (next.id === dataset.id) setState({ busy: false, error: null });
    } catch (error) {
      setState({ busy: false, error });
    }
  };
  return { ...state, now: kept?.reading ?? {}, mend: kept && ((change: Reading) => void send(change)) };
}

interface FileFieldsProps {
  /** For a workbook. */
  readonly sheet: TableReading["sheet"];
  /** Whether lines may stand above the names of the columns. */
  readonly hasLines: boolean;
  readonly reading: Reading;
  readonly busy: boolean;
  onMend(change: Reading): void;
}

const LINES = [
  { value: "auto", label: "those with values" },
  { value: "all", label: "every line" },
];
const FOUND = { value: "", label: "found for each column" };

function FileFields({ sheet, hasLines, reading, busy, onMend }: FileFieldsProps) {
  const skipped = reading.skipLines === undefined ? "" : String(reading.skipLines);
  const [lines, setLines] = useState(skipped);
  const given = formatMissingWords(reading.missing ?? []);
  const [words, setWords] = useState(given);
  const typed = parseMissingWords(words);
  return (
    <>
      {sheet && sheet.others.length > 0 && (
        <SelectField
          label={FIELDS.sheet}
          value={sheet.value}
          disabled={busy}
          options={[sheet.value, ...sheet.others].map((name) => ({ value: name, label: name }))}
          // Types are of the columns of a sheet.
          onChange={(name) => onMend({ sheet: name, types: {} })}
        />
      )}
      {hasLines && (
        <TextField
          label={FIELDS.lines}
          placeholder="detected"
          value={lines}
          onInput={setLines}
          after={
            lines !== skipped && (
              <Button
                busy={busy}
                onClick={() => onMend({ skipLines: lines.trim() === "" ? undefined : Number(lines), types: {} } as Reading)}
              >
                Read again
              </Button>
            )
          }
        />
      )}
      {hasLines && (
        <SelectField
          label={FIELDS.rows}
          disabled={busy}
          value={reading.rows ?? "auto"}
          options={LINES}
          onChange={(rows) => onMend({ rows: rows === "all" ? "all" : undefined, types: {} } as Reading)}
        />
      )}
      <SelectField
        label={FIELDS.decimal}
        disabled={busy}
        value={reading.decimal ?? ""}
        options={[FOUND, { value: ".", label: "a point: 1.5" }, { value: ",", label: "a comma: 1,5" }]}
        onChange={(sign) => onMend({ decimal: sign === "" ? undefined : sign } as Reading)}
      />
      <TextField
        label={FIELDS.missing}
        hint={
          typed
            ? "For all columns: NA, -999. For some: age=-1, weight=0"
            : "Write the column before each word: age=-1, weight=0"
        }
        placeholder="NA and its like"
        value={words}
        onInput={setWords}
        after={
          words !== given && (
            <Button
              busy={busy}
              disabled={typed === null}
              onClick={() => onMend({ missing: words.trim() === "" ? undefined : typed } as Reading)}
            >
              Read again
            </Button>
          )
        }
      />
    </>
  );
}

interface ColumnsOptions {
  readonly notes: Dataset["notes"];
  readonly target: string;
  readonly leftOut: ReadonlySet<string>;
  readonly now: Reading;
  readonly busy: boolean;
  readonly mend: ((change: Reading) => void) | null;
  toggle(name: string): void;
}

function columnsOf({ notes, target, leftOut, now, busy, mend, toggle }: ColumnsOptions): readonly TableColumn<Column>[] {
  return [
    {
      key: "use",
      title: <span class="visually-hidden">Learn from</span>,
      render: ({ name }) =>
        name === target ? (
          <span class="badge plain" data-tone="active">
            target
          </span>
        ) : (
          <input type="checkbox" aria-label={`Learn from ${name}`} checked={!leftOut.has(name)} onChange={() => toggle(name)} />
        ),
    },
    {
      key: "name",
      title: "Column",
      render: ({ name }) => (
        <>
          <strong class="column-name">{name}</strong>
          {notes
            .filter(({ column }) => column === name)
            .map(({ code, detail, cure }) => (
              <span key={code + detail} class="column-note">
                {detail} <span class="muted">({cure})</span>
              </span>
            ))}
        </>
      ),
    },
    {
      key: "type",
      title: FIELDS.type,
      render: ({ name, type }) =>
        mend ? (
          <select
            class="input column-type"
            aria-label={`Type of ${name}`}
            value={type}
            disabled={busy}
            onChange={(event) => mend({ types: { ...now.types, [name]: event.currentTarget.value as ColumnType } })}
          >
            {TYPES.map((each) => (
              <option key={each}>{each}</option>
            ))}
          </select>
        ) : (
          <span class="badge plain">{type}</span>
        ),
    },
    { key: "picture", title: "Distribution", render: (column) => <ColumnPicture column={column} /> },
    { key: "summary", title: "Values", render: (column) => <span class="column-summary">{columnSummary(column)}</span> },
    {
      key: "missing",
      title: "Missing",
      numeric: true,
      render: ({ missing }) => formatCount(missing),
    },
  ];
}
