import { PageHeader } from "../../components/PageHeader";

export function ModelPage() {
  return <PageHeader title="Model" />;
}
