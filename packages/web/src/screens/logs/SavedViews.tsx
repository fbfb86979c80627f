import { deleteView, listViews, saveView } from "@seaworthy/contract";
import { ActionIcon, Button, Menu, TextInput } from "@mantine/core";
import { IconBookmark, IconTrash } from "@tabler/icons-react";
import { queryOptions, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { call } from "../../api/call.ts";
import { tell } from "../../app/notices.ts";
import { Dialog } from "../../elements/Dialog.tsx";
import styles from "./Logs.module.css";
import { useAddress } from "../../app/use-address.ts";

const viewsQuery = queryOptions({
  queryKey: ["views", "logs"],
  queryFn: ({ signal }) => call(listViews, { query: { screen: "logs" } }, signal),
});

/** What stands in the address but belongs to the moment. */
const passing = ["open", "follow"] as const;

/** Queries with their range that somebody kept, for everybody. */
export function SavedViews() {
  const [params, setParams] = useAddress();
  const [isNaming, setNaming] = useState(false);
  const { data } = useQuery(viewsQuery);
  const client = useQueryClient();
  const renew = () => client.invalidateQueries({ queryKey: viewsQuery.queryKey });
  const remove = useMutation({
    mutationFn: ({ id }: { id: string }) => call(deleteView, { params: { id } }),
    onSuccess: renew,
    onError: (error) => tell("failed", `The view was not deleted: ${error.message}`),
  });
  const views = data?.views ?? [];
  return (
    <>
      <Menu withinPortal={false} position="bottom-end">
        <Menu.Target>
          <Button
            size="xs"
            variant="default"
            leftSection={<IconBookmark size={15} stroke={1.7} aria-hidden />}
          >
            Views
          </Button>
        </Menu.Target>
        <Menu.Dropdown>
          {views.length === 0 ? <Menu.Label>No view is saved yet</Menu.Label> : null}
          {views.map(({ id, name, search }) => (
            <div key={id} className={styles.view} role="none">
              <Menu.Item onClick={() => setParams(() => new URLSearchParams(search), "push")}>
                {name}
              </Menu.Item>
              <ActionIcon
                variant="subtle"
                color="gray"
                size={28}
                role="menuitem"
                aria-label={`Delete the view ${name}`}
                onClick={() => remove.mutate({ id })}
              >
                <IconTrash size={15} stroke={1.7} aria-hidden />
              </ActionIcon>
            </div>
          ))}
          <Menu.Divider />
          <Menu.Item onClick={() => setNaming(true)}>Save this view…</Menu.Item>
        </Menu.Dropdown>
      </Menu>
      {isNaming ? <NameView params={params} close={() => setNaming(false)} saved={renew} /> : null}
    </>
  );
}

interface NameViewProps {
  readonly params: URLSearchParams;
  readonly close: () => void;
  readonly saved: () => Promise<void>;
}

function NameView({ params, close, saved }: NameViewProps) {
  const [name, setName] = useState("");
  const save = useMutation({
    mutationFn: () => {
      const kept = new URLSearchParams(params);
      for (const each of passing) kept.delete(each);
      const body = { screen: "logs", name: name.trim(), search: kept.toString() } as const;
      return call(saveView, { body });
    },
    onSuccess: async () => {
      await saved();
      tell("done", `The view ${name.trim()} is saved for everybody`);
      close();
    },
  });
  return (
    <Dialog title="Save this view" close={close}>
      <form
        className={styles.naming}
        onSubmit={(event) => {
          event.preventDefault();
          save.mutate();
        }}
      >
        <TextInput
          label="Name"
          description="The query and the range are kept; a view of the same name is replaced"
          data-autofocus
          maxLength={100}
          value={name}
          error={save.error?.message}
          onChange={(event) => setName(event.currentTarget.value)}
        />
        <Button type="submit" disabled={name.trim() === ""} loading={save.isPending}>
          Save
        </Button>
      </form>
    </Dialog>
  );
}
