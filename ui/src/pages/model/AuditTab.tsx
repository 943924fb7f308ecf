export function AuditTab({ name }: { name: string }) {
  return <a href={`/audit?model=${encodeURIComponent(name)}`}>Audit log of {name}</a>;
}
