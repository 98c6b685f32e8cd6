/** Jobs to start from, as a shelf of buttons. A sample table is uploaded when its job is chosen. */
import { useState } from "preact/hooks";
import { useSendSample } from "../../datasets/send-table.ts";
import type { JsonObject } from "../../request/draft.ts";
import { useApp } from "../../shell/app-context.ts";
import { Icon } from "../../ui/icon.tsx";
import { PRESETS, type Preset } from "./presets.ts";

const GROUPS = ["Tutorial", "Shapes", "Tables"] as const;

export function PresetShelf({ onChoose }: { readonly onChoose: (spec: JsonObject) => void }) {
  const { toasts } = useApp();
  const sendSample = useSendSample();
  const [busy, setBusy] = useState<string | null>(null);
  const choose = async ({ key, sample, spec }: Preset): Promise<void> => {
    setBusy(key);
    try {
      onChoose(spec(sample && (await sendSample(sample))));
    } catch (error) {
      toasts.fail(error);
    }
    setBusy(null);
  };
  return (
    <section class="preset-shelf" aria-label="Start from">
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
                  onClick={() => busy === null && void choose(preset)}
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
