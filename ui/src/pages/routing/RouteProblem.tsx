// Why there is no route, and where to go from there.
import { Alert, Button, Group, Stack, Text } from "@mantine/core";

import { ApiError } from "../../app/errors";
import { useRegistryQuery } from "../../app/queries";
import { QueryError } from "../../components/QueryState";
import { TextLink } from "../../components/TextLink";
import { ModelPickerDocument, type RoutingPageQuery } from "../../gql/graphql";
import type { RoutingSearch } from "./search";
import { versionOptions, versionsNote } from "./versionOptions";

type Props = {
  error: Error;
  search: RoutingSearch;
  page: RoutingPageQuery | undefined;
  onChange: (change: RoutingSearch) => void;
  onRetry: () => void;
};

export function RouteProblem(props: Props) {
  const { error, page, search, onRetry } = props;
  const { code, message } = error instanceof ApiError ? error : new ApiError("", error.message);
  if (code === "NOT_FOUND" && page?.model === null) return <NoModel {...props} />;
  if (code === "NOT_FOUND") return <OtherVersions {...props} title={`${search.model} has no such version`} />;
  if (code === "BAD_USER_INPUT" && /^input\.(model|select)\b/.test(message)) {
    const isArchived = message.endsWith("is ARCHIVED");
    return (
      <OtherVersions {...props} title={problem(message)}>
        {isArchived && <Text size="sm">Its bindings are in cold storage. <TextLink to="/retention">Restore it on the retention page</TextLink>, or choose another one.</Text>}
      </OtherVersions>
    );
  }
  if (code === "BAD_USER_INPUT") {
    return (
      <Alert color="red" variant="outline" role="alert" title="The registry refuses this call">
        {problem(message)} Change the field, or reset the form.
      </Alert>
    );
  }
  return <QueryError error={error} onRetry={onRetry} />;
}

/** The message without the path of the field that it begins with, as a sentence. */
function problem(message: string): string {
  const text = message.replace(/^input\.(model|select): /, "").replace(/^input\./, "");
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
}

/** What the API refuses, by the field of the form. */
export function fieldErrors(error: Error | null): Record<string, string> {
  if (!(error instanceof ApiError) || error.code !== "BAD_USER_INPUT") return {};
  const [, field = "", text = ""] = /^input\.((?:usage\.)?[A-Za-z0-9]+)[:. ]+(.*)$/.exec(error.message) ?? [];
  return field ? { [field]: text } : {};
}

function NoModel({ search, onChange }: Props) {
  const text = search.model?.split(/[-/:@]/)[0] ?? "";
  const similar = useRegistryQuery(ModelPickerDocument, { text });
  const models = similar.data?.models.nodes ?? [];
  return (
    <Alert color="yellow" variant="outline" role="alert" title={`There is no model ${search.model}`}>
      <Stack gap="xs" align="flex-start">
        {models.length > 0
          ? <span>The name may be wrong. Models whose name contains “{text}”:</span>
          : <span>The name may be wrong, or the model was deleted.</span>}
        <Group gap="xs">
          {models.map(({ id, name }) => (
            <Button key={id} size="compact-sm" variant="default" onClick={() => onChange({ model: name, select: undefined })}>{name}</Button>
          ))}
        </Group>
        <TextLink to="/models" search={models.length > 0 ? { q: text } : {}}>
          {similar.data?.models.pageInfo.hasNextPage ? "There are more: see all of them" : "See all models"}
        </TextLink>
      </Stack>
    </Alert>
  );
}

function OtherVersions({ title, page, onChange, children }: Props & { title: string; children?: React.ReactNode }) {
  const note = versionsNote(page?.model);
  const options = versionOptions(page?.model, undefined).flatMap(({ items }) => items);
  return (
    <Alert color="yellow" variant="outline" role="alert" title={title}>
      <Stack gap="xs" align="flex-start">
        {children}
        <span>Choose a version that there is:</span>
        <Group gap="xs">
          <Button size="compact-sm" variant="default" onClick={() => onChange({ select: undefined })}>production, else the latest</Button>
          {options.map(({ value, label }) => (
            <Button key={value} size="compact-sm" variant="default" onClick={() => onChange({ select: value })}>{label}</Button>
          ))}
        </Group>
        {note && <Text size="sm">{note}</Text>}
      </Stack>
    </Alert>
  );
}
