import { Button, TextInput } from "@mantine/core";

import { useMay } from "../../app/viewer";
import { DraftInput, wholeNumber } from "../../components/DraftInput";
import { ModelPicker } from "../../components/ModelPicker";
import type { RetentionSearch } from "./search";

type Props = { search: RetentionSearch; onChange: (change: RetentionSearch, isTyped?: boolean) => void };

/** The policy of a plan; it is in the address. */
export function PolicyForm({ search, onChange }: Props) {
  const mayPurge = useMay("ADMIN");
  const isSet = search.model !== undefined || search.keep !== undefined || search.purgeBefore !== undefined;
  return (
    <form className="retention-policy" aria-label="Policy" onSubmit={(event) => event.preventDefault()}>
      <ModelPicker label="Model" placeholder="All models" value={search.model} onChange={(model) => onChange({ model })} />
      <DraftInput
        label="Versions to keep" placeholder="as each model says" value={search.keep} check={wholeNumber(1, 10)} inputMode="numeric"
        onCommit={(text) => onChange({ keep: text === undefined ? undefined : Number(text) }, true)}
      />
      {mayPurge && (
        <TextInput
          type="date" label="Delete archives from before (UTC)" value={search.purgeBefore ?? ""} max={new Date().toISOString().slice(0, 10)}
          onChange={({ currentTarget }) => onChange({ purgeBefore: currentTarget.value || undefined })}
        />
      )}
      {isSet && (
        <Button variant="subtle" onClick={() => onChange({ model: undefined, keep: undefined, purgeBefore: undefined })}>Reset the policy</Button>
      )}
    </form>
  );
}
