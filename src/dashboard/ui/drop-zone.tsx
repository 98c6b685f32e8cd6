/** Where a file is dropped, or chosen with a button: for tables to upload and for rows to predict. */
import type { ComponentChildren } from "preact";
import { useRef, useState } from "preact/hooks";
import { Button } from "./button.tsx";
import { Icon } from "./icon.tsx";

export interface DropZoneProps {
  /** What the button says. */
  readonly action: string;
  /** Endings that the dialog offers. */
  readonly accept: string;
  readonly busy?: boolean;
  /** What may be dropped here, or how far it is. */
  readonly children: ComponentChildren;
  onFile(file: File): void;
}

export function DropZone({ action, accept, busy = false, children, onFile }: DropZoneProps) {
  const input = useRef<HTMLInputElement>(null);
  const [over, setOver] = useState(false);
  const take = (file: File | undefined | null) => {
    setOver(false);
    if (file && !busy) onFile(file);
  };
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: Dropping is for the mouse; the button in it does the same by keys.
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
        take(event.dataTransfer?.files[0]);
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
          take(event.currentTarget.files?.[0]);
          event.currentTarget.value = "";
        }}
      />
    </div>
  );
}
