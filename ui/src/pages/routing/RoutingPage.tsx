import { PageHeader } from "../../components/PageHeader";

export function RoutingPage() {
  return <PageHeader title="Routing" />;
}
