import { PageHeader } from "../../components/PageHeader";

export function RetentionPage() {
  return <PageHeader title="Retention" />;
}
