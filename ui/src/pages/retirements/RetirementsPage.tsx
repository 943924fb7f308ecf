import { PageHeader } from "../../components/PageHeader";

export function RetirementsPage() {
  return <PageHeader title="Retirements" />;
}
