/** A name of the API for people: "HALF_OPEN" is "half open", "contextWindow" is "context window". */
export function words(name: string): string {
  return name.replace(/_/g, " ").replace(/([a-z])([A-Z])/g, "$1 $2").toLowerCase();
}
