/** The list of keyboard shortcuts. */
import { Dialog } from "../ui/dialog.tsx";
import { useApp } from "./app-context.ts";
import type { Shortcut } from "./shortcuts.ts";
import { useStore } from "./store.ts";

export function ShortcutHelp({ onClose }: { readonly onClose: () => void }) {
  const { shortcuts } = useApp();
  const groups = Map.groupBy(useStore(shortcuts.all), ({ group }) => group);
  return (
    <Dialog title="Keyboard shortcuts" onClose={onClose}>
      {[...groups].reverse().map(([group, entries]) => (
        <div key={group}>
          <h3>{group}</h3>
          <dl class="keys">
            {entries.map((entry) => (
              <Entry key={entry.keys} entry={entry} />
            ))}
          </dl>
        </div>
      ))}
    </Dialog>
  );
}

function Entry({ entry: { keys, label } }: { readonly entry: Shortcut }) {
  return (
    <div class="row">
      <dt>
        {keys.split(" ").map((key) => (
          <kbd key={key}>{key}</kbd>
        ))}
      </dt>
      <dd>{label}</dd>
    </div>
  );
}
