/** Models. */
import { useTitle } from "../shell/app-context.ts";
import { Empty } from "../ui/surfaces.tsx";

export default function Page() {
  useTitle("Models");
  return (
    <div class="page">
      <div class="page-head">
        <h1 tabIndex={-1}>Models</h1>
      </div>
      <div class="card">
        <Empty icon="cube" title="This view is on its way">
          Until it is here, the API does what it will do.
        </Empty>
      </div>
    </div>
  );
}
