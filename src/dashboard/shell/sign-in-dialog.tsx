/** Asks for an API key where the server needs one. The key is exchanged for a cookie that no script can read. */
import { useState } from "preact/hooks";
import { Button } from "../ui/button.tsx";
import { Dialog } from "../ui/dialog.tsx";
import { TextField } from "../ui/field.tsx";
import { Mark } from "../ui/icon.tsx";
import { useApp } from "./app-context.ts";
import { asProblem } from "./problem.ts";

export function SignInDialog() {
  const { session } = useApp();
  const [key, setKey] = useState("");
  const [error, setError] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);
  const submit = async (event: Event) => {
    event.preventDefault();
    setBusy(true);
    setError(null);
    try {
      await session.signIn(key.trim());
    } catch (failure) {
      setError(asProblem(failure).detail);
    }
    setBusy(false);
  };
  return (
    <Dialog title="Sign in with an API key">
      <form class="stack" onSubmit={(event) => void submit(event)}>
        <div class="row">
          <Mark size={28} />
          <p class="muted">This server needs an API key.</p>
        </div>
        <TextField
          label="API key"
          type="password"
          name="key"
          autocomplete="current-password"
          placeholder="ty_…"
          value={key}
          error={error}
          hint="The key is kept in a cookie that scripts cannot read, until you sign out."
          onInput={setKey}
        />
        <div class="dialog-actions">
          <Button type="submit" variant="primary" icon="key" busy={busy} disabled={key.trim() === ""}>
            Sign in
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
