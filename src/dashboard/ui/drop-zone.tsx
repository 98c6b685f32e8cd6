/** An area where a file is dropped, or chosen with a button. */
import type { ComponentChildren } from "preact";
import { useRef, useState } from "preact/hooks";
import { Button } from "./button.tsx";
import { Icon } from "./icon.tsx";

export interface DropZoneProps {
  /** The button's label. */
  readonly action: string;
  /** The endings that the file dialog offers. */
  readonly accept: string;
  readonly busy?: boolean;
  /** What may be dropped here, or the progress of what was. */
  readonly children: ComponentChildren;
  onFile(file: File): void;
}

export function DropZone({ action, accept, busy = false, children, onFile }: DropZoneProps) {
  const input = useRef<HTMLInputElement>(null);
  const [over, setOver] = useState(false);
  const choose = (file: File | undefined | null) => {
    setOver(false);
    if (file && !busy) onFile(file);
  };
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: Dropping is for the mouse; the button does the same by keyboard.
    <div
      class="drop-zone"
      data-over={over}
      onDragOver={(event) => {
        event.preventDefault();
        setOver(true);
      }}
      onDragLeave={() => setOver(false)}
      onDrop={(event) => {
        event.preventDefault();
        choose(event.dataTransfer?.files[0]);
      }}
    >
      <Icon name="file" size={20} />
      <div class="grow">{children}</div>
      <Button busy={busy} icon="plus" onClick={() => input.current?.click()}>
        {action}
      </Button>
      <input
        ref={input}
        type="file"
        class="visually-hidden"
        tabIndex={-1}
        aria-label={action}
        accept={accept}
        onChange={(event) => {
          choose(event.currentTarget.files?.[0]);
          event.currentTarget.value = "";
        }}
      />
    </div>
  );
}
