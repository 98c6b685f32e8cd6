/** Dialogs: the browser's own, which keeps the focus inside and closes with Escape. */
import type { ComponentChildren } from "preact";
import { useEffect, useId, useRef } from "preact/hooks";
import { Button } from "./button.tsx";
import type { IconName } from "./icon.tsx";

export interface DialogProps {
  readonly title: string;
  /** When left out, the dialog cannot be closed. */
  readonly onClose?: () => void;
  /** Whether it is as wide as tables need. */
  readonly wide?: boolean;
  readonly children: ComponentChildren;
}

/** A dialog that is open for as long as it is rendered. */
export function Dialog({ title, onClose, wide = false, children }: DialogProps) {
  const element = useRef<HTMLDialogElement>(null);
  const id = useId();
  useEffect(() => {
    const dialog = element.current;
    const before = document.activeElement as HTMLElement | null;
    dialog?.showModal();
    return () => {
      dialog?.close();
      before?.focus?.();
    };
  }, []);
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: The click is on the backdrop; its key is Escape, which calls onCancel.
    <dialog
      ref={element}
      class={wide ? "dialog wide" : "dialog"}
      aria-labelledby={id}
      onCancel={(event) => {
        event.preventDefault();
        onClose?.();
      }}
      onClick={(event) => event.target === element.current && onClose?.()}
    >
      <div class="dialog-head">
        <h2 id={id}>{title}</h2>
        {onClose && <Button variant="quiet" small icon="x" label="Close" onClick={onClose} />}
      </div>
      <div class="dialog-body">{children}</div>
    </dialog>
  );
}

export interface ConfirmProps {
  readonly title: string;
  readonly children: ComponentChildren;
  /** The label of the button that confirms. */
  readonly action: string;
  readonly icon?: IconName;
  readonly danger?: boolean;
  onConfirm(): void;
  onClose(): void;
}

/** Asks before something that cannot be undone. */
export function Confirm({ title, children, action, icon, danger = false, onConfirm, onClose }: ConfirmProps) {
  const confirm = () => {
    onClose();
    onConfirm();
  };
  return (
    <Dialog title={title} onClose={onClose}>
      <div>{children}</div>
      <div class="dialog-actions">
        <Button onClick={onClose}>Keep</Button>
        <Button variant={danger ? "danger" : "primary"} {...(icon && { icon })} onClick={confirm}>
          {action}
        </Button>
      </div>
    </Dialog>
  );
}
