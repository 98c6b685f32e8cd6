/** Jobs to begin with, as a shelf of buttons. A table that comes with the page is uploaded when it is taken. */
import { useState } from "preact/hooks";
import type { Dataset } from "../../../client/answers.ts";
import { useApp } from "../../shell/app-context.ts";
import { Icon } from "../../ui/icon.tsx";
import type { Sample } from "../datasets/samples.ts";
import { useSendTable } from "../datasets/upload.ts";
import type { JsonObject } from "./draft.ts";
import { PRESETS, type Preset } from "./presets.ts";

const GROUPS = ["Tutorial", "Shapes", "Tables"] as const;

export function PresetShelf({ onTake }: { readonly onTake: (spec: JsonObject) => void }) {
  const { toasts } = useApp();
  const bring = useBringSample();
  const [busy, setBusy] = useState<string | null>(null);
  const take = async ({ key, sample, spec }: Preset): Promise<void> => {
    setBusy(key);
    try {
      onTake(spec(sample && (await bring(sample))));
    } catch (error) {
      toasts.fail(error);
    }
    setBusy(null);
  };
  return (
    <section class="preset-shelf" aria-label="Begin with">
      {GROUPS.map((group) => (
        <div key={group} class="preset-group">
          <h2>{group}</h2>
          <ul>
            {PRESETS.filter((preset) => preset.group === group).map((preset) => (
              <li key={preset.key}>
                <button
                  type="button"
                  class="preset"
                  title={preset.about}
                  aria-disabled={busy !== null || undefined}
                  onClick={() => busy === null && void take(preset)}
                >
                  {busy === preset.key && <Icon name="loader" />}
                  {preset.title}
                </button>
              </li>
            ))}
          </ul>
        </div>
      ))}
    </section>
  );
}

/** Sends a table of ours to the server, which knows it when it was there before. */
function useBringSample(): (sample: Sample) => Promise<Dataset> {
  const sendTable = useSendTable();
  return async ({ url, name }) => {
    const file = await (await fetch(url)).blob();
    return sendTable(file, `${name}.csv`, () => undefined).done;
  };
}
