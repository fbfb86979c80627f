import { z } from "zod";
import { user } from "./access.ts";
import { operation } from "./operation.ts";
import { text } from "./values.ts";

export const listPeople = operation({
  method: "GET",
  path: "/api/people",
  access: "read",
  summary: "Everybody who can sign in",
  answer: z.object({ people: z.array(user) }),
});

/** For somebody who has set no password yet it may be repeated: only the latest link works. */
export const invitePerson = operation({
  method: "POST",
  path: "/api/people",
  access: "admin",
  summary:
    "Add a person, or make a new link for one who has not signed in yet; it is shown this once",
  body: z.object({
    email: z.email().max(254),
    name: text(1, 100),
    role: z.enum(["admin", "member", "viewer"]).default("member"),
  }),
  answer: z.object({ person: user, signInLink: z.string() }),
  status: 201,
});
