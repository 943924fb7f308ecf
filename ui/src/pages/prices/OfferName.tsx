import { Text } from "@mantine/core";
import type { ReactNode } from "react";

import { TextLink } from "../../components/TextLink";

type Named = { modelName: string; versionLabel: string; providerName: string; providerModelId: string; region: string | null };
type Props = { of: Named; /** The tab of the model that the link opens. */ tab?: "prices"; children?: ReactNode };

/** Whose price a row has: of the offers of one model, the provider tells them apart. */
export function OfferName({ of: { modelName, versionLabel, providerName, providerModelId, region }, tab, children }: Props) {
  return (
    <div className="wide-cell">
      <TextLink to="/models/$name" params={{ name: modelName }} search={{ tab }}>{modelName}</TextLink> {versionLabel}
      <div>at {providerName}{region && <Text span inherit c="dimmed"> {region}</Text>}</div>
      <div className="mono">{providerModelId}</div>
      {children}
    </div>
  );
}
