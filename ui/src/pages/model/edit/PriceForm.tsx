import { ActionIcon, Button, Fieldset, Group, Input, Select, SimpleGrid, Stack, TextInput } from "@mantine/core";
import { useForm, type UseFormReturnType } from "@mantine/form";
import { X } from "lucide-react";
import { useEffect, useState } from "react";

import { FormErrors } from "../../../components/FormErrors";
import { comparedUnit } from "../../../components/numbers";
import { splitErrors, type UserError } from "../../../components/userErrors";
import { words } from "../../../components/words";
import { ModelSetPriceDocument } from "../../../gql/graphql";
import { type Binding, bindingName } from "../model";
import { useFrame } from "./DialogFrame";
import { showDone } from "./Notices";
import {
  atPriceFields, METERS, NEW_ROW, PRICE_UNITS, priceInput, priceProblems, type PriceValues, priceValues, USUAL, type Usual, VARIANTS,
} from "./prices";
import { useWrite } from "./useWrite";

const LABELS: Record<Usual, string> = {
  inputPer1k: "Input", outputPer1k: "Output", cacheReadPer1k: "Input read from the cache", cacheWritePer1k: "Input written to the cache",
};
const UNIT = "US dollars per 1M tokens";

type Form = UseFormReturnType<PriceValues>;

/** Adds a price. Prices are never edited: the one before stays as what it was until then. */
export function PriceForm({ binding }: { binding: Binding }) {
  const { form, others, failure, isPending, submit } = usePriceForm(binding);
  const { cancel } = useFrame();
  return (
    <form noValidate onSubmit={(event) => { event.preventDefault(); submit(); }}>
      <Stack>
        <Fieldset legend={UNIT}>
          <SimpleGrid cols={{ base: 1, sm: 2 }}>
            {USUAL.map((name) => (
              <TextInput key={name} label={LABELS[name]} inputMode="decimal" autoComplete="off" leftSection="$" {...form.getInputProps(name)} />
            ))}
          </SimpleGrid>
          <Input.Description mt="xs">Empty is unknown, 0 is free.</Input.Description>
        </Fieldset>
        <Components form={form} />
        <SimpleGrid cols={{ base: 1, sm: 2 }}>
          <TextInput label="Takes effect (UTC)" description="Empty: now." type="datetime-local" {...form.getInputProps("effectiveFrom")} />
          <TextInput label="Source" description="Where the price comes from, up to 255 characters." autoComplete="off" {...form.getInputProps("source")} />
        </SimpleGrid>
        <FormErrors errors={others} failure={failure} />
        <Group justify="flex-end">
          <Button variant="default" onClick={cancel}>Cancel</Button>
          <Button type="submit" loading={isPending}>Set the price</Button>
        </Group>
      </Stack>
    </form>
  );
}

function usePriceForm(binding: Binding) {
  const [others, setOthers] = useState<readonly UserError[]>([]);
  const [failure, setFailure] = useState<unknown>(null);
  const { write, isPending } = useWrite(ModelSetPriceDocument);
  const { close, setTyped } = useFrame();
  const form = useForm<PriceValues>({ initialValues: priceValues(binding), validate: priceProblems });
  const isTyped = form.isDirty();
  useEffect(() => { setTyped(isTyped); }, [isTyped, setTyped]);
  const send = async (values: PriceValues) => {
    setFailure(null);
    try {
      const { userErrors, price } = await write({ binding: { id: binding.id }, price: priceInput(values) });
      const fields = [...USUAL, "effectiveFrom", "source", ...values.rows.flatMap((_, n) => ["meter", "variant", "unit", "above", "amount"].map((part) => `rows.${n}.${part}`))];
      const { atFields, others } = splitErrors(atPriceFields(userErrors, values), fields);
      form.setErrors(atFields);
      setOthers(others);
      if (!price) return;
      showDone(price.scheduled ? `A price of ${bindingName(binding)} is planned.` : `The price of ${bindingName(binding)} is set.`);
      close();
    } catch (error) {
      setFailure(error);
    }
  };
  const submit = () => void form.onSubmit((values) => void send(values))();
  return { form, others, failure, isPending, submit };
}

function Components({ form }: { form: Form }) {
  return (
    <Fieldset legend="Other components: tiers, batches, images and more">
      <Stack gap="sm">
        {form.values.rows.map(({ unit }, index) => (
          <div key={index} className="price-row" role="group" aria-label={`Component ${index + 1}`}>
            <Choice form={form} path={`rows.${index}.meter`} label="Meter" values={METERS} />
            <Choice form={form} path={`rows.${index}.variant`} label="Variant" values={VARIANTS} />
            <TextInput label="Above input tokens" inputMode="numeric" autoComplete="off" {...form.getInputProps(`rows.${index}.above`)} />
            <Select
              label="Unit" allowDeselect={false} {...form.getInputProps(`rows.${index}.unit`)}
              data={PRICE_UNITS.map((value) => ({ value, label: comparedUnit(value)[0] }))}
            />
            <TextInput label={`Dollars per ${comparedUnit(unit)[0]}`} inputMode="decimal" autoComplete="off" leftSection="$" {...form.getInputProps(`rows.${index}.amount`)} />
            <ActionIcon variant="default" size="lg" aria-label={`Remove component ${index + 1}`} onClick={() => form.removeListItem("rows", index)}>
              <X size={16} aria-hidden />
            </ActionIcon>
          </div>
        ))}
        <Button size="xs" variant="default" style={{ alignSelf: "flex-start" }} onClick={() => form.insertListItem("rows", NEW_ROW)}>
          Add a component
        </Button>
      </Stack>
    </Fieldset>
  );
}

type ChoiceProps = { form: Form; path: string; label: string; values: readonly string[] };

function Choice({ form, path, label, values }: ChoiceProps) {
  return <Select label={label} allowDeselect={false} data={values.map((value) => ({ value, label: words(value) }))} {...form.getInputProps(path)} />;
}
