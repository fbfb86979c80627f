import {
  addContactMethod,
  addOverrides,
  createCalendarLink,
  createPolicy,
  createSchedule,
  deleteOverride,
  deletePolicy,
  deleteSchedule,
  getDuties,
  getHandover,
  getOnCall,
  getOnCallLoad,
  invitePerson,
  leaveHandoverNote,
  listContactMethods,
  listPeople,
  listPolicies,
  listSchedules,
  previewSchedule,
  removeContactMethod,
  replacePolicy,
  replaceSchedule,
  testContactMethod,
  type AnswerOf,
  type InputOf,
  type Operation,
} from "@seaworthy/contract";
import { keepPreviousData, queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";
import { call } from "../../api/call.ts";
import { pollEvery } from "../../api/live.ts";
import { tell } from "../../app/notices.ts";

export const onCallQuery = queryOptions({
  queryKey: ["on-call", "now"],
  queryFn: ({ signal }) => call(getOnCall, {}, signal),
  // Who is on call changes although nothing is changed.
  refetchInterval: pollEvery(60_000),
});

export const schedulesQuery = queryOptions({
  queryKey: ["on-call", "schedules"],
  queryFn: ({ signal }) => call(listSchedules, {}, signal),
});

export const peopleQuery = queryOptions({
  queryKey: ["on-call", "people"],
  queryFn: ({ signal }) => call(listPeople, {}, signal),
});

export const policiesQuery = queryOptions({
  queryKey: ["on-call", "policies"],
  queryFn: ({ signal }) => call(listPolicies, {}, signal),
});

export const waysQuery = queryOptions({
  queryKey: ["on-call", "ways"],
  queryFn: ({ signal }) => call(listContactMethods, {}, signal),
});

/** Who is on duty by a schedule, between two instants as RFC 3339. */
export function dutiesQuery(id: string, span: { readonly from: string; readonly to: string }) {
  return queryOptions({
    queryKey: ["on-call", "duties", id, span],
    queryFn: ({ signal }) => call(getDuties, { params: { id }, query: span }, signal),
    placeholderData: keepPreviousData,
  });
}

/** The notes and incidents since the shift before. */
export function handoverQuery(id: string) {
  return queryOptions({
    queryKey: ["on-call", "handover", id],
    queryFn: ({ signal }) => call(getHandover, { params: { id } }, signal),
  });
}

/** What being on call cost whom, between two instants as RFC 3339. */
export function loadQuery(span: { readonly from: string; readonly to: string }) {
  return queryOptions({
    queryKey: ["on-call", "load", span],
    queryFn: ({ signal }) => call(getOnCallLoad, { query: span }, signal),
    placeholderData: keepPreviousData,
  });
}

/** Who would be on duty by a schedule that is not saved. */
export function previewQuery(body: InputOf<typeof previewSchedule>["body"] | undefined) {
  return queryOptions({
    queryKey: ["on-call", "preview", body],
    queryFn: ({ signal }) => (body === undefined ? null : call(previewSchedule, { body }, signal)),
    enabled: body !== undefined,
    placeholderData: keepPreviousData,
    retry: false,
  });
}

/** One change: what is shown is asked for again, and the reader is told. */
function useChange<O extends Operation>(operation: O, done: string | undefined) {
  const client = useQueryClient();
  return useMutation<AnswerOf<O>, Error, InputOf<O>>({
    mutationFn: (input) => call(operation, input),
    onSuccess: () => {
      if (done !== undefined) tell("done", done);
      return client.invalidateQueries({ queryKey: ["on-call"] });
    },
  });
}

export const useCreateSchedule = () => useChange(createSchedule, "The schedule is saved");
export const useReplaceSchedule = () => useChange(replaceSchedule, "The schedule is saved");
export const useDeleteSchedule = () => useChange(deleteSchedule, "The schedule is removed");
export const useAddOverrides = () => useChange(addOverrides, "The override is made");
export const useLeaveNote = () => useChange(leaveHandoverNote, "The note is left");
export const useDeleteOverride = () => useChange(deleteOverride, "The override is removed");
export const useLinkCalendar = () => useChange(createCalendarLink, undefined);
export const useCreatePolicy = () => useChange(createPolicy, "The policy is saved");
export const useReplacePolicy = () => useChange(replacePolicy, "The policy is saved");
export const useDeletePolicy = () => useChange(deletePolicy, "The policy is removed");
export const useAddWay = () => useChange(addContactMethod, "You are paged by it from now on");
export const useRemoveWay = () => useChange(removeContactMethod, "You are no longer paged by it");
export const useTestWay = () => useChange(testContactMethod, undefined);
export const useInvite = () => useChange(invitePerson, undefined);
