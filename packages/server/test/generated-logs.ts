import type { LogEntry } from "@seaworthy/logql";

/** Numbers that are the same for the same seed (mulberry32). */
export function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}

export class Generator {
  readonly #random: () => number;

  constructor(seed: number) {
    this.#random = seeded(seed);
  }

  int(below: number): number {
    return Math.floor(this.#random() * below);
  }

  chance(probability: number): boolean {
    return this.#random() < probability;
  }

  pick<T>(items: readonly T[]): T {
    const item = items[this.int(items.length)];
    if (item === undefined) throw new RangeError("nothing to pick from");
    return item;
  }

  /** Lines of several forms over an hour that ends at `endMs`: JSON, logfmt, nginx and broken ones. */
  lines(count: number, endMs: number): LogEntry[] {
    return Array.from({ length: count }, () => {
      const app = this.pick(["shop", "cart", "nginx", "odd"]);
      const any = endMs - this.int(3_600_000);
      // Windows end with their last moment, so that what falls on it counts.
      const minute = any - (any % 60_000);
      const ms = this.chance(0.1) && minute >= endMs - 3_600_000 ? minute : any;
      const timeNs = BigInt(ms) * 1_000_000n + (this.chance(0.3) ? BigInt(this.int(1000)) : 0n);
      const stream: Record<string, string> = { app, service_name: app, pod: `p${this.int(3)}` };
      if (this.chance(0.3)) stream["env"] = this.pick(["prod", "dev"]);
      const metadata: Record<string, string> = {
        detected_level: this.pick(["info", "warn", "error"]),
      };
      if (this.chance(0.3)) metadata["trace_id"] = `t${this.int(5)}`;
      if (this.chance(0.3)) metadata["user"] = this.pick(["ann", "bob", "10"]);
      if (this.chance(0.05)) metadata["level"] = "notice";
      return { timeNs, line: this.#line(app), stream, metadata };
    });
  }

  #line(app: string): string {
    if (app === "nginx") {
      return `10.0.${this.int(3)}.${this.int(4)} - - "${this.pick(["GET", "POST"])} /p/${this.int(4)}?x=1%20_" ${this.pick([200, 404, 500])} ${this.int(2000)}`;
    }
    if (app === "cart") {
      return `level=${this.pick(["info", "error"])} user=${this.pick(["ann", "bob", "eve"])} took=${this.pick([`${this.int(300)}ms`, `${this.int(300) / 8}ms`, `${this.int(3)}m${this.int(60) / 4}s`, "2h45m", "750µs", "0"])} n=${this.int(50)} msg="${this.pick(["all well", 'said \\"no\\"', "größe"])}"`;
    }
    if (app === "odd" && this.chance(0.5)) {
      return this.pick([
        "plain text with error in it",
        "{broken json",
        "[1,2]",
        "\u001b[31mred\u001b[0m error",
        "line one\nline two error",
        '{"status":"x","status":2}',
        '{"a-b":1,"a_b":2}',
        '{"sta\\u0074us":200}',
        '{"n":"abc"}',
        '{"n":1.50,"status":1e2}',
        '{"status":{"code":1},"code":[1]}',
        '{"status_code":1,"status":{"code":2},"duration":0.0000001}',
        '{"req-method":"GET","req":{"method":"PUT"}}',
        '{"":{"level":"x"},"duration":12345678901234567890123}',
        ' {"level" : "error" , "level":"info", "duration":1e-7 } ',
        'status= status=5 user="a\\"b" n=3',
        'msg="status=500 inside" level=error n=4',
        'a="unclosed status=200',
        "req.method=GET req-method=PUT req_method=POST n=7",
        '=x status=404 n=1e3 x"y" level=error',
        "status=200\u00a0n=5",
      ]);
    }
    const record: Record<string, unknown> = {
      status: this.pick([200, 201, 404, 500]),
      n: this.chance(0.8) ? this.int(100) : String(this.int(100)),
      user: this.pick(["ann", "bob", "größe", ""]),
      ok: this.chance(0.5),
    };
    if (this.chance(0.5)) record["req"] = { method: this.pick(["GET", "POST"]), size: this.int(9) };
    if (this.chance(0.1)) record["req_method"] = "PUT";
    if (this.chance(0.2)) record["tags"] = ["a", "b"];
    if (this.chance(0.2)) record["pod"] = "inner";
    if (this.chance(0.2)) record["f"] = this.int(100) / 8;
    if (this.chance(0.7)) record["level"] = this.pick(["info", "error", 30]);
    if (this.chance(0.5)) record["duration"] = this.pick([this.int(500) / 8, `${this.int(9)}ms`]);
    record["msg"] = this.pick([
      "request done",
      "payment failed: error 50%",
      "cache_miss",
      'quote "x"',
    ]);
    return JSON.stringify(record);
  }

  selector(): string {
    return this.pick([
      '{app=~".+"}',
      '{app="shop"}',
      '{app="shop", pod!="p1"}',
      '{app=~"shop|cart"}',
      '{app!~"odd|nginx", service_name=~".+"}',
      '{env="prod"}',
      '{app="nginx"}',
      '{app="nobody"}',
    ]);
  }

  stages(): string {
    return Array.from({ length: this.int(4) }, () => this.#stage()).join(" ");
  }

  #stage(): string {
    return this.pick([
      '|= "error"',
      '!= "ann"',
      '|= "GET" or "POST"',
      '|= "50%"',
      "|= `cache_miss`",
      '|= "größe"',
      '|~ "p/[12]"',
      '|~ "(?i)ERROR.?in"',
      '!~ "done|well"',
      '|~ "one.line"',
      '|= ip("10.0.1.0/24")',
      '|> "<_> - - <_> 500 <_>"',
      "| json",
      "| json",
      "| logfmt",
      '| json | __error__=""',
      '| json s="status", m="req.method"',
      '| json status="status", n="n", level="level"',
      '| json | level="error"',
      '| json | level!="info", status >= 404',
      '| json | __error__="" | duration > 20',
      "| json | status > 200 or duration < 10",
      '| json | status > 200 | duration < 10 | level=~"err.*|30"',
      '| pattern "<ip> - - \\"<method> <path>\\" <status> <n>"',
      '| regexp "user=(?P<user>\\\\w+)"',
      '| pattern "<ip> - - \\"<method> <path>\\" <status> <n>" | status >= 404',
      '| pattern "<_> - - \\"<method> " | method="GET"',
      '| regexp "user=(?P<user>\\\\w+) took=(?P<took>[0-9]+)(?P<unit>s)?" | took > 100',
      '| logfmt | level="error"',
      "| logfmt | took >= 100ms",
      "| json | duration > 4ms",
      '| logfmt | n > 20 | user!="ann"',
      '| logfmt u="user", status="n" | u=~"ann|bob"',
      '| logfmt | msg=~".*no.*|größe"',
      "| status=500",
      '| status="404"',
      "| n > 50",
      '| user="ann"',
      '| level="error"',
      "| status < 500",
      '| s=~"2.."',
      '| m="GET"',
      '| user!="ann" or n < 20',
      '| req_method=~"GET|PUT"',
      '| method="GET" and status!="200"',
      '| detected_level="error"',
      '| trace_id=~"t[123]"',
      '| pod="p1"',
      '| pod_extracted="inner"',
      '| ok="true"',
      "| took > 100ms",
      '| line_format "{{.user}}:{{.status}}"',
      "| label_format who=user",
      "| decolorize",
      "| drop user, __error__, __error_details__",
      "| keep status, user",
    ]);
  }

  metric(): string {
    const range = this.pick(["1m", "5m", "7m", "90s", "20m"]);
    const lines = `${this.selector()} ${this.stages()}`;
    const by = this.pick([
      "",
      " by (app)",
      " by (detected_level)",
      " by (status)",
      " by (level, status)",
      " by (s)",
      " by (req_method, user)",
      " by (pod, env)",
      " without (pod)",
    ]);
    const kind = this.int(5);
    if (kind === 0) {
      const operator = this.pick([
        "sum_over_time",
        "rate",
        "avg_over_time",
        "min_over_time",
        "max_over_time",
        "quantile_over_time(0.9,",
        "last_over_time",
      ]);
      const [name, open] = operator.endsWith(",") ? [operator, ""] : [operator, "("];
      const label = this.pick(["n", "n", "duration", "status"]);
      const parser = this.pick([
        "json",
        "json",
        'json n="n", duration="duration", status="status"',
        "logfmt",
        'logfmt n="n", status="n"',
        'pattern "<ip> - - <_> \\"<_>\\" <status> <n>"',
        'regexp " n=(?P<n>[0-9]+)"',
      ]);
      const inner = `${name}${open}${lines} | ${parser} | __error__="" | unwrap ${label} | __error__="" [${range}])`;
      const clean = this.chance(0.5) ? inner : inner.replace(' | __error__="" [', " [");
      const times = clean.replace(/unwrap (duration|n)/, "unwrap duration(took)");
      return `${this.pick(["sum", "max", "min"])}${by}(${this.chance(0.2) ? times : clean})`;
    }
    const operator = this.pick(["count_over_time", "rate", "bytes_over_time", "bytes_rate"]);
    const offset = this.chance(0.2) ? " offset 3m" : "";
    const counted = `${operator}(${lines} [${range}]${offset})`;
    if (kind === 1) return counted;
    if (kind === 2) return `topk(2, sum${by}(${counted}))`;
    if (kind === 3)
      return `sum${by}(${counted}) / on () group_left () sum(count_over_time(${this.selector()}[10m]))`;
    return `${this.pick(["sum", "sum", "avg", "count", "max"])}${by}(${counted})`;
  }
}
