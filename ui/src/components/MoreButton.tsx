import { Button } from "@mantine/core";

type Props = { label?: string; mt?: number | "md"; query: { hasNextPage: boolean; isFetchingNextPage: boolean; fetchNextPage: () => unknown } };

/** Asks for the next page of a list; nothing where there is none. */
export function MoreButton({ query: { hasNextPage, isFetchingNextPage, fetchNextPage }, label = "Show more", mt = "md" }: Props) {
  if (!hasNextPage) return null;
  return (
    <Button variant="default" mt={mt} loading={isFetchingNextPage} onClick={() => void fetchNextPage()}>
      {label}
    </Button>
  );
}
