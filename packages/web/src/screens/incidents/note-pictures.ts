import {
  addIncidentPicture,
  dropIncidentPicture,
  pictureTypes,
  type UploadedPicture,
} from "@seaworthy/contract";
import { useCallback, useEffect, useReducer, useRef } from "react";
import { ApiError, call } from "../../api/call.ts";
import { upload } from "../../api/upload.ts";

/** A picture of a note that is being written. */
export interface NotePicture {
  /** Its id on the server too. */
  readonly id: string;
  /** The file's name. */
  readonly name: string;
  readonly alt: string;
  /** How much of it has gone, 0 to 1. */
  readonly sent: number;
  /** Once the server has it. */
  readonly picture: UploadedPicture | null;
  /** Why the server has it not, and will not. */
  readonly failure: string | null;
}

/** As many as a note takes. */
export const MOST_PICTURES = 20;

type Step =
  | { readonly add: readonly NotePicture[] }
  | { readonly id: string; readonly change: Partial<NotePicture> }
  | { readonly remove: string }
  | { readonly clear: true };

function next(pictures: readonly NotePicture[], step: Step): readonly NotePicture[] {
  if ("clear" in step) return [];
  if ("add" in step) return [...pictures, ...step.add];
  if ("remove" in step) return pictures.filter(({ id }) => id !== step.remove);
  return pictures.map((each) => (each.id === step.id ? { ...each, ...step.change } : each));
}

function reasonOf(error: unknown): string {
  if (error instanceof ApiError && error.status === 413)
    return "The file is larger than this server takes.";
  return error instanceof Error ? error.message : String(error);
}

const isTaken = (type: string) => (pictureTypes as readonly string[]).includes(type);

/** The pictures of a note that is being written: each is sent at once, several at a time. */
export function useNotePictures(incidentId: string) {
  const [pictures, step] = useReducer(next, []);
  const sending = useRef(new Map<string, AbortController>());
  useEffect(() => {
    const under = sending.current;
    return () => {
      for (const one of under.values()) one.abort();
    };
  }, []);

  const add = useCallback(
    (files: readonly File[]) => {
      const begun = files.map((file) => ({
        file,
        entry: {
          id: crypto.randomUUID(),
          name: file.name,
          alt: "",
          sent: 0,
          picture: null,
          failure: isTaken(file.type)
            ? null
            : "This is not a PNG, JPEG, WebP or GIF picture. Send a screenshot of it.",
        } satisfies NotePicture,
      }));
      step({ add: begun.map(({ entry }) => entry) });
      for (const { file, entry } of begun) {
        if (entry.failure !== null) continue;
        const { id } = entry;
        const stop = new AbortController();
        sending.current.set(id, stop);
        upload(addIncidentPicture, { params: { id: incidentId }, query: { id } }, file, {
          onProgress: (sent) => step({ id, change: { sent } }),
          signal: stop.signal,
        })
          .then((picture) => step({ id, change: { picture, sent: 1 } }))
          .catch((error: unknown) => step({ id, change: { failure: reasonOf(error) } }))
          .finally(() => sending.current.delete(id));
      }
    },
    [incidentId],
  );

  const remove = useCallback(
    ({ id, picture }: NotePicture) => {
      sending.current.get(id)?.abort();
      step({ remove: id });
      // What stays behind is forgotten after a day.
      if (picture !== null)
        call(dropIncidentPicture, { params: { id: incidentId, picture: id } }).catch(() => {});
    },
    [incidentId],
  );

  return {
    pictures,
    add,
    remove,
    describe: useCallback((id: string, alt: string) => step({ id, change: { alt } }), []),
    clear: useCallback(() => step({ clear: true }), []),
  };
}

/** The pictures that were pasted or dropped, if there are any. */
export function picturesIn(data: DataTransfer | null): readonly File[] {
  return [...(data?.files ?? [])].filter(({ type }) => type.startsWith("image/"));
}
