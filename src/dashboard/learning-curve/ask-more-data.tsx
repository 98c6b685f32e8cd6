/** Asks whether more data would help a model: starts the job that trains it on growing parts of its rows. */
import { useState } from "preact/hooks";
import type { Model } from "../../client/answers.ts";
import { createQuestionsClient } from "../../client/questions/questions.ts";
import { useApp } from "../shell/app-context.ts";
import { Button } from "../ui/button.tsx";
import { Card, Problem } from "../ui/surfaces.tsx";

/** Whether the training of a model can be repeated on other rows: not that of an imported one, or of a search. */
export const isRepeatable = ({ job, search }: Model): boolean => job !== null && !search;

/** Whether a model can be asked: its training can be repeated, and its job holds rows out. */
export const mayAskMoreData = (model: Model): boolean =>
  isRepeatable(model) && (model.score?.part === "validation" || model.score?.part === "test");

export function AskMoreData({ model }: { readonly model: Model }) {
  const { api, router } = useApp();
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const begin = async (): Promise<void> => {
    setBusy(true);
    try {
      const job = await createQuestionsClient(api.transport).learningCurve(model.id, {});
      router.navigate(`/jobs/${job.id}`);
    } catch (fault) {
      setError(fault);
      setBusy(false);
    }
  };
  return (
    <Card title="Will more data help?">
      <div class="stack">
        <p class="muted">
          A job trains the network again on growing parts of its rows, eight times each. It takes about as long as 25 trainings,
          draws the curve, and shows the band in which twice the rows would be.
        </p>
        <div>
          <Button icon="search" busy={busy} onClick={() => void begin()}>
            Draw the learning curve
          </Button>
        </div>
        {error ? <Problem error={error} /> : null}
      </div>
    </Card>
  );
}
