import { picturePath, type TimelineEntry } from "@seaworthy/contract";
import { UnstyledButton } from "@mantine/core";
import { Dialog } from "../../elements/Dialog.tsx";
import styles from "./EntryPictures.module.css";
import { useAddress } from "../../app/use-address.ts";

type Picture = NonNullable<TimelineEntry["pictures"]>[number];

/** The highest that a picture stands in the timeline, px. */
const HEIGHT = 200;

const wordsOf = ({ alt }: Picture) => (alt === "" ? "Picture without a description" : alt);

/** The pictures below a note; one that is clicked opens large. Their places are known before they come. */
export function EntryPictures({ pictures }: { readonly pictures: readonly Picture[] }) {
  const [, setParams] = useAddress();
  const open = (id: string) => setParams({ picture: id }, "push");
  return (
    <div className={styles.pictures}>
      {pictures.map((each) => {
        const { id, width, height } = each;
        return (
          <UnstyledButton
            key={id}
            className={styles.picture}
            style={{ width: Math.max(24, Math.min(width, (HEIGHT * width) / height)) }}
            onClick={() => open(id)}
          >
            <img
              src={picturePath(id)}
              alt={wordsOf(each)}
              width={width}
              height={height}
              loading="lazy"
              decoding="async"
            />
          </UnstyledButton>
        );
      })}
    </div>
  );
}

/** The picture that the address names, large. */
export function OpenPicture({ entries }: { readonly entries: readonly TimelineEntry[] }) {
  const [params, setParams] = useAddress();
  const wanted = params.get("picture");
  if (wanted === null) return null;
  const shown = entries.flatMap(({ pictures = [] }) => pictures).find(({ id }) => id === wanted);
  const close = () => setParams({ picture: null });
  if (shown === undefined)
    return (
      <Dialog title="The picture is gone" close={close}>
        <p>Its note was removed, or it belongs to another incident.</p>
      </Dialog>
    );
  return (
    <Dialog title={wordsOf(shown)} close={close} size="auto">
      <a href={picturePath(shown.id)} target="_blank" rel="noreferrer" title="Open in its own size">
        <img
          className={styles.large}
          src={picturePath(shown.id)}
          alt={wordsOf(shown)}
          width={shown.width}
          height={shown.height}
        />
      </a>
    </Dialog>
  );
}
