import { Card, Title } from "@mantine/core";
import type { ReactNode } from "react";

/** A box with a heading. */
export function Section({ title, children }: { title: string; children: ReactNode }) {
  return (
    <Card withBorder component="section" aria-label={title}>
      <Title order={2} size="h4" mb="xs">{title}</Title>
      {children}
    </Card>
  );
}
