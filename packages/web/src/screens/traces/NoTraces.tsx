import { IconTimeline } from "@tabler/icons-react";
import { Command } from "../../elements/Command.tsx";
import { EmptyState } from "../../elements/EmptyState.tsx";
import styles from "./Traces.module.css";

const environment = `OTEL_EXPORTER_OTLP_ENDPOINT=${window.location.origin}
OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf
OTEL_EXPORTER_OTLP_HEADERS="Authorization=Bearer <a token of the scope ingest>"
OTEL_SERVICE_NAME=shop`;

const byHand = `now=$(date +%s)
curl -X POST ${window.location.origin}/v1/traces -H 'content-type: application/json' \\
  -H "Authorization: Bearer $SEAWORTHY_TOKEN" -d '{"resourceSpans":[{"resource":{"attributes":[{"key":"service.name","value":{"stringValue":"hello"}}]},
  "scopeSpans":[{"spans":[{"traceId":"'$(openssl rand -hex 16)'","spanId":"'$(openssl rand -hex 8)'","name":"GET /","kind":2,
  "startTimeUnixNano":"'$now'000000000","endTimeUnixNano":"'$now'250000000"}]}]}]}'`;

/** Says how to send traces, or that the search found none. */
export function NoTraces({ askedForAll }: { readonly askedForAll: boolean }) {
  return askedForAll ? (
    <EmptyState title="No traces in this range" icon={<IconTimeline size={32} stroke={1.3} />}>
      <p>
        Any OpenTelemetry SDK sends them here with these variables, Zipkin's reporters to{" "}
        <code>/api/v2/spans</code>:
      </p>
      <div className={styles.example}>
        <Command text={environment} label="Environment" />
      </div>
      <p>Or try it by hand:</p>
      <div className={styles.example}>
        <Command text={byHand} label="Example" />
      </div>
    </EmptyState>
  ) : (
    <EmptyState title="No trace matches in this range">
      <p>The query is well formed. Try a longer range, or take a condition away.</p>
    </EmptyState>
  );
}
