/** The nonce of the page's Content-Security-Policy: style elements that components create carry it. */
export function nonce(): string {
  return document.querySelector<HTMLElement>("script[nonce]")?.nonce ?? "";
}

// Where react-remove-scroll, which dialogs use, looks for it (through the package get-nonce).
Object.assign(globalThis, { __webpack_nonce__: nonce() });
