import { Skeleton } from "@mantine/core";

/** Stands for rows that are on their way, in their size. */
export function RowsSkeleton({
  rows = 5,
  height = 36,
}: {
  readonly rows?: number;
  readonly height?: number;
}) {
  return (
    <div aria-busy="true" aria-label="Loading" role="status">
      {Array.from({ length: rows }, (_, row) => (
        <div key={row} style={{ height, display: "flex", alignItems: "center", padding: "0 8px" }}>
          <Skeleton height={12} width={`${82 - ((row * 17) % 40)}%`} radius={4} />
        </div>
      ))}
    </div>
  );
}
