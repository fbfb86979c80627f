import {
  acknowledgeIncident,
  commentIncident,
  getIncident,
  listIncidentAlerts,
  listIncidents,
  openIncident,
  resolveIncident,
  type Incident,
  type IncidentAlert,
  type InputOf,
  type Operation,
} from "@seaworthy/contract";
import {
  infiniteQueryOptions,
  queryOptions,
  useInfiniteQuery,
  useMutation,
  useQueryClient,
} from "@tanstack/react-query";
import { call } from "../../api/call.ts";
import { pollEvery } from "../../api/live.ts";
import { tell } from "../../app/notices.ts";

export type StateFilter = "open" | "resolved" | "all";

/** The newest incidents of a state, one page of them. */
export function incidentListQuery(state: StateFilter) {
  return queryOptions({
    queryKey: ["incidents", "newest", state],
    queryFn: ({ signal }) => call(listIncidents, { query: { state } }, signal),
    refetchInterval: pollEvery(60_000),
  });
}

/** The incidents of a state, page after page. */
export function incidentPagesQuery(state: StateFilter) {
  return infiniteQueryOptions({
    queryKey: ["incidents", "pages", state],
    queryFn: ({ pageParam, signal }) =>
      call(
        listIncidents,
        { query: { state, ...(pageParam === null ? {} : { before: pageParam }) } },
        signal,
      ),
    initialPageParam: null as number | null,
    getNextPageParam: (page) => page.next,
    refetchInterval: pollEvery(60_000),
  });
}

/** One incident, by its number. */
export function incidentQuery(number: string) {
  return queryOptions({
    queryKey: ["incidents", "one", number],
    queryFn: ({ signal }) => call(getIncident, { params: { id: number } }, signal),
    refetchInterval: pollEvery(60_000),
  });
}

/** The alerts of an incident, of which its page brings the first; `showMore` asks for the next ones. */
export function useIncidentAlerts(incident: Incident): {
  readonly alerts: readonly IncidentAlert[];
  /** Undefined where there are no more. */
  readonly showMore: (() => void) | undefined;
  readonly isLoading: boolean;
} {
  const { id, moreAlerts } = incident;
  const more = useInfiniteQuery({
    queryKey: ["incidents", "alerts", id, moreAlerts],
    queryFn: ({ pageParam, signal }) =>
      call(listIncidentAlerts, { params: { id }, query: { after: pageParam } }, signal),
    initialPageParam: moreAlerts ?? "",
    getNextPageParam: (page) => page.next,
    enabled: false,
  });
  const pages = moreAlerts === null ? [] : (more.data?.pages ?? []);
  const hasMore = moreAlerts !== null && (more.data === undefined || more.hasNextPage);
  return {
    alerts: [...incident.alerts, ...pages.flatMap((page) => page.alerts)],
    showMore: hasMore ? () => void more.fetchNextPage() : undefined,
    isLoading: more.isFetchingNextPage || more.isFetching,
  };
}

/** Puts an answered incident where it is shown, and has the lists asked again. */
function useKeepIncident(): (incident: Incident) => void {
  const client = useQueryClient();
  return (incident) => {
    client.setQueryData(incidentQuery(String(incident.number)).queryKey, incident);
    void client.invalidateQueries({ queryKey: ["incidents"] });
    void client.invalidateQueries({ queryKey: ["overview"] });
  };
}

const failed = (what: string) => (error: Error) => tell("failed", `${what}: ${error.message}`);

export function useAcknowledge() {
  const keep = useKeepIncident();
  return useMutation({
    mutationFn: (id: string) => call(acknowledgeIncident, { params: { id } }),
    onSuccess: (incident) => {
      keep(incident);
      tell("done", `You are on incident #${incident.number}`);
    },
    onError: failed("The incident was not acknowledged"),
  });
}

export function useResolve() {
  const keep = useKeepIncident();
  return useMutation({
    mutationFn: (id: string) => call(resolveIncident, { params: { id }, body: {} }),
    onSuccess: (incident) => {
      keep(incident);
      tell("done", `Incident #${incident.number} is resolved`);
    },
    onError: failed("The incident was not resolved"),
  });
}

export function useComment() {
  const keep = useKeepIncident();
  return useMutation({
    mutationFn: ({
      id,
      ...body
    }: { readonly id: string } & InputOf<typeof commentIncident>["body"]) =>
      call(commentIncident, { params: { id }, body }),
    onSuccess: keep,
    onError: failed("The comment was not saved"),
  });
}

/** Opens an incident by hand; answers it. */
export function useOpen() {
  const keep = useKeepIncident();
  return useMutation({
    mutationFn: (body: InputOf<typeof openIncident>["body"]) => call(openIncident, { body }),
    onSuccess: keep,
  });
}

/** Any command that answers the incident as it is afterwards. `refused` begins what is told when it fails. */
export function useIncidentCommand<O extends Operation>(
  operation: O & { readonly answer: typeof getIncident.answer },
  refused: string,
) {
  const keep = useKeepIncident();
  return useMutation({
    mutationFn: (input: InputOf<O>) => call(operation, input) as Promise<Incident>,
    onSuccess: keep,
    onError: failed(refused),
  });
}
