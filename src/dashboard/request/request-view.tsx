/** The form's request as curl and as a TypeScript program, to copy. */
import { useState } from "preact/hooks";
import { useApp } from "../shell/app-context.ts";
import { basePathOf } from "../shell/base-path.ts";
import { useStore } from "../shell/store.ts";
import { Button } from "../ui/button.tsx";
import { Segments } from "../ui/field.tsx";
import { Card } from "../ui/surfaces.tsx";
import { type JsonObject, programOf } from "./draft.ts";

type Form = "curl" | "typescript";

const FORMS = [
  { value: "curl", label: "curl" },
  { value: "typescript", label: "TypeScript" },
] as const;

export interface RequestViewProps {
  /** The body of the request, and its text. */
  readonly spec: JsonObject;
  readonly text: string;
  readonly isSweep: boolean;
}

export function RequestView({ spec, text, isSweep }: RequestViewProps) {
  const { session, toasts } = useApp();
  const [form, setForm] = useState<Form>("curl");
  const hasKey = useStore(session.state, ({ phase }) => phase === "signed_in");
  const address = window.location.origin + basePathOf(window);
  const code =
    form === "curl"
      ? curlOf(`${address}/v1/${isSweep ? "sweeps" : "jobs"}`, text, hasKey)
      : programFor(address, spec, hasKey, isSweep);
  const copy = () =>
    navigator.clipboard.writeText(code).then(
      () => toasts.say("Copied the request."),
      (error: unknown) => toasts.fail(error),
    );
  return (
    <Card
      title="As an API request"
      actions={
        <>
          <Segments<Form> label="Language" value={form} options={FORMS} onChange={(next) => setForm(next)} />
          <Button icon="copy" label="Copy the request" onClick={() => void copy()} />
        </>
      }
    >
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: What scrolls must be reachable by keys. */}
      <pre class="code request-code" tabIndex={0}>
        {code}
      </pre>
    </Card>
  );
}

/** For a POSIX shell: a quote within single quotes ends them, is escaped, and starts them again. */
function curlOf(url: string, text: string, hasKey: boolean): string {
  const key = hasKey ? ` \\\n  -H "authorization: Bearer $TRAINYARD_KEY"` : "";
  return `curl -s ${url} \\\n  -H 'content-type: application/json'${key} \\\n  -d '${text.replaceAll("'", `'\\''`)}'`;
}

function programFor(origin: string, spec: JsonObject, hasKey: boolean, isSweep: boolean): string {
  const options = hasKey ? `, { key: "ty_…" }` : "";
  return `import { createClient } from "trainyard";

const trainyard = createClient(${JSON.stringify(origin)}${options});

${isSweep ? sweepProgram(spec) : jobProgram(spec)}`;
}

function sweepProgram(spec: JsonObject): string {
  return `const { id } = await trainyard.submitSweep(${programOf(spec)});

const { progress, job } = await trainyard.waitForSweep(id);
console.log(progress.best, job); // the best trial, and the job that it became
`;
}

function jobProgram(spec: JsonObject): string {
  return `const job = await trainyard.submit(${programOf(spec)});

let frames = 0;
for await (const _ of trainyard.watch(job.id)) frames += 1; // each with the epochs since the one before
const { model } = await trainyard.job(job.id);
if (model) {
  const [answer] = await trainyard.predict(model.id, rows);
}
`;
}
