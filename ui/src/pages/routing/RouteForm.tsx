import { Button, Checkbox, Fieldset, Group, type InputWrapperProps, MultiSelect, Pill, Select } from "@mantine/core";
import { ChevronDown, ChevronUp } from "lucide-react";
import { type ReactNode, useState } from "react";

import { LIST_MAX } from "../../app/search";
import { CAPABILITIES } from "../../components/capabilityNames";
import { decimalNumber, DraftInput, wholeNumber } from "../../components/DraftInput";
import { ModelPicker } from "../../components/ModelPicker";
import { words } from "../../components/words";
import type { PriceVariant, RouteStrategy, RoutingPageQuery } from "../../gql/graphql";
import { type Binding, bindingName } from "./differences";
import { type RoutingSearch, STRATEGIES, USAGE, VARIANTS } from "./search";
import { versionOptions, versionsNote } from "./versionOptions";

type Props = {
  search: RoutingSearch;
  /** Changes the address: a click adds a step to the history, typing does not. */
  onChange: (change: RoutingSearch, isTyped?: boolean) => void;
  onReset: () => void;
  /** What the API refuses, by the field. */
  errors: Record<string, string>;
  page: RoutingPageQuery | undefined;
  bindings: readonly Binding[];
};

const NOTE_LAST: InputWrapperProps["inputWrapperOrder"] = ["label", "input", "description", "error"]; // so that fields of a row are level

const optionsOf = (values: readonly string[]) => values.map((value) => ({ value, label: words(value) }));

/** All inputs of `route`; each is in the address. */
export function RouteForm(props: Props) {
  const { search, onReset } = props;
  const setIn = ({ fields }: Section) => fields.filter((field) => search[field] !== undefined).length;
  const [opened, setOpened] = useState<string[]>([]); // closed at first, so that a link shows the answer
  const toggle = (name: string) => setOpened((names) => (names.includes(name) ? names.filter((each) => each !== name) : [...names, name]));
  return (
    <form aria-label="The call" onSubmit={(event) => event.preventDefault()}>
      <MainFields {...props} />
      <LeftOut {...props} />
      <Group gap="xs" my="md">
        {SECTIONS.map((section) => (
          <Button
            key={section.name} variant={opened.includes(section.name) ? "light" : "default"} size="xs" aria-expanded={opened.includes(section.name)}
            onClick={() => toggle(section.name)} rightSection={opened.includes(section.name) ? <ChevronUp size={14} /> : <ChevronDown size={14} />}
          >
            {section.name}{setIn(section) > 0 && ` (${setIn(section)} set)`}
          </Button>
        ))}
        <Button variant="subtle" size="xs" onClick={onReset}>Reset the form</Button>
      </Group>
      {SECTIONS.map(({ name, Fields }) => opened.includes(name) && (
        <Fieldset key={name} legend={name} mb="md"><div className="routing-fields"><Fields {...props} /></div></Fieldset>
      ))}
    </form>
  );
}

function MainFields({ search, onChange, errors, page, bindings }: Props) {
  const strategy = search.strategy ?? "PRIORITY";
  const regions = new Set(bindings.map(({ region }) => region).filter((region) => region !== null));
  return (
    <div className="routing-fields routing-main">
      <ModelPicker
        label="Model" placeholder="Search by name" required value={search.model} error={errors.model}
        onChange={(model) => onChange({ model, select: undefined, excludeBindings: undefined })}
      />
      <Select
        label="Version" searchable clearable placeholder="production, else the latest" error={errors.select}
        description={versionsNote(page?.model)} inputWrapperOrder={NOTE_LAST}
        data={versionOptions(page?.model, search.select)} value={search.select ?? null}
        onChange={(select) => onChange({ select: select ?? undefined })}
      />
      <Select
        label="Strategy" data={optionsOf(STRATEGIES)} value={strategy} allowDeselect={false}
        onChange={(value) => onChange({ strategy: value === "PRIORITY" ? undefined : (value as RouteStrategy) })}
      />
      <div>
        <DraftInput
          label="Region" placeholder="any" value={search.region} error={errors.region} list="routing-regions"
          onCommit={(region) => onChange({ region, requireRegion: region ? search.requireRegion : undefined }, true)}
        />
        <datalist id="routing-regions">{[...regions].map((region) => <option key={region} value={region} />)}</datalist>
        <Checkbox
          mt={6} label="Only this region" checked={search.requireRegion ?? false} disabled={!search.region} error={errors.requireRegion}
          onChange={({ currentTarget }) => onChange({ requireRegion: currentTarget.checked || undefined })}
        />
      </div>
      <DraftInput
        label="Limit" placeholder="5" value={search.limit} check={wholeNumber(1, 20)} error={errors.limit} inputMode="numeric"
        onCommit={(limit) => onChange({ limit: numberOf(limit) }, true)}
      />
    </div>
  );
}

function ConstraintFields({ search, onChange, errors, page }: Props) {
  const providers = page?.providers.nodes.map(({ slug, name }) => ({ value: slug, label: name })) ?? [];
  const known = new Set(providers.map(({ value }) => value));
  const others = (search.providers ?? []).filter((slug) => !known.has(slug)).map((slug) => ({ value: slug, label: slug }));
  const decimals = [
    ["maxCostPer1k", "Max. $ per 1K tokens", decimalNumber()],
    ["maxExpectedCost", "Max. $ for the call", decimalNumber()],
    ["maxLatencyMs", "Max. p95 latency, ms", decimalNumber()],
    ["minSuccessRate", "Min. success rate", decimalNumber(1)],
    ["minEvalScore", "Min. eval score", decimalNumber(1)],
  ] as const;
  return (
    <>
      <MultiSelect
        label="Providers" searchable clearable data={[...providers, ...others]} value={search.providers ?? []} maxValues={LIST_MAX}
        onChange={(chosen) => onChange({ providers: listOf(chosen) })} error={errors.providers}
        description={page?.providers.pageInfo.hasNextPage && `The first ${providers.length} by their slugs are listed. Add another one to the address, such as providers=openai.`}
        inputWrapperOrder={NOTE_LAST}
      />
      <MultiSelect
        label="Capabilities" searchable clearable data={optionsOf(CAPABILITIES)} value={search.capabilities ?? []}
        onChange={(chosen) => onChange({ capabilities: listOf(chosen as typeof CAPABILITIES) })} error={errors.capabilities}
      />
      <DraftInput
        label="Context window of at least" placeholder="tokens" value={search.minContextWindow} check={wholeNumber(1)} inputMode="numeric"
        onCommit={(text) => onChange({ minContextWindow: numberOf(text) }, true)} error={errors.minContextWindow}
      />
      {decimals.map(([field, label, check]) => (
        <DraftInput
          key={field} label={label} value={search[field]} check={check} error={errors[field]} inputMode="decimal"
          onCommit={(text) => onChange({ [field]: text }, true)}
        />
      ))}
    </>
  );
}

function UsageFields({ search, onChange, errors }: Props) {
  const isSet = USAGE.some((field) => search[field] !== undefined);
  const defaults: Record<string, string> = isSet ? { requests: "1" } : { inputTokens: "1000", outputTokens: "1000", requests: "1" };
  return (
    <>
      {USAGE.map((field) => (
        <DraftInput
          key={field} label={LABELS[field]} placeholder={defaults[field] ?? "0"} value={search[field]} check={wholeNumber(0)}
          error={errors[`usage.${field}`]} inputMode="numeric" onCommit={(text) => onChange({ [field]: numberOf(text) }, true)}
        />
      ))}
      <Select
        label="Price variant" data={optionsOf(VARIANTS)} value={search.variant ?? "STANDARD"} allowDeselect={false}
        onChange={(value) => onChange({ variant: value === "STANDARD" ? undefined : (value as PriceVariant) })}
      />
    </>
  );
}

function DrawFields({ search, onChange, errors }: Props) {
  const isUsed = search.strategy === "WEIGHTED";
  return (
    <>
      <DraftInput
        label="Seed" value={search.seed} check={wholeNumber(-2_147_483_648)} error={errors.seed} inputMode="numeric"
        description={isUsed ? "An equal seed gives an equal draw." : "For the strategy weighted only."}
        onCommit={(text) => onChange({ seed: numberOf(text), ...(text && { stickyKey: undefined }) }, true)}
      />
      <DraftInput
        label="Sticky key" value={search.stickyKey} maxLength={255} error={errors.stickyKey}
        description={isUsed ? "Such as a conversation: equal keys get the same order." : "For the strategy weighted only."}
        onCommit={(stickyKey) => onChange({ stickyKey, ...(stickyKey && { seed: undefined }) }, true)}
      />
    </>
  );
}

function LeftOut({ search, onChange, bindings }: Props) {
  const left = search.excludeBindings;
  if (!left) return null;
  const name = (id: string) => {
    const binding = bindings.find((each) => each.id === id);
    return binding ? bindingName(binding) : id;
  };
  return (
    <Group gap="xs" mb="md" role="group" aria-label="Left out">
      <span>Left out:</span>
      {left.map((id) => (
        <Pill
          key={id} withRemoveButton removeButtonProps={{ "aria-label": `Take ${name(id)} in again`, "aria-hidden": false, tabIndex: 0 }}
          onRemove={() => onChange({ excludeBindings: listOf(left.filter((each) => each !== id)) })}
        >
          {name(id)}
        </Pill>
      ))}
    </Group>
  );
}

const LABELS: Record<(typeof USAGE)[number], string> = {
  inputTokens: "Input tokens",
  outputTokens: "Output tokens",
  cacheReadTokens: "Read from the cache",
  cacheWriteTokens: "Written to the cache",
  reasoningTokens: "Reasoning tokens",
  audioInputTokens: "Audio in, tokens",
  audioOutputTokens: "Audio out, tokens",
  images: "Images",
  requests: "Calls",
};

type Section = { name: string; fields: (keyof RoutingSearch)[]; Fields: (props: Props) => ReactNode };

const SECTIONS: Section[] = [
  {
    name: "Constraints",
    fields: [
      "providers", "capabilities", "minContextWindow", "maxCostPer1k", "maxExpectedCost", "maxLatencyMs", "minSuccessRate",
      "minEvalScore",
    ],
    Fields: ConstraintFields,
  },
  { name: "What the call uses", fields: [...USAGE, "variant"], Fields: UsageFields },
  { name: "Draw", fields: ["seed", "stickyKey"], Fields: DrawFields },
];

const numberOf = (text: string | undefined) => (text === undefined ? undefined : Number(text));
const listOf = <Item,>(items: Item[]) => (items.length > 0 ? items : undefined);
