import { PageHeader } from "../../components/PageHeader";

export function ComparePage() {
  return <PageHeader title="Compare" />;
}
