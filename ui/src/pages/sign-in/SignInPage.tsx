import { useEffect, useState } from "react";

import { Loading } from "../../components/QueryState";
import { beginSession } from "../../app/session";
import { replaceToken } from "../../app/token";
import { refusalOf, SignIn } from "./SignIn";

// The flow ends once, however often the page is drawn.
let arriving: Promise<string> | undefined;

/** The page at /sign-in: the issuer sends the browser back here, and others come to sign in. */
export function SignInPage() {
  const isBack = /[?&](code|error)=/.test(location.search) || arriving !== undefined;
  const [problem, setProblem] = useState<string | null>(isBack ? null : "");
  useEffect(() => {
    if (!isBack) return;
    arriving ??= arrived();
    arriving.then(setProblem, () => undefined);
  }, [isBack]);
  if (problem === null) return <Loading />;
  return <SignIn problem={problem} onToken={(token) => enter(() => replaceToken(token), "/")} />;
}

/** Goes on to where one was; else resolves with the reason why not. */
async function arrived(): Promise<string> {
  try {
    const { arrive } = await import("../../app/oidc");
    const { issuer, token, path } = await arrive();
    const refusal = await refusalOf(token);
    if (refusal) return refusal;
    enter(() => beginSession(issuer, token), path);
    return await new Promise<string>(() => undefined); // the next page is being opened
  } catch (error) {
    return `You are not signed in. Try again. (${error instanceof Error ? error.message : String(error)})`;
  }
}

function enter(keep: () => void, path: string): void {
  keep();
  location.replace(path);
}
