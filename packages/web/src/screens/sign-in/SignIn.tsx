import type { User } from "@seaworthy/contract";
import { useEffect, useState } from "react";
import { useNavigate, useSearchParams } from "react-router";
import { queryClient } from "../../api/query-client.ts";
import { sessionQuery } from "../../api/session.ts";
import { Logo } from "../../app/Logo.tsx";
import { safeNext } from "../../app/paths.ts";
import { ChoosePassword } from "./ChoosePassword.tsx";
import { forgetLinkToken, useLinkToken } from "./link-token.ts";
import { LinkSignIn } from "./LinkSignIn.tsx";
import { PasswordSignIn } from "./PasswordSignIn.tsx";
import styles from "./SignIn.module.css";

/** The way in: by password, or by a one-time link after which a password can be chosen. */
export function SignIn() {
  const [params] = useSearchParams();
  const navigate = useNavigate();
  const token = useLinkToken();
  const [newcomer, setNewcomer] = useState<User | null>(null);
  useEffect(() => {
    document.title = "Sign in · Seaworthy";
  }, []);

  const enter = async (user: User) => {
    queryClient.clear();
    queryClient.setQueryData(sessionQuery.queryKey, { user });
    await navigate(safeNext(params.get("next")), { replace: true });
  };

  return (
    <main className={styles.page}>
      <div className={styles.box}>
        <div className={styles.brand}>
          <Logo size={28} />
          Seaworthy
        </div>
        {newcomer !== null ? (
          <ChoosePassword user={newcomer} done={(user) => void enter(user)} />
        ) : token !== null ? (
          <LinkSignIn
            key={token}
            token={token}
            done={(user) => {
              forgetLinkToken();
              if (user.hasPassword) void enter(user);
              else setNewcomer(user);
            }}
            giveUp={forgetLinkToken}
          />
        ) : (
          <PasswordSignIn done={(user) => void enter(user)} />
        )}
      </div>
    </main>
  );
}
