/** The spec as JSON, written or pasted; each error links to its line. */
import { useId, useRef } from "preact/hooks";
import type { Faults } from "../../request/draft.ts";
import { Card } from "../../ui/surfaces.tsx";
import { lineOf, locate } from "./locate.ts";

export interface JsonEditorProps {
  readonly title: string;
  readonly text: string;
  readonly faults: Faults;
  /** Why the text is not JSON; null when it is. */
  readonly fault: string | null;
  onInput(text: string): void;
}

export function JsonEditor({ title, text, faults, fault, onInput }: JsonEditorProps) {
  const area = useRef<HTMLTextAreaElement>(null);
  const id = useId();
  const goTo = (pointer: string) => {
    const range = locate(text, pointer);
    if (!range || !area.current) return;
    area.current.focus();
    area.current.setSelectionRange(range.start, range.end);
  };
  return (
    <Card title={title}>
      <div class="stack">
        <label class="visually-hidden" for={id}>
          {title}
        </label>
        <textarea
          ref={area}
          id={id}
          class="input json-text"
          rows={Math.min(40, Math.max(18, text.split("\n").length + 1))}
          spellcheck={false}
          autocapitalize="off"
          autocomplete="off"
          value={text}
          aria-invalid={fault !== null || faults.size > 0 ? "true" : undefined}
          aria-describedby={`${id}-faults`}
          onInput={(event) => onInput(event.currentTarget.value)}
        />
        <ul id={`${id}-faults`} class="fault-list">
          {fault && <li class="field-error">{fault}</li>}
          {!fault &&
            [...faults].map(([pointer, detail]) => (
              <li key={pointer}>
                <button type="button" class="fault" onClick={() => goTo(pointer)}>
                  <span class="muted">line {lineOf(text, locate(text, pointer)?.start ?? 0)}</span>
                  <code>{pointer || "/"}</code>
                  <span>{detail}</span>
                </button>
              </li>
            ))}
        </ul>
      </div>
    </Card>
  );
}
