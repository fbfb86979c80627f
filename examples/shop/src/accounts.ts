import { scrypt, timingSafeEqual } from "node:crypto";

/** The only account, shown on the sign-in page. */
export const demoAccount = { email: "demo@harbour.example", password: "sail-away" } as const;

const salt = "a demo has nothing to hide";
/** Cheap on purpose: the storm of sign-ins is meant to be seen in metrics, not in the fan. */
const cost = 512;

let expected: Promise<Buffer> | undefined;

/** Whether these belong together. Takes the same time for unknown e-mails. */
export async function passwordMatches(email: string, password: string): Promise<boolean> {
  expected ??= hash(demoAccount.password);
  const same = timingSafeEqual(await hash(password), await expected);
  return same && email === demoAccount.email;
}

function hash(password: string): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    scrypt(password, salt, 32, { N: cost }, (error, key) => {
      if (error === null) resolve(key);
      else reject(error);
    });
  });
}
