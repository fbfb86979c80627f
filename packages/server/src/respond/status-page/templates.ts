import type { PostState } from "../../model/index.ts";

/** What an update says where a person has nothing better to say yet; `{title}` is the announcement's. */
export const UPDATE_TEMPLATES: Readonly<Record<PostState, string>> = {
  investigating:
    "We see a problem: {title}. We are looking for its cause, and will say more within 30 minutes.",
  identified: "We know what causes the problem, and are putting it right.",
  monitoring: "We have put the problem right, and are watching whether it stays so.",
  resolved: "The problem is over. We are sorry for the trouble.",
  postmortem:
    "We have looked into what happened, and what we change so that it does not come again.",
  scheduled: "We are going to work on this: {title}. It may be unavailable for some of that time.",
  in_progress: "The work has begun.",
  verifying: "The work is done; we are checking that all is well.",
  completed: "The work is done.",
};

/** The template of a state, filled in. */
export function templateOf(state: PostState, title: string): string {
  return UPDATE_TEMPLATES[state].replaceAll("{title}", () => title);
}
