import { ActionIcon, Tooltip, useComputedColorScheme } from "@mantine/core";
import { useElementSize } from "@mantine/hooks";
import { IconZoomOut } from "@tabler/icons-react";
import { useEffect, useRef, useState } from "react";
import { readPalette } from "../../charts/palette.ts";
import { colourPlaces } from "./service-colours.ts";
import type { TraceTree } from "./trace-tree.ts";
import styles from "./TracePage.module.css";

const height = 56;

interface MinimapProps {
  readonly tree: TraceTree;
  readonly zoom: readonly [number, number];
  readonly setZoom: (zoom: readonly [number, number]) => void;
}

/** The whole trace, small; dragging over it zooms the waterfall to that time. */
export function Minimap({ tree, zoom, setZoom }: MinimapProps) {
  const { ref, width } = useElementSize();
  const canvas = useRef<HTMLCanvasElement>(null);
  const theme = useComputedColorScheme("light");
  const [drag, setDrag] = useState<readonly [number, number] | null>(null);

  useEffect(() => {
    if (canvas.current !== null && width > 0) draw(canvas.current, tree, width, theme);
  }, [tree, width, theme]);

  const placeOf = (clientX: number) => {
    const left = canvas.current?.getBoundingClientRect().left ?? 0;
    return Math.min(1, Math.max(0, (clientX - left) / width));
  };
  const isWhole = zoom[0] <= 0 && zoom[1] >= 1;
  const [from, to] = drag === null ? zoom : [Math.min(...drag), Math.max(...drag)];
  return (
    <div
      ref={ref}
      className={styles.minimap}
      onPointerDown={(event) => {
        if ((event.target as Element).closest("button") !== null) return;
        event.currentTarget.setPointerCapture(event.pointerId);
        const place = placeOf(event.clientX);
        setDrag([place, place]);
      }}
      onPointerMove={(event) => {
        if (drag !== null) setDrag([drag[0], placeOf(event.clientX)]);
      }}
      onPointerUp={() => {
        // A click is no stretch of time.
        if (drag !== null && Math.abs(drag[1] - drag[0]) * width > 3) setZoom([from, to]);
        setDrag(null);
      }}
      onPointerCancel={() => setDrag(null)}
    >
      <canvas
        ref={canvas}
        role="img"
        aria-label={`All ${tree.nodes.length} spans by their time; drag to zoom`}
        style={{ width: "100%", height }}
      />
      {isWhole && drag === null ? null : (
        <>
          <i className={styles.outside} style={{ left: 0, width: `${from * 100}%` }} />
          <i className={styles.outside} style={{ left: `${to * 100}%`, right: 0 }} />
        </>
      )}
      {isWhole ? null : (
        <Tooltip label="Show the whole trace">
          <ActionIcon
            className={styles.unzoom}
            variant="default"
            size={28}
            aria-label="Show the whole trace"
            onClick={() => setZoom([0, 1])}
          >
            <IconZoomOut size={16} stroke={1.6} aria-hidden />
          </ActionIcon>
        </Tooltip>
      )}
    </div>
  );
}

function draw(
  canvas: HTMLCanvasElement,
  tree: TraceTree,
  width: number,
  theme: "light" | "dark",
): void {
  const ratio = window.devicePixelRatio;
  canvas.width = Math.round(width * ratio);
  canvas.height = Math.round(height * ratio);
  const context = canvas.getContext("2d");
  if (context === null) return;
  const palette = readPalette(theme);
  const places = colourPlaces(tree);
  const { nodes, start, end } = tree;
  const row = canvas.height / Math.max(nodes.length, 8);
  const scale = canvas.width / (end - start);
  for (const [place, node] of nodes.entries()) {
    context.fillStyle = palette.lines[places.get(node.span.service) ?? 8] ?? palette.rest;
    context.fillRect(
      (node.start - start) * scale,
      Math.floor(place * row),
      Math.max(ratio, (node.end - node.start) * scale),
      Math.max(1, row - ratio),
    );
  }
}
