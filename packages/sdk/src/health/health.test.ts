import { expect, test } from "vitest";
import { Guard } from "../guard.ts";
import { Health } from "./health.ts";

function setUp() {
  let now = 0;
  const guard = new Guard();
  return {
    guard,
    health: new Health(guard, () => now),
    pass: (milliseconds: number) => {
      now += milliseconds;
    },
  };
}

test("without checks a service is healthy", async () => {
  expect(await setUp().health.report()).toEqual({ status: "healthy", checks: {} });
});

test("a result is used again for its time, and then the check runs again", async () => {
  const { health, pass } = setUp();
  let runs = 0;
  health.check("counted", () => {
    runs += 1;
  });
  await health.report();
  pass(4_999);
  await health.report();
  expect(runs).toBe(1);
  pass(1);
  await health.report();
  expect(runs).toBe(2);
});

test("callers at the same time share one run", async () => {
  const { health } = setUp();
  let runs = 0;
  health.check(
    "counted",
    async () => {
      runs += 1;
      await new Promise((resolve) => setImmediate(resolve));
    },
    { cacheMs: 0 },
  );
  await Promise.all([health.report(), health.report(), health.report()]);
  expect(runs).toBe(1);
});

test("a check that hangs fails at its timeout, is told, and is not piled up", async () => {
  const { health } = setUp();
  let runs = 0;
  let aborted = false;
  let release: () => void = () => {};
  health.check(
    "hanging",
    (signal) => {
      runs += 1;
      signal.addEventListener("abort", () => {
        aborted = true;
      });
      return new Promise<void>((resolve) => {
        release = resolve;
      });
    },
    { timeoutMs: 5, cacheMs: 0 },
  );
  const first = await health.report();
  expect(first.status).toBe("unhealthy");
  expect(first.checks["hanging"]?.message).toBe("no answer within 5 ms");
  expect(aborted).toBe(true);
  const second = await health.report();
  expect(second.checks["hanging"]?.message).toBe("an earlier run of this check has not ended");
  expect(runs).toBe(1);
  release();
  await new Promise((resolve) => setImmediate(resolve));
  health.check("hanging", () => {}, { cacheMs: 0 });
  expect((await health.report()).status).toBe("healthy");
});

test("only what is critical makes a service unhealthy", async () => {
  const { health } = setUp();
  const failing = () => {
    throw new Error("no");
  };
  health.check("mail", failing, { critical: false });
  expect((await health.report()).status).toBe("degraded");
  health.check("database", failing);
  expect((await health.report()).status).toBe("unhealthy");
});

test("messages are short and without credentials, whatever is thrown", async () => {
  const { health } = setUp();
  const message = async (thrown: unknown) => {
    health.check("x", () => {
      throw thrown;
    });
    return (await health.report()).checks["x"]?.message;
  };
  expect(await message(new Error("x".repeat(500)))).toHaveLength(200);
  expect(await message(new Error("redis://:pw@host failed"))).toBe("redis://***@host failed");
  expect(await message("text")).toBe("text");
  expect(await message(Object.create(null))).toBe("failed");
});

test("credentials where a message is cut are not shown in part", async () => {
  const { health } = setUp();
  health.check("far", () => {
    throw new Error(`${"x".repeat(180)} postgres://ada:secret-word@db.internal/shop`);
  });
  const message = (await health.report()).checks["far"]?.message;
  expect(message).toHaveLength(200);
  expect(message).not.toContain("ada");
});

test("false, and a response that is not ok, mean ill", async () => {
  const { health } = setUp();
  health.check("flag", () => false);
  health.check("response", async () => new Response("", { status: 503 }));
  health.check("well", async () => new Response("", { status: 200 }));
  const { checks } = await health.report();
  expect(checks["flag"]).toMatchObject({ status: "unhealthy", message: "it returned false" });
  expect(checks["response"]).toMatchObject({ status: "unhealthy", message: "answered 503" });
  expect(checks["well"]).toMatchObject({ status: "healthy", message: "ok" });
});

test("a check that is none is refused and counted, not thrown", async () => {
  const { health, guard } = setUp();
  health.check("none", undefined as unknown as () => void);
  for (let index = 0; index < 150; index += 1) health.check(`c${index}`, () => {});
  expect(guard.counts.get("health")).toBe(51);
  expect(Object.keys((await health.report()).checks)).toHaveLength(100);
});

test("options that are misspelt or of a wrong kind are told, and the check runs all the same", async () => {
  const told: string[] = [];
  const guard = new Guard();
  guard.caught = (_site, error) => told.push((error as Error).message);
  const health = new Health(guard);
  const refuse = () => {
    throw new Error("no");
  };
  const options = { timeout: 5, critical: "false", cacheMs: "1s", failAfter: 0 };
  health.check("database", refuse, options as object);
  health.check("cache", refuse, null as never);
  expect(told).toEqual([
    'health check database: its options: there is no option "timeout"; there are critical, timeoutMs, cacheMs, failAfter, recoverAfter',
    "health check database: critical is of a wrong kind or size; using true",
    "health check database: cacheMs is of a wrong kind or size; using 5000",
    "health check database: failAfter is of a wrong kind or size; using 1",
  ]);
  expect((await health.report()).checks).toMatchObject({
    database: { status: "unhealthy" },
    cache: { status: "unhealthy" },
  });
  expect(await health.component("database")).toMatchObject({ critical: true });
});

test("a check may say by itself that it is degraded, or what it measured", async () => {
  const { health } = setUp();
  health.check("disk", () => ({ status: "degraded", message: "91 % used" }));
  health.check("page", () => ({ status: 200 }), { critical: false });
  expect(await health.report()).toMatchObject({
    status: "degraded",
    checks: { disk: { message: "91 % used" }, page: { status: "healthy", message: "ok" } },
  });
});

test("hysteresis: so many failures make unhealthy, so many good runs make well again", async () => {
  const { health, pass } = setUp();
  let failing = false;
  health.check(
    "database",
    () => {
      if (failing) throw new Error("gone");
    },
    { failAfter: 2, recoverAfter: 2 },
  );
  const next = async () => {
    pass(5_000);
    const { status, checks } = await health.report();
    return `${status}: ${checks["database"]?.message}`;
  };
  expect(await next()).toBe("healthy: ok");
  failing = true;
  expect(await next()).toBe("degraded: gone (failure 1 of 2 before it counts)");
  failing = false;
  expect(await next()).toBe("healthy: ok");
  failing = true;
  await next();
  expect(await next()).toBe("unhealthy: gone");
  failing = false;
  expect(await next()).toBe("unhealthy: recovering: good run 1 of 2");
  failing = true;
  expect(await next()).toBe("unhealthy: gone");
  failing = false;
  await next();
  expect(await next()).toBe("healthy: ok");
});

test("an undecided result is asked again sooner than a decided one", async () => {
  const { health, pass } = setUp();
  const outcomes = [true, false, false];
  health.check(
    "database",
    () => {
      if (outcomes.shift() === false) throw new Error("gone");
    },
    { failAfter: 2 },
  );
  const status = async () => (await health.report()).status;
  expect(await status()).toBe("healthy");
  pass(5_000);
  expect(await status()).toBe("degraded");
  pass(999);
  expect(await status()).toBe("degraded");
  pass(1);
  expect(await status()).toBe("unhealthy");
});

test("the first run decides alone: a service that starts without its database is not ready", async () => {
  const { health } = setUp();
  const refuse = () => {
    throw new AggregateError([new Error("connect ECONNREFUSED 127.0.0.1:5432")], "");
  };
  health.check("database", refuse, { failAfter: 3 });
  const report = await health.report();
  expect(report.status).toBe("unhealthy");
  expect(report.checks["database"]?.message).toBe("connect ECONNREFUSED 127.0.0.1:5432");
});
