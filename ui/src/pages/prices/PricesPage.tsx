import { PageHeader } from "../../components/PageHeader";

export function PricesPage() {
  return <PageHeader title="Prices" />;
}
