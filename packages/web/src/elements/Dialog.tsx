import { Modal } from "@mantine/core";
import type { ReactNode } from "react";
import styles from "./Dialog.module.css";
import { useFocusBack } from "./use-focus-back.ts";

interface DialogProps {
  readonly title: string;
  readonly close: () => void;
  /** False while something is shown that would be lost. */
  readonly closeOnClickOutside?: boolean;
  /** As wide as what it holds, where that is wider than a form. */
  readonly size?: "auto";
  readonly children: ReactNode;
}

/** A question or a form over the screen, with a title and a way out; its opener has the focus again after it. */
export function Dialog({ title, close, closeOnClickOutside = true, size, children }: DialogProps) {
  const content = useFocusBack();
  return (
    <Modal.Root
      opened
      onClose={close}
      centered
      closeOnClickOutside={closeOnClickOutside}
      {...(size === undefined ? {} : { size })}
    >
      <Modal.Overlay backgroundOpacity={0.35} />
      <Modal.Content ref={content}>
        <div className={styles.header}>
          <Modal.Title>{title}</Modal.Title>
          <Modal.CloseButton aria-label="Close" />
        </div>
        <Modal.Body>{children}</Modal.Body>
      </Modal.Content>
    </Modal.Root>
  );
}
