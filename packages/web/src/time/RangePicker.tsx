import { ActionIcon, Button, Popover, SegmentedControl, TextInput, Tooltip } from "@mantine/core";
import { IconChevronDown, IconClock, IconZoomOut } from "@tabler/icons-react";
import { useState } from "react";
import styles from "./RangePicker.module.css";
import { absoluteRange, describeRange, presets, resolveRange, zoomOut } from "./time-range.ts";
import { fieldToInstant, instantToField } from "./time-field.ts";
import { useNow } from "./use-now.ts";
import { useTimeRange } from "./use-time-range.ts";

/** Chooses the time range that all screens share. A screen may have one of its `own`, by name, until one is chosen. */
export function RangePicker({ own }: { readonly own: string | null }) {
  const { range, isChosen, zone, setRange, setZone } = useTimeRange();
  const now = useNow(60_000);
  const [isOpen, setOpen] = useState(false);
  const isOwn = own !== null && !isChosen;
  const label = isOwn ? own : describeRange(range, zone, now);
  return (
    <div className={styles.picker}>
      {isOwn ? null : (
        <Tooltip label="Zoom out">
          <ActionIcon
            className={styles.zoom}
            variant="subtle"
            color="gray"
            size={32}
            aria-label="Zoom out"
            onClick={() => setRange(zoomOut(range, Date.now()))}
          >
            <IconZoomOut size={17} stroke={1.6} aria-hidden />
          </ActionIcon>
        </Tooltip>
      )}
      <Popover opened={isOpen} onChange={setOpen} position="bottom-end" width={300} trapFocus>
        <Popover.Target>
          <Button
            variant="default"
            size="xs"
            className={styles.button}
            leftSection={<IconClock size={15} stroke={1.7} aria-hidden />}
            rightSection={<IconChevronDown size={14} aria-hidden />}
            aria-label={`Time range: ${label}`}
            onClick={() => setOpen(!isOpen)}
          >
            <span className={styles.label}>{label}</span>
            {zone === "utc" ? <span className={styles.zone}>UTC</span> : null}
          </Button>
        </Popover.Target>
        <Popover.Dropdown>
          <div className={styles.presets} role="group" aria-label="Relative">
            {own !== null ? (
              <Preset
                label={own}
                isCurrent={!isChosen}
                choose={() => {
                  setRange(null);
                  setOpen(false);
                }}
              />
            ) : null}
            {presets.map((preset) => (
              <Preset
                key={preset.range.from}
                label={preset.label}
                isCurrent={
                  !isOwn && preset.range.from === range.from && preset.range.to === range.to
                }
                choose={() => {
                  setRange(preset.range);
                  setOpen(false);
                }}
              />
            ))}
          </div>
          <AbsoluteFields key={`${range.from} ${range.to} ${zone}`} close={() => setOpen(false)} />
          <SegmentedControl
            fullWidth
            size="xs"
            aria-label="Times are shown in"
            data={[
              { value: "local", label: "Local time" },
              { value: "utc", label: "UTC" },
            ]}
            value={zone}
            onChange={(value) => setZone(value === "utc" ? "utc" : "local")}
          />
        </Popover.Dropdown>
      </Popover>
    </div>
  );
}

interface PresetProps {
  readonly label: string;
  readonly isCurrent: boolean;
  readonly choose: () => void;
}

function Preset({ label, isCurrent, choose }: PresetProps) {
  return (
    <button type="button" className={styles.preset} aria-pressed={isCurrent} onClick={choose}>
      {label}
    </button>
  );
}

function AbsoluteFields({ close }: { readonly close: () => void }) {
  const { range, zone, setRange } = useTimeRange();
  const [fields, setFields] = useState(() => {
    const { start, end } = resolveRange(range, Date.now());
    return { from: instantToField(start, zone), to: instantToField(end, zone) };
  });
  const from = fieldToInstant(fields.from, zone);
  const to = fieldToInstant(fields.to, zone);
  const problem =
    from === null || to === null ? "Give both ends" : from >= to ? "Ends before it starts" : null;
  return (
    <form
      className={styles.absolute}
      onSubmit={(event) => {
        event.preventDefault();
        if (from === null || to === null || problem !== null) return;
        setRange(absoluteRange(from, to));
        close();
      }}
    >
      {(["from", "to"] as const).map((end) => (
        <TextInput
          key={end}
          type="datetime-local"
          step={1}
          size="xs"
          label={end === "from" ? "From" : "To"}
          value={fields[end]}
          error={end === "to" && problem}
          onChange={(event) => setFields({ ...fields, [end]: event.currentTarget.value })}
        />
      ))}
      <Button type="submit" size="xs" variant="default" disabled={problem !== null}>
        Show this range
      </Button>
    </form>
  );
}
