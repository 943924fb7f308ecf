import { Button, Fieldset, Group, Stack, Text } from "@mantine/core";
import { memo, useState } from "react";

import { LIST_MAX } from "../../app/search";
import { count } from "../../components/numbers";
import { decimalNumber, DraftInput, wholeNumber } from "../../components/DraftInput";
import type { ModelsFacetsQuery } from "../../gql/graphql";
import { GROUPS, type GroupKey, type Option, useOptions } from "./facets";
import type { ModelsSearch } from "./search";

const SHOWN_MAX = 8; // of a filter with many values
const COUNTED_MAX = 100; // of the values that occur most, the API counts these

export type Change = (part: Partial<ModelsSearch>, isTyped?: boolean) => void;
type FacetsProps = { search: ModelsSearch; stats: ModelsFacetsQuery["stats"] | undefined; onChange: Change };
type Props = FacetsProps & { /** The list says why. */ isFailed: boolean };

/** Everything by which the list is filtered, except the name. */
export const Filters = memo(function Filters({ search, stats, isFailed, onChange }: Props) {
  return (
    <Stack gap="lg">
      {!stats && <Text size="sm" c="dimmed">{isFailed ? "The models are not counted." : "Counting the models…"}</Text>}
      {GROUPS.map((group) => <Facet key={group.key} group={group} search={search} stats={stats} onChange={onChange} />)}
      <Range
        title="Lowest input price, $ per 1M tokens" check={decimalNumber()}
        from={search.inputFrom} onFrom={(inputFrom) => onChange({ inputFrom }, true)}
        to={search.inputTo} onTo={(inputTo) => onChange({ inputTo }, true)}
      />
      <Range
        title="Lowest output price, $ per 1M tokens" check={decimalNumber()}
        from={search.outputFrom} onFrom={(outputFrom) => onChange({ outputFrom }, true)}
        to={search.outputTo} onTo={(outputTo) => onChange({ outputTo }, true)}
      />
      <Range
        title="Context window, tokens" check={wholeNumber(0)}
        from={search.contextFrom} onFrom={(value) => onChange({ contextFrom: whole(value) }, true)}
        to={search.contextTo} onTo={(value) => onChange({ contextTo: whole(value) }, true)}
      />
    </Stack>
  );
});

const whole = (value: string | undefined) => (value === undefined ? undefined : Number(value));

type RangeProps = {
  title: string;
  from: string | number | undefined;
  to: string | number | undefined;
  onFrom: (value: string | undefined) => void;
  onTo: (value: string | undefined) => void;
  check: (text: string) => string | undefined;
};

function Range({ title, from, to, onFrom, onTo, check }: RangeProps) {
  return (
    <Fieldset legend={title} variant="unstyled" className="facet-group">
      <Group gap="xs" wrap="nowrap" align="flex-start">
        <DraftInput size="xs" aria-label={`${title}, from`} placeholder="from" inputMode="decimal" value={from} onCommit={onFrom} check={check} />
        <DraftInput size="xs" aria-label={`${title}, to`} placeholder="to" inputMode="decimal" value={to} onCommit={onTo} check={check} />
      </Group>
    </Fieldset>
  );
}

type FacetProps = FacetsProps & { group: (typeof GROUPS)[number] };

function Facet({ group, search, stats, onChange }: FacetProps) {
  const [isOpen, setOpen] = useState(false);
  const options = useOptions(group, search, stats);
  const chosen: readonly string[] = search[group.key] ?? [];
  const toggle = (value: string) => {
    const next = chosen.includes(value) ? chosen.filter((each) => each !== value) : [...chosen, value];
    onChange({ [group.key]: next.length > 0 ? next : undefined } as Partial<Pick<ModelsSearch, GroupKey>>);
  };
  if (options.length === 0) return null;
  const shown = options.filter(({ value }, index) => isOpen || index < SHOWN_MAX || chosen.includes(value));
  return (
    <Fieldset legend={group.title} variant="unstyled" className="facet-group">
      {shown.map((option) => (
        <Choice key={option.value} option={option} isChosen={chosen.includes(option.value)} isFull={chosen.length >= LIST_MAX} onToggle={toggle} />
      ))}
      {options.length > SHOWN_MAX && (
        <Button variant="subtle" size="compact-xs" aria-expanded={isOpen} onClick={() => setOpen(!isOpen)}>
          {isOpen ? "Show fewer" : options.length < COUNTED_MAX ? `Show all ${options.length}` : `Show the ${COUNTED_MAX} most frequent`}
        </Button>
      )}
      {isOpen && options.length >= COUNTED_MAX && (
        <Text size="xs" c="dimmed">Others can be given in the address, such as {group.key}={shown[0]?.value}.</Text>
      )}
    </Fieldset>
  );
}

type ChoiceProps = { option: Option; isChosen: boolean; isFull: boolean; onToggle: (value: string) => void };

function Choice({ option: { value, label, count: models }, isChosen, isFull, onToggle }: ChoiceProps) {
  return (
    <label className="facet">
      <input type="checkbox" checked={isChosen} disabled={isFull && !isChosen} onChange={() => onToggle(value)} />
      <span className="facet-label" title={label}>{label}</span>
      {models !== undefined && <span className="facet-count">{count(models)}<span className="for-readers"> models</span></span>}
    </label>
  );
}
