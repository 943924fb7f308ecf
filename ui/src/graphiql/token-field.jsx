import { token, useToken } from "./token.js";

export function TokenField() {
  if (token)
    return (
      <button type="button" className="token" onClick={() => useToken("")} title="Forget the token of this tab">
        Forget token {token.slice(0, 12)}…
      </button>
    );
  return (
    <form
      className="token"
      onSubmit={(event) => {
        event.preventDefault();
        useToken(new FormData(event.currentTarget).get("token").trim());
      }}
    >
      <input name="token" type="password" placeholder="Token (mrk_…)" aria-label="Token" autoComplete="off" required />
      <button type="submit" title="Send it with every request, until this tab is closed">
        Use token
      </button>
    </form>
  );
}
