import { picturePath } from "@seaworthy/contract";
import { ActionIcon, Progress, TextInput } from "@mantine/core";
import { IconPhotoX, IconX } from "@tabler/icons-react";
import styles from "./NotePictures.module.css";
import type { NotePicture } from "./note-pictures.ts";

/** The pictures of a note that is being written: how far each has gone, and what it shows. */
export function NotePictures({
  pictures,
  describe,
  remove,
}: {
  readonly pictures: readonly NotePicture[];
  readonly describe: (id: string, alt: string) => void;
  readonly remove: (picture: NotePicture) => void;
}) {
  if (pictures.length === 0) return null;
  return (
    <ul className={styles.pictures} aria-label="Pictures of this note">
      {pictures.map((each) => (
        <li key={each.id} className={styles.picture}>
          <div className={styles.thumb}>
            {each.picture !== null ? (
              <img src={picturePath(each.id)} alt="" />
            ) : each.failure !== null ? (
              <IconPhotoX size={22} stroke={1.6} aria-hidden />
            ) : (
              <Progress
                className={styles.progress ?? ""}
                value={each.sent * 100}
                size="sm"
                aria-label={`Sending ${each.name}`}
              />
            )}
          </div>
          {each.failure === null ? (
            <TextInput
              size="xs"
              aria-label={`What ${each.name} shows`}
              placeholder="What does it show?"
              maxLength={500}
              value={each.alt}
              onChange={(event) => describe(each.id, event.currentTarget.value)}
            />
          ) : (
            <p className={styles.failure} role="alert">
              {each.name}: {each.failure}
            </p>
          )}
          <ActionIcon
            variant="subtle"
            color="gray"
            aria-label={`Remove ${each.name}`}
            onClick={() => remove(each)}
          >
            <IconX size={16} stroke={1.8} aria-hidden />
          </ActionIcon>
        </li>
      ))}
    </ul>
  );
}
