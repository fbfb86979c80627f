/** Writes Prometheus's protobuf exposition for tests: fields in order, as numbers say. */
export type Field =
  | readonly [field: number, kind: "text", value: string]
  | readonly [field: number, kind: "double", value: number]
  | readonly [field: number, kind: "varint" | "zigzag", value: number]
  | readonly [field: number, kind: "packed", values: readonly number[]]
  | readonly [field: number, kind: "message", fields: readonly Field[]];

function varint(value: number | bigint): Buffer {
  let rest = BigInt.asUintN(64, BigInt(value));
  const bytes: number[] = [];
  do {
    const more = rest > 127n;
    bytes.push(Number(rest & 127n) | (more ? 128 : 0));
    rest >>= 7n;
  } while (rest > 0n);
  return Buffer.from(bytes);
}

const zigzag = (value: number) => (value < 0 ? -2 * value - 1 : 2 * value);

/** One message. */
export function encode(fields: readonly Field[]): Buffer {
  return Buffer.concat(fields.map((field) => encodeField(field)));
}

function encodeField([field, kind, value]: Field): Buffer {
  const tag = (wire: number) => varint(field * 8 + wire);
  const sized = (content: Buffer) => Buffer.concat([tag(2), varint(content.length), content]);
  switch (kind) {
    case "text":
      return sized(Buffer.from(value));
    case "message":
      return sized(encode(value));
    case "packed":
      return sized(Buffer.concat(value.map((item) => varint(zigzag(item)))));
    case "double": {
      const bytes = Buffer.alloc(8);
      bytes.writeDoubleLE(value);
      return Buffer.concat([tag(1), bytes]);
    }
    case "varint":
      return Buffer.concat([tag(0), varint(value)]);
    case "zigzag":
      return Buffer.concat([tag(0), varint(zigzag(value))]);
  }
}

const TYPES = ["counter", "gauge", "summary", "untyped", "histogram", "gaugehistogram"] as const;

/** A MetricFamily after its length. */
export function family(
  name: string,
  type: (typeof TYPES)[number],
  metrics: readonly (readonly Field[])[],
  more: readonly Field[] = [],
): Buffer {
  const message = encode([
    [1, "text", name],
    ...more,
    [3, "varint", TYPES.indexOf(type)],
    ...metrics.map((metric): Field => [4, "message", metric]),
  ]);
  return Buffer.concat([varint(message.length), message]);
}

export const label = (name: string, value: string): Field => [
  1,
  "message",
  [
    [1, "text", name],
    [2, "text", value],
  ],
];
/** With a value in field 1: a gauge (2), a counter (3), an untyped one (5). */
export const simple = (field: 2 | 3 | 5, value: number): Field => [
  field,
  "message",
  [[1, "double", value]],
];

const exemplar = (field: number, seconds?: number): Field => [
  field,
  "message",
  [
    label("trace_id", "t1"),
    [2, "double", 0.25],
    ...(seconds === undefined
      ? []
      : [
          [
            3,
            "message",
            [
              [1, "varint", seconds],
              [2, "varint", 5_000_000],
            ],
          ] as Field,
        ]),
  ],
];

/** One family of each kind, native histograms among them. */
export const protobufExposition = Buffer.concat([
  family(
    "c_total",
    "counter",
    [
      [label("a", "x"), [3, "message", [[1, "double", 5], exemplar(2, 1_700_000_000)]]],
      [label("a", "y"), simple(3, 6)],
    ],
    [
      [2, "text", "Counts."],
      [5, "text", "total"],
    ],
  ),
  family("g", "gauge", [[simple(2, -1.5), [6, "varint", 1_700_000_000_123]]]),
  family("u", "untyped", [[simple(5, Number.NaN)]]),
  family("s", "summary", [
    [
      [
        4,
        "message",
        [
          [1, "varint", 10],
          [2, "double", 2.5],
          [
            3,
            "message",
            [
              [1, "double", 0.5],
              [2, "double", 0.1],
            ],
          ],
          [
            3,
            "message",
            [
              [1, "double", 1],
              [2, "double", 0.2],
            ],
          ],
        ],
      ],
    ],
  ]),
  family("h", "histogram", [
    [
      label("a", "x"),
      [
        7,
        "message",
        [
          [1, "varint", 7],
          [2, "double", 3.5],
          [3, "message", [[1, "varint", 2], [2, "double", 0.5], exemplar(3)]],
          [
            3,
            "message",
            [
              [1, "varint", 5],
              [2, "double", 1_000_000],
            ],
          ],
        ],
      ],
    ],
  ]),
  family("n", "histogram", [
    [
      [
        7,
        "message",
        [
          [1, "varint", 12],
          [2, "double", 18.5],
          [
            3,
            "message",
            [
              [1, "varint", 4],
              [2, "double", 1],
            ],
          ],
          [
            3,
            "message",
            [
              [1, "varint", 12],
              [2, "double", Number.POSITIVE_INFINITY],
            ],
          ],
          [5, "zigzag", 1],
          [6, "double", 0.001],
          [7, "varint", 2],
          [
            12,
            "message",
            [
              [1, "zigzag", 0],
              [2, "varint", 2],
            ],
          ],
          [
            12,
            "message",
            [
              [1, "zigzag", 1],
              [2, "varint", 2],
            ],
          ],
          [13, "packed", [1, 1, -1, 0]],
          [
            9,
            "message",
            [
              [1, "zigzag", -3],
              [2, "varint", 1],
            ],
          ],
          [10, "zigzag", 4],
          exemplar(16, 1_700_000_001),
        ],
      ],
    ],
  ]),
]);
