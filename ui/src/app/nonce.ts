/** The nonce of the page's Content-Security-Policy (server/http/dashboard.py): style elements that components create carry it. */
export function nonce(): string {
  return document.querySelector<HTMLElement>("script[nonce]")?.nonce ?? "";
}
