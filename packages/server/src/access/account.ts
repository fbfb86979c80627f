import type { UserRecord } from "../store/index.ts";
import type { Role } from "./scopes.ts";

/** A person, as far as others may see. */
export interface Account {
  readonly id: string;
  readonly email: string;
  readonly name: string;
  readonly role: Role;
  readonly hasPassword: boolean;
}

/** What others may see of a stored person. */
export const accountOf = ({ id, email, name, role, passwordHash }: UserRecord): Account => ({
  id,
  email,
  name,
  role,
  hasPassword: passwordHash !== null,
});
