import {
  addPostMortemAction,
  beginPostMortem,
  changePostMortemAction,
  completePostMortem,
  exportPostMortem,
  getPostMortem,
  listPostMortems,
  publishPostMortem,
  removePostMortemAction,
  savePostMortem,
} from "@seaworthy/contract";
import type { PostMortem, PostMortemAction } from "@seaworthy/contract";
import type { PostMortemDetail, PostMortems } from "../../respond/index.ts";
import { actorOfRequest } from "../request.ts";
import type { Serve } from "./serve.ts";

const instant = (at: Date | null) => at?.toISOString() ?? null;

const actionView = (action: PostMortemDetail["actions"][number]): PostMortemAction => ({
  id: action.id,
  text: action.text,
  owner: action.owner,
  dueOn: action.dueOn,
  doneAt: instant(action.doneAt),
});

const view = ({ incident, postMortem, actions, blocks, dueAt }: PostMortemDetail): PostMortem => ({
  number: incident.number,
  title: incident.title,
  severity: incident.severity,
  body: postMortem.body,
  blocks,
  version: postMortem.version,
  updatedAt: postMortem.updatedAt.toISOString(),
  updatedBy: postMortem.updatedBy,
  dueAt: instant(dueAt),
  completedAt: instant(postMortem.completedAt),
  completedBy: postMortem.completedBy,
  publishedAt: instant(postMortem.publishedAt),
  actions: actions.map(actionView),
});

function stateOf(line: { readonly completedAt: Date | null; readonly begun: boolean }) {
  if (line.completedAt !== null) return "complete" as const;
  return line.begun ? ("draft" as const) : ("missing" as const);
}

/** Post-mortems and what is to be done after them. */
export function servePostMortems(
  serve: Serve,
  { postMortems }: { readonly postMortems: PostMortems },
): void {
  serve(listPostMortems, async () => {
    const { lines, actions } = await postMortems.list();
    return {
      postMortems: lines.map((line) => ({
        number: line.number,
        title: line.title,
        severity: line.severity,
        resolvedAt: line.resolvedAt.toISOString(),
        dueAt: line.dueAt.toISOString(),
        state: stateOf(line),
        publishedAt: instant(line.publishedAt),
      })),
      actions: actions.map((action) => ({
        ...actionView(action),
        number: action.number,
        title: action.title,
      })),
    };
  });
  serve(getPostMortem, async ({ params }) => view(await postMortems.get(params.id)));
  serve(beginPostMortem, async ({ params, request }) =>
    view(await postMortems.begin(actorOfRequest(request), params.id)),
  );
  serve(savePostMortem, async ({ params, body, request }) =>
    view(await postMortems.save(actorOfRequest(request), params.id, body)),
  );
  serve(completePostMortem, async ({ params, body, request }) =>
    view(await postMortems.complete(actorOfRequest(request), params.id, body.complete)),
  );
  serve(publishPostMortem, async ({ params, body, request }) =>
    view(await postMortems.publish(actorOfRequest(request), params.id, body.published)),
  );
  serve(addPostMortemAction, async ({ params, body, request }) =>
    view(await postMortems.addAction(actorOfRequest(request), params.id, body)),
  );
  serve(changePostMortemAction, async ({ params, body, request }) =>
    view(await postMortems.changeAction(actorOfRequest(request), params.id, params.action, body)),
  );
  serve(removePostMortemAction, async ({ params, request }) =>
    view(await postMortems.removeAction(actorOfRequest(request), params.id, params.action)),
  );
  serve(exportPostMortem, async ({ params }) => ({
    markdown: await postMortems.export(params.id),
  }));
}
