import { invitePerson, listPeople } from "@seaworthy/contract";
import type { Access } from "../../access/index.ts";
import { principalOf } from "../request.ts";
import type { Serve } from "./serve.ts";

/** The people of the installation. */
export function servePeople(
  serve: Serve,
  { access, externalURL }: { readonly access: Access; readonly externalURL: string },
): void {
  serve(listPeople, async () => ({ people: [...(await access.listPeople())] }));
  serve(invitePerson, async ({ body, request }) => {
    const { account, secret } = await access.invite(principalOf(request), body);
    return { person: account, signInLink: `${externalURL}/sign-in#token=${secret}` };
  });
}
